import { parseNumber } from '../../numbers';
import { badFile } from '../files';
import { booleansOf, booleanWords, isMissing, parseDate } from './column';
import type { Column } from './column';
import { parseDecorated } from './decorated';
import { Dictionary } from './dictionary';
import { cellPlace } from './plan';
import type { Place, ReadTable, TablePlan } from './plan';
import { tellLoading } from '../threads/progress';
import type { RowReader } from './rowReader';
import { FileRows } from './fileRows';
import { MemoryRows } from './rowStore';
import type { RowStore } from './rowStore';

/** Rows between two messages of how far reading is: some tenths of a second. */
const rowsPerMessage = 100_000;
/** Rows after which columns that are mostly text are taken for texts, so that not all rows are read twice. */
const sampleRows = 1000;
/** Texts of which each row may have its own before a column of them is taken for names or remarks. */
const maxNames = 100;

/** One pass over a table. */
export class Reading {
  /** The columns that are features. */
  private readonly featureAt: readonly number[];
  /** By column, of those that are read as texts. */
  private readonly dictionaries: readonly (Dictionary | undefined)[];
  private readonly targetDictionary = new Dictionary((text) => text.trim() === '');
  private readonly features: RowStore;
  /** By place among the features, of those read as texts: what the codes stand for. */
  private readonly values = new Map<number, readonly number[]>();
  private readonly targets: MemoryRows;
  private readonly weights: MemoryRows;
  /** By column that is read as numbers: the first cell that is none. */
  private readonly firstText = new Map<number, Place & { readonly text: string }>();
  /** By column: how many cells are missing, and how many others are no numbers. */
  private readonly missing: Float64Array;
  private readonly texts: Float64Array;
  private readonly hasDecorated = new Set<number>();

  /**
   * @param texts the columns to read as texts.
   * @param placeAt where a row is, from 0, for errors.
   */
  constructor(private readonly plan: TablePlan, texts: ReadonlySet<number>, private readonly placeAt: (row: number) => Place) {
    const { names, targetsAt, weightAt, kinds, rows, isOnDisk } = plan;
    this.featureAt = names.flatMap((_, at) => (targetsAt.includes(at) || at === weightAt || kinds.get(at) === 'ignore' ? [] : [at]));
    this.dictionaries = names.map((_, at) => (texts.has(at) ? new Dictionary(isMissing) : undefined));
    this.features = isOnDisk ? new FileRows(this.featureAt.length) : new MemoryRows(this.featureAt.length, rows);
    this.targets = new MemoryRows(targetsAt.length, rows);
    this.weights = new MemoryRows(weightAt === undefined ? 0 : 1, rows);
    this.missing = new Float64Array(names.length);
    this.texts = new Float64Array(names.length);
  }

  /**
   * Reads rows to the end, or to where the first of them tell that columns have to be read as texts, which are returned. Throws ERR_DATA for a
   * line of another length and a target that is missing.
   */
  read(reader: RowReader): readonly number[] {
    const { file, names, targetsAt, targetKind, weightAt } = this.plan;
    const { featureAt, dictionaries, features, targets, weights } = this;
    while (reader.next()) {
      if (reader.count !== names.length) {
        throw badFile(`${String(names.length)} cells`, `${file}, ${reader.unit} ${String(reader.line)}`, String(reader.count), { file, [reader.unit]: reader.line });
      }
      let to = features.next(reader);
      const { block } = features;
      for (let j = 0; j < featureAt.length; j++) {
        const at = featureAt[j]!;
        const dictionary = dictionaries[at];
        if (dictionary === undefined) {
          const number = reader.number(at);
          block[to++] = number === number ? number : this.readText(reader, at);
        } else {
          const code = reader.code(at, dictionary);
          if (code < 0) this.missing[at]!++;
          block[to++] = code < 0 ? Number.NaN : code;
        }
      }
      to = targets.next(reader);
      for (let j = 0; j < targetsAt.length; j++) {
        const at = targetsAt[j]!;
        targets.block[to++] = targetKind === 'classes' ? this.readClass(reader, at) : this.readTarget(reader, at);
      }
      if (weightAt !== undefined) weights.block[weights.next(reader)] = this.readWeight(reader, weightAt);
      if (features.rows % rowsPerMessage === 0) tellLoading(features.rows, Math.max(features.rows + 1, this.plan.rows));
      if (features.rows === sampleRows) {
        const found = [...this.firstText.keys()].filter((at) => this.isMostlyText(at));
        if (found.length > 0) return found;
      }
    }
    if (features.rows >= rowsPerMessage) tellLoading(features.rows, features.rows);
    return [];
  }

  /** The columns that have to be read as texts, once all rows are read. Throws ERR_DATA for a text in a column of numbers. */
  findTexts(): readonly number[] {
    for (const [at, { text, ...row }] of this.firstText) if (!this.isMostlyText(at)) throw this.noNumber(row, at, text);
    return [...this.firstText.keys()];
  }

  /** Removes what is on disk. */
  discard(): void {
    this.features.remove();
  }

  table(): Omit<ReadTable, 'placeOf'> {
    const { features, featureAt } = this;
    const notes: string[] = [];
    const columns = featureAt.map((at, j) => this.columnOf(at, j, notes));
    const kept = columns.flatMap((column, j) => (column === undefined ? [] : [j]));
    if (kept.length < columns.length || this.values.size > 0) features.keep(kept, this.values);
    return {
      rows: features.rows, columns: kept.map((j) => columns[j]!), features, notes,
      targets: this.targets.values, targetTexts: this.targetDictionary.names, ...(this.plan.weightAt !== undefined && { weights: this.weights.values }),
    };
  }

