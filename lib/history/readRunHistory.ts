import { badLines, eachJsonLine, readFile, sizeLimits } from '../files';
import type { TrainEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import { readStepLine } from '../train/stepLine';
import { RunHistory } from './runHistory';

/** What metrics.jsonl tells of a run. */
export interface RecordedRun extends RunHistory {
  /** A sentence for each line of the file that is damaged or torn, and so does not count. */
  readonly leftOut: readonly string[];
}

/** Reads metrics.jsonl. A value that is null there, as it was not finite, is NaN. Throws ERR_IO when the file cannot be read. */
export function readRunHistory(file: string): RecordedRun {
  const history = new RunHistory();
  return Object.assign(history, { leftOut: readEvents(file, history) });
}

/** Gives the events in metrics.jsonl to a state; returns a sentence for each line that does not count. Throws ERR_IO when the file cannot be read. */
export function readEvents(file: string, state: { apply(event: TrainEvent): void }): readonly string[] {
  return badLines(eachEvent(readFile(file, { limit: sizeLimits.events }), file, (event) => { state.apply(event); }), file);
}

/** Reads lines of metrics.jsonl as `eachJsonLine` does. */
export function eachEvent(bytes: Buffer, file: string, take: (event: TrainEvent) => void): ReturnType<typeof eachJsonLine<TrainEvent>> {
  return eachJsonLine(bytes, eventShape, { file, code: 'ERR_DATA', quick: readStepLine }, take);
}
