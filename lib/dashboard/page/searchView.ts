import { formatMetric } from '../../numbers';
import { countTrials, SearchHistory } from '../../history/searchHistory';
import type { TrialSummary } from '../../history/searchHistory';
import { parameterDigits } from '../../report/drawing/digits';
import { valueText } from '../../report/search/parameterAxis';
import { entryShape } from '../../search/shapes';
import type { Entry, SearchEntry } from '../api';
import { Tail } from './client';
import { LineReader } from './lineReader';
import { duration, fill, h, number, percent, scroller } from './dom';
import { axisOf, parallelCoordinates } from './plots/parallel';
import { trialCurves } from './plots/trialCurves';
import { BestTrialPanel, processTable } from './search/bestTrial';
import { ImportancePanel } from './search/importances';
import { ValueFilter } from './search/valueFilter';
import { EndNotice } from './endNotice';
import { stopButton } from './stopButton';
import { placeholder } from './view';
import type { View } from './view';

/** A picture of trials that stands beside the table. */
interface Drawing {
  choose(trial: number | undefined): void;
}

/** A search's trials as they come: the best, what scores depend on, curves, parallel coordinates, a table. */
export class SearchView implements View {
  readonly element: HTMLElement;
  readonly title: string;
  private readonly history = new SearchHistory();
  private reader = new LineReader(entryShape);
  private readonly tail: Tail;
  private readonly summary = h('p', { class: 'note' });
  private readonly facts = h('p', { class: 'note' });
  private readonly processes = h('div', {});
  private readonly body: HTMLElement;
  private entry: SearchEntry | undefined;
  private readonly stop: HTMLButtonElement;
  private readonly notice = new EndNotice();
  private readonly best = new BestTrialPanel();
  private readonly importances = new ImportancePanel();
  private readonly filter = new ValueFilter(() => { this.applyFilter(); });
  private readonly matching = h('p', { class: 'note', role: 'status' });
  private readonly picture = scroller('Parallel coordinates');
  private readonly curves = scroller('Course of the trials');
  private readonly table = scroller('Trials');
  private readonly rows = new Map<number, HTMLElement>();
  /** Shows what the filter keeps, in the present pictures and rows. */
  private applyFilter = (): void => undefined;

  /** @param folder of the runs, as far as it is known. */
  constructor(name: string, private readonly folder: () => string) {
    this.title = name;
    this.stop = stopButton(name, 'search');
    this.tail = new Tail(name, 'journal.jsonl', (bytes) => {
      for (const entry of this.reader.read(bytes)) this.history.apply(entry);
    }, () => {
      this.reader = new LineReader(entryShape);
      this.history.clear();
    });
    const legend = [['best', 'the best'], ['finished', 'trained to the end'], ['running', 'not ended'], ['pruned', 'pruned'], ['failed', 'failed']] as const;
    this.body = h(
      'div', {}, h('div', { class: 'title' }, h('h1', {}, name), this.notice.element, this.stop), this.summary, this.facts, this.processes, this.best.element, this.importances.element,
      h('section', { class: 'panel' }, h('h2', {}, 'Parallel coordinates'),
        h('p', { class: 'note' }, 'A line is a trial; failed trials and those without a score are left out. Drag along an axis to keep the trials of a range, click it to let go; point at a line or a row of the table to single a trial out.'),
        h('p', { class: 'heat' }, 'worst score ', h('span', { class: 'ramp', role: 'img', 'aria-label': 'colours from the worst score to the best' }), ' best score'),
        this.filter.element, this.matching, this.picture),
      h('section', { class: 'panel' }, h('h2', {}, 'Course of the trials'),
        h('p', { class: 'legend' }, ...legend.map(([kind, text]) => h('span', { class: `key ${kind}` }, text))), this.curves),
      h('section', { class: 'panel' }, h('h2', {}, 'Trials, the best first'), this.table),
    );
    this.element = h('div', {}, this.body);
  }

  async refresh(): Promise<boolean> {
    if (this.entry === undefined) return true;
    if (await this.tail.read()) this.draw();
    this.showBest();
    return this.entry.state === 'running';
  }

