import { readPart } from '../../files';

/** Bytes that are read at once. */
const pieceBytes = 2 ** 19;
/** Bytes without the end of a line that are left out; with more of them the reading ends. */
const maxEndless = 2 ** 24;
/** Milliseconds of a call, after which the rest is left to the next: so long the process does nothing else. */
const patience = 60;
/** So many bytes before what was read are compared; where they differ the file was cut meanwhile. */
const checkedBytes = 64;

let versions = 0;

/** A file of lines that grows: each line is read once. */
export class GrowingFile {
  /** Whether the last call left something unread. */
  hasMore = false;
  /** Bytes of the file that were read, and that there are. */
  read = 0;
  size = 0;
  /** Another one each time the file is read from its start, also of a process that takes this one's place. */
  version = '';
  private check = '';
  /** Bytes since the last end of a line. */
  private endless = 0;

  /**
   * @param take receives whole lines, and how many bytes of the file stand before them.
   * @param restart is called when the file was cut and is read from its start.
   */
  constructor(private readonly file: string, private readonly take: (lines: Buffer, from: number) => void, private readonly restart: () => void) {
    this.begin();
  }

  /** Reads what is new, for a moment. Throws ERR_IO. */
  advance(now: () => number = () => performance.now()): void {
    const begun = now();
    do this.hasMore = this.readPiece();
    while (this.hasMore && now() - begun < patience);
  }

  /** Returns whether there may be more. */
  private readPiece(): boolean {
    const from = Math.max(0, this.read - checkedBytes);
    const part = readPart(this.file, () => ({ from, length: this.read - from + pieceBytes }));
    this.size = part?.size ?? 0;
    if (part === undefined || part.bytes.toString('hex', 0, this.read - from) !== this.check) {
      if (this.read > 0) {
        this.begin();
        this.restart();
      }
      return part !== undefined && this.size > 0;
    }
    const bytes = part.bytes.subarray(this.read - from);
    const whole = bytes.lastIndexOf(10) + 1;
    // No line is as long as a piece: such bytes are none of ours, and where there are very many of them, nor is the file.
    const isEndless = whole === 0 && bytes.length === pieceBytes;
    this.endless = isEndless ? this.endless + pieceBytes : 0;
    const length = isEndless && this.endless <= maxEndless ? pieceBytes : whole;
    if (length === 0) return false;
    this.take(bytes.subarray(0, whole), this.read);
    this.read += length;
    const end = this.read - from;
    this.check = part.bytes.toString('hex', Math.max(0, end - checkedBytes), end);
    return this.read < this.size;
  }

  private begin(): void {
    this.version = `${String(process.pid)}-${String(performance.timeOrigin)}-${String(versions++)}`;
    this.read = 0;
    this.check = '';
    this.endless = 0;
  }
}
