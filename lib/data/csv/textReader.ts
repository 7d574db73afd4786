import { isUtf8 } from 'node:buffer';
import { expected } from '../../errors';
import { FileBytes } from '../fileBytes';
import { badFile } from '../files';
import { encodings } from './encodings';
import type { Encoding } from './encodings';
import { firstInvalid, notUtf8 } from './utf8';

/** Bytes that are read at a time, an even number. */
const partBytes = 2 ** 22;

/** What windows-1252 has in place of latin1's control characters, from 0x80 on; TextDecoder of some versions of Node.js reads it as latin1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Reads the text of a file as UTF-8 without the byte order mark, a part at a time, from the given encoding, or else from UTF-16 where a byte
 * order mark says so. Parts end between characters.
 */
export class TextReader {
  /** Bytes of the file. */
  readonly size: number;
  /** How many of them are read. */
  position = 0;
  private readonly bytes: FileBytes;
  private readonly encoding: Encoding;
  private readonly decoder: InstanceType<typeof TextDecoder> | undefined;
  /** Bytes of UTF-8 that are read and in no part yet, as their character is cut. */
  private rest: Buffer = Buffer.alloc(0);
  /** Whether no part has been given yet. */
  private isFirst = true;

  /** @param partSize bytes that are read at a time, an even number. Throws ERR_DATA for a file that cannot be opened, ERR_CONFIG for an unknown encoding. */
  constructor(readonly file: string, private readonly given?: Encoding, private readonly partSize = partBytes) {
    if (given !== undefined && !encodings.includes(given)) throw expected('ERR_CONFIG', `one of ${encodings.join(', ')}`, 'encoding', given, { path: 'encoding' });
    this.bytes = new FileBytes(file);
    this.size = this.bytes.size;
    this.encoding = given === undefined || given === 'utf-8' ? this.markedEncoding() : given;
    const isWide = this.encoding.startsWith('utf-16');
    if (isWide && this.size % 2 === 1) throw badFile('an even number of bytes, as encoding utf-16 has,', file, String(this.size));
    // A decoder keeps the first half of a character for the next part. What a byte order mark promises is read as far as it goes.
    if (isWide) this.decoder = new TextDecoder(this.encoding, { fatal: this.encoding === given });
  }

  /**
   * The next part; undefined at the end. Throws ERR_DATA, naming the byte, its line and the option that overrules it, for bytes that are not
   * UTF-8: with replacement characters, two names that differ only in invalid bytes would become equal.
   */
  next(): Buffer | undefined {
    if (this.position === this.size) return undefined;
    const begin = this.position;
    const from = begin - this.rest.length;
    const part = Buffer.allocUnsafe(Math.min(this.partSize, this.size - begin));
    this.bytes.read(part, begin);
    this.position += part.length;
    const text = this.encoding === 'utf-8' ? this.wholeCharacters(part, begin, from) : this.converted(part);
    const nul = text.indexOf(0);
    if (nul >= 0) throw this.nulAt(begin, from, nul, text);
    if (text.length === 0) return this.next(); // of nothing but a part of a character
    const hasMark = this.isFirst && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf;
    this.isFirst = false;
    return hasMark ? text.subarray(3) : text;
  }

  private markedEncoding(): Encoding {
    const mark = Buffer.alloc(Math.min(2, this.size));
    this.bytes.read(mark, 0);
    if (this.size % 2 === 1 || mark.length < 2) return 'utf-8';
    return mark[0] === 0xff && mark[1] === 0xfe ? 'utf-16le' : mark[0] === 0xfe && mark[1] === 0xff ? 'utf-16be' : 'utf-8';
  }

  /** The characters that are whole, the first at byte `from`, which may lie before the part. */
  private wholeCharacters(part: Buffer, begin: number, from: number): Buffer {
    const all = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
    const end = this.position === this.size ? all.length : all.length - cutBytes(all);
    this.rest = all.subarray(end);
    const text = all.subarray(0, end);
    if (isUtf8(text)) return text;
    const at = firstInvalid(text, text.toString('utf8'));
    const line = this.lineAt(begin, text, at);
    const byte = `the byte 0x${text[at]!.toString(16).padStart(2, '0')} at byte ${String(from + at)} (line ${String(line)}) (encoding=windows-1252 or latin1 takes any byte)`;
    throw notUtf8(this.file, byte, from + at, line);
  }

  private converted(part: Buffer): Buffer {
    try {
      return Buffer.from(this.decoder?.decode(part, { stream: this.position < this.size }) ?? oneByte(part, this.encoding === 'windows-1252'));
    } catch {
      throw badFile(`text in ${this.encoding}, as encoding says,`, this.file, 'half a character');
    }
  }

  private nulAt(begin: number, from: number, nul: number, text: Buffer): Error {
    const line = this.lineAt(begin, text, nul);
    if (this.given !== undefined && this.given !== 'utf-8') return badFile(`text in ${this.encoding}, as encoding says,`, this.file, `a NUL (line ${String(line)})`);
    const byte = from + nul;
    return notUtf8(this.file, `a NUL at byte ${String(byte)} (line ${String(line)}), as UTF-16 and binary files have (encoding=utf-16le or utf-16be)`, byte, line);
  }

  /** The line of a place in the part that began at a byte of the file. The parts before are read again: lines are asked for in errors alone. */
  private lineAt(begin: number, text: Buffer, at: number): number {
    const before = new TextReader(this.file, this.given, this.partSize);
    let line = 1;
    let last = 0;
    const count = (part: Buffer, end: number): void => {
      for (let i = 0; i < end; i++) {
        if (part[i] === 0x0d || (part[i] === 0x0a && last !== 0x0d)) line++;
        last = part[i]!;
      }
    };
    while (before.position < begin) {
      const part = before.next()!;
      count(part, part.length);
    }
    count(text, at);
    return line;
  }
}

/** How many bytes at the end belong to a character of UTF-8 that goes on behind them. */
function cutBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function oneByte(bytes: Buffer, isWindows: boolean): string {
  const text = bytes.toString('latin1');
  return isWindows ? text.replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80]!) : text;
}
