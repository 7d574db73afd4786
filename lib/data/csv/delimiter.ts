/** What may stand between cells, by its name for people. */
const delimiters: readonly (readonly [delimiter: string, name: string])[] = [
  [',', 'commas'], [';', 'semicolons'], ['\t', 'tabs'], ['|', 'bars'],
];

/** What stands between cells, and how that is known. */
export interface Delimiter {
  readonly delimiter: string;
  /** One phrase for a person. */
  readonly note: string;
}

/** How many lines are looked at to find out. */
const sampleLines = 10;
const sampleLength = 2 ** 16;

/** Excel's way of naming the delimiter, in a first line of its own. */
const announcement = /^sep=([\0-\x7f])(?:\r\n?|\n)/i;

/**
 * What stands between the cells of a text, and where its table begins. Without a `given` delimiter, the one that
 * divides the first lines alike is taken, of several the first of comma, semicolon, tab and bar.
 */
export function findDelimiter(bytes: Buffer, given?: string): Delimiter & { readonly from: number; readonly line: number } {
  const sample = bytes.toString('utf8', 0, sampleLength);
  const announced = announcement.exec(sample);
  const body = announced === null ? sample : sample.slice(announced[0].length);
  const isCut = bytes.length > sampleLength;
  const found = given !== undefined ? { delimiter: given, note: `${nameOf(given)} between cells, as delimiter says` }
    : announced !== null ? { delimiter: announced[1]!, note: `${nameOf(announced[1]!)} between cells, as its first line says` }
    : dividing(body, isCut);
  return { ...found, from: announced === null ? 0 : announced[0].length, line: announced === null ? 1 : 2 };
}

function dividing(sample: string, isCut: boolean): Delimiter {
  const lines = sample.replace(/"(?:[^"]|"")*(?:"|$)/g, '').split(/[\r\n]+/).filter((line) => line !== '');
  // The last line of a longer text may be cut.
  const whole = lines.slice(0, Math.min(sampleLines, isCut ? Math.max(1, lines.length - 1) : lines.length));
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
