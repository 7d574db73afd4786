import type { DataSplits, Dataset, SplitName } from '../../../lib/data/dataset';
import { RandomState } from '../../../lib/random';

/**
 * Three classes of byte rows around three centres: learnt in a few steps, so that tests of the loop stay quick. The rows
 * are on shared memory, like those of the loaders.
 */
export function tinyData(trainRows = 90, otherRows = 30, features = 12): DataSplits {
  const random = new RandomState(7);
  const part = (split: SplitName, size: number): Dataset => {
    const rows = new Uint8Array(new SharedArrayBuffer(size * features));
    const labels = new Int32Array(new SharedArrayBuffer(4 * size));
    for (let i = 0; i < size; i++) {
      labels[i] = i % 3;
      for (let j = 0; j < features; j++) {
        rows[i * features + j] = (j % 3 === labels[i] ? 150 : 80) + Math.floor(60 * random.random());
      }
    }
    return { name: 'tiny', split, features: rows, labels, size, featureSize: features, classNames: ['a', 'b', 'c'] };
  };
  return {
    train: part('train', trainRows),
    validation: part('validation', otherRows),
    test: part('test', otherRows),
    origin: { name: 'tiny', description: 'three classes around three centres', digest: 'd'.repeat(64) },
  };
}

/** A spec that learns {@link tinyData}. */
export const tinySpec = {
  layers: [12, 8, 3], learningRate: 0.1, momentum: 0.9, l2: 1e-3, batchSize: 20, steps: 30, evaluateEvery: 10, seed: 3,
} as const;
