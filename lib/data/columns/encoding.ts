import { expected } from '../../errors';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { bytesPerNumber, floatMoments, rangesOf, variation } from '../normalize/moments';
import type { Column } from './column';
import { findDuplicates } from './duplicates';
import { encodedSize } from './encoded';
import type { ColumnNormalization, EncodedColumn, NumberScale } from './encoded';
import { rankScale, robustScale, sortedColumns } from './scales';

/** What an encoding is fitted with beside rows. */
export interface EncodingOptions {
  /**
   * How numbers become inputs: `standardize` by mean and standard deviation, `robust` by median and quartiles, clipped smoothly, `quantile` by
   * their rank, `none` as they are.
   */
  readonly kind: string;
  /** Categories of more names than this are embedded; null for none. */
  readonly oneHot: number | null;
}

const kinds = ['standardize', 'robust', 'quantile', 'none'];
/** Rows that are looked at together while an encoding is fitted. */
const rowsPerBlock = 4096;
const secondsPerDay = 86_400;

/** The features of rows as columns: the named ones, or numbers. */
export function columnsOf({ columns, featureSize }: Dataset | StoredDataset): readonly Column[] {
  return columns ?? Array.from({ length: featureSize }, (_, j): Column => ({ name: String(j), kind: 'number', hasMissing: false }));
}

/**
 * Fits an encoding to training rows and to nothing else. Columns that are constant in them, and columns that equal an earlier one, give no
 * input. Throws ERR_CONFIG for another normalisation and for pictures, ERR_SHAPE for rows of another split or none, ERR_DATA for numbers that
 * are not finite and where no column is left.
 */
export function fitColumns({ kind, oneHot }: EncodingOptions, train: Dataset | StoredDataset): ColumnNormalization {
  if (!kinds.includes(kind)) {
    const what = `${kinds.join(', ')}, as ${train.name} has columns that are no numbers or lack some,`;
    throw expected('ERR_CONFIG', what, 'normalization', kind, { path: 'normalization' });
  }
  if (train.imageShape !== undefined) throw expected('ERR_CONFIG', `a normalisation of pictures, as ${train.name} holds,`, 'normalization', kind, { path: 'normalization' });
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitColumns', `the ${train.split} split`);
  if (train.size === 0) throw expected('ERR_SHAPE', 'at least one row', 'fitColumns', 'none');
  const columns = columnsOf(train);
  const ranges = rangesOf(train, train.columns !== undefined);
  const duplicates = findDuplicates(train, columns);
  const isConstant = (j: number): boolean => !(ranges.max[j]! > ranges.min[j]!);
  const scales = fitScales(kind, train, columns, ranges, (j) => !isConstant(j) && !duplicates.has(j));
  const details = fitDetails(train, columns);
  const encoded = columns.map((column, j): EncodedColumn => {
    const hasMissing = ranges.missing[j]! > 0;
    const of = duplicates.get(j);
    if (of !== undefined) return { kind: 'duplicate', of };
    if (isConstant(j)) return { kind: 'constant', hasMissing };
    const { codes, hasTime } = details[j]!;
    if (column.kind === 'category') {
      const known = Array.from(codes).filter((code) => code >= 0).sort((a, b) => a - b);
      return { kind: 'category', codes: known, isEmbedded: oneHot !== null && known.length > oneHot, hasMissing };
    }
    const scale = scales[j]!;
    if (column.kind === 'date') return { kind: 'date', scale, hasTime, hasMissing };
    if (column.kind === 'number') return { kind: 'number', scale, hasMissing };
    // Beside numbers that are robust or ranks, false and true are −1 and 1, and what is missing lies between.
    return { kind: 'boolean', ...(scale.kind === 'linear' ? { mean: scale.mean, std: scale.std } : { mean: 0.5, std: 0.5 }), hasMissing };
  });
  const normalization = { columns: encoded };
  if (encodedSize(normalization) === 0) throw badFile('a feature that is not the same in all training rows', train.name, 'none');
  return normalization;
}

/** Scales of the columns of numbers, booleans and dates that are of use. */
function fitScales(
  kind: string, train: Dataset | StoredDataset, columns: readonly Column[], ranges: ReturnType<typeof rangesOf>, isOfUse: (j: number) => boolean,
): (NumberScale | undefined)[] {
  const wanted = columns.flatMap((column, j) => (column.kind !== 'category' && isOfUse(j) ? [j] : []));
  const scales: (NumberScale | undefined)[] = columns.map(() => undefined);
  if (kind === 'robust' || kind === 'quantile') {
    for (const [j, sorted] of sortedColumns(train, wanted)) scales[j] = kind === 'robust' ? robustScale(sorted) : rankScale(sorted);
    return scales;
  }
  const moments = floatMoments(train, ranges);
  const varies = variation(moments, ranges, bytesPerNumber(train));
  for (const j of wanted) {
    // The time of a date is never taken as it is: seconds since 1970 are no input.
    const isScaled = kind === 'standardize' || columns[j]!.kind === 'date';
    scales[j] = { kind: 'linear', mean: isScaled ? moments.mean[j]! : 0, std: isScaled && varies(j) ? moments.std[j]! : 1 };
  }
  return scales;
}

/** The codes that training rows have of categories, and whether some of their dates have a time of day. */
function fitDetails(train: Dataset | StoredDataset, columns: readonly Column[]): readonly { readonly codes: Set<number>; hasTime: boolean }[] {
  const details = columns.map(() => ({ codes: new Set<number>(), hasTime: false }));
  if (columns.every(({ kind }) => kind === 'number' || kind === 'boolean')) return details;
  for (const { features } of blocksOf(train, rowsPerBlock)) {
    columns.forEach(({ kind }, j) => {
      const own = details[j]!;
      if (kind === 'category') {
        for (let at = j; at < features.length; at += columns.length) if (!Number.isNaN(features[at]!)) own.codes.add(features[at]!);
      } else if (kind === 'date') {
        for (let at = j; at < features.length; at += columns.length) if (features[at]! % secondsPerDay !== 0 && !Number.isNaN(features[at]!)) own.hasTime = true;
      }
    });
  }
  return details;
}

/**
 * Refuses numbers that are not finite, missing ones where columns have no names, and a number so far from the training rows' that the dtype
 * does not hold its input. Throws ERR_DATA, naming row and column.
 */
export function refuseEncodedOverflow({ columns }: ColumnNormalization, data: Dataset | StoredDataset, round: (value: number) => number): void {
  const mayBeMissing = data.columns !== undefined;
  for (const { features, from } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === columns.length ? 0 : j + 1) {
      const column = columns[j]!;
      const value = features[at]!;
      if (Number.isNaN(value) ? mayBeMissing : Number.isFinite(round(farthest(column, value)))) continue;
      const row = from + Math.floor(at / columns.length);
      const name = data.columns?.[j]?.name ?? String(j);
      throw badFile('a number whose input the dtype holds', `${data.name}, ${data.split} row ${String(row)}, column ${name},`, String(value), { row, column: j });
    }
  }
}

/** The input of a number before it is clipped or ranked, which keeps any finite one in bounds. */
function farthest(column: EncodedColumn, value: number): number {
  if (!Number.isFinite(value)) return value;
  const scale = column.kind === 'boolean' ? column : column.kind === 'number' || column.kind === 'date' ? column.scale : undefined;
  return scale !== undefined && 'mean' in scale ? (value - scale.mean) / scale.std : 0;
}
