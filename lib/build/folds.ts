import { expected } from '../errors';
import { allocate, dtypeOf } from '../kernels/contract';
import type { FloatArray, SourceArray } from '../kernels/contract';
import { blocksOf } from '../data/blocks';
import { pickRows } from '../data/dataset';
import type { Dataset } from '../data/dataset';
import { dealGroups } from '../data/divide';
import { sharedBytes } from '../data/shared';
import type { TrainingData } from './buildTraining';
import { RandomState } from '../random';

/** Rows that are copied at a time. */
const rowsPerBlock = 1024;

/**
 * Splits training and validation rows anew for cross-validation: each row is a validation row in one of the folds and a training row
 * in the others. Stratified: the rows of each class are dealt to the folds in turn, in random order, so that the numbers of rows of a
 * class, and of all rows, differ by at most one between folds. Where rows are in groups, these stay together, and folds are alike as far as
 * they allow. Test rows are not used.
 *
 * Folds share the features and hold only the order of their rows and their labels. The features are copied once where validation rows
 * do not follow training rows in memory. With one fold the data is returned as it is.
 * Throws ERR_CONFIG for one fold without validation rows, for more folds than rows or groups and for rows that are not in memory.
 */
export function foldsOf(data: TrainingData, folds: number, seed: number): readonly TrainingData[] {
  const { train, validation, origin } = data;
  if (folds === 1) {
    if (validation.size === 0) throw expected('ERR_CONFIG', 'at least one validation row, as trials are compared by them,', 'validationRows', 0, { path: 'validationRows' });
    return [data];
  }
  if ('stored' in train || 'stored' in validation) {
    throw expected('ERR_CONFIG', '1, as rows that stay on disk cannot be shared out anew,', 'folds', folds, { path: 'folds' });
  }
  const size = train.size + validation.size;
  if (!(Number.isInteger(folds) && folds >= 1 && folds <= size)) {
    throw expected('ERR_CONFIG', `an integer in [1, ${String(size)}], the rows,`, 'folds', folds, { path: 'folds' });
  }
  const pool = pooled(train, validation);
  const foldOf = pool.groups === undefined ? deal(pool.labels, folds, seed) : dealWhole(pool.groups, pool, folds, seed);
  const rows = Int32Array.from(pool.labels.keys());
  return Array.from({ length: folds }, (_, fold) => ({
    train: pickRows(pool, 'train', rows.filter((row) => foldOf[row] !== fold)),
    validation: pickRows(pool, 'validation', rows.filter((row) => foldOf[row] === fold)),
    origin: { ...origin, description: `${origin.description}, fold ${String(fold + 1)} of ${String(folds)}` },
  }));
}

/** Training rows, then validation rows, as one data set. */
function pooled(train: Dataset, validation: Dataset): Dataset {
  if (train.features.BYTES_PER_ELEMENT !== validation.features.BYTES_PER_ELEMENT || train.featureSize !== validation.featureSize) {
    throw expected('ERR_SHAPE', 'features like those of the training rows', 'validation rows', validation.features);
  }
  const { order: _, ...facts } = train;
  const size = train.size + validation.size;
  const labels = joinedIntegers(train.labels, validation.labels);
  return {
    ...facts, size, labels, features: pooledFeatures(train, validation),
    ...(train.groups && validation.groups && { groups: joinedIntegers(train.groups, validation.groups) }),
    ...(train.rowNumbers && validation.rowNumbers && { rowNumbers: joinedIntegers(train.rowNumbers, validation.rowNumbers) }),
    ...(train.targets && validation.targets && { targets: joined(train.targets, validation.targets) }),
    ...(train.weights && validation.weights && { weights: joined(train.weights, validation.weights) }),
  };
}

function pooledFeatures(train: Dataset, validation: Dataset): SourceArray {
  const [first, second] = [train.features, validation.features];
  const length = (train.size + validation.size) * train.featureSize;
  const adjoin = first.buffer === second.buffer && first.byteOffset + first.byteLength === second.byteOffset;
  if (adjoin && train.order === undefined && validation.order === undefined) return viewLike(first, first.buffer, first.byteOffset, length);
  const features = viewLike(first, sharedBytes(length * first.BYTES_PER_ELEMENT), 0, length);
  let at = 0;
  for (const part of [train, validation]) {
    for (const block of blocksOf(part, rowsPerBlock)) {
      features.set(block.features, at);
      at += block.features.length;
    }
  }
  return features;
}

/** A view of the same element type; by element size, as arrays can come from another realm, where `instanceof` fails. */
function viewLike({ BYTES_PER_ELEMENT }: SourceArray, buffer: ArrayBufferLike, offset: number, length: number): SourceArray {
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, offset, length);
  return BYTES_PER_ELEMENT === 4 ? new Float32Array(buffer, offset, length) : new Float64Array(buffer, offset, length);
}

function joinedIntegers(first: Int32Array, second: Int32Array): Int32Array {
  const all = new Int32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function joined(first: FloatArray, second: FloatArray): FloatArray {
  const all = allocate(dtypeOf(first), first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** The fold in which each row of a group is a validation row. Throws ERR_CONFIG for more folds than groups. */
function dealWhole(groups: Int32Array, { size, labels, targets }: Dataset, folds: number, seed: number): Uint16Array {
  const found = new Set(groups).size;
  if (found < folds) throw expected('ERR_CONFIG', `at most ${String(found)}, the groups,`, 'folds', folds, { path: 'folds' });
  return dealGroups(groups, targets === undefined ? labels : undefined, Array.from({ length: folds }, () => size / folds), new RandomState(seed));
}

/** The fold in which each row is a validation row. Dealing continues from class to class, so that folds differ by one row at most. */
function deal(labels: Int32Array, folds: number, seed: number): Int32Array {
  const random = new RandomState(seed);
  const foldOf = new Int32Array(labels.length);
  const byClass = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = byClass.get(label) ?? [];
    byClass.set(label, rows);
    rows.push(row);
  });
  let dealt = 0;
  for (const label of [...byClass.keys()].sort((a, b) => a - b)) {
    const rows = byClass.get(label)!;
    random.shuffle(rows);
    for (const row of rows) foldOf[row] = dealt++ % folds;
  }
  return foldOf;
}
