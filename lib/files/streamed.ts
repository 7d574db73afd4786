import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from './replace';
import { withFileErrors } from './system';
import { removeLeftoversOf, temporaryName } from './temporary';

/** A file that is written part by part and replaces an earlier one only when it is whole, as `replaceFile` does at once. All methods throw ERR_IO. */
export class StreamedFile {
  private readonly temporary: string;
  private readonly descriptor: number;

  constructor(private readonly path: string) {
    removeLeftoversOf(path);
    this.temporary = temporaryName(path);
    this.descriptor = withFileErrors(path, () => openSync(this.temporary, 'wx'));
  }

  /** Texts are written as UTF-8. */
  write(contents: string | Uint8Array): void {
    const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
    withFileErrors(this.path, () => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.descriptor, bytes, at);
    });
  }

  /** Gives the file its name. */
  finish(): void {
    withFileErrors(this.path, () => {
      fsyncSync(this.descriptor);
      closeSync(this.descriptor);
      renameSync(this.temporary, this.path);
      syncFolder(dirname(this.path));
    });
  }

  /** Removes what was written, after an error. */
  abandon(): void {
    try {
      closeSync(this.descriptor);
    } catch {
      // It was closed before it failed.
    }
    rmSync(this.temporary, { force: true });
  }
}
