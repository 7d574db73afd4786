import { readFileSync } from 'node:fs';
import { checkOptions, checkText } from '../arguments';
import { describe, expected, nearest } from '../errors';
import { requireMemory } from '../machine';
import { parseNumber } from '../numbers';
import type { ColumnKind } from './columns/column';
import { readTable } from './columns/readTable';
import type { RowReader } from './columns/rowReader';
import { kindsByPlace, splitColumns } from './columns/splitColumns';
import { kindOf, placeOfWeights, placesOfTargets } from './columns/targetColumns';
import { utf8Of } from './csv/utf8';
import type { DataSplits } from './dataset';
import { badFile, readingFile } from './files';
import type { TableOptions } from './table';

export interface JsonLinesOptions extends Omit<TableOptions, 'chunkRows'> {
  /** The key of the classes or targets, or several keys of numbers; by default the last key of the first row. */
  readonly target?: string | readonly string[];
  /** The key that says how much each row counts, in numbers ≥ 0; it is no feature then. */
  readonly weightColumn?: string;
  /** What columns are, by name; by default what their values look like, see docs/data.md. */
  readonly columns?: Readonly<Record<string, ColumnKind>>;
}

/** Bytes of a line in memory beside its text, per byte of it, as measured. */
const bytesPerByte = 6;

/**
 * Loads a table of JSON lines: an object a line, all keys but the target features, which are numbers, categories, booleans or dates as in a
 * .csv (see `loadCsv`); null and keys that a row lacks are missing. Throws ERR_DATA, naming file and line, for a line that is no object, for
 * a value that is a list or an object unless its column is ignored, and for what `loadCsv` refuses; ERR_CONFIG for a target that is no key.
 */
export function loadJsonLines(file: string, options: JsonLinesOptions = {}): DataSplits {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  const bytes = utf8Of(readingFile(file, () => readFileSync(file)), file);
  requireMemory(bytesPerByte * bytes.length, 'dataFile', file);
  const rows = parseRows(bytes, file);
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const first = rows[0];
  if (first === undefined) throw badFile('rows', file, 'an empty file');
  const target = options.target ?? Object.keys(first.values).at(-1);
  const targetsAt = placesOfTargets(target ?? '', names, options.numericTargets, (one) => {
    const at = names.indexOf(String(one));
    if (at < 0) throw expected('ERR_CONFIG', nearest(String(one), names) ?? `one of ${names.join(', ')}`, 'target', target, { path: 'target' });
    return at;
  });
  const weightAt = placeOfWeights(options.weightColumn, names, targetsAt);
  const kinds = kindsByPlace(options.columns, names, [...targetsAt, weightAt], options);
  const table = readTable(() => new RowsOfObjects(rows, names, kinds, file), {
    file, names, targetsAt, targetKind: kindOf(options.numericTargets), weightAt, kinds, commaIsDecimal: false, rows: rows.length,
  });
  const targetNames = targetsAt.map((at) => names[at]!);
  return splitColumns(file, table, {
    targetNames,
    notes: [
      `target${targetNames.length > 1 ? 's' : ''} ${targetNames.join(' and ')}${options.target === undefined ? ', the last' : ''}`,
      ...(weightAt === undefined ? [] : [`${names[weightAt]!} is the weight of a row`]),
    ],
    choices: { target: targetNames.join(), ...(weightAt !== undefined && { weights: names[weightAt]! }) },
    kinds,
  }, options);
}

interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** The objects of all lines that are not empty. */
function parseRows(bytes: Buffer, file: string): Row[] {
  const rows: Row[] = [];
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, from);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', from, end).trim();
    from = end + 1;
    if (text === '') continue;
    const values = parseLine(text);
    if (values === undefined) throw badFile('an object', `${file}, line ${String(line)}`, describe(text), { file, line });
    rows.push({ values, line });
  }
  return rows;
}

function parseLine(text: string): Row['values'] | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Row['values'] : undefined;
  } catch {
    return undefined;
  }
}

/** Cells of objects, by the names of all columns. */
class RowsOfObjects implements RowReader {
  private at = -1;

  constructor(
    private readonly rows: readonly Row[], private readonly names: readonly string[], private readonly kinds: ReadonlyMap<number, ColumnKind>,
    private readonly file: string,
  ) {}

  get count(): number {
    return this.names.length;
  }

  get line(): number {
    return this.rows[this.at]!.line;
  }

  get progress(): number {
    return (this.at + 1) / this.rows.length;
  }

  next(): boolean {
    return ++this.at < this.rows.length;
  }

  number(i: number): number {
    const value = this.value(i);
    if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN; // 1e999 is infinite
    return typeof value === 'string' ? parseNumber(value) ?? Number.NaN : Number.NaN;
  }

  text(i: number): string {
    const value = this.value(i);
    if (value === null || value === undefined) return '';
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    const name = this.names[i]!;
    throw badFile(`a number, text, boolean or null (or columns {"${name}": "ignore"})`, `${this.file}, line ${String(this.line)}, ${name}`, describe(value), {
      file: this.file, line: this.line, column: i + 1,
    });
  }

  /** Of what is read: columns that are ignored never are. */
  private value(i: number): unknown {
    const { values } = this.rows[this.at]!;
    return this.kinds.get(i) === 'ignore' || !Object.hasOwn(values, this.names[i]!) ? undefined : values[this.names[i]!];
  }
}
