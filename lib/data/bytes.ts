import { closeSync, fstatSync, openSync, readSync, readvSync } from 'node:fs';
import { badFile, readingFile } from './files';

/** Bytes that can be read from anywhere: a file, or a part of an archive that was unpacked into memory. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
  /** Whether they are in memory anyway. */
  readonly inMemory: boolean;
  /** Fills `into` with the bytes from `position` on. Throws ERR_DATA when they are not there. */
  read(into: Uint8Array, position: number): void;
}

/** A file. It is opened for each reading: nothing stays open, and a read of some megabytes does not notice. */
export class FileBytes implements ByteSource {
  readonly inMemory = false;
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

  /** Fills pieces of memory, one after the other, with the bytes from `position` on. Throws ERR_DATA when they are not there. */
  scatter(pieces: readonly Uint8Array[], position: number): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#opened((descriptor) => readvSync(descriptor, pieces, position)) === length) return;
    // The system may stop early, and does where the file ends.
    let at = position;
    for (const piece of pieces) {
      this.read(piece, at);
      at += piece.length;
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
