import { closeSync, constants, fsyncSync, ftruncateSync, writeSync } from 'node:fs';
import { openRegular, readFileIfThere, sizeLimits } from './read';
import { withFileErrors } from './system';

/** A file to which one process appends. Each append is written completely or not at all. */
export class AppendFile {
  private descriptor: number;
  /** Bytes up to the end of the last complete append. */
  private end: number;

  /** Opens a file, creating it where it is missing; with `isNew` it must not exist. Throws ERR_IO, also for anything but a regular file. */
  constructor(readonly path: string, { isNew = false }: { readonly isNew?: boolean } = {}) {
    [this.descriptor, this.end] = withFileErrors(path, () => {
      const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
      const { descriptor, stat } = openRegular(path, O_WRONLY | O_APPEND | O_CREAT | (isNew ? O_EXCL : 0));
      return [descriptor, stat.size];
    });
  }

  /** Bytes up to the end of the last complete append. */
  get size(): number {
    return this.end;
  }

  /**
   * Appends. After a partial write the part is cut off again, at once or before the next append, because a torn line in the middle of a
   * file could not be distinguished from damage. Throws ERR_IO.
   */
  append(contents: string | Uint8Array): void {
    const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
    withFileErrors(this.path, () => {
      if (this.isTorn) this.cutToEnd();
      this.isTorn = true;
      try {
        for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
      } catch (error) {
        this.tryToCut();
        throw error;
      }
      this.isTorn = false;
      this.end += bytes.length;
    });
  }

  /** Cuts the file to `end` bytes. Throws ERR_IO. */
  truncate(end: number): void {
    withFileErrors(this.path, () => {
      this.end = end;
      this.isTorn = true;
      this.cutToEnd();
    });
  }

  /**
   * Repairs a last line of JSON without a line end, as a kill can leave it: one that is complete gets its line end, a torn one is cut off.
   * Throws ERR_IO.
   */
  repairLastLine(): void {
    const bytes = readFileIfThere(this.path, { limit: sizeLimits.events });
    if (bytes === undefined || bytes.length === 0 || bytes.at(-1) === 10) return;
    const start = bytes.lastIndexOf(10) + 1;
    if (isJson(bytes.toString('utf8', start))) this.append('\n');
    else this.truncate(start);
  }

  /** Syncs what was appended to disk. Throws ERR_IO. */
  sync(): void {
    withFileErrors(this.path, () => { fsyncSync(this.descriptor); });
  }

  /** Throws ERR_IO, also for earlier writes: some file systems report their failure only on close. */
  close(): void {
    if (this.descriptor < 0) return;
    const { descriptor } = this;
    this.descriptor = -1;
    withFileErrors(this.path, () => { closeSync(descriptor); });
  }

  private isTorn = false;

  private cutToEnd(): void {
    ftruncateSync(this.descriptor, this.end);
    this.isTorn = false;
  }

  private tryToCut(): void {
    try {
      this.cutToEnd();
    } catch {
      // Tried again before the next append.
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
