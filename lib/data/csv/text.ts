import { badFile } from '../files';

/** A record of a table. */
export interface Line {
  readonly cells: readonly string[];
  /** Number of its first line, from 1. */
  readonly line: number;
}

/** Delimiters that are detected, with their names in notes. */
const delimiters: readonly (readonly [delimiter: string, name: string])[] = [
  [',', 'commas'], [';', 'semicolons'], ['\t', 'tabs'], ['|', 'bars'],
];

/** The character between cells, and how it was determined. */
export interface Delimiter {
  readonly delimiter: string;
  /** The delimiter and its source, as a readable phrase. */
  readonly note: string;
}

/** Lines, and characters at most, from which the delimiter is detected. */
const sampleLines = 10;
const sampleLength = 2 ** 16;

/** The line by which Excel declares the delimiter. */
const announcement = /^sep=(.)(?:\r\n?|\n)/i;

/**
 * The lines of a CSV text (RFC 4180) that are not empty. Lines end with LF, CRLF or CR. Without a `given` delimiter it
 * is detected: the first of comma, semicolon, tab and bar that gives the first lines equally many cells. Throws ERR_DATA for quotes
 * that RFC 4180 does not allow.
 */
export function parseCsv(text: string, file: string, given?: string): Delimiter & { readonly lines: readonly Line[] } {
  const announced = announcement.exec(text);
  const body = announced === null ? text : text.slice(announced[0].length);
  const found = given !== undefined ? { delimiter: given, note: `${nameOf(given)} between cells, as delimiter says` }
    : announced !== null ? { delimiter: announced[1]!, note: `${nameOf(announced[1]!)} between cells, as its first line says` }
    : findDelimiter(body);
  return { ...found, lines: linesOf(body, file, found.delimiter, announced === null ? 1 : 2) };
}

function findDelimiter(text: string): Delimiter {
  const sample = text.slice(0, sampleLength);
  const lines = sample.replace(/"(?:[^"]|"")*(?:"|$)/g, '').split(/[\r\n]+/).filter((line) => line !== '');
  // The last line of the sample may be incomplete.
  const whole = lines.slice(0, Math.min(sampleLines, sample.length < text.length ? Math.max(1, lines.length - 1) : lines.length));
  const counts = delimiters.map(([delimiter]) => whole.map((line) => line.split(delimiter).length - 1));
  const fits = delimiters.filter((_, i) => counts[i]![0]! > 0 && counts[i]!.every((count) => count === counts[i]![0]));
  const [taken, ...others] = fits.length > 0 ? fits : delimiters.filter((_, i) => (counts[i]![0] ?? 0) > 0);
  if (taken === undefined) return { delimiter: ',', note: 'commas between cells' };
  const [delimiter, name] = taken;
  const other = others[0];
  const doubt = other === undefined ? '' : `, although ${other[1]} would do: delimiter=${other[0] === '\t' ? 'tab' : other[0]} takes these`;
  return { delimiter, note: `${name} between cells${doubt}` };
}

function nameOf(delimiter: string): string {
  return delimiters.find(([known]) => known === delimiter)?.[1] ?? `'${delimiter}'`;
}

function linesOf(text: string, file: string, delimiter: string, firstLine: number): Line[] {
  const lines: Line[] = [];
  let cells: string[] = [];
  let line = firstLine;
  let start = firstLine;
  const bad = (received: string): Error => badFile('quotes around whole cells', `${file}, line ${String(start)}`, received, { file, line: start });
  for (let at = 0; at <= text.length; ) {
    let cell: string;
    if (text[at] === '"') {
      const closing = closingQuote(text, at);
      if (closing < 0) throw bad('a quote that is never closed');
      const inner = text.slice(at + 1, closing);
      cell = inner.replaceAll('""', '"');
      line += inner.split(/\r\n?|\n/).length - 1;
      at = closing + 1;
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
      cell = text.slice(from, at);
      if (cell.includes('"')) throw bad('one within a cell');
    }
    cells.push(cell);
    if (text[at] === delimiter) {
      at++;
      continue;
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r') throw bad('text after a closing quote');
    if (cells.length > 1 || cells[0] !== '') lines.push({ cells, line: start });
    cells = [];
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    start = ++line;
  }
  return lines;
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}
