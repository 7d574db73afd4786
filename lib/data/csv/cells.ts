import { parseDecimal } from '../columns/decimal';
import type { Dictionary } from '../columns/dictionary';
import type { RowReader } from '../columns/rowReader';
import { badFile } from '../files';

const [quote, cr, lf] = [0x22, 0x0d, 0x0a];

/**
 * Reads delimited text (RFC 4180) line by line, as places in its bytes: nothing is copied, so that a table of numbers costs no text in
 * memory. Lines end with LF, CRLF or CR; empty ones are left out.
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
  private at: number;
  /** Bytes above this one neither end a cell nor are quotes. */
  private readonly highest: number;

  /**
   * @param delimiter a byte below 128.
   * @param from the byte to begin with, in line `firstLine`.
   */
  constructor(
    readonly bytes: Uint8Array, private readonly delimiter: number, private readonly file: string, from = 0, private nextLine = 1,
  ) {
    this.at = from;
    this.highest = Math.max(quote, delimiter);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.at;
  }

  get progress(): number {
    return this.at / this.bytes.length;
  }

  number(i: number): number {
    return parseDecimal(this.bytes, this.starts[i]!, this.ends[i]!);
  }

  /** Goes to the next line; false at the end. Throws ERR_DATA, naming the line, for quotes that RFC 4180 does not allow. */
  next(): boolean {
    const { bytes, delimiter, highest } = this;
    const { length } = bytes;
    let { starts, ends, at } = this;
    while (at < length) {
      let count = 0;
      this.line = this.nextLine;
      this.isQuoted = false;
      for (;;) {
        if (count === starts.length) [starts, ends] = this.grow();
        if (at < length && bytes[at] === quote) {
          const closing = this.closingQuote(at);
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
      if (at < length) at += bytes[at] === cr && bytes[at + 1] === lf ? 2 : 1;
      this.nextLine++;
      if (count === 1 && starts[0] === ends[0]) continue;
      this.count = count;
      this.at = at;
      return true;
    }
    this.at = at;
    return false;
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

  private closingQuote(opening: number): number {
    const { bytes } = this;
    for (let at = opening + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        if (bytes[at + 1] !== quote) return at;
        at++;
      } else if (byte === lf || (byte === cr && bytes[at + 1] !== lf)) this.nextLine++;
    }
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
    return badFile('quotes around whole cells', `${this.file}, line ${String(this.line)}`, received, { file: this.file, line: this.line });
  }
}
