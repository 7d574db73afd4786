import { Pace } from '../../history/pace';
import { RunHistory } from '../../history/runHistory';
import { formatMetric } from '../../numbers';
import { eventShape } from '../../train/eventShape';
import type { Catalogue, RunEntry } from '../api';
import { Chart, ZoomGroup } from './plots/chart';
import type { Line } from './plots/chart';
import { getJson, stopRun, Tail } from './client';
import { LineReader } from './lineReader';
import { accuracyLines, lossLines, rateLines, rmseLines, throughputLines } from './plots/curves';
import type { CurveSettings } from './plots/curves';
import { duration, fill, h, number, percent } from './dom';
import { ExaminationPanel } from './examination';
import { WeightSnapshotsPanel } from './weightSnapshots';
import { HealthPanel } from './health';
import { specPanel } from './specTable';
import { toolbar } from './toolbar';
import type { View } from './view';

/** Everything about one run, updated while it trains. */
export class RunView implements View {
  readonly element: HTMLElement;
  private readonly history = new RunHistory();
  private reader = new LineReader(eventShape);
  private readonly pace = new Pace();
  private readonly group = new ZoomGroup();
  private readonly loss = new Chart(this.group, { title: 'Loss: mean cross-entropy + λ‖W‖²', format: (value) => number(value) });
  private readonly accuracy = new Chart(this.group, { title: 'Accuracy', format: (value) => percent(value) });
  private readonly rate = new Chart(this.group, { title: 'Learning rate', format: (value) => number(value, 3) });
  private readonly throughput = new Chart(this.group, { title: 'Throughput, training rows per second', format: (value) => number(value, 3) });
  private readonly charts = [this.loss, this.accuracy, this.rate, this.throughput];
  private readonly film = new WeightSnapshotsPanel();
  private readonly health = new HealthPanel(this.group);
  private readonly examination: ExaminationPanel;
  private readonly head = h('div', {});
  private readonly stop: HTMLButtonElement;
  private entry: RunEntry | undefined;
  private readonly metrics: Tail;
  private readonly frames: Tail;

  constructor(private readonly name: string, private readonly settings: CurveSettings) {
    this.examination = new ExaminationPanel(name);
    this.stop = h('button', { type: 'button', class: 'stop', hidden: true, onclick: () => void this.askToStop() }, 'Stop this run');
    this.metrics = new Tail(name, 'metrics.jsonl', (bytes) => {
      for (const event of this.reader.read(bytes)) this.history.apply(event);
    }, () => {
      this.reader = new LineReader(eventShape);
      this.history.clear();
    });
    this.frames = new Tail(name, 'weights.film', (bytes) => {
      this.film.take(bytes);
    }, () => {
      this.film.clear();
    });
    this.element = h(
      'div', {}, h('div', { class: 'title' }, h('h1', {}, name), this.stop), this.head,
      toolbar(settings, this.group, () => {
        this.draw();
      }),
      h('div', { class: 'charts' }, ...this.charts.map(({ element }) => element)),
      this.film.element, this.health.element, this.examination.element, specPanel(name),
    );
  }

  async refresh(): Promise<boolean> {
    if (this.name.includes('/')) await this.findTrial();
    this.describe();
    if (this.entry === undefined) return true; // the folder of a run that just starts is not created yet
    if (await this.metrics.read()) {
      this.draw();
      await this.frames.read(); // there is no frame without an evaluation
    }
    this.describe();
    return this.entry.state === 'running';
  }

  know(entries: ReadonlyMap<string, RunEntry>): void {
    this.entry = entries.get(this.name) ?? this.entry;
    this.describe();
  }

  get title(): string {
    const { start, step } = this.history;
    return this.entry?.state === 'running' && start !== undefined ? `${String(Math.floor((100 * step) / start.steps))} % ${this.name}` : this.name;
  }

  forget(): void {
    for (const chart of this.charts) chart.forget();
    this.health.forget();
    this.draw();
  }

