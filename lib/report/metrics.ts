import { readFile } from 'node:fs/promises';
import { expected } from '../errors';
import { systemError } from '../files';
import type { EvaluationEvent, StartEvent, StepEvent, TrainEvent } from '../train/events';

/** The course of a run, as its metrics.jsonl tells it. A value that was not finite is NaN. */
export interface RunMetrics {
  readonly start: StartEvent | undefined;
  /** In order of step, each at most once. */
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvaluationEvent[];
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
      // JSON has no NaN and writes null; no field of an event may be null otherwise.
      return JSON.parse(line, (_, value: unknown) => (value === null ? NaN : value)) as TrainEvent;
    } catch {
      throw expected('ERR_DATA', 'a JSON object', `line ${i + 1} of ${file}`, line, { file, line: i + 1 });
    }
  });
}

function collect(events: readonly TrainEvent[]): RunMetrics {
  let start: StartEvent | undefined;
  const steps: StepEvent[] = [];
  const evaluations: EvaluationEvent[] = [];
  for (const event of events) {
    if (event.type === 'start') start = event;
    if (event.type !== 'step' && event.type !== 'evaluation') continue;
    // A run that goes on from a checkpoint does steps again; what it says then replaces what it said before.
    rewind(evaluations, event.step);
    if (event.type === 'evaluation') evaluations.push(event);
    else {
      rewind(steps, event.step);
      steps.push(event);
    }
  }
  return { start, steps, evaluations };
}

function rewind(events: { readonly step: number }[], step: number): void {
  while (events.length > 0 && events[events.length - 1]!.step >= step) events.pop();
}
