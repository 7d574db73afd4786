import { badFile } from '../files';
import { booleansOf, booleanWords, isMissing, parseDate } from './column';
import type { Column, ColumnKind } from './column';
import { parseDecorated } from './decimal';
import type { RowReader } from './rowReader';

export type TargetKind = 'classes' | 'numbers' | 'labels' | 'counts';

/** What a reader is to make of a table. */
export interface TablePlan {
  readonly file: string;
  readonly names: readonly string[];
  /** The column of classes, or the columns of targets in the order of outputs. */
  readonly targetsAt: readonly number[];
  /** What targets are: classes, any numbers, labels of 0 and 1, or counts ≥ 0. */
  readonly targetKind: TargetKind;
  /** The column of the rows' weights, if any. */
  readonly weightAt?: number | undefined;
  /** What columns are said to be; the others are found out. */
  readonly kinds: ReadonlyMap<number, ColumnKind>;
  /** Columns whose cells are numbers of such a kind already, see {@link Column}: a date's seconds, a boolean's 0 and 1. */
  readonly declared?: ReadonlyMap<number, 'date' | 'boolean'>;
  /** Whether a comma within a cell is a decimal comma, as no comma stands between cells. */
  readonly commaIsDecimal: boolean;
  /** About how many rows there are. */
  readonly rows: number;
}

/** A table's features as numbers, see {@link Column}, and its target as text or numbers. */
export interface ReadTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** [rows, columns] */
  readonly features: Float64Array;
  /** [rows, targets], the targets' numbers, or of one target the places of its texts in `targetTexts`. */
  readonly targets: Float64Array;
  /** [rows], where a column has them. */
  readonly weights?: Float64Array;
  readonly targetTexts: readonly string[];
  /** What was assumed, in phrases for a person. */
  readonly notes: readonly string[];
  /** Where the cell of a row in a column stands, for errors. */
  readonly placeOf: (column: string, row: number) => CellPlace;
}

/** Where a cell stands, in words and for the details of an error: its line and column, from 1, or its row, from 0. */
export interface CellPlace {
  readonly where: string;
  readonly details: Readonly<Record<string, number>>;
}

/** Reads all rows, again where a column of numbers turns out to hold texts. Throws ERR_DATA, with line and column. */
export function readTable(reader: () => RowReader, plan: TablePlan): ReadTable {
  const texts = new Set<number>([...plan.kinds].flatMap(([at, kind]) => (kind === 'number' || kind === 'ignore' || plan.declared?.get(at) === kind ? [] : [at])));
  for (;;) {
    const reading = new Reading(plan, texts);
    const found = reading.readAll(reader());
    if (found.size === 0) return { ...reading.table(), placeOf: (column, row) => placeOf(reader(), plan, column, row) };
    for (const at of found) texts.add(at);
  }
}

/** The table is read again up to the row: places are asked for in errors alone. */
function placeOf(reader: RowReader, { file, names }: TablePlan, column: string, row: number): CellPlace {
  for (let i = 0; i <= row; i++) reader.next();
  return cellPlace(file, names, reader, names.findIndex((name) => name.trim() === column.trim()));
}

function cellPlace(file: string, names: readonly string[], { unit, line }: Row, at: number): CellPlace {
  return { where: `${file}, ${unit} ${String(line)}, column ${String(at + 1)} (${names[at]!})`, details: { [unit]: line, column: at + 1 } };
}

/** Where a row is, for errors. */
type Row = Pick<RowReader, 'unit' | 'line'>;

/** Codes of the texts of a column, in the order in which they come. */
class Dictionary {
  readonly names: string[] = [];
  private readonly codes = new Map<string, number>();

  codeOf(text: string): number {
    const known = this.codes.get(text);
    if (known !== undefined) return known;
    this.codes.set(text, this.names.length);
    return this.names.push(text) - 1;
  }
}

/** One pass over a table. */
class Reading {
  private readonly featureAt: readonly number[];
  private readonly dictionaries: ReadonlyMap<number, Dictionary>;
  private readonly targetDictionary = new Dictionary();
  private features: Float64Array;
  private targets: Float64Array;
  private weights: Float64Array;
  private readonly outputs: number;
  private rows = 0;
  /** By column: where its first cell that is no number stands, and how many cells are numbers. */
  private readonly firstText = new Map<number, { readonly line: number; readonly text: string }>();
  private readonly numbers: Float64Array;
  private readonly texts: Float64Array;
  private readonly hasDecorated = new Set<number>();
  private readonly hasMissing: Uint8Array;

