import { formatMetric } from '../../numbers';
import { countTrials, SearchHistory } from '../../history/searchHistory';
import type { TrialSummary } from '../../history/searchHistory';
import { parameterDigits } from '../../report/drawing/digits';
import { valueText } from '../../report/search/parameterAxis';
import { entryShape } from '../../search/shapes';
import type { Entry, SearchEntry } from '../api';
import { Tail } from './client';
import { LineReader } from './lineReader';
import { duration, fill, h, number, percent } from './dom';
import { parallelCoordinates } from './plots/parallel';
import { placeholder } from './view';
import type { View } from './view';

/** A search's trials as they come: a table, and parallel coordinates. */
export class SearchView implements View {
  readonly element: HTMLElement;
  readonly title: string;
  private readonly history = new SearchHistory();
  private reader = new LineReader(entryShape);
  private readonly tail: Tail;
  private readonly summary = h('p', { class: 'note' });
  private readonly facts = h('p', { class: 'note' });
  private readonly body: HTMLElement;
  private entry: SearchEntry | undefined;
  private readonly picture = h('div', { class: 'scroll' });
  private readonly table = h('div', { class: 'scroll' });

  constructor(name: string) {
    this.title = name;
    this.tail = new Tail(name, 'journal.jsonl', (bytes) => {
      for (const entry of this.reader.read(bytes)) this.history.apply(entry);
    }, () => {
      this.reader = new LineReader(entryShape);
      this.history.clear();
    });
    this.body = h(
      'div', {}, h('div', { class: 'title' }, h('h1', {}, name)), this.summary, this.facts,
      h('section', { class: 'panel' }, h('h2', {}, 'Parallel coordinates'),
        h('p', { class: 'note' }, 'A line is a trial, the colour its score; failed trials and those without a score are left out. Point at a line or a row of the table to single it out.'), this.picture),
      h('section', { class: 'panel' }, h('h2', {}, 'Trials, the best first'), this.table),
    );
    this.element = h('div', {}, this.body);
  }

  async refresh(): Promise<boolean> {
    if (this.entry === undefined) return true;
    if (await this.tail.read()) this.draw();
    return this.history.trials.some(({ state }) => state === 'running');
  }

  know(entries: ReadonlyMap<string, Entry>): void {
    const entry = entries.get(this.title);
    if (entry?.kind === 'search') this.entry = entry;
    if (this.entry === undefined) fill(this.element, placeholder('search', this.title));
    else {
      fill(this.summary, ...describe(this.entry));
      if (this.element.firstChild !== this.body) this.element.replaceChildren(this.body);
    }
  }

  forget(): void {
    this.draw();
  }

  dispose(): void {
    this.element.remove();
  }

  private draw(): void {
    const { head, trials, ranking, elapsed } = this.history;
    if (head === undefined) return;
    const { space: { parameters }, sampler, pruner, folds, seeds } = head.spec;
    const count = (state: TrialSummary['state']): string => String(countTrials(trials, state));
    const replicates = folds * seeds === 1 ? '' : `, ${String(folds * seeds)} runs each`;
    fill(this.facts, `${sampler} with ${pruner}${replicates}; ${String(trials.length)} trials: ${count('finished')} finished, ${count('pruned')} pruned, `
      + `${count('failed')} failed, ${count('running')} running; ${duration(elapsed)}. ${head.data}.`);
    const rows = new Map<number, HTMLElement>();
    const chart = parallelCoordinates(parameters, ranking, { metric: this.history.metric, better: (head.monitor?.better ?? 'higher') }, this.picture.clientWidth, (trial) => {
      for (const [number, row] of rows) row.classList.toggle('chosen', number === trial);
    });
    const unranked = trials.filter(({ score }) => !Number.isFinite(score));
    const digits = parameterDigits(trials);
    [...ranking, ...unranked].forEach((trial, rank) => {
      const row = trialRow(trial, rank, parameters.map(({ name }) => name), digits);
      for (const [on, off] of [['pointerenter', 'pointerleave'], ['focusin', 'focusout']] as const) {
        row.addEventListener(on, () => { chart.choose(trial.trial); });
        row.addEventListener(off, () => { chart.choose(undefined); });
      }
      rows.set(trial.trial, row);
    });
    this.picture.replaceChildren(chart.element);
    const heads = ['rank', 'trial', this.history.metric === 'accuracy' ? 'score' : this.history.metric, 'rung', 'state', ...parameters.map(({ name }) => name)];
    this.table.replaceChildren(h('table', { class: 'values' }, h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, ...rows.values())));
  }
}

/** State, best trial and test result. */
function describe({ state, best, valAccuracy, metric, score, testAccuracy, testRmse, failure }: SearchEntry): (Node | string)[] {
  const mark = h('span', { class: `state ${state}` }, state);
  if (failure !== null) return [mark, ` ${failure.message} [${failure.code}]`];
  if (best === null) return [mark];
  const value = typeof valAccuracy === 'number' ? `${percent(valAccuracy)} of the validation rows right` : `validation ${metric ?? 'score'} ${formatMetric(metric ?? '', score ?? NaN)}`;
  const test = typeof testAccuracy === 'number' ? `; test ${percent(testAccuracy)}` : typeof testRmse === 'number' ? `; test RMSE ${number(testRmse)}` : '; not tested yet';
  return [mark, ' The best is ', h('a', { href: `#/run/${encodeURIComponent(best)}` }, best), `: ${value}${test}.`];
}

function trialRow(
  { trial, runs, score, std, metric, rung, state, reason, assignment }: TrialSummary, rank: number, parameters: readonly string[], digits: (name: string) => number,
): HTMLElement {
  const [run] = runs;
  return h(
    'tr', {}, h('td', {}, Number.isFinite(score) ? rank + 1 : ''),
    h('th', { scope: 'row' }, run === undefined ? trial : h('a', { href: `#/run/${encodeURIComponent(run)}` }, `trial ${String(trial)}`)),
    h('td', {}, metric === 'accuracy' ? percent(score, 2) : formatMetric(metric, score), std === undefined ? '' : ` ± ${metric === 'accuracy' ? (100 * std).toFixed(2) : formatMetric(metric, std)}`), h('td', {}, rung < 0 ? '' : rung + 1),
    h('td', { title: reason?.message }, reason === undefined ? state : `${state} (${reason.code})`),
    ...parameters.map((name) => {
      const value = assignment[name];
      return h('td', {}, value === undefined ? '' : typeof value === 'number' && !Number.isInteger(value) ? decimal(value, digits(name)) : valueText(value));
    }),
  );
}

/** Three digits, or as many as distinguish a parameter's values. */
function decimal(value: number, digits: number): string {
  return digits === 3 ? number(value, 3) : String(Number(value.toPrecision(digits)));
}
