import { badFile } from './files';

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
