import { checkInteger, checkList, checkObject, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { sha256 } from '../files';
import type { FloatArray, SourceArray } from '../kernels/contract';
import { splitValues } from './columns/splitValues';
import { ColumnCollector } from './columns/values';
import { pickRows } from './dataset';
import type { DataOrigin, Dataset, DataSplits, ImageShape, SplitSizes } from './dataset';
import { divideRows, splitNames } from './divide';
import { checkGivenRows } from './givenRows';
import { isShared, sharedBytes } from './shared';
import { resolveShares } from './table';

/** Numbers as a typed array of any type or as a plain array, row after row; or a list with an array for each row. */
export type GivenNumbers = ArrayLike<number> | ArrayLike<bigint> | readonly (ArrayLike<number> | ArrayLike<bigint>)[];

/** Rows of one's own and what is to be learnt of them: one of `labels` and `targets` is given. */
export interface OwnData {
  /** Numbers [rows, features]; or records, or with `columns` lists, whose values may be texts, booleans, Dates and missing, as those of `loadRows`. */
  readonly features: GivenNumbers | readonly Readonly<Record<string, unknown>>[] | readonly (readonly unknown[])[];
  /** [rows], classes: indices from 0, or names. */
  readonly labels?: ArrayLike<number> | ArrayLike<bigint> | readonly string[];
  /** The names of the classes, by index; by default the indices, or the names among the labels, in order of code units. */
  readonly classNames?: readonly string[];
  /** [rows] or [rows, targets], the numbers that a regression predicts. */
  readonly targets?: GivenNumbers;
  /** [rows], how much each row counts: numbers ≥ 0, by default all 1. */
  readonly weights?: ArrayLike<number>;
  /** How the numbers of a row form a picture: [channels, height, width], row-major. */
  readonly imageShape?: ImageShape;
  /** The names of the features of rows that are lists. */
  readonly columns?: readonly string[];
  /** What the data are called in messages and in the record of a run. Default 'data'. */
  readonly name?: string;
}

/** Rows that have yet to be split, with their digest. */
export type WholeDataset = Dataset & { readonly origin: DataOrigin };

/** How rows are shared out. */
export interface SplitOptions extends Partial<SplitSizes> {
  /** Of the draw, an integer in [0, 2^32). Default 0. */
  readonly seed?: number;
  /** Whether each part has the classes in their shares of all rows. Default false. */
  readonly stratify?: boolean;
}

/**
 * A data set from memory. Bytes stay bytes and float32 stays float32; other numbers become float32 where that changes none of them, else float64. Numbers are copied into
 * memory that threads share, unless they lie there already. {@link split} makes of it what `train` and `search` take.
 *
 * Throws ERR_CONFIG for what is no such thing, ERR_SHAPE for arrays whose lengths do not fit together, ERR_DATA, naming the row, for a feature or target that is no
 * finite number and for a label that is no class.
 */
export function dataset(given: OwnData): WholeDataset {
  checkObject(given, 'given', 'an object with features and labels or targets', ['features']);
  const { features: rows, labels, targets, weights, imageShape, columns, name = 'data' } = given;
  checkText(name, 'name', 'a name');
  if ((labels === undefined) === (targets === undefined)) {
    throw expected('ERR_CONFIG', 'either labels or targets', 'given', labels === undefined ? 'neither' : 'both', { path: 'labels' });
  }
  checkArray(labels ?? targets, labels === undefined ? 'targets' : 'labels');
  checkArray(rows, 'features');
  if (columns !== undefined) checkList(columns, 'columns', 'a list of names');
  const size = labels?.length ?? (isNested(rows) ? rows.length : isNested(targets) ? targets.length : lengthOf(rows, targets!, imageShape));
  checkInteger(size, 'the number of rows', 1);
  const learnt = labels === undefined ? { labels: shared(Int32Array, size), classNames: [], targets: numbersOf(targets, size, 'targets') } : classesOf(labels, given.classNames);
  const isTable = columns !== undefined || isRecord(rows[0]);
  const { features, ...own } = isTable ? tableOf(rows, size, columns, name) : { features: numbersOf(rows, size, 'features') };
  if (rows.length !== size && isNested(rows)) throw wrongLength(rows.length, size, 'features');
  const featureSize = features.length / size;
  if (imageShape !== undefined) checkShape(imageShape, featureSize);
  const data: Dataset = {
    ...own, ...learnt, name, split: 'train', features, size, featureSize, ...(imageShape && { imageShape }), ...(weights && { weights: weightsOf(weights, size) }),
  };
  return { ...data, origin: { name, description: `${name} (${String(size)} rows)`, digest: digestOf(data) } };
}

/**
 * Shares the rows of a data set out at random; parts are numbers of rows or, below 1, shares: by default a tenth each for validation and test and the rest for
 * training. The same rows, options and seed give the same parts. Features are not copied. Throws ERR_CONFIG for parts that do not fit the rows and other options out of range.
 */
export function split(data: WholeDataset | Dataset, options: SplitOptions = {}): DataSplits {
  checkObject(data, 'data', 'a data set in memory', ['features', 'labels', 'size', 'classNames']);
  checkOptions(options);
  const { seed = 0, stratify = false, ...sizes } = options;
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) throw expected('ERR_CONFIG', 'an integer in [0, 2^32)', 'seed', seed, { path: 'seed' });
  if (typeof stratify !== 'boolean') throw expected('ERR_CONFIG', 'true or false', 'stratify', stratify, { path: 'stratify' });
  if (stratify && data.targets !== undefined) throw expected('ERR_CONFIG', 'class labels, whose shares are kept,', 'stratify', 'numeric targets', { path: 'stratify' });
  const counts = resolveShares(sizes, data.size);
  const orders = divideRows(data.size, counts, { seed, strata: stratify ? data.labels : undefined });
  const { origin = { name: data.name, description: `${data.name} (${String(data.size)} rows)`, digest: digestOf(data) }, ...rows } = data as Dataset & Partial<WholeDataset>;
  const [train, validation, test] = splitNames.map((part, i) => pickRows(rows, part, orders[i]!)) as [Dataset, Dataset, Dataset];
  const digest = sha256().update(JSON.stringify([origin.digest, counts, seed, stratify])).digest('hex');
  return { train, validation, test, origin: { ...origin, digest } };
}

