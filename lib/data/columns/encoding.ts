import { expected } from '../../errors';
import type { FloatArray, SourceArray } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { RunningMoments } from '../normalize/runningMoments';
import type { Column } from './column';

/** A number: (x − mean) / std, and where training rows lack some, 1 for a missing one, beside 0 for its value. */
interface EncodedNumber {
  readonly kind: 'number';
  readonly mean: number;
  readonly std: number;
  readonly hasMissing: boolean;
}

/** A category: one input for each of the names that training rows have, by place; all are 0 for another name. */
interface EncodedCategory {
  readonly kind: 'category';
  readonly codes: readonly number[];
  readonly hasMissing: boolean;
}

/** A date: its time as a number, and where it stands in the year, the week and, where training rows have times of day, the day. */
interface EncodedDate {
  readonly kind: 'date';
  readonly mean: number;
  readonly std: number;
  readonly hasTime: boolean;
  readonly hasMissing: boolean;
}

export type EncodedColumn = EncodedNumber | EncodedCategory | EncodedDate;

/** How the columns of a row become inputs, fitted on training rows. */
export interface ColumnNormalization {
  /** One for each feature. */
  readonly columns: readonly EncodedColumn[];
  /** Encoded columns are not whitened. */
  readonly matrix?: undefined;
}

/** How many inputs a column gives. */
function widthOf(column: EncodedColumn): number {
  const missing = column.hasMissing ? 1 : 0;
  switch (column.kind) {
    case 'number':
      return 1 + missing;
    case 'category':
      return column.codes.length + missing;
    case 'date':
      return 1 + (column.hasTime ? 6 : 4) + missing;
  }
}

export function encodedSize({ columns }: ColumnNormalization): number {
  return columns.reduce((sum, column) => sum + widthOf(column), 0);
}

/** Rows that are looked at together while an encoding is fitted. */
const rowsPerBlock = 4096;
const secondsPerDay = 86_400;

/**
 * Fits an encoding to training rows and to nothing else: `standardize` takes numbers by mean and standard deviation, `none` as they are.
 * Throws ERR_CONFIG for another normalisation, ERR_SHAPE for rows of another split or none.
 */
export function fitColumns(kind: string, train: Dataset | StoredDataset, columns: readonly Column[]): ColumnNormalization {
  if (kind !== 'standardize' && kind !== 'none') {
    const what = `standardize or none, as ${train.name} has columns that are no numbers or lack some,`;
    throw expected('ERR_CONFIG', what, 'normalization', kind, { path: 'normalization' });
  }
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitColumns', `the ${train.split} split`);
  if (train.size === 0) throw expected('ERR_SHAPE', 'at least one row', 'fitColumns', 'none');
  const seen = columns.map(() => new SeenColumn());
  for (const { features } of blocksOf(train, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === columns.length ? 0 : j + 1) seen[j]!.add(features[at]!, columns[j]!.kind);
  }
  return { columns: columns.map((column, j) => encodingOf(column, seen[j]!, kind === 'standardize')) };
}

/** What training rows hold of one column. */
class SeenColumn {
  hasMissing = false;
  hasTime = false;
  readonly moments = new RunningMoments();
  readonly codes = new Set<number>();

  add(value: number, kind: Column['kind']): void {
    if (Number.isNaN(value)) {
      this.hasMissing = true;
      return;
    }
    if (kind === 'category') {
      this.codes.add(value);
      return;
    }
    this.moments.add(value);
    if (kind === 'date' && value % secondsPerDay !== 0) this.hasTime = true;
  }
}

function encodingOf({ kind }: Column, { hasMissing, hasTime, codes, moments: { mean, scale: std } }: SeenColumn, isScaled: boolean): EncodedColumn {
  if (kind === 'category') return { kind, codes: [...codes].filter((code) => code >= 0).sort((a, b) => a - b), hasMissing };
  if (kind === 'date') return { kind, mean, std, hasTime, hasMissing };
  return { kind: 'number', mean: isScaled ? mean : 0, std: isScaled ? std : 1, hasMissing };
}

/** inputs[i] ← the encoding of row places[i] of features[, columns], for i in [0, m). Allocates nothing. */
export function encodeRows(
  { columns }: ColumnNormalization, m: number, places: Int32Array, features: SourceArray, inputs: FloatArray,
): void {
  const width = columns.length;
  for (let i = 0, to = 0; i < m; i++) {
    const from = places[i]! * width;
    for (let j = 0; j < width; j++) to = encodeCell(columns[j]!, features[from + j]!, inputs, to);
  }
}

/** The inputs of one cell, from inputs[to] on; returns where the next begin. */
function encodeCell(column: EncodedColumn, value: number, inputs: FloatArray, to: number): number {
  const isMissing = value !== value; // NaN; a function call would cost more than the rest
  let at = to;
  if (column.kind === 'number') {
    inputs[at++] = isMissing ? 0 : (value - column.mean) / column.std;
  } else if (column.kind === 'category') {
    const { codes } = column;
    for (let k = 0; k < codes.length; k++) inputs[at++] = codes[k] === value ? 1 : 0;
  } else {
    inputs[at++] = isMissing ? 0 : (value - column.mean) / column.std;
    at = encodeCycle(isMissing, value / (365.2425 * secondsPerDay), inputs, at);
    at = encodeCycle(isMissing, value / (7 * secondsPerDay), inputs, at);
    if (column.hasTime) at = encodeCycle(isMissing, value / secondsPerDay, inputs, at);
  }
  if (column.hasMissing) inputs[at++] = isMissing ? 1 : 0;
  return at;
}

/** A place on a circle, by its sine and cosine; the middle where it is missing. */
function encodeCycle(isMissing: boolean, turns: number, inputs: FloatArray, at: number): number {
  inputs[at] = isMissing ? 0 : Math.sin(2 * Math.PI * turns);
  inputs[at + 1] = isMissing ? 0 : Math.cos(2 * Math.PI * turns);
  return at + 2;
}

/**
 * Refuses rows with a number so far from the training rows' that the dtype does not hold its input. Throws ERR_DATA, naming row and
 * column.
 */
export function refuseEncodedOverflow({ columns }: ColumnNormalization, data: Dataset | StoredDataset, round: (value: number) => number): void {
  for (const { features, from } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === columns.length ? 0 : j + 1) {
      const column = columns[j]!;
      const value = features[at]!;
      if (column.kind === 'category' || Number.isNaN(value) || Number.isFinite(round((value - column.mean) / column.std))) continue;
      const row = from + Math.floor(at / columns.length);
      const name = data.columns?.[j]?.name ?? String(j);
      throw badFile('a number whose input the dtype holds', `${data.name}, ${data.split} row ${String(row)}, column ${name},`, String(value), { row, column: j });
    }
  }
}
