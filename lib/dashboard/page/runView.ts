import { Pace } from '../../history/pace';
import { lossWords } from '../../history/lossWords';
import type { Task } from '../../history/lossWords';
import { failureWord, outcomeOf } from '../../history/outcome';
import { formatCount, formatMetric } from '../../numbers';
import type { Catalogue, CurvesState, Entry, RunEntry } from '../api';
import { Chart } from './plots/chart';
import type { Line } from './plots/lines';
import { ZoomGroup } from './plots/zoom';
import { getJson, isNoAnswer, Tail } from './client';
import { accuracyLines, lossLines, rateLines, rmseLines, throughputLines } from './plots/curves';
import type { CurveSettings } from './plots/curves';
import { duration, fill, h, number, percent } from './dom';
import { shownAt } from './exported';
import { ExaminationPanel } from './examination';
import { WeightSnapshotsPanel } from './weightSnapshots';
import { HealthPanel } from './health';
import { HistogramPanel } from './histograms/panel';
import { outcomeBox } from './outcomeBox';
import { CurveFollower } from './curveFollower';
import { EndNotice } from './endNotice';
import { RunCurves } from './runCurves';
import { readSpec, specPanel } from './specTable';
import { stopButton } from './stopButton';
import { toolbar } from './toolbar';
import type { View } from './view';

/** A run before anything is known of it. */
const nothing: CurvesState = {
  start: null, result: null, step: 0, best: null, lastEvaluation: null, lastEpoch: null, lastHealth: null, warnings: [], learningRate: null, isRegression: false, hasAccuracy: false,
  hasRmse: false,
};

/** Everything about one run, updated while it trains. */
export class RunView implements View {
  readonly element: HTMLElement;
  private readonly pace = new Pace();
  private readonly group = new ZoomGroup();
  private readonly loss = new Chart(this.group, { title: 'Loss', format: (value) => number(value) });
  private readonly accuracy = new Chart(this.group, { title: 'Accuracy', format: (value) => percent(value) });
  private readonly rate = new Chart(this.group, { title: 'Learning rate', format: (value) => number(value, 3) });
  private readonly throughput = new Chart(this.group, { title: 'Throughput, training rows per second', format: (value) => number(value, 3) });
  private readonly charts = [this.loss, this.accuracy, this.rate, this.throughput];
  private readonly film = new WeightSnapshotsPanel();
  private readonly health = new HealthPanel(this.group);
  private readonly histograms: HistogramPanel;
  private readonly examination: ExaminationPanel;
  private readonly head = h('div', {});
  private readonly stop: HTMLButtonElement;
  private readonly notice = new EndNotice();
  private readonly body: HTMLElement;
  private entry: RunEntry | undefined;
  /** Whether the list of runs has it, or had it and has it no more. */
  private place: 'not asked' | 'there' | 'unknown' | 'deleted' = 'not asked';
  private task: Task | undefined;
  /** When the process began whose record was read. */
  private specOf: string | null = null;
  private readonly curves: RunCurves;
  private readonly follower: CurveFollower;
  private readonly frames: Tail;

  constructor(private readonly name: string, private readonly settings: CurveSettings) {
    this.examination = new ExaminationPanel(name);
    this.stop = stopButton(name, 'run');
    this.curves = new RunCurves(name, ['steps', 'evaluations', 'epochs', 'health']);
    this.histograms = new HistogramPanel(name, this.group, this.curves, settings);
    this.follower = new CurveFollower([this.curves], this.group, settings, () => {
      this.draw();
      this.describe();
    });
    this.frames = new Tail(name, 'weights.film', (bytes) => {
      this.film.take(bytes);
    }, () => {
      this.film.clear();
    });
    this.body = h(
      'div', { class: 'body', hidden: true },
      toolbar(settings, this.group, () => {
        this.draw();
      }), this.follower.element,
      h('div', { class: 'charts' }, ...this.charts.map(({ element }) => element)),
      this.film.element, this.health.element, this.histograms.element, this.examination.element, specPanel(name, () => this.entry?.keys ?? {}),
    );
    this.element = h('div', {}, h('div', { class: 'title' }, h('h1', {}, name), this.notice.element, this.stop), this.head, this.body);
  }