  constructor(private readonly plan: TablePlan, texts: ReadonlySet<number>) {
    const { names, targetsAt, weightAt, kinds, rows } = plan;
    this.featureAt = names.flatMap((_, at) => (targetsAt.includes(at) || at === weightAt || kinds.get(at) === 'ignore' ? [] : [at]));
    this.outputs = targetsAt.length;
    this.dictionaries = new Map([...texts].map((at) => [at, new Dictionary()]));
    this.features = new Float64Array(Math.max(1, rows) * this.featureAt.length);
    this.targets = new Float64Array(Math.max(1, rows) * this.outputs);
    this.weights = new Float64Array(weightAt === undefined ? 0 : Math.max(1, rows));
    this.numbers = new Float64Array(names.length);
    this.texts = new Float64Array(names.length);
    this.hasMissing = new Uint8Array(names.length);
  }

  /** Returns the columns that have to be read as texts. Throws ERR_DATA for a line of another length and a target that is missing. */
  readAll(reader: RowReader): ReadonlySet<number> {
    const { file, names, targetsAt, targetKind, weightAt } = this.plan;
    const { featureAt, outputs } = this;
    const width = featureAt.length;
    while (reader.next()) {
      if (reader.count !== names.length) {
        throw badFile(`${String(names.length)} cells`, `${file}, ${reader.unit} ${String(reader.line)}`, String(reader.count), { file, [reader.unit]: reader.line });
      }
      if (this.rows * outputs === this.targets.length) this.grow(reader);
      const row = this.rows++;
      for (let j = 0, to = row * width; j < width; j++, to++) this.features[to] = this.read(reader, featureAt[j]!);
      for (let j = 0; j < outputs; j++) {
        const at = targetsAt[j]!;
        this.targets[row * outputs + j] = targetKind === 'classes' ? this.targetDictionary.codeOf(this.requireTarget(reader, at)) : this.readTarget(reader, at);
      }
      if (weightAt !== undefined) this.weights[row] = this.readWeight(reader, weightAt);
    }
    for (const [at, { line, text }] of this.firstText) if (this.numbers[at]! >= this.texts[at]!) throw this.noNumber({ unit: reader.unit, line }, at, text);
    return new Set(this.firstText.keys());
  }

  table(): Omit<ReadTable, 'placeOf'> {
    const { rows, featureAt, targetDictionary } = this;
    const width = featureAt.length;
    const notes: string[] = [];
    const kept: Column[] = [];
    const keptAt: number[] = [];
    featureAt.forEach((at, j) => {
      const column = this.columnOf(at, j, notes);
      if (column === undefined) return;
      kept.push(column);
      keptAt.push(j);
    });
    let { features } = this;
    if (kept.length < width) {
      features = new Float64Array(rows * kept.length);
      for (let row = 0, to = 0; row < rows; row++) for (const j of keptAt) features[to++] = this.features[row * width + j]!;
    }
    return {
      rows, columns: kept, features: features.subarray(0, rows * kept.length), notes,
      targets: this.targets.subarray(0, rows * this.outputs), targetTexts: targetDictionary.names,
      ...(this.plan.weightAt !== undefined && { weights: this.weights.subarray(0, rows) }),
    };
  }

  /** A feature's number, or the code of its text; NaN for a missing one. */
  private read(reader: RowReader, at: number): number {
    const dictionary = this.dictionaries.get(at);
    if (dictionary === undefined) {
      const number = reader.number(at);
      if (number === number) {
        this.numbers[at]!++;
        return number;
      }
    }
    const text = reader.text(at);
    if (isMissing(text)) {
      this.hasMissing[at] = 1;
      return Number.NaN;
    }
    if (dictionary !== undefined) return dictionary.codeOf(text);
    const decorated = parseDecorated(text, this.plan.commaIsDecimal);
    if (decorated !== undefined) {
      this.numbers[at]!++;
      this.hasDecorated.add(at);
      return decorated;
    }
    if (this.plan.kinds.get(at) === 'number') throw this.noNumber(reader, at, text);
    if (!this.firstText.has(at)) this.firstText.set(at, { line: reader.line, text });
    this.texts[at]!++;
    return Number.NaN;
  }

