import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import type { Column } from './column';

const rowsPerBlock = 1024;

/**
 * The columns that hold in every row what an earlier column of their kind holds, by place, with the place of the first such column. Columns of
 * one digest are compared value by value; a missing cell equals a missing one.
 */
export function findDuplicates(data: Dataset | StoredDataset, columns: readonly Column[]): ReadonlyMap<number, number> {
  const digests = digestsOf(data);
  const firstOf = new Map<string, number>();
  const candidates = new Map<number, number>();
  columns.forEach(({ kind }, j) => {
    const key = `${kind} ${String(digests[j])}`;
    const first = firstOf.get(key);
    if (first === undefined) firstOf.set(key, j);
    else candidates.set(j, first);
  });
  if (candidates.size === 0) return candidates;
  for (const { features } of blocksOf(data, rowsPerBlock)) {
    for (const [j, first] of candidates) {
      for (let row = 0; row < features.length; row += columns.length) {
        if (Object.is(features[row + j]! + 0, features[row + first]! + 0)) continue; // −0 is 0
        candidates.delete(j);
        break;
      }
    }
  }
  return candidates;
}

/** A number for each column by its values in order, the same for the same values. */
function digestsOf(data: Dataset | StoredDataset): Int32Array {
  const { featureSize } = data;
  const words = new Int32Array(2);
  const value = new Float64Array(words.buffer);
  const states = new Int32Array(featureSize).fill(17);
  for (const { features } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      const own = features[at]!;
      value[0] = own === own ? own + 0 : NaN;
      states[j] = Math.imul(states[j]! ^ words[0]!, 0x01000193) ^ Math.imul(words[1]!, 0x9e3779b1);
      states[j] = Math.imul(states[j]! ^ (states[j]! >>> 15), 0x85ebca6b);
    }
  }
  return states;
}
