import { formatPercent, formatShort } from '../../numbers';
import { palette } from '../../report/drawing/palette';
import { printable } from '../../text';

type Child = Node | string | number | null | undefined | false;
type Properties = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** An element with attributes, listeners (`onclick`) and children. Text is made printable and never parsed as HTML. */
export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  adorn(element, properties, children);
  return element;
}

/** The same for a part of a drawing. */
export function svg<Tag extends keyof SVGElementTagNameMap>(tag: Tag, properties: Properties = {}, ...children: Child[]): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  adorn(element, properties, children);
  return element;
}

/** A text of at most so many letters: what is too much is left out of its middle, as names differ at their ends. */
export function shortened(text: string, letters: number): string {
  const all = Array.from(text);
  if (all.length <= letters) return text;
  const kept = letters - 1;
  return `${all.slice(0, Math.ceil(kept / 2)).join('')}…${all.slice(-Math.floor(kept / 2)).join('')}`;
}

/** A name that somebody has given, which may run from right to left: isolated, and shortened with the whole as a hint. */
export function nameText(name: string, letters = 40): HTMLElement {
  const short = shortened(name, letters);
  return h('bdi', { title: short === name ? undefined : name }, short);
}

/** Calls `told` when the pointer comes to an element, and when it leaves. */
export function onPointing(element: Element, told: (isPointedAt: boolean) => void): void {
  element.addEventListener('pointerenter', () => { told(true); });
  element.addEventListener('pointerleave', () => { told(false); });
}

/** Attributes that are looked up by and not shown, and so stay as they are. */
const isAddress = (name: string): boolean => name === 'href' || name.startsWith('data-');

function adorn(element: Element, properties: Properties, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, isAddress(name) ? String(value) : printable(String(value)));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (typeof child === 'object' ? child : printable(String(child)))));
}

/** A box whose content may be wider than the page, which a keyboard can scroll. */
export function scroller(label: string, ...children: Child[]): HTMLElement {
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label }, ...children);
}

/** Replaces the children of an element, unless they are equal: focus and selection are then kept. */
export function fill(element: Element, ...children: Child[]): void {
  const fresh = document.createElement('div');
  adorn(fresh, {}, children);
  const same = element.childNodes.length === fresh.childNodes.length && [...element.childNodes].every((node, i) => node.isEqualNode(fresh.childNodes[i]!));
  if (!same) element.replaceChildren(...fresh.childNodes);
}

/** A colour of the theme in the form that a canvas accepts: `rgb(…)`. */
export function colour(name: string): string {
  const probe = h('span', { hidden: true });
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Series beyond the colours that there are have dashes of their own. */
const seriesColours = palette.length;
const dashes = [undefined, [9, 4], [2, 3], [9, 3, 2, 3]] as const;

/** The dash pattern of series number i: solid for the first eight. */
export function seriesDash(i: number): number[] | undefined {
  const dash = dashes[Math.floor(i / seriesColours) % dashes.length];
  return dash && [...dash];
}

/** The colour of series number i, perhaps faint. */
export function seriesColour(i: number, faint = false): string {
  const own = colour(`series${String(i % seriesColours)}`);
  return faint ? own.replace('rgb(', 'rgba(').replace(')', ', 0.3)') : own;
}

export function percent(share: number | null | undefined, digits = 1): string {
  return formatPercent(share ?? NaN, digits);
}

/** Four digits: 0.04321, 1.2e-5, 12,340. */
export function number(value: number | null | undefined, digits = 4): string {
  const size = Math.abs(value ?? NaN);
  return size >= 1000 && size < 1e7 ? Math.round(value!).toLocaleString('en') : formatShort(value ?? NaN, digits, [1e-3, 1e7]);
}

/** 4 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
  return `${String(Math.floor(whole / 3600))} h ${String(Math.floor((whole % 3600) / 60))} min`;
}

/** A value of a spec as text: a list of sizes as 3072-100-10. */
export function specText(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value.join('-');
  return typeof value === 'string' ? value : value === undefined ? '–' : JSON.stringify(value);
}
