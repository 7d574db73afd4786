import { parseDecimal } from '../columns/decimal';
import type { Dictionary } from '../columns/dictionary';
import type { RowReader } from '../columns/rowReader';
import { badFile } from '../files';
import type { TextReader } from './textReader';

const [quote, cr, lf] = [0x22, 0x0d, 0x0a];

/**
 * Reads delimited text (RFC 4180) line by line, as places in its bytes: a table of numbers costs no text in memory, and of the text no more than
 * a part, or a line where that is longer. Lines end with LF, CRLF or CR; empty ones are left out.
 */
export class CellReader implements RowReader {
  /** Cells of the last line read: bytes [starts[i], ends[i]), without the quotes around them. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** How many cells the last line has. */
  count = 0;
  readonly unit = 'line';
  /** Where it begins, from 1. */
  line = 0;
  /** Whether a cell of it stands in quotes, within which two stand for one. */
  isQuoted = false;
  /** The part of the text that is at hand, where the next line begins in it, and whether it is the last. */
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private isLast = false;
  /** Bytes above this one neither end a cell nor are quotes. */
  private readonly highest: number;

  /**
   * @param delimiter a byte below 128.
   * @param from the byte to begin with, which is in the first part, in line `nextLine`.
   */
  constructor(private readonly source: Pick<TextReader, 'file' | 'size' | 'position' | 'next'>, private readonly delimiter: number, from = 0, private nextLine = 1) {
    this.readOn(0);
    this.at = from;
    this.highest = Math.max(quote, delimiter);
  }

  get progress(): number {
    const { position, size } = this.source;
    return Math.max(1, position - (this.bytes.length - this.at)) / size;
  }

  number(i: number): number {
    return parseDecimal(this.bytes, this.starts[i]!, this.ends[i]!);
  }

  /** Goes to the next line; false at the end. Throws ERR_DATA, naming the line, for quotes that RFC 4180 does not allow. */
  next(): boolean {
    for (;;) {
      const begin = this.at;
      this.line = this.nextLine;
      const end = this.readLine(begin);
      if (end < 0 || (end >= this.bytes.length && !this.isLast)) {
        // The line goes on behind the part, or might: it is read again, with the next part.
        this.nextLine = this.line;
        this.readOn(begin);
        continue;
      }
      if (this.count === 0) return false;
      this.nextLine++;
      this.at = end;
      if (this.count > 1 || this.starts[0] !== this.ends[0]) return true;
    }
  }

  /** Finds the cells of the line that begins at a byte, none at the end of the text; returns where the next begins, or −1 for a quote that is not closed in this part. */
  private readLine(begin: number): number {
    const { bytes, delimiter, highest } = this;
    const { length } = bytes;
    let { starts, ends } = this;
    let at = begin;
    let count = 0;
    this.isQuoted = false;
    this.count = 0;
    if (at >= length) return at;
    for (;;) {
      if (count === starts.length) [starts, ends] = this.grow();
      if (at < length && bytes[at] === quote) {
        const closing = this.closingQuote(at);
        if (closing < 0) return closing;
        starts[count] = at + 1;
        ends[count++] = closing;
        this.isQuoted = true;
        at = closing + 1;
        if (at < length && bytes[at] !== delimiter && bytes[at] !== lf && bytes[at] !== cr) throw this.bad('text after a closing quote');
      } else {
        starts[count] = at;
        let byte = 0;
        while (at < length && ((byte = bytes[at]!) > highest || (byte !== delimiter && byte !== lf && byte !== cr))) {
          if (byte === quote) throw this.bad('one within a cell');
          at++;
        }
        ends[count++] = at;
      }
      if (at >= length || bytes[at] !== delimiter) break;
      at++;
    }
    this.count = count;
    return at >= length ? at : at + (bytes[at] === cr && bytes[at + 1] === lf ? 2 : 1);
  }

  /** Puts the next part of the text behind what begins at a byte. */
  private readOn(begin: number): void {
    const part = this.source.next();
    if (part === undefined) this.isLast = true;
    else {
      this.bytes = begin === this.bytes.length ? part : Buffer.concat([this.bytes.subarray(begin), part]);
      this.at = 0;
    }
  }

  /** The text of cell i. */
  text(i: number): string {
    if (this.starts[i] === this.ends[i]) return '';
    const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.starts[i]!, this.ends[i]! - this.starts[i]!).toString('utf8');
    return this.isQuoted && text.includes('""') ? text.replaceAll('""', '"') : text;
  }

  code(i: number, dictionary: Dictionary): number {
    const [from, to] = [this.starts[i]!, this.ends[i]!];
    return dictionary.find(this.bytes, from, to) ?? dictionary.add(this.bytes, from, to, this.text(i));
  }

  /** The texts of all cells of the last line. */
  texts(): string[] {
    return Array.from({ length: this.count }, (_, i) => this.text(i));
  }

  /** −1 where it may lie in the next part. */
  private closingQuote(opening: number): number {
    const { bytes } = this;
    for (let at = opening + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        if (bytes[at + 1] !== quote) return at + 1 === bytes.length && !this.isLast ? -1 : at;
        at++;
      } else if (byte === lf || (byte === cr && bytes[at + 1] !== lf)) this.nextLine++;
    }
    if (!this.isLast) return -1;
    throw this.bad('a quote that is never closed');
  }

  private grow(): [Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>] {
    const longer = (array: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(2 * array.length);
      grown.set(array);
      return grown;
    };
    return [this.starts, this.ends] = [longer(this.starts), longer(this.ends)];
  }

  private bad(received: string): Error {
    return badFile('quotes around whole cells', `${this.source.file}, line ${String(this.line)}`, received, { file: this.source.file, line: this.line });
  }
}
