import { readEvents } from '../readRunHistory';
import { RunSeries } from './runSeries';

/** What metrics.jsonl tells of a run, its steps by column. */
export interface RecordedSeries extends RunSeries {
  /** A sentence for each line of the file that is damaged or torn, and so does not count. */
  readonly leftOut: readonly string[];
}

/** Reads metrics.jsonl for what is drawn and written of a run; of all but steps its history holds every event. Throws as `readRunHistory` does. */
export function readRunSeries(file: string): RecordedSeries {
  const series = new RunSeries({ steps: 1 });
  return Object.assign(series, { leftOut: readEvents(file, series) });
}
