import { printable } from '../../../text';
import { summary } from '../../query/groups';
import type { Entry } from '../../api';
import type { Field, Fields } from '../../query/fields';
import { fill, h, seriesColour } from '../dom';
import { hrefOf, nameOf, stateCell } from '../entry';
import { cellText, summaryText } from './cells';
import type { Choice } from './choice';
import type { Row, Shown } from './rows';

/** Pixels; as in page.css. */
const heights = { wide: 34, narrow: 104 } as const;
/** Rows above and below what is seen. */
const margin = 12;
const widths: Readonly<Record<Field['unit'], number>> = { number: 100, share: 100, score: 110, count: 96, seconds: 110, milliseconds: 96, time: 160, text: 120 };
const boxWidth = 36;
const nameWidth = 280;
/** What a character of a column's title takes, and what a mean with its standard error takes beside a number. */
const letterWidth = 8;
const errorWidth = 50;

/** What is done with rows. */
export interface TableActions {
  sort(field: Field, isAdded: boolean): void;
  select(entries: readonly Entry[], isSelected: boolean): void;
  toggleGroup(id: string): void;
  menu(entry: Entry, button: HTMLElement): void;
}

/** A table of runs of which only the rows that are seen are elements. */
export class RunTable {
  readonly element: HTMLElement;
  private readonly columns = h('colgroup', {});
  private readonly head = h('tr', { role: 'row' });
  private readonly body = h('tbody', { role: 'rowgroup' });
  private readonly table: HTMLTableElement;
  private readonly narrow = matchMedia('(max-width: 760px)');
  private shown: Shown = { rows: [], entries: [], columns: [], hidden: 0, archived: 0, error: null };
  private choice: Choice | undefined;
  private fields: Fields | undefined;
  private current = '';
  private elements = new Map<string, { readonly picture: string; readonly element: HTMLElement }>();
  private frame = 0;

