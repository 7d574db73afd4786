import { expected } from '../errors';
import { FileBytes } from './fileBytes';
import type { Dataset, DataOrigin, LoadedRows, StoredDataset } from './dataset';
import { StoredFeatures } from './stored';
import type { MemoryFormat, StoredLayout } from './stored';

/** Features on disk as plain values, which cross to another thread: the layout with the names of files for their bytes. */
interface PackedFeatures {
  readonly layout: Omit<StoredLayout, 'parts'> & { readonly parts: readonly { readonly file: string; readonly rows: number }[] };
  readonly order: Int32Array;
  readonly inMemory: MemoryFormat;
}

/** A data set as plain values. */
export type PackedRows = Dataset | (Omit<StoredDataset, 'stored'> & { readonly packed: PackedFeatures });

/** Training rows as plain values. */
export type PackedTraining = Omit<PackedSplits, 'test'>;

/** The three splits as plain values. */
export interface PackedSplits {
  readonly train: PackedRows;
  readonly validation: PackedRows;
  readonly test: PackedRows;
  readonly origin: DataOrigin;
}

/** A data set as values that cross to another thread. Throws ERR_CONFIG for features on disk that are not in files of their own. */
export function packRows(rows: Dataset | StoredDataset): PackedRows {
  if (!('stored' in rows)) return rows;
  const { stored: { layout, order, inMemory }, ...facts } = rows;
  const parts = layout.parts.map(({ bytes, rows: count }) => {
    if (bytes.isFile !== true) throw expected('ERR_CONFIG', 'rows in memory or in files of their own', 'data', bytes.name, { path: 'data' });
    return { file: bytes.name, rows: count };
  });
  return { ...facts, packed: { layout: { ...layout, parts }, order, inMemory } };
}

export function unpackRows(rows: PackedRows): Dataset | StoredDataset {
  if (!('packed' in rows)) return rows;
  const { packed: { layout, order, inMemory }, ...facts } = rows;
  const parts = layout.parts.map(({ file, rows: count }) => ({ bytes: new FileBytes(file), rows: count }));
  return { ...facts, stored: new StoredFeatures({ ...layout, parts }, order, inMemory) };
}

/** Throws as {@link packRows}. */
export function packTraining({ train, validation, origin }: Omit<LoadedRows, 'test'>): PackedTraining {
  return { train: packRows(train), validation: packRows(validation), origin };
}

export function unpackTraining({ train, validation, origin }: PackedTraining): Omit<LoadedRows, 'test'> {
  return { train: unpackRows(train), validation: unpackRows(validation), origin };
}

export function packSplits({ train, validation, test, origin }: LoadedRows): PackedSplits {
  return { ...packTraining({ train, validation, origin }), test: packRows(test) };
}

export function unpackSplits({ train, validation, test, origin }: PackedSplits): LoadedRows {
  return { ...unpackTraining({ train, validation, origin }), test: unpackRows(test) };
}
