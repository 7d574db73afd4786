import { isUtf8 } from 'node:buffer';
import { badFile } from '../files';

const replacement = '\uFFFD';

const byteOrderMark = Buffer.from('\uFEFF');

/**
 * The bytes of a text as UTF-8 without the byte order mark, from UTF-16 where one says so. Throws ERR_DATA, naming the byte and its line, for
 * bytes that are not UTF-8.
 */
export function utf8Of(bytes: Buffer, file: string): Buffer {
  const [first, second] = bytes;
  if (bytes.length % 2 === 0 && first === 0xff && second === 0xfe) return Buffer.from(bytes.toString('utf16le', 2));
  if (bytes.length % 2 === 0 && first === 0xfe && second === 0xff) return Buffer.from(Buffer.from(bytes.subarray(2)).swap16().toString('utf16le'));
  if (!isUtf8(bytes)) {
    const at = firstInvalid(bytes, bytes.toString('utf8'));
    throw notUtf8(file, `the byte 0x${bytes[at]!.toString(16).padStart(2, '0')} at byte ${String(at)} (line ${String(lineOf(bytes, at))})`, at, lineOf(bytes, at));
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw notUtf8(file, `a NUL at byte ${String(nul)} (line ${String(lineOf(bytes, nul))}), as UTF-16 and binary files have`, nul, lineOf(bytes, nul));
  return bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
}

export function notUtf8(file: string, received: string, byte: number, line: number): Error {
  return badFile('UTF-8 text', file, received, { byte, line });
}

/** Offset of the first byte that was decoded as U+FFFD; the bytes may also hold that character itself. */
export function firstInvalid(bytes: Buffer, text: string): number {
  let [from, at] = [0, 0];
  for (;;) {
    const next = text.indexOf(replacement, from);
    at += Buffer.byteLength(text.slice(from, next));
    if (!bytes.subarray(at, at + 3).equals(Buffer.from(replacement))) return at;
    at += 3;
    from = next + 1;
  }
}

function lineOf(bytes: Buffer, at: number): number {
  let line = 1;
  for (let i = 0; i < at; i++) if (bytes[i] === 0x0a || (bytes[i] === 0x0d && bytes[i + 1] !== 0x0a)) line++;
  return line;
}
