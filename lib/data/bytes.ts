import { closeSync, fstatSync, openSync, readSync, readvSync } from 'node:fs';
import { badFile, readingFile } from './files';

/** Bytes with random access: a file, or an entry of an archive that was unpacked into memory. */
export interface ByteSource {
  /** Name in error messages. */
  readonly name: string;
  readonly size: number;
  /** Whether the bytes are held in memory. */
  readonly inMemory: boolean;
  /** Whether these are all bytes of the file of this name. */
  readonly isFile?: boolean;
  /** Fills `into` with the bytes from `position` on. Throws ERR_DATA where fewer are left. */
  read(into: Uint8Array, position: number): void;
}

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

/** Bytes in memory. */
export class MemoryBytes implements ByteSource {
  readonly inMemory = true;
  readonly size: number;

  constructor(readonly name: string, private readonly bytes: Uint8Array) {
    this.size = bytes.length;
  }

  read(into: Uint8Array, position: number): void {
    if (position + into.length > this.size) throw badFile(`${String(position + into.length)} bytes`, this.name, String(this.size));
    into.set(this.bytes.subarray(position, position + into.length));
  }
}