  private isMostlyText(at: number): boolean {
    return 2 * this.texts[at]! > this.features.rows - this.missing[at]!;
  }

  /** What a cell that is no plain number stands for: a number with signs, or NaN for a missing one and for a text, which is counted. */
  private readText(reader: RowReader, at: number): number {
    const text = reader.text(at);
    if (isMissing(text)) {
      this.missing[at]!++;
      return Number.NaN;
    }
    const decorated = parseDecorated(text, this.plan.commaIsDecimal);
    if (decorated !== undefined) {
      this.hasDecorated.add(at);
      return decorated;
    }
    if (this.plan.kinds.get(at) === 'number') throw this.noNumber(reader, at, text);
    if (!this.firstText.has(at)) this.firstText.set(at, { unit: reader.unit, line: reader.line, text });
    this.texts[at]!++;
    return Number.NaN;
  }

  /** What a column is, with its numbers in place; undefined for one that is of no use. */
  private columnOf(at: number, j: number, notes: string[]): Column | undefined {
    const { kinds } = this.plan;
    const name = this.plan.names[at]!;
    const hasMissing = this.missing[at]! > 0;
    const dictionary = this.dictionaries[at];
    if (dictionary === undefined) {
      if (this.hasDecorated.has(at)) notes.push(`${name} is read without its signs and separators`);
      const declared = kinds.get(at) === 'number' ? undefined : this.plan.declared?.get(at);
      return { name, kind: declared ?? 'number', ...(declared === 'boolean' && { categories: ['false', 'true'] }), hasMissing };
    }
    const asked = kinds.get(at);
    const { names } = dictionary;
    if (asked === undefined) this.refuseNumbers(at, j, names);
    const dates = asked === undefined || asked === 'date' ? names.map(parseDate) : [];
    if (asked === 'date' || (dates.length > 0 && dates.every((date) => date !== undefined))) {
      const odd = dates.indexOf(undefined);
      if (odd >= 0) throw badFile('an ISO 8601 date', this.place(at), `'${names[odd]!}'`, { column: at + 1 });
      this.values.set(j, dates as number[]);
      return { name, kind: 'date', hasMissing };
    }
    const booleans = asked === undefined || asked === 'boolean' ? booleansOf(names) : undefined;
    if (asked === 'boolean' && booleans === undefined) throw badFile('two words for true and false, such as yes and no,', this.place(at), names.slice(0, 3).join(', '), { column: at + 1 });
    if (booleans !== undefined) {
      this.values.set(j, names.map((text) => (text === booleans[1] ? 1 : 0)));
      return { name, kind: 'boolean', categories: booleans, hasMissing };
    }
    if (asked === undefined && names.length > maxNames && names.length > this.features.rows / 2) {
      notes.push(`${name} is left out, as most of its texts differ: columns {"${name}": "category"} takes them all the same`);
      return undefined;
    }
    const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
    const places = new Map(sorted.map((text, place) => [text, place]));
    this.values.set(j, names.map((text) => places.get(text)!));
    return { name, kind: 'category', categories: sorted, hasMissing };
  }

  /** Throws ERR_DATA where a column that began with texts has mostly numbers, naming the first cell that is none. */
  private refuseNumbers(at: number, j: number, names: readonly string[]): void {
    const isNumber = names.map((text) => parseNumber(text) !== undefined || parseDecorated(text, this.plan.commaIsDecimal) !== undefined);
    if (!isNumber.includes(true)) return;
    let [texts, row, first, text] = [0, 0, -1, ''];
    for (const { block, rows } of this.features.blocks()) {
      for (let i = 0, place = j; i < rows; i++, row++, place += this.featureAt.length) {
        const code = block[place]!;
        if (Number.isNaN(code) || isNumber[code] === true) continue;
        if (first < 0) [first, text] = [row, names[code]!];
        texts++;
      }
    }
    if (2 * texts > row - this.missing[at]! || first < 0) return;
    throw this.noNumber(this.placeAt(first), at, text);
  }

  private readClass(reader: RowReader, at: number): number {
    const code = reader.code(at, this.targetDictionary);
    if (code >= 0) return code;
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

  private noNumber(row: Place, at: number, text: string): Error {
    const { names, targetsAt } = this.plan;
    return this.badCell(targetsAt.includes(at) ? 'a finite number' : `a finite number (or columns {"${names[at]!}": "category"})`, row, at, quoted(text));
  }

  private badCell(what: string, row: Place, at: number, received: string): Error {
    const { file, names } = this.plan;
    const { where, details } = cellPlace(file, names, row, at);
    return badFile(what, where, received, { file, ...details });
  }

  private place(at: number): string {
    return `${this.plan.file}, column ${String(at + 1)} (${this.plan.names[at]!})`;
  }
}

const quoted = (text: string): string => `'${text}'`;

/** 0 or 1 of a word for false or true; undefined for another text. */
function labelOf(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  const pair = booleanWords.find((words) => (words as readonly string[]).includes(word));
  return pair === undefined ? undefined : (pair as readonly string[]).indexOf(word);
}

