import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BlastrainError, toPlain } from '../errors';

/** Writes a text file, with the folders above it where they are missing. Throws ERR_IO with the file's name. */
export function writeTextFile(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    throw new BlastrainError('ERR_IO', `Expected a file that can be written for ${file} but received ${toPlain(cause).message}`, { file }, { cause });
  }
}
