import { checkShape } from '../../files/shape';
import type { Shape } from '../../files/shape';
import type { EpochEvent, EvaluationEvent, HealthEvent, ResultEvent, StartEvent, StepEvent, TrainEvent, WarningEvent } from '../../train/events';

/** JSON objects of a shape, one a line, out of pieces that end anywhere. A line that was torn by a kill, or damaged, is left out. */
export class LineReader<T> {
  private readonly decoder = new TextDecoder();
  private rest = '';

  constructor(private readonly shape: Shape<T>) {}

  read(bytes: Uint8Array): T[] {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split('\n');
    this.rest = lines.pop()!;
    return lines.flatMap((line) => {
      try {
        return [checkShape(JSON.parse(line) as unknown, this.shape, { file: 'the answer', code: 'ERR_DATA' })];
      } catch {
        return [];
      }
    });
  }
}

/** The course of a run so far, from its events in their order. A run that goes on says some steps again: the later word holds. */
export class Course {
  start: StartEvent | undefined;
  result: ResultEvent | undefined;
  readonly steps: StepEvent[] = [];
  readonly evaluations: EvaluationEvent[] = [];
  readonly epochs: EpochEvent[] = [];
  readonly healths: HealthEvent[] = [];
  readonly warnings: WarningEvent[] = [];

  handle(event: TrainEvent): void {
    switch (event.type) {
      case 'start':
        this.start = event;
        this.result = undefined;
        break;
      case 'step':
        append(this.steps, event);
        break;
      case 'evaluation':
        append(this.evaluations, event);
        break;
      case 'epoch':
        append(this.epochs, event);
        break;
      case 'health':
        append(this.healths, event);
        break;
      case 'warning':
        if (!this.warnings.some(({ code, message }) => code === event.code && message === event.message)) this.warnings.push(event);
        break;
      case 'result':
        this.result = event;
        break;
      case 'checkpoint':
        break;
    }
  }

  clear(): void {
    this.start = undefined;
    this.result = undefined;
    for (const list of [this.steps, this.evaluations, this.epochs, this.healths, this.warnings]) list.length = 0;
  }

  /** Steps done, as far as has been said. */
  get step(): number {
    return Math.max(0, ...[this.steps, this.evaluations, this.epochs].map((list) => list[list.length - 1]?.step ?? 0));
  }

  /** Where nothing is classified there are no accuracies. */
  get isRegression(): boolean {
    const [first] = this.evaluations;
    if (first === undefined || Number.isFinite(first.valAccuracy)) return false;
    return Number.isFinite(first.valLoss) || !Number.isFinite(first.trainAccuracy); // or there are no validation rows
  }

  /** The evaluation that did best on validation, the first of equals; undefined without validation rows. */
  get best(): EvaluationEvent | undefined {
    const better = this.isRegression
      ? (a: EvaluationEvent, b: EvaluationEvent): boolean => a.valLoss < b.valLoss
      : (a: EvaluationEvent, b: EvaluationEvent): boolean => a.valAccuracy > b.valAccuracy;
    return this.evaluations.filter(({ valLoss }) => Number.isFinite(valLoss)).reduce<EvaluationEvent | undefined>((best, one) => (best === undefined || better(one, best) ? one : best), undefined);
  }
}

function append<Event extends { readonly step: number }>(events: Event[], event: Event): void {
  while (events.length > 0 && events[events.length - 1]!.step >= event.step) events.pop();
  events.push(event);
}

/** Seconds that a run still needs, from the steps seen over the last seconds, else from its last epoch; NaN while unknown. */
export class Pace {
  private readonly marks: { time: number; step: number }[] = [];

  /** @param span milliseconds that are looked back. */
  constructor(private readonly now: () => number = () => performance.now(), private readonly span = 15_000) {}

  secondsLeft(course: Course): number {
    const { step, start, epochs } = course;
    const time = this.now();
    if (this.marks[this.marks.length - 1]?.step !== step) this.marks.push({ time, step });
    while (this.marks.length > 2 && time - this.marks[0]!.time > this.span) this.marks.shift();
    if (start === undefined) return NaN;
    const left = start.steps - step;
    const first = this.marks[0]!;
    if (time - first.time > 3000 && step > first.step) return (left * (time - first.time)) / 1000 / (step - first.step);
    const epoch = epochs[epochs.length - 1];
    return epoch === undefined ? NaN : (left * epoch.seconds) / start.stepsPerEpoch;
  }
}
