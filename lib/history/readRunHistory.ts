import { badLines, eachJsonLine, readFile, sizeLimits } from '../files';
import { eventShape } from '../train/eventShape';
import { RunHistory } from './runHistory';

/** What metrics.jsonl tells of a run. */
export interface RecordedRun extends RunHistory {
  /** A sentence for each line of the file that is damaged or torn, and so does not count. */
  readonly leftOut: readonly string[];
}

/** Reads metrics.jsonl. A value that is null there, as it was not finite, is NaN. Throws ERR_IO when the file cannot be read. */
export function readRunHistory(file: string): RecordedRun {
  const history = new RunHistory();
  const read = eachJsonLine(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' }, (event) => { history.apply(event); });
  return Object.assign(history, { leftOut: badLines(read, file) });
}