  /** What a column is, with its numbers in place; undefined for one that is of no use. */
  private columnOf(at: number, j: number, notes: string[]): Column | undefined {
    const { kinds } = this.plan;
    const name = this.plan.names[at]!;
    const hasMissing = this.hasMissing[at] === 1;
    const dictionary = this.dictionaries.get(at);
    if (dictionary === undefined) {
      if (this.hasDecorated.has(at)) notes.push(`${name} is read without its signs and separators`);
      const declared = kinds.get(at) === 'number' ? undefined : this.plan.declared?.get(at);
      return { name, kind: declared ?? 'number', ...(declared === 'boolean' && { categories: ['false', 'true'] }), hasMissing };
    }
    const asked = kinds.get(at);
    const { names } = dictionary;
    const dates = asked === undefined || asked === 'date' ? names.map(parseDate) : [];
    if (asked === 'date' || (dates.length > 0 && dates.every((date) => date !== undefined))) {
      const odd = dates.indexOf(undefined);
      if (odd >= 0) throw badFile('an ISO 8601 date', this.place(at), `'${names[odd]!}'`, { column: at + 1 });
      this.recode(j, dates as number[]);
      return { name, kind: 'date', hasMissing };
    }
    const booleans = asked === undefined || asked === 'boolean' ? booleansOf(names) : undefined;
    if (asked === 'boolean' && booleans === undefined) throw badFile('two words for true and false, such as yes and no,', this.place(at), names.slice(0, 3).join(', '), { column: at + 1 });
    if (booleans !== undefined) {
      this.recode(j, names.map((text) => (text === booleans[1] ? 1 : 0)));
      return { name, kind: 'boolean', categories: booleans, hasMissing };
    }
    if (asked === undefined && names.length > maxNames && names.length > this.rows / 2) {
      notes.push(`${name} is left out, as most of its texts differ: columns {"${name}": "category"} takes them all the same`);
      return undefined;
    }
    const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
    const places = new Map(sorted.map((text, place) => [text, place]));
    this.recode(j, names.map((text) => places.get(text)!));
    return { name, kind: 'category', categories: sorted, hasMissing };
  }

  /** Replaces the codes of a column by what they stand for. */
  private recode(j: number, values: readonly number[]): void {
    const width = this.featureAt.length;
    for (let at = j; at < this.rows * width; at += width) {
      const code = this.features[at]!;
      if (code === code) this.features[at] = values[code]!;
    }
  }

  private requireTarget(reader: RowReader, at: number): string {
    const text = reader.text(at);
    if (text.trim() !== '') return text;
    throw this.badCell('the name of a class', reader, at, 'nothing');
  }

  private readTarget(reader: RowReader, at: number): number {
    const { targetKind } = this.plan;
    const number = this.readNumber(reader, at);
    if (targetKind === 'labels') {
      const label = number === undefined ? labelOf(reader.text(at)) : number;
      if (label === 0 || label === 1) return label;
      throw this.badCell('0 or 1, as loss bce has it,', reader, at, quoted(reader.text(at)));
    }
    if (number === undefined) throw this.noNumber(reader, at, reader.text(at));
    if (targetKind === 'counts' && number < 0) throw this.badCell('a number ≥ 0, as loss poisson has it,', reader, at, quoted(reader.text(at)));
    return number;
  }

  private readWeight(reader: RowReader, at: number): number {
    const weight = this.readNumber(reader, at);
    if (weight === undefined || weight < 0) throw this.badCell('a weight ≥ 0, as weightColumn says,', reader, at, quoted(reader.text(at)));
    return weight;
  }

  /** A number, also one with signs and separators; undefined for another text. */
  private readNumber(reader: RowReader, at: number): number | undefined {
    const number = reader.number(at);
    return number === number ? number : parseDecorated(reader.text(at), this.plan.commaIsDecimal);
  }

  private noNumber(row: Row, at: number, text: string): Error {
    const { names, targetsAt } = this.plan;
    return this.badCell(targetsAt.includes(at) ? 'a finite number' : `a finite number (or columns {"${names[at]!}": "category"})`, row, at, quoted(text));
  }

  private badCell(what: string, row: Row, at: number, received: string): Error {
    const { file, names } = this.plan;
    const { where, details } = cellPlace(file, names, row, at);
    return badFile(what, where, received, { file, ...details });
  }

  private place(at: number): string {
    return `${this.plan.file}, column ${String(at + 1)} (${this.plan.names[at]!})`;
  }

  /** Room for as many rows as the rest of the file will have, by the part read so far, and some more. */
  private grow({ progress }: RowReader): void {
    const rows = Math.ceil(1.05 * this.rows / progress) + 16;
    const larger = (array: Float64Array, width: number): Float64Array => {
      const grown = new Float64Array(rows * width);
      grown.set(array);
      return grown;
    };
    this.features = larger(this.features, this.featureAt.length);
    this.targets = larger(this.targets, this.outputs);
    if (this.plan.weightAt !== undefined) this.weights = larger(this.weights, 1);
  }
}

const quoted = (text: string): string => `'${text}'`;

/** 0 or 1 of a word for false or true; undefined for another text. */
function labelOf(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  const pair = booleanWords.find((words) => (words as readonly string[]).includes(word));
  return pair === undefined ? undefined : (pair as readonly string[]).indexOf(word);
}

/** Texts of which each row may have its own before a column of them is taken for names or remarks. */
const maxNames = 100;