  async refresh(): Promise<boolean> {
    if (this.name.includes('/')) await this.findTrial();
    this.describe();
    if (this.place !== 'there') return this.place === 'unknown'; // the folder of a run that just starts is not created yet
    await this.findSpec();
    if (await this.follower.refresh()) {
      await this.frames.read(); // there is no frame without an evaluation
      await this.histograms.refresh();
    }
    this.describe();
    return this.entry?.state === 'running';
  }

  know(entries: ReadonlyMap<string, Entry>): void {
    if (this.name.includes('/')) return; // the list leaves out the runs of searches
    const entry = entries.get(this.name);
    this.found(entry?.kind === 'run' ? entry : undefined);
  }

  /** The state of the run as events tell; empty before they do. */
  private get history(): CurvesState {
    return this.curves.state ?? nothing;
  }

  private found(entry: RunEntry | undefined): void {
    this.entry = entry ?? this.entry;
    this.place = entry !== undefined ? 'there' : this.entry === undefined ? 'unknown' : 'deleted';
    this.body.hidden = this.entry === undefined;
    this.describe();
  }

  get title(): string {
    const { start, step } = this.history;
    return this.entry?.state === 'running' && start !== null ? `${String(Math.floor((100 * step) / start.steps))} % ${this.name}` : this.name;
  }

  lose(): void {
    this.notice.lose(this.name);
  }

  get asksWhileHidden(): boolean {
    return this.notice.isWanted;
  }

  forget(): void {
    for (const chart of this.charts) chart.forget();
    this.health.forget();
    this.histograms.forget();
    this.draw();
  }

  dispose(): void {
    this.follower.dispose();
    for (const chart of this.charts) chart.dispose();
    this.film.dispose();
    this.health.dispose();
    this.histograms.dispose();
  }

  private draw(): void {
    const { history, settings, curves } = this;
    const { isRegression } = history;
    const title = `Loss: ${lossWords(this.task)}`;
    const show = (chart: Chart, lines: Line[], options = {}): void => {
      chart.show(lines, options);
    };
    show(this.loss, lossLines(curves, settings), { log: settings.log, outliers: settings.outliers, title });
    if (isRegression && history.hasRmse) show(this.accuracy, rmseLines(curves, settings), { title: 'Root mean squared error', outliers: settings.outliers, format: (value: number) => number(value) });
    else show(this.accuracy, isRegression ? [] : accuracyLines(curves, settings), { outliers: false, title: this.task?.loss === 'bce' ? 'Accuracy: rows with all labels right' : 'Accuracy' });
    show(this.rate, rateLines(curves, settings), { log: settings.log });
    show(this.throughput, throughputLines(curves, settings));
    this.health.show(curves, settings, this.entry?.state === 'failed');
    this.group.settle();
    this.film.setUnits(history.start?.layers[1]);
  }

