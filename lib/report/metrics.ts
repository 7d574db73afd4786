import { badLines, readFile, readJsonLines, sizeLimits } from '../files';
import { eventShape } from '../train/eventShape';
import type {
  EpochEvent, EvaluationEvent, HealthEvent, ResultEvent, StartEvent, StepEvent, TrainEvent, WarningEvent,
} from '../train/events';

/** The course of a run, as its metrics.jsonl tells it. A value that was not finite is NaN. */
export interface RunMetrics {
  readonly start: StartEvent | undefined;
  /** In order of step, each at most once; so are the lists below, but for warnings. */
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvaluationEvent[];
  readonly epochs: readonly EpochEvent[];
  readonly health: readonly HealthEvent[];
  readonly warnings: readonly WarningEvent[];
  /** Absent until the run ends. */
  readonly result: ResultEvent | undefined;
  /** A sentence for each line of the file that does not count. */
  readonly leftOut: readonly string[];
}

/**
 * Reads metrics.jsonl. A line that is damaged or torn is left out, with a sentence in `leftOut`. Throws ERR_IO when the file cannot be read.
 */
export function readMetrics(file: string): RunMetrics {
  const read = readJsonLines(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' });
  return { ...collect(read.lines.map(({ value }) => value)), leftOut: badLines(read, file) };
}

function collect(events: readonly TrainEvent[]): Omit<RunMetrics, 'leftOut'> {
  let start: StartEvent | undefined;
  let result: ResultEvent | undefined;
  const steps: StepEvent[] = [];
  const evaluations: EvaluationEvent[] = [];
  const epochs: EpochEvent[] = [];
  const health: HealthEvent[] = [];
  const warnings: WarningEvent[] = [];
  for (const event of events) {
    // A run that goes on from a checkpoint does steps again; what it says then replaces what it said before.
    if (event.type === 'step' || event.type === 'evaluation') {
      for (const list of [evaluations, health, warnings]) rewind(list, event.step);
    }
    result = undefined;
    if (event.type === 'start') start = event;
    else if (event.type === 'step') replace(steps, event);
    else if (event.type === 'evaluation') evaluations.push(event);
    else if (event.type === 'health') replace(health, event);
    else if (event.type === 'epoch') replace(epochs, event);
    else if (event.type === 'warning') warnings.push(event);
    else if (event.type === 'result') result = event;
  }
  return { start, steps, evaluations, epochs, health, warnings, result };
}

function replace<Event extends { readonly step: number }>(events: Event[], event: Event): void {
  rewind(events, event.step);
  events.push(event);
}

function rewind(events: { readonly step?: number }[], step: number): void {
  while (events.length > 0 && (events[events.length - 1]!.step ?? -1) >= step) events.pop();
}