function checkArray(value: unknown, name: string): void {
  checkList(value, name, 'an array', true);
}

function wrongLength(received: number, size: number, name: string): Error {
  return expected('ERR_SHAPE', `${String(size)} rows, as there are labels or targets,`, name, received, { path: name });
}

function isNested(rows: unknown): rows is readonly unknown[] {
  return Array.isArray(rows) && typeof rows[0] === 'object' && rows[0] !== null;
}

function isRecord(row: unknown): boolean {
  return typeof row === 'object' && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row);
}

/** The rows of flat features and flat targets: one target each, unless pictures say how many numbers a row has. */
function lengthOf(features: ArrayLike<unknown>, targets: ArrayLike<unknown>, imageShape: ImageShape | undefined): number {
  if (imageShape === undefined) return targets.length;
  checkShape(imageShape);
  return features.length / (imageShape.channels * imageShape.height * imageShape.width);
}

/** Throws ERR_SHAPE for pictures of another number of values than rows have. */
function checkShape(shape: ImageShape, featureSize?: number): void {
  checkObject(shape, 'imageShape', 'channels, height and width', ['channels', 'height', 'width']);
  for (const [key, extent] of Object.entries(shape)) checkInteger(extent, `imageShape.${key}`, 1);
  const pixels = shape.channels * shape.height * shape.width;
  if (featureSize !== undefined && pixels !== featureSize) throw expected('ERR_SHAPE', `${String(featureSize)} numbers, as rows have,`, 'imageShape', pixels, { path: 'imageShape' });
}

/** Numbers [rows, width] in the narrowest type that holds them, on shared memory. */
function numbersOf(given: unknown, size: number, name: 'features'): SourceArray;
function numbersOf(given: unknown, size: number, name: 'targets'): FloatArray;
function numbersOf(given: unknown, size: number, name: string): SourceArray {
  const flat = (isNested(given) ? flatten(given, size, name) : given) as ArrayLike<number>;
  if (flat.length === 0 || flat.length % size !== 0) throw expected('ERR_SHAPE', `a multiple of ${String(size)} numbers, one for each row,`, name, flat.length, { path: name });
  const width = flat.length / size;
  const isBig = typeof (flat as ArrayLike<unknown>)[0] === 'bigint';
  const numbers = isBig ? Float64Array.from(flat as unknown as ArrayLike<bigint>, (value, i) => safe(value, i, width, name)) : checkGivenRows(flat, width, 'float64');
  if (numbers.BYTES_PER_ELEMENT === 1 && name !== 'targets') return inSharedMemory(numbers, Uint8Array);
  if (numbers.BYTES_PER_ELEMENT === 4) return inSharedMemory(numbers, Float32Array);
  const isExact = name !== 'targets' && numbers.every((value) => Math.fround(value) === value);
  return isExact ? inSharedMemory(numbers, Float32Array) : inSharedMemory(numbers, Float64Array);
}

function safe(value: unknown, i: number, width: number, name: string): number {
  const number = Number(value);
  if (typeof value === 'bigint' && Number.isSafeInteger(number)) return number;
  throw expected('ERR_DATA', 'an integer below 2^53', `row ${String(Math.floor(i / width))}, column ${String(i % width)} of ${name}`, value, { row: Math.floor(i / width) });
}

