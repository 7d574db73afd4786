import { expected } from '../errors';
import { sha256 } from '../files';
import { requireMemory } from '../machine';
import type { DataOrigin, DataSplits, ImageShape, SplitSizes } from './dataset';
import { sliceRows } from './dataset';
import { sharedBytes } from './shared';

/** 32×32 colour images as CIFAR-10 stores them: a red, a green and a blue plane of bytes, each row by row. */
export const cifarShape: ImageShape = { channels: 3, height: 32, width: 32 };
/** Bytes of one image. */
export const pixelsPerImage = cifarShape.channels * cifarShape.height * cifarShape.width;
export const classCount = 10;

/** Images and labels on shared memory, which worker threads read without a copy. Rows in the order train, validation, test. */
export interface ImageRows {
  /** [rows, pixelsPerImage] */
  readonly features: Uint8Array;
  /** [rows] */
  readonly labels: Int32Array;
}

/** Allocates shared arrays for the rows of all splits. Throws ERR_MEMORY where memory does not suffice. */
export function allocateRows(sizes: SplitSizes): ImageRows {
  const rows = sizes.train + sizes.validation + sizes.test;
  requireMemory(rows * (pixelsPerImage + Int32Array.BYTES_PER_ELEMENT), 'trainRows', sizes.train);
  return {
    features: new Uint8Array(sharedBytes(rows * pixelsPerImage)),
    labels: new Int32Array(sharedBytes(rows * Int32Array.BYTES_PER_ELEMENT)),
  };
}

/**
 * Fills in the sizes that were not given. Validation rows follow the training rows in the same files; test rows come from the test
 * file. Throws ERR_CONFIG for a negative or fractional size, no training rows, or more rows than available.
 */
export function resolveSizes(given: Partial<SplitSizes>, defaults: SplitSizes, available: { train: number; test: number }): SplitSizes {
  const sizes = { ...defaults, ...given };
  for (const split of ['train', 'validation', 'test'] as const) {
    const min = split === 'train' ? 1 : 0;
    if (!(Number.isInteger(sizes[split]) && sizes[split] >= min)) {
      throw expected('ERR_CONFIG', `an integer of at least ${String(min)}`, `the number of ${split} rows`, sizes[split], { path: `sizes.${split}` });
    }
  }
  if (sizes.train + sizes.validation > available.train) {
    const both = sizes.train + sizes.validation;
    throw expected('ERR_CONFIG', `at most ${String(available.train)} rows`, 'training and validation rows together', both, { path: 'sizes.train' });
  }
  if (sizes.test > available.test) {
    throw expected('ERR_CONFIG', `at most ${String(available.test)} rows`, 'the number of test rows', sizes.test, { path: 'sizes.test' });
  }
  return { train: sizes.train, validation: sizes.validation, test: sizes.test };
}

/** SHA-256 over all pixels, row by row in the order train, validation, test, followed by one byte per label in the same order, so that it does not depend on the files that the images came from. */
export function digestOfImages({ features, labels }: ImageRows): string {
  return sha256().update(features).update(Uint8Array.from(labels)).digest('hex');
}

/** The three splits as views on the rows. */
export function splitImages(rows: ImageRows, sizes: SplitSizes, origin: DataOrigin, classNames: readonly string[]): DataSplits {
  const all = {
    name: origin.name, split: 'train', ...rows, size: rows.labels.length, featureSize: pixelsPerImage, classNames, imageShape: cifarShape,
  } as const;
  return {
    train: sliceRows(all, 'train', 0, sizes.train),
    validation: sliceRows(all, 'validation', sizes.train, sizes.validation),
    test: sliceRows(all, 'test', sizes.train + sizes.validation, sizes.test),
    origin,
  };
}
