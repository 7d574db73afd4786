import { readFile } from 'node:fs/promises';
import { expected } from '../errors';
import { systemError } from '../files';
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
}

/** Reads metrics.jsonl. Throws ERR_IO when the file cannot be read, ERR_DATA (with the line) when it is damaged. */
export async function readMetrics(file: string): Promise<RunMetrics> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw systemError(cause, 'ERR_IO', 'a readable file', file);
  });
  return collect(parseLines(text, file));
}

/** One event per line; what stands behind the last line end was cut off while it was written, and is left out. */
function parseLines(text: string, file: string): TrainEvent[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').slice(0, -1);
  return lines.map((line, i) => {
    try {
      return parseEvent(line);
    } catch {
      throw expected('ERR_DATA', 'a JSON object', `line ${i + 1} of ${file}`, line, { file, line: i + 1 });
    }
  });
}

/** One line of metrics.jsonl. JSON has no NaN and writes null; no field of an event may be null otherwise. */
export function parseEvent(line: string): TrainEvent {
  return JSON.parse(line, (_, value: unknown) => (value === null ? NaN : value)) as TrainEvent;
}

function collect(events: readonly TrainEvent[]): RunMetrics {
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