  private describe(): void {
    const { history, entry, place } = this;
    if (entry === undefined) {
      fill(this.head, place === 'unknown' ? h('p', { class: 'note' }, `There is no run ${this.name} in this folder. It appears here once it starts.`) : null);
      return;
    }
    const { start, step } = history;
    const { state } = entry;
    const outcome = outcomeOf(entry, { step, start: start ?? undefined, learningRate: history.learningRate ?? undefined });
    this.stop.hidden = !entry.stoppable || place === 'deleted';
    const facts = this.facts(entry, outcome?.isFailure === true);
    const score = facts.find(([name]) => name === 'best');
    this.notice.follow({ isRunning: state === 'running' && place !== 'deleted', title: `${this.name}: ${stateText(entry)}`, text: outcome?.cause ?? (score === undefined ? '' : score.join(' ')) });
    fill(
      this.head,
      place === 'deleted' && h('div', { class: 'outcome', role: 'status' }, h('b', {}, 'Deleted'), h('p', {}, 'Its folder is gone; what was loaded stays on this page.')),
      outcome && outcomeBox(outcome),
      h('p', { class: 'note' }, h('span', { class: `state ${state}` }, stateText(entry)),
        start === null ? '' : ` ${start.layers.join('-')}, ${formatCount(start.parameters)} parameters, ${start.backend} ${start.precision ?? start.dtype}, ${String(start.threads)} thread${start.threads === 1 ? '' : 's'}, seed ${String(start.seed)}. ${start.data}.`),
      state === 'running' && start !== null && h('progress', { max: start.steps, value: step, 'aria-label': 'Progress of the training' }),
      h('dl', { class: 'facts' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    );
    this.examination.update(step, history.isRegression ? 'numbers' : this.task?.loss === 'bce' ? 'labels' : 'classes');
  }

  /** Name and value of what is said of a run; a run that failed has no scores. */
  private facts(entry: RunEntry, hasFailed: boolean): [string, string][] {
    const { history } = this;
    const { start, result, step, best, isRegression, lastEpoch: epoch, lastEvaluation } = history;
    const scores = result ?? lastEvaluation;
    // A score is that of its own step.
    const scored = result === null && lastEvaluation !== null && lastEvaluation.step !== step ? ` at step ${formatCount(lastEvaluation.step)}` : '';
    const bestText = best === null ? '–' : best.monitored !== undefined ? `${best.monitored.metric} ${formatMetric(best.monitored.metric, best.monitored.value)}` : isRegression ? number(best.valLoss) : percent(best.valAccuracy);
    const test: [string, string][] = typeof entry.testAccuracy === 'number' ? [['test', percent(entry.testAccuracy)]] : typeof entry.testRmse === 'number' ? [['test RMSE', number(entry.testRmse)]] : [];
    const validation: [string, string] = !isRegression ? ['validation', percent(scores?.valAccuracy)] : history.hasRmse ? ['validation RMSE', number(scores?.valRmse)] : ['validation loss', number(scores?.valLoss)];
    const train: [string, string] = !isRegression ? ['train', percent(scores?.trainAccuracy)] : history.hasRmse ? ['train RMSE', number(scores?.trainRmse)] : ['train loss', number(lastEvaluation?.trainLoss)];
    const shown: [string, string][] = hasFailed ? [] : [
      [validation[0], validation[1] + scored], ['best', best === null ? '–' : `${bestText} at step ${formatCount(best.step)}`], [train[0], train[1] + scored], ...test,
    ];
    return [
      ['step', `${formatCount(step)}${start === null ? '' : ` of ${formatCount(start.steps)}`}`],
      ['epoch', start === null ? '–' : (step / start.stepsPerEpoch).toFixed(1)],
      ...shown,
      ['throughput', epoch === null ? '–' : `${number(epoch.samplesPerSecond, 3)} rows/s`],
      entry.state === 'running'
        ? ['time left', duration(this.pace.secondsLeft({ step, start: start ?? undefined, epochs: epoch === null ? [] : [epoch] }, entry.begunAt === null ? NaN : (shownAt() - Date.parse(entry.begunAt)) / 1000))]
        : ['time', result === null ? '–' : duration(result.seconds)],
    ];
  }

  /** The list of all runs leaves out those of searches. */
  private async findTrial(): Promise<void> {
    const search = this.name.slice(0, this.name.lastIndexOf('/'));
    const entries = await getJson<Catalogue>('api/runs', { search }).then((list) => list.entries, (error: unknown): Entry[] => {
      if (isNoAnswer(error, 'refused')) return []; // there is no such search
      throw error;
    });
    const entry = entries.find(({ name }) => name === this.name);
    this.found(entry?.kind === 'run' ? entry : undefined);
  }

  /** What is trained for, from the spec, by which losses are called, and since when; asked for until it is there, and again once the run goes on. */
  private async findSpec(): Promise<void> {
    const begunAt = this.entry?.begunAt ?? null;
    if (this.task !== undefined && this.specOf === begunAt) return;
    const spec = await readSpec(this.name).catch(() => undefined); // not written yet, or damaged
    this.specOf = begunAt;
    if (spec !== undefined) this.curves.takeRecord(spec);
    const loss = spec?.get('loss');
    if (loss !== undefined) this.task = { loss, l2: Number(spec?.get('l2')), targetScaling: spec?.get('targetScaling') };
  }
}

/** The state of a run, in a word or two. */
export function stateText({ state, failure }: Pick<RunEntry, 'state' | 'failure'>): string {
  if (state === 'failed' && failure !== null) return failureWord(failure);
  return state === 'unfinished' ? 'interrupted' : state;
}
