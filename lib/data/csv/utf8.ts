import { isUtf8 } from 'node:buffer';
import { expected } from '../../errors';
import { badFile } from '../files';
import { encodings } from './encodings';
import type { Encoding } from './encodings';

const replacement = '\uFFFD';

const byteOrderMark = Buffer.from('\uFEFF');

/** Bytes that are converted at a time: an even number, below the longest text of the engine. */
const bytesAtATime = 2 ** 26;

/**
 * The bytes of a text file as UTF-8 without the byte order mark, from the given encoding, or else from UTF-16 where a byte order mark says so.
 * Throws ERR_DATA, naming the byte, its line and the option that overrules it, for bytes that are not UTF-8: with replacement characters, two
 * names that differ only in invalid bytes would become equal.
 */
export function textOf(bytes: Buffer, file: string, encoding?: Encoding): Buffer {
  if (encoding === undefined || encoding === 'utf-8') return utf8Of(bytes, file, ' (encoding=windows-1252 or latin1 takes any byte)');
  if (!encodings.includes(encoding)) throw expected('ERR_CONFIG', `one of ${encodings.join(', ')}`, 'encoding', encoding, { path: 'encoding' });
  const isWide = encoding.startsWith('utf-16');
  if (isWide && bytes.length % 2 === 1) throw badFile('an even number of bytes, as encoding utf-16 has,', file, String(bytes.length));
  // A decoder keeps the first half of a character for the next part.
  const decoder = isWide ? new TextDecoder(encoding, { fatal: true }) : undefined;
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytesAtATime) {
    const part = bytes.subarray(at, at + bytesAtATime);
    try {
      parts.push(Buffer.from(decoder === undefined ? oneByte(part, encoding === 'windows-1252') : decoder.decode(part, { stream: at + bytesAtATime < bytes.length })));
    } catch {
      throw badFile(`text in ${encoding}, as encoding says,`, file, 'half a character');
    }
  }
  const text = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const nul = text.indexOf(0);
  if (nul >= 0) throw badFile(`text in ${encoding}, as encoding says,`, file, `a NUL (line ${String(lineOf(text, nul))})`);
  return text.subarray(0, 3).equals(byteOrderMark) ? text.subarray(3) : text;
}

/** What windows-1252 has in place of latin1's control characters, from 0x80 on; TextDecoder of some versions of Node.js reads it as latin1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function oneByte(bytes: Buffer, isWindows: boolean): string {
  const text = bytes.toString('latin1');
  return isWindows ? text.replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80]!) : text;
}

/** {@link textOf} without a given encoding; `remedy` is said behind what is not UTF-8. */
export function utf8Of(bytes: Buffer, file: string, remedy = ''): Buffer {
  const [first, second] = bytes;
  if (bytes.length % 2 === 0 && first === 0xff && second === 0xfe) return Buffer.from(bytes.toString('utf16le', 2));
  if (bytes.length % 2 === 0 && first === 0xfe && second === 0xff) return Buffer.from(Buffer.from(bytes.subarray(2)).swap16().toString('utf16le'));
  if (!isUtf8(bytes)) {
    const at = firstInvalid(bytes, bytes.toString('utf8'));
    throw notUtf8(file, `the byte 0x${bytes[at]!.toString(16).padStart(2, '0')} at byte ${String(at)} (line ${String(lineOf(bytes, at))})${remedy}`, at, lineOf(bytes, at));
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw notUtf8(file, `a NUL at byte ${String(nul)} (line ${String(lineOf(bytes, nul))}), as UTF-16 and binary files have${remedy === '' ? '' : ' (encoding=utf-16le or utf-16be)'}`, nul, lineOf(bytes, nul));
  return bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
}

function notUtf8(file: string, received: string, byte: number, line: number): Error {
  return badFile('UTF-8 text', file, received, { byte, line });
}

/** Offset of the first byte that was decoded as U+FFFD; the bytes may also hold that character itself. */
function firstInvalid(bytes: Buffer, text: string): number {
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
