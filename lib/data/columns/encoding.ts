import { expected } from '../../errors';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { RunningMoments } from '../normalize/runningMoments';
import type { Column } from './column';
import type { ColumnNormalization, EncodedColumn } from './encoded';

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
  switch (kind) {
    case 'category':
      return { kind, codes: [...codes].filter((code) => code >= 0).sort((a, b) => a - b), isEmbedded: false, hasMissing };
    case 'date':
      return { kind, scale: { kind: 'linear', mean, std }, hasTime, hasMissing };
    case 'boolean':
      return { kind, mean: isScaled ? mean : 0, std: isScaled ? std : 1, hasMissing };
    case 'number':
      return { kind, scale: { kind: 'linear', mean: isScaled ? mean : 0, std: isScaled ? std : 1 }, hasMissing };
  }
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
      if (column.kind === 'category' || Number.isNaN(value)) continue;
      const { mean, std } = column.kind === 'boolean' ? column : column.scale;
      if (Number.isFinite(round((value - mean) / std))) continue;
      const row = from + Math.floor(at / columns.length);
      const name = data.columns?.[j]?.name ?? String(j);
      throw badFile('a number whose input the dtype holds', `${data.name}, ${data.split} row ${String(row)}, column ${name},`, String(value), { row, column: j });
    }
  }
}
