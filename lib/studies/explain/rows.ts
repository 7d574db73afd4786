import { expected, nearest } from '../../errors';
import { alignRows } from '../../data/columns/align';
import { blocksOf } from '../../data/blocks';
import type { Column } from '../../data/columns/column';
import { pickLabels } from '../../data/dataset';
import type { Dataset, StoredDataset } from '../../data/dataset';
import type { Model } from '../../inference/model';
import { requireMemory } from '../../machine';
import { RandomState } from '../../random';

/** Rows that are copied at a time. */
const rowsPerBlock = 1024;

/** Features of rows, [size, featureSize] in float64, which a study may overwrite, and the rows around them. */
export interface OwnRows {
  readonly rows: Dataset;
  readonly features: Float64Array;
}

/**
 * A copy of rows with the model's columns and classes, or of at most `maxRows` of them, drawn by `seed`. Throws ERR_DATA for no rows and
 * what aligning throws, ERR_MEMORY.
 */
export function ownRows(model: Model, given: Dataset | StoredDataset, maxRows = Infinity, seed = 0): OwnRows {
  const data = alignRows(given, model);
  const { size, featureSize, name } = data;
  if (size === 0) throw expected('ERR_DATA', 'at least one row', name, size);
  const drawn = size <= maxRows ? undefined : new RandomState(seed).permutation(size).slice(0, maxRows).sort();
  const kept = drawn?.length ?? size;
  requireMemory(8 * kept * featureSize, 'rows', name);
  const features = new Float64Array(kept * featureSize);
  let to = 0;
  for (const { features: block, from, size: rows } of blocksOf(data, rowsPerBlock)) {
    if (drawn === undefined) features.set(block, from * featureSize);
    else for (; to < kept && drawn[to]! < from + rows; to++) features.set(block.subarray((drawn[to]! - from) * featureSize, (drawn[to]! - from + 1) * featureSize), to * featureSize);
  }
  const { order: _, stored: __, ...facts } = { order: undefined, stored: undefined, ...data };
  return { features, rows: { ...facts, size: kept, features, ...(drawn && pickLabels(data, drawn)) } };
}

/** A feature by place and name; without names they are called by their number. */
export interface NamedFeature {
  readonly place: number;
  readonly name: string;
  readonly column: Column | undefined;
}

/** Columns that are studied where none are asked for: pictures have thousands. */
const maxColumns = 500;

/** The features that are asked for, by default all. Throws ERR_CONFIG for a name that is none, and for more than 500 that were not asked for. */
export function featuresNamed({ columns, featureSize }: Dataset, names: readonly string[] | undefined): NamedFeature[] {
  const all = Array.from({ length: featureSize }, (_, place): NamedFeature => ({ place, name: columns?.[place]?.name ?? String(place), column: columns?.[place] }));
  if (names === undefined) {
    if (featureSize > maxColumns) throw expected('ERR_CONFIG', `names of columns, as there are more than ${String(maxColumns)},`, 'columns', featureSize, { path: 'columns' });
    return all;
  }
  return names.map((name) => {
    const found = all.find((one) => one.name.trim() === name.trim());
    if (found !== undefined) return found;
    const known = all.map((one) => one.name);
    throw expected('ERR_CONFIG', nearest(name, known) ?? (known.length > 10 ? `one of ${String(known.length)} columns` : `one of ${known.join(', ')}`), 'columns', name, { path: 'columns' });
  });
}
