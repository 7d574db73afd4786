import { Pace } from '../../history/pace';
import { RunHistory } from '../../history/runHistory';
import type { StepEvent, TrainEvent } from '../../train/events';
import { formatClock, formatCount, formatPercent, formatSignificant } from './format';
import { sparkline } from './plot';
import { ProgressLine } from './progress';
import type { ProgressField, ProgressOptions } from './progress';
import { coloursOf, terminalOf, wrap } from './style';

/** The rate is measured over this time, in milliseconds, and shown at once. */
const paceOptions = { span: 5000, settling: 0 };
/** The sparkline's share of the width. It shows means of the loss over equal spans of the run, one a character. */
const sparkShare = 1 / 5;

/**
 * The progress of a training run in one line, from its events in their order. Where there is no terminal each evaluation
 * gets a line. A warning gets a line of its own.
 */
export class TrainingProgress {
  private readonly line: ProgressLine;
  private readonly unicode: boolean;
  private readonly green: (text: string) => string;
  private readonly columns: number;
  private readonly sparkWidth: number;
  private readonly yellow: (text: string) => string;
  /** Only the present state: a run can have millions of events. */
  private readonly history = new RunHistory(1);
  private readonly pace: Pace;
  /** Of the last step whose rows weigh anything. */
  private loss = NaN;
  /** Sums over equal spans of the run, for the sparkline. */
  private readonly spans: { sum: number; weight: number }[] = [];

  constructor(options: ProgressOptions = {}) {
    this.line = new ProgressLine(options);
    this.pace = new Pace(options.now, paceOptions);
    const terminal = terminalOf(options.stream ?? process.stderr, options.env ?? process.env);
    this.unicode = terminal.unicode;
    this.columns = Math.min(80, terminal.columns);
    this.sparkWidth = Math.min(40, Math.max(8, Math.floor(sparkShare * terminal.columns)));
    this.green = coloursOf(terminal).green;
    this.yellow = coloursOf(terminal).yellow;
  }

  handle(event: TrainEvent): void {
    this.history.apply(event);
    switch (event.type) {
      case 'step':
        this.pace.mark(event.step);
        if (!Number.isNaN(event.loss)) this.loss = event.loss;
        this.addToSpan(event);
        this.line.update(this.fields);
        break;
      case 'evaluation':
        this.line.update(this.fields, true);
        break;
      case 'warning':
        this.line.log(wrap(`warning ${event.message}`, this.columns).replace('warning', this.yellow));
        break;
      case 'result':
        this.done();
        break;
      case 'start':
      case 'epoch':
      case 'health':
      case 'checkpoint':
      case 'histograms':
        break;
    }
  }

  /** Ends the line; also right after an error, so that its message starts on a new line. */
  done(): void {
    this.line.done();
  }

  private addToSpan({ step, loss, weight = 1 }: StepEvent): void {
    if (!Number.isFinite(loss)) return;
    const span = Math.min(this.sparkWidth - 1, Math.floor(((step - 1) / Math.max(1, this.history.start?.steps ?? 0)) * this.sparkWidth));
    while (this.spans.length <= span) this.spans.push({ sum: 0, weight: 0 });
    const mean = this.spans[span]!;
    mean.sum += weight * loss;
    mean.weight += weight;
  }

  private readonly fields = (): ProgressField[] => {
    const { unicode, history: { step, start, lastEvaluation } } = this;
    const steps = start?.steps ?? 0;
    const total = formatCount(steps);
    const rate = this.pace.stepsPerSecond(step);
    const accuracy = lastEvaluation?.valAccuracy ?? NaN;
    const fields: ProgressField[] = [
      { text: `step ${formatCount(step).padStart(total.length)}/${total}`, rank: 9 },
      { text: formatPercent(steps > 0 ? step / steps : 0, 0).padStart(5), rank: 4 },
      { text: `loss ${formatSignificant(this.loss)}`, rank: 8 },
    ];
    if (lastEvaluation?.valRmse !== undefined) fields.push({ text: `val RMSE ${formatSignificant(lastEvaluation.valRmse)}`, rank: 7, paint: this.green });
    if (Number.isFinite(accuracy)) fields.push({ text: `val ${formatPercent(accuracy)}`, rank: 7, paint: this.green });
    const means = this.spans.map(({ sum, weight }) => sum / weight);
    if (means.length > 1) fields.push({ text: sparkline(means, this.sparkWidth, unicode), rank: 2, live: true });
    if (!Number.isNaN(rate)) {
      fields.push({ text: `${rate < 10 ? formatSignificant(rate, 2) : formatCount(rate)} steps/s`, rank: 1 });
      if (step < steps) fields.push({ text: `${formatClock(this.pace.secondsLeft(this.history))} left`, rank: 6, live: true, passing: true });
    }
    return fields;
  };
}