/** One array of the numbers of all rows. Throws ERR_SHAPE for rows of different lengths. */
function flatten(rows: readonly unknown[], size: number, name: string): unknown[] {
  if (rows.length !== size) throw wrongLength(rows.length, size, name);
  const width = (rows[0] as ArrayLike<unknown>).length;
  return rows.flatMap((row, i) => {
    checkList(row, `row ${String(i)} of ${name}`, 'an array of numbers', true);
    const values = row as ArrayLike<unknown>;
    if (values.length !== width) throw expected('ERR_SHAPE', `${String(width)} numbers`, `row ${String(i)} of ${name}`, values.length, { row: i });
    return Array.from(values);
  });
}

type SharedType<A> = new (buffer: ArrayBuffer) => A;

function inSharedMemory<A extends SourceArray>(numbers: SourceArray, type: SharedType<A> & { readonly BYTES_PER_ELEMENT: number }): A {
  if (isShared(numbers) && numbers.BYTES_PER_ELEMENT === type.BYTES_PER_ELEMENT) return numbers as A;
  const own = shared(type, numbers.length);
  own.set(numbers);
  return own;
}

function shared<A>(type: SharedType<A> & { readonly BYTES_PER_ELEMENT: number }, length: number): A {
  return new type(sharedBytes(length * type.BYTES_PER_ELEMENT));
}

/** Labels as indices. Throws ERR_DATA, naming the row, for one that is no class. */
function classesOf(given: NonNullable<OwnData['labels']>, names: readonly string[] | undefined): Pick<Dataset, 'labels' | 'classNames'> {
  if (names !== undefined) {
    checkList(names, 'classNames', 'a list of names');
    for (const one of names) checkText(one, 'classNames', 'a name');
  }
  const areNames = typeof given[0] === 'string';
  const known = areNames ? names ?? [...new Set(given as readonly string[])].sort() : names;
  const places = new Map(known?.map((one, i) => [one, i]));
  const labels = shared(Int32Array, given.length);
  let most = 0;
  for (let row = 0; row < given.length; row++) {
    const value: unknown = given[row];
    const label = areNames ? places.get(value as string) : Number(value);
    const isClass = (areNames || typeof value === 'number' || typeof value === 'bigint') && Number.isInteger(label) && label! >= 0 && label! < (known?.length ?? 2 ** 16);
    if (!isClass) throw expected('ERR_DATA', known === undefined ? 'a class index from 0 to 65535, or the name of a class,' : `one of ${String(known.length)} classes`, `row ${String(row)} of labels`, value, { row });
    labels[row] = label!;
    most = Math.max(most, label!);
  }
  return { labels, classNames: known ?? Array.from({ length: most + 1 }, (_, i) => String(i)) };
}

function weightsOf(given: ArrayLike<number>, size: number): FloatArray {
  checkArray(given, 'weights');
  if (given.length !== size) throw wrongLength(given.length, size, 'weights');
  return inSharedMemory(checkGivenRows(given, 1, 'float64'), Float64Array);
}

/** Features of records or of lists with names, as `loadRows` reads them. */
function tableOf(rows: ArrayLike<unknown>, size: number, columns: readonly string[] | undefined, name: string): Pick<Dataset, 'features' | 'columns'> {
  if (rows.length !== size) throw wrongLength(rows.length, size, 'features');
  const collector = new ColumnCollector();
  for (let row = 0; row < size; row++) {
    const values = rows[row] as Readonly<Record<string, unknown>> & ArrayLike<unknown>;
    if (typeof values !== 'object' || (values as unknown) === null || isRecord(values) !== (columns === undefined)) {
      throw expected('ERR_DATA', columns === undefined ? 'an object by the names of columns' : 'a list of values', `row ${String(row)} of features`, values, { row });
    }
    if (columns === undefined) collector.addRecord(values);
    else if (values.length === columns.length) collector.addList(values, columns);
    else throw expected('ERR_SHAPE', `${String(columns.length)} values, as there are columns,`, `row ${String(row)} of features`, values.length, { row });
  }
  const table = collector.table();
  // The number of the row stands in the place of a target, which a table has to have.
  const place = { name: '\u0000row', values: Float64Array.from({ length: size }, (_, row) => row) };
  const whole = splitValues(name, { rows: size, columns: [...table.columns, place] }, { target: place.name, numericTargets: true, sizes: { train: size, validation: 0, test: 0 } }, false);
  const { features, columns: described } = whole.train;
  return { features, ...(described && { columns: described }) };
}

function digestOf({ features, order, labels, targets, weights, classNames, imageShape, columns }: Dataset): string {
  const hash = sha256().update(JSON.stringify([features.constructor.name, classNames, imageShape, columns]));
  for (const { buffer, byteOffset, byteLength } of [features, labels, ...[order, targets, weights].filter((array) => array !== undefined)]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
