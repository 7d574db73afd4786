import { closeSync, fstatSync, openSync, readSync, readvSync } from 'node:fs';
import type { ByteSource } from './bytes';
import { badFile, readingFile } from './files';

/** A file. It is opened for each read, so that no descriptor stays open; beside a read of megabytes that costs nothing. */
export class FileBytes implements ByteSource {
  readonly inMemory = false;
  readonly isFile = true;
  readonly size: number;

  /** Throws ERR_DATA for a file that cannot be opened. */
  constructor(readonly name: string) {
    this.size = this.#opened((descriptor) => fstatSync(descriptor).size);
  }

  read(into: Uint8Array, position: number): void {
    this.#opened((descriptor) => {
      for (let done = 0; done < into.length; ) {
        const read = readSync(descriptor, into, done, into.length - done, position + done);
        if (read === 0) throw badFile('a file that keeps its size', this.name, `an end at byte ${String(position + done)}`);
        done += read;
      }
    });
  }

  /** Scatter read: fills the buffers, in order, with the bytes from `position` on. Throws ERR_DATA where fewer are left. */
  scatter(buffers: readonly Uint8Array[], position: number): void {
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    if (this.#opened((descriptor) => readvSync(descriptor, buffers, position)) === length) return;
    // readv may return fewer bytes than asked for, and does at the end of the file.
    let at = position;
    for (const buffer of buffers) {
      this.read(buffer, at);
      at += buffer.length;
    }
  }

  #opened<Result>(use: (descriptor: number) => Result): Result {
    return readingFile(this.name, () => {
      const descriptor = openSync(this.name, 'r');
      try {
        return use(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }
}
