import { MetricsReader } from './metricsReader';

/** Rows of steps that are kept in memory, of all runs together: 64 bytes each. */
const maxRows = 8e6;
/** A run that was not asked for in so many milliseconds may be let go of. */
const restAfter = 60_000;

/** The runs whose curves were asked for; each is read once, and then as it grows. */
export class CurveCache {
  private readonly readers = new Map<string, MetricsReader>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The reader of a file, which has read what is new. Throws ERR_IO. */
  advanced(file: string): MetricsReader {
    let reader = this.readers.get(file);
    if (reader === undefined) {
      this.tidy();
      reader = new MetricsReader(file);
      this.readers.set(file, reader);
    }
    reader.advance(this.now);
    return reader;
  }

  /** Lets go of runs that nobody looks at any more, the one not looked at for longest first, where all together are large. */
  private tidy(): void {
    let rows = 0;
    for (const { series } of this.readers.values()) rows += series.rows;
    const resting = [...this.readers].filter(([, { used }]) => this.now() - used > restAfter).sort(([, a], [, b]) => a.used - b.used);
    for (const [file, { series }] of resting) {
      if (rows <= maxRows) return;
      rows -= series.rows;
      this.readers.delete(file);
    }
  }
}