  know(entries: ReadonlyMap<string, Entry>): void {
    const entry = entries.get(this.title);
    if (entry?.kind === 'search') this.entry = entry;
    if (this.entry === undefined) fill(this.element, placeholder('search', this.title));
    else {
      fill(this.summary, ...describe(this.entry));
      this.stop.hidden = !this.entry.stoppable;
      this.notice.follow({ isRunning: this.entry.state === 'running', title: `${this.title}: ${this.entry.state}`, text: this.summary.textContent });
      if (this.element.firstChild !== this.body) this.element.replaceChildren(this.body);
    }
  }

  lose(): void {
    this.notice.lose(this.title);
  }

  get asksWhileHidden(): boolean {
    return this.notice.isWanted;
  }

  forget(): void {
    this.draw();
  }

  dispose(): void {
    this.element.remove();
  }

  private draw(): void {
    const { history, rows } = this;
    const { head, trials, ranking, elapsed, metric } = history;
    if (head === undefined) return;
    const { space: { parameters }, sampler, pruner, folds, seeds } = head.spec;
    const count = (state: TrialSummary['state']): string => String(countTrials(trials, state));
    const replicates = folds * seeds === 1 ? '' : `, ${String(folds * seeds)} runs each`;
    fill(this.facts, `${sampler} with ${pruner}${replicates}; ${String(trials.length)} trials: ${count('finished')} finished, ${count('pruned')} pruned, `
      + `${count('failed')} failed, ${count('running')} running; ${duration(elapsed)}. ${head.data}.`);
    fill(this.processes, processTable(history.processes, elapsed));
    this.importances.show(parameters, trials);
    const axes = parameters.map(axisOf);
    this.filter.setAxes(axes);

    const marked = (trial: number | undefined): void => {
      for (const [one, row] of rows) row.classList.toggle('chosen', one === trial);
    };
    const drawings: Drawing[] = [];
    const choose = (trial: number | undefined): void => {
      marked(trial);
      for (const drawing of drawings) drawing.choose(trial);
    };
    const unranked = trials.filter((trial) => !ranking.includes(trial));
    const chart = parallelCoordinates(axes, ranking, {
      room: this.picture.clientWidth, score: { metric, better: head.monitor?.better ?? 'higher' }, chosen: choose, brushed: (name, range) => { this.filter.set(name, range); },
    });
    const curves = trialCurves([...ranking, ...unranked].map((trial) => ({ ...trial, points: history.curveOf(trial) })), metric, this.curves.clientWidth, choose);
    drawings.push(chart, curves);
    const digits = parameterDigits(trials);
    rows.clear();
    [...ranking, ...unranked].forEach((trial, rank) => {
      const row = trialRow(trial, rank, parameters.map(({ name }) => name), digits);
      for (const [on, off] of [['pointerenter', 'pointerleave'], ['focusin', 'focusout']] as const) {
        row.addEventListener(on, () => { choose(trial.trial); });
        row.addEventListener(off, () => { choose(undefined); });
      }
      rows.set(trial.trial, row);
    });
    this.picture.replaceChildren(chart.element);
    this.curves.replaceChildren(curves.element);
    const heads = ['rank', 'trial', metric === 'accuracy' ? 'score' : metric, 'rung', 'state', ...parameters.map(({ name }) => name)];
    this.table.replaceChildren(h('table', { class: 'values' }, h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, ...rows.values())));
    this.applyFilter = (): void => {
      const kept = new Set(trials.filter((trial) => this.filter.matches(trial)).map(({ trial }) => trial));
      chart.filter(this.filter.ranges, (trial) => kept.has(trial));
      curves.filter((trial) => kept.has(trial));
      for (const [trial, row] of rows) row.hidden = !kept.has(trial);
      const drawn = ranking.length > chart.drawn ? ` The best ${String(chart.drawn)} of ${String(ranking.length)} are drawn.` : '';
      fill(this.matching, `${this.filter.ranges.size === 0 ? '' : `${String(kept.size)} of ${String(trials.length)} trials lie in the ranges.`}${drawn}`);
    };
    this.applyFilter();
  }

  private showBest(): void {
    const { entry, history: { ranking: [best], metric } } = this;
    if (entry !== undefined) this.best.show(best, best === undefined ? '' : `${metric} ${formatMetric(metric, best.score)}`, entry, this.folder());
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