  constructor(private readonly actions: TableActions) {
    this.table = h('table', { role: 'table', class: 'runs', 'aria-label': 'Runs' }, this.columns, h('thead', { role: 'rowgroup' }, this.head), this.body);
    this.element = h('div', { class: 'runs-scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of runs' }, this.table);
    const later = (): void => {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => {
        this.draw();
      });
    };
    this.element.addEventListener('scroll', later);
    new ResizeObserver(later).observe(this.element);
  }

  show(shown: Shown, choice: Choice, fields: Fields): void {
    [this.shown, this.choice, this.fields] = [shown, choice, fields];
    const isGrouped = shown.rows.some(({ kind }) => kind === 'group');
    const wide = [boxWidth, nameWidth + (isGrouped ? errorWidth : 0), ...shown.columns.map(({ unit, title, kind }) => {
      const hasMean = isGrouped && kind !== 'key' && unit !== 'text' && unit !== 'time';
      return Math.max(widths[unit] + (hasMean ? errorWidth : 0), 36 + letterWidth * title.length);
    })];
    fill(this.columns, ...wide.map((width) => h('col', { width })));
    this.table.style.minWidth = `${String(wide.reduce((sum, width) => sum + width))}px`;
    this.table.setAttribute('aria-rowcount', String(shown.rows.length + 1));
    this.drawHead();
    this.draw();
  }

  /** Redraws everything, after the colours have changed. */
  forget(): void {
    this.elements.clear();
    this.draw();
  }

  /** Moves the focus by rows; of no row it goes to the first. */
  move(by: number): void {
    const { rows } = this.shown;
    if (rows.length === 0) return;
    const at = rows.findIndex(({ id }) => id === this.current);
    this.focus(at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by)));
  }

  /** The row that has the focus, or had it last. */
  get currentRow(): Row | undefined {
    return this.shown.rows.find(({ id }) => id === this.current);
  }

  private focus(at: number): void {
    const row = this.shown.rows[at]!;
    this.current = row.id;
    const top = at * this.height;
    const { scrollTop, clientHeight } = this.element;
    const headHeight = this.narrow.matches ? 0 : this.head.offsetHeight;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height + headHeight > scrollTop + clientHeight) this.element.scrollTop = top + this.height + headHeight - clientHeight;
    this.draw();
    this.elements.get(keyOf(row))?.element.querySelector<HTMLElement>('th a, th button')?.focus({ preventScroll: true });
  }

  private get height(): number {
    return this.narrow.matches ? heights.narrow : heights.wide;
  }

  private drawHead(): void {
    const { entries, columns } = this.shown;
    const { selected, sort } = this.choice!;
    const count = entries.filter(({ name }) => selected.has(name)).length;
    const all = h('input', { type: 'checkbox', checked: count > 0 && count === entries.length, 'aria-label': 'Select all', 'data-name': 'all' });
    all.indeterminate = count > 0 && count < entries.length;
    all.addEventListener('change', () => {
      this.actions.select(entries, all.checked);
    });
    const name = this.fields?.find('name');
    const heads = [...(name === undefined ? [] : [name]), ...columns].map((field) => {
      const at = sort.findIndex((one) => this.fields?.find(one.field) === field);
      const mark = at < 0 ? '' : `${sort[at]!.down ? ' ↓' : ' ↑'}${sort.length > 1 ? String(at + 1) : ''}`;
      return h(
        'th', { role: 'columnheader', scope: 'col', class: field.unit === 'text' || field.unit === 'time' ? 'text' : undefined, 'aria-sort': at < 0 ? 'none' : sort[at]!.down ? 'descending' : 'ascending' },
        h('button', { type: 'button', class: 'plain', 'data-name': `sort ${field.id}`, title: `Sort by ${field.id}; with Shift after the columns that are sorted by already`, onclick: (event) => {
          this.actions.sort(field, (event as MouseEvent).shiftKey);
        } }, field.title + mark),
      );
    });
    keepingFocus(this.head, () => {
      this.head.replaceChildren(h('th', { role: 'columnheader', scope: 'col' }, all), ...heads);
    });
  }

  private draw(): void {
    const { rows } = this.shown;
    const { height } = this;
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(0, Math.floor(scrollTop / height) - margin);
    const to = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / height) + margin);
    const before = this.elements;
    this.elements = new Map();
    const seen = rows.slice(from, to).map((row, i) => this.rowElement(row, from + i, before));
    const space = (count: number): HTMLElement[] => {
      if (count <= 0) return [];
      const filler = h('tr', { role: 'presentation', class: 'filler' }, h('td', { role: 'presentation' }));
      filler.style.height = `${String(count * height)}px`;
      return [filler];
    };
    const children = [...space(from), ...seen, ...space(rows.length - to)];
    const isSame = this.body.children.length === children.length && children.every((child, i) => this.body.children[i] === child || (child.classList.contains('filler') && child.isEqualNode(this.body.children[i]!)));
    if (isSame) return;
    keepingFocus(this.body, () => {
      this.body.replaceChildren(...children);
    });
  }

  private rowElement(row: Row, at: number, before: typeof this.elements): HTMLElement {
    const { selected, pinned, colours } = this.choice!;
    const { columns } = this.shown;
    const state = row.kind === 'entry' ? [row.entry, row.isInGroup, selected.has(row.id), pinned.has(row.id), colours.get(row.id)]
      : [row.group.label, row.isOpen, row.group.entries, row.group.entries.map(({ name }) => selected.has(name))];
    const picture = JSON.stringify([at, row.id === this.current, columns.map(({ id }) => id), state]);
    const key = keyOf(row);
    const known = before.get(key);
    const element = known?.picture === picture ? known.element : row.kind === 'entry' ? this.entryRow(row.entry, at, row.isInGroup) : this.groupRow(row, at);
    this.elements.set(key, { picture, element });
    return element;
  }

  private entryRow(entry: Entry, at: number, isInGroup: boolean): HTMLElement {
    const { selected, pinned, colours } = this.choice!;
    const { name, labels: { title, tags = [], note, archived }, badLabels } = entry;
    const shownName = nameOf(entry);
    const isSelected = selected.has(name);
    const colour = colours.get(name);
    const chip = colour === undefined ? null : h('span', { class: 'chip', 'aria-hidden': 'true' });
    if (chip !== null) chip.style.backgroundColor = seriesColour(colour!);
    const menu = h('button', { type: 'button', class: 'plain menu', 'data-name': `menu ${name}`, 'aria-haspopup': 'dialog', 'aria-label': `Actions for ${shownName}` }, '⋯');
    menu.addEventListener('click', () => {
      this.actions.menu(entry, menu);
    });
    return h(
      'tr', { role: 'row', 'aria-rowindex': at + 2, class: ['entry', isSelected && 'selected', pinned.has(name) && 'pinned', isInGroup && 'member', name === this.current && 'current'].filter(Boolean).join(' ') },
      h('td', { role: 'cell', class: 'box' }, this.box(`Select ${shownName}`, name, isSelected, [entry])),
      h(
        'th', { role: 'rowheader', scope: 'row' },
        h('div', { class: 'name-cell' }, chip, pinned.has(name) && h('span', { class: 'mark', title: 'pinned' }, '📌'),
          h('a', { href: hrefOf(entry), 'data-name': `open ${name}`, title: title === undefined ? name : `${title} (${name})` }, h('bdi', {}, shownName)),
          entry.kind !== 'run' && h('span', { class: 'tag kind' }, entry.kind), archived === true && h('span', { class: 'tag kind' }, 'archived'),
          ...tags.map((tag) => h('span', { class: 'tag', title: tag }, h('bdi', {}, tag))),
          note !== undefined && h('span', { class: 'mark', role: 'img', 'aria-label': `Note: ${note}`, title: note }, '✎'),
          badLabels !== undefined && h('span', { class: 'mark bad', role: 'img', 'aria-label': badLabels, title: badLabels }, '⚠'), h('span', { class: 'stretch' }), menu),
      ),
      ...this.shown.columns.map((field) => this.cell(field, field.id === 'state' ? stateCell(entry) : cellText(field, entry), this.fields!.isDefault(field.id, entry) ? 'default' : '')),
    );
  }

  private groupRow(row: Extract<Row, { kind: 'group' }>, at: number): HTMLElement {
    const { group: { id, label, entries }, isOpen } = row;
    const count = entries.filter(({ name }) => this.choice!.selected.has(name)).length;
    const box = this.box(`Select the ${String(entries.length)} of ${label}`, `group ${id}`, count === entries.length, entries);
    box.indeterminate = count > 0 && count < entries.length;
    return h(
      'tr', { role: 'row', 'aria-rowindex': at + 2, class: `group${id === this.current ? ' current' : ''}` },
      h('td', { role: 'cell', class: 'box' }, box),
      h('th', { role: 'rowheader', scope: 'row' }, h('div', { class: 'name-cell' },
        h('button', { type: 'button', class: 'plain fold', 'data-name': `fold ${id}`, 'aria-expanded': String(isOpen), title: label, onclick: () => {
          this.actions.toggleGroup(id);
        } }, h('span', { 'aria-hidden': 'true' }, isOpen ? '▾ ' : '▸ '), h('bdi', {}, label)), h('span', { class: 'tag kind' }, String(entries.length)))),
      ...this.shown.columns.map((field) => this.cell(field, summaryText(field, entries, summary(field, entries)), '')),
    );
  }

  private box(label: string, name: string, isChecked: boolean, entries: readonly Entry[]): HTMLInputElement {
    const box = h('input', { type: 'checkbox', checked: isChecked, 'aria-label': label, 'data-name': `box ${name}` });
    box.addEventListener('change', () => {
      this.actions.select(entries, box.checked);
    });
    return box;
  }

  private cell(field: Field, content: string | HTMLElement, mark: string): HTMLElement {
    const text = typeof content === 'string' ? content : content.textContent;
    const isText = field.unit === 'text' || field.unit === 'time';
    return h('td', { role: 'cell', class: [isText && 'text', mark, text === '–' && 'none'].filter(Boolean).join(' '), 'data-label': printable(field.title), title: text }, typeof content === 'string' ? h('bdi', {}, content) : content);
  }
}

function keyOf(row: Row): string {
  return `${row.kind} ${row.id}`;
}

/** Replaces children; the element that had the focus is found again by its `data-name`. */
function keepingFocus(root: Element, replace: () => void): void {
  const active = document.activeElement as HTMLElement | null;
  const name = active !== null && root.contains(active) ? active.dataset['name'] : undefined;
  replace();
  if (name !== undefined && document.activeElement !== active) root.querySelector<HTMLElement>(`[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}
