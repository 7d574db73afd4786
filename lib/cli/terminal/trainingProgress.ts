import type { StepEvent, TrainEvent } from '../../train/events';
import { formatClock, formatCount, formatPercent, formatSignificant } from './format';
import { sparkline } from './plot';
import { ProgressLine } from './progress';
import type { ProgressField, ProgressOptions } from './progress';
import { coloursOf, terminalOf, wrap } from './style';

/** The rate is measured over this time, in milliseconds. */
const window = 5000;
/** The sparkline's share of the width, from which its memory follows: means of the loss over equal spans of the run. */
const sparkShare = 1 / 5;

/**
 * The life of a training run in one line, fed with its events in order. Evaluations are milestones: where there is no
 * terminal each of them gets a line. A warning gets a line of its own.
 */
export class TrainingProgress {
  private readonly line: ProgressLine;
  private readonly now: () => number;
  private readonly unicode: boolean;
  private readonly green: (text: string) => string;
  private readonly columns: number;
  private readonly sparkWidth: number;
  private readonly yellow: (text: string) => string;
  private steps = 0;
  private step = 0;
  private loss = NaN;
  private valAccuracy = NaN;
  /** Times and steps of the last seconds, oldest first. */
  private readonly marks: { time: number; step: number }[] = [];
  private readonly history: { sum: number; weight: number }[] = [];

  constructor(options: ProgressOptions = {}) {
    this.line = new ProgressLine(options);
    this.now = options.now ?? ((): number => performance.now());
    const terminal = terminalOf(options.stream ?? process.stderr, options.env ?? process.env);
    this.unicode = terminal.unicode;
    this.columns = Math.min(80, terminal.columns);
    this.sparkWidth = Math.min(40, Math.max(8, Math.floor(sparkShare * terminal.columns)));
    this.green = coloursOf(terminal).green;
    this.yellow = coloursOf(terminal).yellow;
  }

  handle(event: TrainEvent): void {
    switch (event.type) {
      case 'start':
        this.steps = event.steps;
        break;
      case 'step':
        this.step = event.step;
        if (!Number.isNaN(event.loss)) this.loss = event.loss;
        this.remember(event);
        this.line.update(this.fields);
        break;
      case 'evaluation':
        this.step = event.step;
        this.valAccuracy = event.valAccuracy;
        this.line.update(this.fields, true);
        break;
      case 'warning':
        this.line.log(wrap(`warning ${event.message}`, this.columns).replace('warning', this.yellow));
        break;
      case 'result':
        this.done();
        break;
      case 'epoch':
      case 'health':
      case 'checkpoint':
        break;
    }
  }

  /** Ends the line; also right after an error, so that its message starts on a new line. */
  done(): void {
    this.line.done();
  }

  private remember({ step, loss, weight = 1 }: StepEvent): void {
    const time = this.now();
    const last = this.marks[this.marks.length - 1];
    if (last === undefined || time - last.time >= 100) {
      this.marks.push({ time, step });
      while (this.marks.length > 2 && time - this.marks[0]!.time > window) this.marks.shift();
    }
    if (!Number.isFinite(loss)) return;
    const span = Math.min(this.sparkWidth - 1, Math.floor(((step - 1) / Math.max(1, this.steps)) * this.sparkWidth));
    while (this.history.length <= span) this.history.push({ sum: 0, weight: 0 });
    const mean = this.history[span]!;
    mean.sum += weight * loss;
    mean.weight += weight;
  }

  private readonly fields = (): ProgressField[] => {
    const { step, steps, unicode } = this;
    const total = formatCount(steps, unicode);
    const first = this.marks[0];
    const rate = first === undefined ? NaN : ((step - first.step) / (this.now() - first.time)) * 1000;
    const fields: ProgressField[] = [
      { text: `step ${formatCount(step, unicode).padStart(total.length)}/${total}`, rank: 9 },
      { text: formatPercent(steps > 0 ? step / steps : 0, 0).padStart(5), rank: 4 },
      { text: `loss ${formatSignificant(this.loss)}`, rank: 8 },
    ];
    if (Number.isFinite(this.valAccuracy)) {
      fields.push({ text: `val ${formatPercent(this.valAccuracy)}`, rank: 7, paint: this.green });
    }
    const spans = this.history.map(({ sum, weight }) => sum / weight);
    if (spans.length > 1) fields.push({ text: sparkline(spans, this.sparkWidth, unicode), rank: 2, live: true });
    if (Number.isFinite(rate) && rate > 0) {
      fields.push({ text: `${rate < 10 ? formatSignificant(rate, 2) : formatCount(rate, unicode)} steps/s`, rank: 1 });
      if (step < steps) fields.push({ text: `${formatClock((steps - step) / rate)} left`, rank: 6, live: true });
    }
    return fields;
  };
}
