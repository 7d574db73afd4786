import { blocksOf } from '../../lib/data/blocks';
import { sliceRows } from '../../lib/data/dataset';
import type { Dataset } from '../../lib/data/dataset';
import { makeSynthetic } from '../../lib/data/synthetic';
import type { TrainingData } from '../../lib/build/buildTraining';
import { foldsOf } from '../../lib/build/folds';
import { run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const images = makeSynthetic({ train: 37, validation: 10, test: 1 });

/** The rows of a part in memory of its own, without an order. */
function copied(data: Dataset): Dataset {
  const { order, ...rest } = data;
  expect(order).toHaveLength(data.size);
  const features = data.features.slice(0, data.size * data.featureSize);
  for (const block of blocksOf(data, 7)) features.set(block.features, block.from * data.featureSize);
  return { ...rest, features };
}

/** Each row as one text: pixels and label. */
const rowsOf = (data: Dataset): string[] => {
  const { features, labels, featureSize, size } = data.order === undefined ? data : copied(data);
  return Array.from({ length: size }, (_, row) =>
    `${String(labels[row])} ${Buffer.from(features.slice(row * featureSize, (row + 1) * featureSize) as Uint8Array).toString('latin1')}`);
};

const part = (data: TrainingData, split: 'train' | 'validation'): Dataset => data[split] as Dataset;

describe.each([
  ['rows behind each other in memory', images as TrainingData],
  ['rows apart from each other', tinyData(37, 10) as TrainingData],
  ['rows in an order', foldsOf(tinyData(40, 23), 4, 1)[2]!],
])('folds of %s', (_, data) => {
  const folds = foldsOf(data, 5, 3);
  const all = [...rowsOf(part(data, 'train')), ...rowsOf(part(data, 'validation'))].sort();

  test('have every row for validation once, and for training else', () => {
    expect(folds).toHaveLength(5);
    expect(folds.flatMap((fold) => rowsOf(part(fold, 'validation'))).sort()).toEqual(all);
    for (const fold of folds) {
      expect([fold.train.split, fold.validation.split]).toEqual(['train', 'validation']);
      expect([...rowsOf(part(fold, 'train')), ...rowsOf(part(fold, 'validation'))].sort()).toEqual(all);
    }
  });

  test('are of the same size, and so are the shares of each class', () => {
    const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);
    expect(spread(folds.map(({ validation }) => validation.size))).toBeLessThanOrEqual(1);
    data.train.classNames.forEach((__, label) => {
      expect(spread(folds.map(({ validation }) => validation.labels.filter((other) => other === label).length))).toBeLessThanOrEqual(1);
    });
  });

  test('follow from the seed', () => {
    const orders = (seed: number): unknown => foldsOf(data, 5, seed).map((fold) => part(fold, 'validation').order);
    expect(orders(3)).toEqual(folds.map((fold) => part(fold, 'validation').order));
    expect(orders(4)).not.toEqual(orders(3));
  });

  test('share their features, on shared memory', () => {
    const [first] = folds;
    expect(part(first!, 'train').features.buffer).toBeInstanceOf(SharedArrayBuffer);
    for (const fold of folds) for (const split of ['train', 'validation'] as const) {
      expect(part(fold, split).features.buffer).toBe(part(first!, 'train').features.buffer);
      expect(part(fold, split).order!.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(part(fold, split).labels.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  test('come from the same data, and say which they are', () => {
    expect(folds.map(({ origin }) => origin)).toEqual([1, 2, 3, 4, 5].map((fold) =>
      ({ ...data.origin, description: `${data.origin.description}, fold ${String(fold)} of 5` })));
  });
});

test('images are not copied at all', () => {
  const features = part(foldsOf(images, 3, 0)[0]!, 'train').features;
  expect([features.buffer === images.train.features.buffer, features.byteOffset, features.length]).toEqual([true, 0, 47 * 3072]);
});

test('one fold is the data as it is', () => {
  expect(foldsOf(images, 1, 0)).toEqual([images]);
});

test('numbers to predict stay with their rows', () => {
  const { train, validation, origin } = tinyData(20, 10);
  const numbers = (data: Dataset, from: number): Dataset =>
    ({ ...data, classNames: [], labels: new Int32Array(data.size), targets: Float32Array.from({ length: 2 * data.size }, (_, i) => from + i) });
  const folds = foldsOf({ train: numbers(train, 0), validation: numbers(validation, 40), origin }, 4, 0);
  for (const { validation: { size, targets, order } } of folds as readonly { validation: Dataset }[]) {
    expect([...targets!]).toEqual(Array.from({ length: 2 * size }, (_, i) => 2 * order![Math.floor(i / 2)]! + (i % 2)));
  }
});

test('groups stay together, in folds as alike as they allow', () => {
  const { train, validation, origin } = tinyData(40, 20);
  const grouped = (data: Dataset, from: number): Dataset => ({ ...data, groups: Int32Array.from({ length: data.size }, (_, i) => Math.floor((from + i) / 4)) });
  const data = { train: grouped(train, 0), validation: grouped(validation, 40), origin };
  const folds = foldsOf(data, 5, 0) as readonly { readonly validation: Dataset }[];
  expect(folds.map((fold) => fold.validation.size)).toEqual([12, 12, 12, 12, 12]);
  expect(folds.flatMap((fold) => [...new Set(fold.validation.groups)]).sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i));
  expect(() => foldsOf(data, 16, 0)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: 'Expected at most 15, the groups, for folds but received 16' }));
});

describe('rows in an order', () => {
  const [, fold] = foldsOf(tinyData(60, 30), 3, 5);
  const { train, validation, origin } = fold as { train: Dataset; validation: Dataset; origin: TrainingData['origin'] };

  test.each([
    ['plain', {}],
    ['whitened', { normalization: 'zca', whitenEpsilon: 1 }],
    ['mixed', { mixup: 0.5, sampling: 'replacement' }],
    ['cut short', { overfitBatches: 2 }],
  ])('train as their copies do, to the bit: %s', (_, spec) => {
    const scattered = run(spec, { data: { train, validation, origin } });
    const apart = run(spec, { data: { train: copied(train), validation: copied(validation), origin } });
    expect(withoutTimes(scattered.events)).toEqual(withoutTimes(apart.events));
  });

  test('can be sliced', () => {
    const slice = sliceRows(train, 'train', 5, 20);
    expect(rowsOf(slice)).toEqual(rowsOf(train).slice(5, 25));
    expect(slice.features).toBe(train.features);
  });
});

describe('what is refused', () => {
  const { train, validation, origin } = tinyData(20, 10);
  test.each([
    ['more folds than rows', 31, { train, validation, origin }, 'ERR_CONFIG', /an integer in \[1, 30\]/],
    ['no folds', 0, { train, validation, origin }, 'ERR_CONFIG', /an integer in \[1, 30\]/],
    ['half a fold', 2.5, { train, validation, origin }, 'ERR_CONFIG', /an integer in \[1, 30\]/],
    ['rows on disk', 2, { train: { ...train, stored: {} } as never, validation, origin }, 'ERR_CONFIG', /rows that stay on disk/],
    ['rows of two kinds', 2, { train, validation: { ...validation, features: new Float32Array(120) }, origin }, 'ERR_SHAPE', /features like those/],
  ])('%s', (_, folds, data, code, message) => {
    expect(() => foldsOf(data, folds, 0)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
