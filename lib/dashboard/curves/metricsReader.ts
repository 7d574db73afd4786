import { RunSeries } from '../../history/curves/runSeries';
import { eachEvent } from '../../history/readRunHistory';
import { GrowingFile } from './growingFile';

/** Reads the metrics of a run into columns, each line once, as they grow. */
export class MetricsReader {
  readonly series = new RunSeries();
  /** When it was last asked. */
  used = 0;
  private readonly growing: GrowingFile;

  constructor(file: string) {
    this.growing = new GrowingFile(file, (lines) => {
      eachEvent(lines, file, (event) => { this.series.apply(event); });
    }, () => { this.series.clear(); });
  }

  /** Whether the last call left something unread. */
  get hasMore(): boolean {
    return this.growing.hasMore;
  }

  /** Bytes of the file that were read, and that there are. */
  get read(): number {
    return this.growing.read;
  }

  get size(): number {
    return this.growing.size;
  }

  /** Another one after each change but rows that were added, also of a server that takes this one's place. */
  get version(): string {
    return `${this.growing.version}-${String(this.series.cuts)}`;
  }

  /** Reads what is new, for a moment. Throws ERR_IO. */
  advance(now: () => number = () => performance.now()): void {
    this.used = now();
    this.growing.advance(now);
  }
}
