import { readPart } from '../../files';
import { RunSeries } from '../../history/curves/runSeries';
import { eachEvent } from '../../history/readRunHistory';

/** Bytes that are read and parsed at once: some milliseconds. */
const pieceBytes = 2 ** 19;
/** Bytes without the end of a line that are left out; with more of them the reading ends. */
const maxEndless = 2 ** 24;
/** Milliseconds of a call, after which the rest is left to the next: so long the process does nothing else. */
const patience = 60;
/** So many bytes before what was read are compared; where they differ the file was cut meanwhile. */
const checkedBytes = 64;

let versions = 0;

/** Reads the metrics of a run into columns, each line once, as they grow. */
export class MetricsReader {
  readonly series = new RunSeries();
  /** Whether the last call left something unread. */
  hasMore = false;
  /** Bytes of the file that were read, and that there are. */
  read = 0;
  size = 0;
  /** When it was last asked. */
  used = 0;
  private check = '';
  /** Bytes since the last end of a line. */
  private endless = 0;
  private beginning = '';

  constructor(private readonly file: string) {
    this.restart();
  }

  /** Another one after each change but rows that were added, also of a server that takes this one's place. */
  get version(): string {
    return `${this.beginning}-${String(this.series.cuts)}`;
  }

  /** Reads what is new, for a moment. Throws ERR_IO. */
  advance(now: () => number = () => performance.now()): void {
    const begun = now();
    this.used = begun;
    do this.hasMore = this.readPiece();
    while (this.hasMore && now() - begun < patience);
  }

  /** Returns whether there may be more. */
  private readPiece(): boolean {
    const from = Math.max(0, this.read - checkedBytes);
    const part = readPart(this.file, () => ({ from, length: this.read - from + pieceBytes }));
    this.size = part?.size ?? 0;
    if (part === undefined || part.bytes.toString('hex', 0, this.read - from) !== this.check) {
      if (this.read > 0) this.restart();
      return part !== undefined && this.size > 0;
    }
    const bytes = part.bytes.subarray(this.read - from);
    const whole = bytes.lastIndexOf(10) + 1;
    // No line is as long as a piece: such bytes are no metrics, and where there are very many of them, nor is the file.
    const isEndless = whole === 0 && bytes.length === pieceBytes;
    this.endless = isEndless ? this.endless + pieceBytes : 0;
    const length = isEndless && this.endless <= maxEndless ? pieceBytes : whole;
    if (length === 0) return false;
    eachEvent(bytes.subarray(0, whole), this.file, (event) => { this.series.apply(event); });
    this.read += length;
    const end = this.read - from;
    this.check = part.bytes.toString('hex', Math.max(0, end - checkedBytes), end);
    return this.read < this.size;
  }

  private restart(): void {
    this.series.clear();
    this.beginning = `${String(process.pid)}-${String(performance.timeOrigin)}-${String(versions++)}`;
    this.read = 0;
    this.check = '';
    this.endless = 0;
  }
}
