import type { Catalogue, Entry } from '../api';
import { formatMetric } from '../../numbers';
import { getJson } from './client';
import { fill, h, number, percent } from './dom';
import { stateText } from './runView';

/** The list of runs: a filter, links, and checkboxes to select runs to compare. */
export class RunList {
  entries: readonly Entry[] = [];
  private readonly filter = h('input', { type: 'search', class: 'filter', placeholder: 'filter runs  ( / )', 'aria-label': 'Filter runs' });
  private readonly items = h('ul', {});
  private readonly compare = h('a', { class: 'button', hidden: true });
  private readonly chosen = new Set<string>();
  private current = '';
  private drawn = '';

  constructor(root: HTMLElement) {
    this.filter.addEventListener('input', () => {
      this.draw();
    });
    root.replaceChildren(h('div', { class: 'row' }, this.filter, this.compare), this.items);
  }

  /** Asks the server; returns the entries by name. */
  async refresh(): Promise<ReadonlyMap<string, Entry>> {
    ({ entries: this.entries } = await getJson<Catalogue>('api/runs'));
    this.draw();
    return new Map(this.entries.map((entry) => [entry.name, entry]));
  }

  /** Marks the entry that is shown. */
  mark(hash: string): void {
    this.current = hash;
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

  private get visible(): Entry[] {
    const wanted = this.filter.value.trim().toLowerCase();
    return this.entries.filter(({ name }) => name.toLowerCase().includes(wanted));
  }

  private draw(): void {
    const { visible, chosen, current } = this;
    // Boxes keep their state and focus while nothing has changed.
    const picture = JSON.stringify([visible, [...chosen], current]);
    if (picture === this.drawn) return;
    this.drawn = picture;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['name'];
    this.items.replaceChildren(...visible.map((entry) => this.item(entry)));
    if (visible.length === 0) fill(this.items, h('li', { class: 'note' }, this.entries.length === 0 ? 'No runs yet. They appear here as they start.' : 'No run of that name.'));
    if (focused !== undefined) this.items.querySelector<HTMLElement>(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    this.compare.hidden = chosen.size < 2;
    this.compare.textContent = `Compare ${String(chosen.size)}`;
    this.compare.setAttribute('href', `#/compare/${[...chosen].map(encodeURIComponent).join('/')}`);
  }

  private item(entry: Entry): HTMLElement {
    const href = hrefOf(entry);
    const link = h('a', { href, 'data-name': `link ${entry.name}`, 'aria-current': href === this.current ? 'page' : undefined }, h('span', { class: 'name' }, entry.name), detail(entry));
    if (entry.kind !== 'run') return h('li', {}, h('span', { class: 'box' }), link);
    const box = h('input', { type: 'checkbox', checked: this.chosen.has(entry.name), 'data-name': `box ${entry.name}`, 'aria-label': `Compare ${entry.name}` });
    box.addEventListener('change', () => {
      if (box.checked) this.chosen.add(entry.name);
      else this.chosen.delete(entry.name);
      this.draw();
    });
    return h('li', {}, h('span', { class: 'box' }, box), link);
  }
}

function hrefOf(entry: Entry): string {
  return `#/${entry.kind}/${encodeURIComponent(entry.name)}`;
}

function detail(entry: Entry): HTMLElement {
  if (entry.failure !== null && (entry.kind !== 'run' || entry.state === 'damaged')) {
    return h('span', { class: 'detail', title: entry.failure.message }, h('span', { class: 'state failed' }, 'damaged'));
  }
  const { state } = entry;
  const score = scoreText(entry);
  if (entry.kind === 'run') {
    const { step, steps } = entry;
    const done = state === 'running' && steps !== null ? ` ${String(Math.floor((100 * step) / steps))} %` : '';
    return h('span', { class: 'detail', title: entry.failure?.message }, h('span', { class: `state ${state}` }, stateText(entry) + done), score);
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
