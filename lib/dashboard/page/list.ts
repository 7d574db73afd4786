import type { Entry } from '../api';
import { formatMetric } from '../../numbers';
import { fill, h, number, percent } from './dom';
import { hrefOf, nameOf, stateCell } from './entry';
import { compareHash } from './table/choice';
import type { SharedChoice } from './table/choice';
import { QueryBox } from './table/queryBox';
import { Rows } from './table/rows';
import type { RunsStore } from './table/store';

/** The list of runs beside a view, in the order of the table: a filter, links, and checkboxes to select runs to compare. */
export class RunList {
  private readonly filter: QueryBox;
  private readonly items = h('ul', {});
  private readonly compare = h('a', { class: 'button', hidden: true });
  private readonly rows = new Rows();
  private elements = new Map<string, { readonly picture: string; readonly element: HTMLElement }>();
  private visible: readonly Entry[] = [];
  private current = '';
  private isShown = true;

  constructor(root: HTMLElement, private readonly store: RunsStore, private readonly choice: SharedChoice) {
    this.filter = new QueryBox('Filter runs', 'filter runs  ( / )', () => ({ fields: store.fields, entries: store.list }), (query) => {
      choice.change({ query });
    });
    root.replaceChildren(h('div', { class: 'row' }, this.filter.element, this.compare), this.items);
    choice.listen(() => {
      this.draw();
    });
  }

  /** Marks the entry that is shown. @param isShown false where the view is wide, and takes its place. */
  mark(hash: string, isShown: boolean): void {
    this.current = hash;
    this.isShown = isShown;
    this.draw();
  }

  focusFilter(): void {
    this.filter.focus();
  }

  /** The link `by` places behind the one that is shown. */
  neighbour(by: number): string | undefined {
    const links = this.visible.map(hrefOf);
    const at = links.indexOf(this.current);
    return links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
  }

  draw(): void {
    const { store, choice: { now } } = this;
    const { entries, error } = this.rows.of(store.list, { ...now, group: '' }, store.fields);
    this.visible = entries;
    if (!this.isShown) return;
    this.filter.value = now.query;
    this.filter.show(error);
    const focused = (document.activeElement as HTMLElement | null)?.dataset['name'];
    const before = this.elements;
    this.elements = new Map();
    const items = entries.map((entry) => {
      // Boxes keep their state and focus while nothing has changed.
      const picture = JSON.stringify([entry, now.selected.has(entry.name), hrefOf(entry) === this.current]);
      const known = before.get(entry.name);
      const element = known?.picture === picture ? known.element : this.item(entry);
      this.elements.set(entry.name, { picture, element });
      return element;
    });
    if (items.length === 0) fill(this.items, h('li', { class: 'note' }, store.list.length === 0 ? 'No runs yet. They appear here as they start.' : 'No run fits the filter.'));
    else if (this.items.children.length !== items.length || items.some((item, i) => this.items.children[i] !== item)) {
      this.items.replaceChildren(...items);
      if (focused !== undefined && document.activeElement === document.body) this.items.querySelector<HTMLElement>(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    }
    const selected = [...now.selected].filter((name) => store.entries.get(name)?.kind === 'run');
    this.compare.hidden = selected.length < 2;
    this.compare.textContent = `Compare ${String(selected.length)}`;
    this.compare.setAttribute('href', compareHash(selected, now));
  }

  private item(entry: Entry): HTMLElement {
    const { name } = entry;
    const href = hrefOf(entry);
    const link = h('a', { href, 'data-name': `link ${name}`, title: name, 'aria-current': href === this.current ? 'page' : undefined }, h('span', { class: 'name' }, h('bdi', {}, nameOf(entry))), detail(entry));
    if (entry.kind !== 'run') return h('li', {}, h('span', { class: 'box' }), link);
    const box = h('input', { type: 'checkbox', checked: this.choice.now.selected.has(name), 'data-name': `box ${name}`, 'aria-label': `Compare ${nameOf(entry)}` });
    box.addEventListener('change', () => {
      this.choice.toggle('selected', [name], box.checked);
    });
    return h('li', {}, h('span', { class: 'box' }, box), link);
  }
}

function detail(entry: Entry): HTMLElement {
  if (entry.failure !== null && (entry.kind !== 'run' || entry.state === 'damaged')) {
    return h('span', { class: 'detail', title: entry.failure.message }, h('span', { class: 'state failed' }, 'damaged'));
  }
  const { state } = entry;
  const score = scoreText(entry);
  if (entry.kind === 'run') {
    return h('span', { class: 'detail' }, stateCell(entry), score);
  }
  const what = entry.kind === 'search' ? 'search' : `depth, ${String(entry.runs.length)} nets`;
  return h('span', { class: 'detail' }, `${what}, `, h('span', { class: `state ${state}` }, state), score);
}

/** ' 52.1 %, test 51.0 %': the validation score, of an experiment the best, and that on the test split. */
function scoreText(entry: Entry): string {
  const { valAccuracy, valRmse, testAccuracy, testRmse } = entry;
  const validation = typeof valAccuracy === 'number' ? percent(valAccuracy) : typeof valRmse === 'number' ? `RMSE ${number(valRmse)}`
    : entry.kind === 'search' && typeof entry.score === 'number' ? `${entry.metric ?? 'score'} ${formatMetric(entry.metric ?? '', entry.score)}` : '';
  const test = typeof testAccuracy === 'number' ? `, test ${percent(testAccuracy)}` : typeof testRmse === 'number' ? `, test ${number(testRmse)}` : '';
  return validation === '' ? '' : `${entry.kind === 'run' ? '' : ','} ${validation}${test}`;
}
