import type { ByteSource } from './bytes';
import { badFile } from './files';

/** A page opens no files by name. */
export class FileBytes implements ByteSource {
  readonly inMemory = false;
  readonly size = 0;

  /** Throws ERR_DATA. */
  constructor(readonly name: string) {
    throw badFile('rows in memory', name, 'the name of a file, which a page cannot open');
  }

  read(_into: Uint8Array, _position: number): void {
    // there are no bytes
  }
}
