import { closeSync, constants, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { openRegular, readFileIfThere, sizeLimits } from './read';
import { withFileErrors } from './system';

/** A file to which one process appends. What is appended is there as a whole, or not at all. */
export class AppendFile {
  private descriptor: number;
  /** Bytes of what was appended as a whole. */
  private end: number;

  /** Opens a file, and makes it where it is missing; with `isNew` it must be. Throws ERR_IO, also for what is no regular file. */
  constructor(readonly path: string, { isNew = false }: { readonly isNew?: boolean } = {}) {
    [this.descriptor, this.end] = withFileErrors(path, () => {
      const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
      const { descriptor, stat } = openRegular(path, O_WRONLY | O_APPEND | O_CREAT | (isNew ? O_EXCL : 0));
      return [descriptor, stat.size];
    });
  }

  /**
   * Appends. Where the disk takes a part only, that part is cut off again, now or before the next is appended: a line torn in the
   * middle of a file could not be told from damage. Throws ERR_IO.
   */
  append(contents: string | Uint8Array): void {
    const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
    withFileErrors(this.path, () => {
      if (this.isTorn) this.cut();
      this.isTorn = true;
      try {
        for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
      } catch (error) {
        this.cutQuietly();
        throw error;
      }
      this.isTorn = false;
      this.end += bytes.length;
    });
  }

  /** Cuts the file to so many bytes. Throws ERR_IO. */
  truncate(end: number): void {
    withFileErrors(this.path, () => {
      this.end = end;
      this.isTorn = true;
      this.cut();
    });
  }

  /**
   * Puts right what a kill left of a last line of JSON: one that is whole but for its end is ended, a torn one is cut off, so that the
   * next begins a line of its own. Throws ERR_IO.
   */
  mendLastLine(): void {
    const bytes = readFileIfThere(this.path, { limit: sizeLimits.events });
    if (bytes === undefined || bytes.length === 0 || bytes.at(-1) === 10) return;
    const start = bytes.lastIndexOf(10) + 1;
    if (isJson(bytes.toString('utf8', start))) this.append('\n');
    else this.truncate(start);
  }

  /** What was appended is on the disk after this. Throws ERR_IO. */
  sync(): void {
    withFileErrors(this.path, () => { fsyncSync(this.descriptor); });
  }

  /** Throws ERR_IO: some file systems tell only now that they could not keep what was written. */
  close(): void {
    if (this.descriptor < 0) return;
    const { descriptor } = this;
    this.descriptor = -1;
    withFileErrors(this.path, () => { closeSync(descriptor); });
  }

  private isTorn = false;

  private cut(): void {
    ftruncateSync(this.descriptor, this.end);
    this.isTorn = false;
  }

  private cutQuietly(): void {
    try {
      this.cut();
    } catch {
      // Then before the next is appended.
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