  dispose(): void {
    for (const chart of this.charts) chart.dispose();
    this.film.dispose();
    this.health.dispose();
  }

  private draw(): void {
    const { history, settings } = this;
    const { isRegression } = history;
    const show = (chart: Chart, lines: Line[], options = {}): void => {
      chart.show(lines, options);
    };
    show(this.loss, lossLines(history, settings), { log: settings.log, title: isRegression ? 'Loss: mean + λ‖W‖²' : 'Loss: mean cross-entropy + λ‖W‖²' });
    if (isRegression) show(this.accuracy, rmseLines(history, settings), { title: 'Root mean squared error', format: (value: number) => number(value) });
    else show(this.accuracy, accuracyLines(history, settings));
    show(this.rate, rateLines(history, settings), { log: settings.log });
    show(this.throughput, throughputLines(history, settings));
    this.health.show(history, settings);
  }

  private describe(): void {
    const { history, entry } = this;
    const { start, result, step, best, isRegression, epochs, lastEvaluation, scores } = history;
    const state = entry?.state ?? 'unfinished';
    const epoch = epochs[epochs.length - 1];
    const facts: [string, string][] = [
      ['step', `${step.toLocaleString('en')}${start === undefined ? '' : ` of ${start.steps.toLocaleString('en')}`}`],
      ['epoch', start === undefined ? '–' : (step / start.stepsPerEpoch).toFixed(1)],
      ...(isRegression
        ? [['validation RMSE', number(scores?.valRmse)] as [string, string]]
        : [['validation', percent(scores?.valAccuracy)] as [string, string]]),
      ['best', best === undefined ? '–' : `${best.monitored !== undefined ? `${best.monitored.metric} ${formatMetric(best.monitored.metric, best.monitored.value)}` : isRegression ? number(best.valLoss) : percent(best.valAccuracy)} at step ${best.step.toLocaleString('en')}`],
      ['train', isRegression ? number(result?.trainRmse ?? lastEvaluation?.trainRmse) : percent(scores?.trainAccuracy)],
      ['throughput', epoch === undefined ? '–' : `${number(epoch.samplesPerSecond, 3)} rows/s`],
      state === 'running' ? ['time left', duration(this.pace.secondsLeft(history))] : ['time', result === undefined ? '–' : duration(result.seconds)],
    ];
    this.stop.hidden = entry?.stoppable !== true;
    fill(
      this.head,
      h('p', { class: 'note' }, h('span', { class: `state ${state}` }, stateText(entry)),
        start === undefined ? '' : ` ${start.layers.join('-')}, ${start.parameters.toLocaleString('en')} parameters, ${start.backend} ${start.precision ?? start.dtype}, ${String(start.threads)} thread${start.threads === 1 ? '' : 's'}, seed ${String(start.seed)}. ${start.data}.`),
      entry?.failure ? h('p', { class: 'warning' }, `${entry.failure.message} [${entry.failure.code}]`) : null,
      state === 'running' && start !== undefined && h('progress', { max: start.steps, value: step, 'aria-label': 'Progress of the training' }),
      h('dl', { class: 'facts' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    );
    this.examination.update(step);
  }

  /** The list of all runs leaves out those of searches. */
  private async findTrial(): Promise<void> {
    const { entries } = await getJson<Catalogue>('api/runs', { search: this.name.slice(0, this.name.lastIndexOf('/')) });
    this.entry = entries.find((entry): entry is RunEntry => entry.kind === 'run' && entry.name === this.name);
  }

  private async askToStop(): Promise<void> {
    this.stop.disabled = true;
    this.stop.textContent = 'Stopping …';
    try {
      await stopRun(this.name);
    } catch (error) {
      this.stop.disabled = false;
      this.stop.textContent = `Stop this run (${(error as Error).message})`;
    }
  }
}

/** The state of a run, in a word or two. */
export function stateText(entry: RunEntry | undefined): string {
  if (entry === undefined) return 'not there (yet)';
  return entry.state === 'unfinished' ? 'not finished, and nobody at it' : entry.state;
}
