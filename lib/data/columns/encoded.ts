import type { Column } from './column';

/** (x − mean) / std */
export interface LinearScale {
  readonly kind: 'linear';
  readonly mean: number;
  readonly std: number;
}

/** z = factor·(x − center), smoothly clipped to ±3: z / √(1 + (z/3)²) */
export interface ClippedScale {
  readonly kind: 'clipped';
  readonly center: number;
  readonly factor: number;
}

/** The standard normal number at the rank of x among ascending quantiles. */
export interface NormalScale {
  readonly kind: 'normal';
  readonly quantiles: readonly number[];
}

/** How numbers become inputs of about unit size. */
export type NumberScale = LinearScale | ClippedScale | NormalScale;

/** A number: one numeric input, 0 where it is missing; where training rows lack some, another that is 1 there. */
export interface EncodedNumber {
  readonly kind: 'number';
  readonly scale: NumberScale;
  readonly hasMissing: boolean;
}

/** A boolean, 0 or 1: (x − mean) / std, 0 where it is missing, and what is missing beside it as for a number. */
export interface EncodedBoolean {
  readonly kind: 'boolean';
  readonly mean: number;
  readonly std: number;
  readonly hasMissing: boolean;
}

/**
 * A category. By one input for each of the names that training rows have, and one for missing cells where training rows lack some; all are 0
 * for another name. Embedded: by one input that holds the place of the name among `codes`, the number of codes for a missing cell where
 * training rows lack some, and the next number for any other.
 */
export interface EncodedCategory {
  readonly kind: 'category';
  /** The places of these names in the column's categories, ascending. */
  readonly codes: readonly number[];
  readonly isEmbedded: boolean;
  readonly hasMissing: boolean;
}

/** A date: its time as a number, and where it stands in the year, the week and, where training rows have times of day, the day. */
export interface EncodedDate {
  readonly kind: 'date';
  readonly scale: NumberScale;
  readonly hasTime: boolean;
  readonly hasMissing: boolean;
}

/** A column that has one value in all training rows: no input but, where they lack some, 1 for a missing one. */
export interface EncodedConstant {
  readonly kind: 'constant';
  readonly hasMissing: boolean;
}

/** A column that is in all training rows what an earlier one is: no input. */
export interface EncodedDuplicate {
  readonly kind: 'duplicate';
  /** The place of the other column. */
  readonly of: number;
}

export type EncodedColumn = EncodedNumber | EncodedBoolean | EncodedCategory | EncodedDate | EncodedConstant | EncodedDuplicate;

/** How the columns of a row become inputs, fitted on training rows. */
export interface ColumnNormalization {
  /** One for each feature. */
  readonly columns: readonly EncodedColumn[];
  /** Encoded columns are not whitened. */
  readonly matrix?: undefined;
}

/** How the inputs of a row are ordered: numbers first, then what is taken as it is, then the embedded categories. */
export interface EncodedLayout {
  /** Numeric inputs: numbers and the time of dates. */
  readonly numbers: number;
  /** Inputs that are taken as they are: categories by one input a name, booleans, what is missing, places on circles. */
  readonly passed: number;
  /**
   * For each embedded category how many indices training rows can have; its input is one of [0, size), or size itself for a name that no
   * training row has.
   */
  readonly categories: readonly number[];
}

/** How many inputs of each part a column gives; of an embedded category its size. */
export function partsOf(column: EncodedColumn): { readonly numbers: number; readonly passed: number; readonly category?: number } {
  if (column.kind === 'duplicate') return { numbers: 0, passed: 0 };
  const missing = column.hasMissing ? 1 : 0;
  switch (column.kind) {
    case 'constant':
      return { numbers: 0, passed: missing };
    case 'number':
      return { numbers: 1, passed: missing };
    case 'boolean':
      return { numbers: 0, passed: 1 + missing };
    case 'category':
      return column.isEmbedded ? { numbers: 0, passed: 0, category: column.codes.length + missing } : { numbers: 0, passed: column.codes.length + missing };
    case 'date':
      return { numbers: 1, passed: (column.hasTime ? 6 : 4) + missing };
  }
}

export function encodedLayout({ columns }: ColumnNormalization): EncodedLayout {
  const parts = columns.map(partsOf);
  return {
    numbers: parts.reduce((sum, { numbers }) => sum + numbers, 0),
    passed: parts.reduce((sum, { passed }) => sum + passed, 0),
    categories: parts.flatMap(({ category }) => (category === undefined ? [] : [category])),
  };
}

/** How many inputs a row gives. */
export function encodedSize(normalization: ColumnNormalization): number {
  const { numbers, passed, categories } = encodedLayout(normalization);
  return numbers + passed + categories.length;
}

/** Whether these encoded columns can be of those columns: as many, with categories among theirs and duplicates of earlier ones. */
export function encodes(encoding: readonly EncodedColumn[], columns: readonly Column[] | undefined): boolean {
  if (columns !== undefined && columns.length !== encoding.length) return false;
  return encoding.every((column, j) => {
    if (column.kind === 'duplicate') return column.of < j;
    if (column.kind !== 'category') return true;
    const names = columns?.[j]!.categories?.length ?? 0;
    return column.codes.every((code, k) => code < names && (k === 0 || code > column.codes[k - 1]!));
  });
}

/** What columns give no input, in a phrase; undefined where all do. */
export function droppedColumns({ columns }: ColumnNormalization, names: readonly Column[] | undefined): string | undefined {
  const nameOf = (j: number): string => names?.[j]!.name ?? `column ${String(j)}`;
  const constant = columns.flatMap(({ kind }, j) => (kind === 'constant' ? [nameOf(j)] : []));
  const duplicates = columns.flatMap((column, j) => (column.kind === 'duplicate' ? [`${nameOf(j)} (as ${nameOf(column.of)})`] : []));
  const phrases = [
    ...(constant.length > 0 ? [`constant and left out: ${listed(constant)}`] : []),
    ...(duplicates.length > 0 ? [`duplicate and left out: ${listed(duplicates)}`] : []),
  ];
  return phrases.length === 0 ? undefined : phrases.join('; ');
}

const mostListed = 5;
const listed = (names: readonly string[]): string => names.slice(0, mostListed).join(', ') + (names.length > mostListed ? ` and ${String(names.length - mostListed)} more` : '');
