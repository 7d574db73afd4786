import type { TrialSummary } from '../../../history/searchHistory';
import { fill, h } from '../dom';
import type { Axis, Range } from '../plots/parallel';

const whole: Range = [0, 1];

/** Ranges of the parameters that trials must lie in: brushed on the axes, or set with two sliders for each, which a keyboard reaches. */
export class ValueFilter {
  readonly element = h('details', { class: 'value-filter' });
  readonly ranges = new Map<string, Range>();
  private axes: readonly Axis[] = [];
  private readonly sliders = new Map<string, readonly [HTMLInputElement, HTMLInputElement, HTMLOutputElement]>();

  constructor(private readonly changed: () => void) {}

  /** Makes the sliders once. */
  setAxes(axes: readonly Axis[]): void {
    if (this.axes.length > 0) return;
    this.axes = axes;
    fill(this.element, h('summary', {}, 'Filter by values'), h('div', { class: 'ranges' }, ...axes.map((axis) => this.row(axis))), h('button', { type: 'button', onclick: () => { this.clear(); } }, 'Show all trials'));
  }

  set(name: string, range: Range | undefined): void {
    if (range === undefined || (range[0] <= 0 && range[1] >= 1)) this.ranges.delete(name);
    else this.ranges.set(name, range);
    this.showSliders(name);
    this.changed();
  }

  /** Whether a trial's values lie in all ranges; a parameter that it does not have is in none. */
  matches({ trial, assignment }: TrialSummary): boolean {
    return this.axes.every((axis) => {
      const range = this.ranges.get(axis.name);
      if (range === undefined) return true;
      const value = assignment[axis.name];
      const at = value === undefined ? NaN : axis.place(value, trial);
      return at >= range[0] - 1e-9 && at <= range[1] + 1e-9;
    });
  }

  private clear(): void {
    this.ranges.clear();
    for (const { name } of this.axes) this.showSliders(name);
    this.changed();
  }

  private row({ name }: Axis): HTMLElement {
    const slider = (end: 'from' | 'to'): HTMLInputElement => h('input', {
      type: 'range', min: 0, max: 1, step: 0.01, value: end === 'from' ? 0 : 1, 'aria-label': `${name} ${end}`,
      oninput: () => {
        const [from, to] = this.sliders.get(name)!;
        const [a, b] = [from.valueAsNumber, to.valueAsNumber];
        this.set(name, end === 'from' ? [Math.min(a, b), b] : [a, Math.max(a, b)]);
      },
    });
    const parts = [slider('from'), slider('to'), h('output', { class: 'note' }, 'all')] as const;
    this.sliders.set(name, parts);
    return h('div', { class: 'range' }, h('span', {}, name), ...parts);
  }

  private showSliders(name: string): void {
    const [from, to, text] = this.sliders.get(name) ?? [];
    const axis = this.axes.find((one) => one.name === name);
    if (from === undefined || to === undefined || text === undefined || axis === undefined) return;
    const [low, high] = this.ranges.get(name) ?? whole;
    from.value = String(low);
    to.value = String(high);
    from.setAttribute('aria-valuetext', axis.textAt(low));
    to.setAttribute('aria-valuetext', axis.textAt(high));
    text.textContent = this.ranges.has(name) ? `${axis.textAt(low)} to ${axis.textAt(high)}` : 'all';
  }
}
