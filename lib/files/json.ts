import { isUtf8 } from 'node:buffer';
import { parseJson } from './parseJson';
import type { JsonSource } from './parseJson';
import { readFile, readFileIfThere } from './read';
import type { ReadOptions } from './read';
import { checkShape } from './shape';
import type { Shape } from './shape';
import { fileError } from './system';

/** Reads a JSON file and checks its shape. Throws ERR_IO as {@link readFile} does, and `code` for other contents. */
export function readJson<T>(file: string, shape: Shape<T>, { code, ...options }: ReadOptions & Pick<JsonSource, 'code'>): T {
  return read(readFile(file, options), shape, { file, code });
}

/** As {@link readJson}; undefined where the file does not exist. */
export function readJsonIfThere<T>(file: string, shape: Shape<T>, { code, ...options }: ReadOptions & Pick<JsonSource, 'code'>): T | undefined {
  const bytes = readFileIfThere(file, options);
  return bytes && read(bytes, shape, { file, code });
}

function read<T>(bytes: Buffer, shape: Shape<T>, source: JsonSource): T {
  if (!isUtf8(bytes) || isUtf16(bytes)) throw fileError(source.code, 'UTF-8', source.file, isUtf16(bytes) ? 'UTF-16' : 'other bytes');
  return checkShape(parseJson(bytes.toString('utf8'), source), shape, source);
}

/** Whether the bytes begin like UTF-16: with its byte order mark, or with an ASCII character and a zero byte. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}
