import { BlastrainError, expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import { blocksOf } from './blocks';
import type { Dataset, StoredDataset } from './dataset';
import { fitWhitening } from './whiten';
import type { WhiteningOptions } from './whiten';

/**
 * How features become inputs x, per feature j of a row:
 * - `none`: x = f
 * - `scale`: x = f / 255
 * - `mean-image`: x = f − mean[j]
 * - `standardize`: x = (f − mean[j]) / std[j]
 * - `standardize-channel`: the same with one mean and one std for each colour plane
 * - `pca`, `zca`: `standardize`, then decorrelated by a matrix: see whiten.ts
 */
export const normalizationKinds = ['none', 'scale', 'mean-image', 'standardize', 'standardize-channel', 'pca', 'zca'] as const;
export type NormalizationKind = (typeof normalizationKinds)[number];

/** z[j] = scale[j]·f[j] + shift[j], as `gatherRows` applies it, both [featureSize]; x = z, or matrix·z where there is one. */
export interface Normalization {
  readonly scale: FloatArray;
  readonly shift: FloatArray;
  /** [inputs, featureSize] */
  readonly matrix?: FloatArray;
}

/** How many inputs a row gives. */
export function inputSizeOf({ scale, matrix }: Normalization): number {
  return matrix === undefined ? scale.length : matrix.length / scale.length;
}

/** A feature that varies by less, in units of its mean where that is above 1, is centred only: its std is rounding noise. */
const leastStd = 1e-8;

/**
 * Fits a normalisation to training rows and to nothing else: validation and test rows must not be looked at, and rows
 * of another split are refused. std is that of the population (divided by the number of rows, as np.std does).
 * Scale and shift get the kernels' dtype; `pca` and `zca` need `whitening`. Throws ERR_SHAPE for no rows, another split, more components than features or rows without
 * colour planes where they are asked for, ERR_CONFIG for an unknown kind, ERR_DATA for features that are not finite.
 */
export function fitNormalization(
  kind: NormalizationKind, train: Dataset | StoredDataset, kernels: Kernels, whitening?: Omit<WhiteningOptions, 'kind'>,
): Normalization {
  if (!normalizationKinds.includes(kind)) {
    throw expected('ERR_CONFIG', `one of ${normalizationKinds.join(', ')}`, 'normalization', kind, { path: 'normalization' });
  }
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitNormalization', `the ${train.split} split`);
  const { featureSize } = train;
  const { dtype } = kernels;
  const scale = allocate(dtype, featureSize).fill(kind === 'scale' ? 1 / 255 : 1);
  const shift = allocate(dtype, featureSize);
  if (kind === 'none' || kind === 'scale') return { scale, shift };

  const { mean, std } = kind === 'standardize-channel' ? channelMoments(train, kernels) : moments(train, kernels);
  for (let j = 0; j < featureSize; j++) {
    const divisor = kind === 'mean-image' || std[j]! < leastStd * Math.max(1, Math.abs(mean[j]!)) ? 1 : std[j]!;
    scale[j] = 1 / divisor;
    shift[j] = -mean[j]! / divisor;
  }
  if (kind !== 'pca' && kind !== 'zca') return { scale, shift };
  const { components } = whitening!;
  if (components !== null && components > featureSize) {
    throw expected('ERR_SHAPE', `at most ${String(featureSize)}, the features of ${train.name},`, 'components', components, { path: 'components' });
  }
  const white = fitWhitening(train, Float64Array.from(scale), Float64Array.from(shift), { ...whitening!, kind });
  const matrix = allocate(dtype, white.length);
  matrix.set(white);
  return { scale, shift, matrix };
}

interface Moments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Mean and standard deviation of each feature. */
function moments(data: Dataset | StoredDataset, kernels: Kernels): Moments {
  if (data.size === 0) throw expected('ERR_SHAPE', 'at least one row', 'fitNormalization', 'none');
  // Told by element size: typed arrays can come from another realm.
  const { BYTES_PER_ELEMENT: bytes } = 'stored' in data ? data.stored.allocate(0) : data.features;
  return bytes === 1 ? byteMoments(data, kernels) : floatMoments(data);
}

/** Rows that are summed at a time: little memory where they come from disk, and no sum that leaves 31 bits. */
const rowsPerBlock = 1024;

/** Exact sums, because they are integers; then n²·var = n·Σf² − (Σf)² is exact too (below 2^53 for 370,000 rows). */
function byteMoments(data: Dataset | StoredDataset, kernels: Kernels): Moments {
  const { size, featureSize } = data;
  const sums = new Float64Array(featureSize);
  const squares = new Float64Array(featureSize);
  const blockSums = new Int32Array(featureSize);
  const blockSquares = new Int32Array(featureSize);
  for (const { features, size: rows } of blocksOf(data, rowsPerBlock)) {
    kernels.byteMoments(rows, featureSize, features as Uint8Array, blockSums, blockSquares);
    for (let j = 0; j < featureSize; j++) {
      sums[j]! += blockSums[j]!;
      squares[j]! += blockSquares[j]!;
    }
  }
  const std = squares.map((square, j) => Math.sqrt(size * square - sums[j]! ** 2) / size);
  return { mean: sums.map((sum) => sum / size), std };
}

/** Two passes: the difference of two large sums of squares would cancel. */
function floatMoments(data: Dataset | StoredDataset): Moments {
  const { size, featureSize, name } = data;
  const mean = new Float64Array(featureSize);
  const std = new Float64Array(featureSize);
  for (const { features } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) mean[j]! += features[at]!;
  }
  for (let j = 0; j < featureSize; j++) mean[j] = mean[j]! / size;
  for (const { features } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      std[j]! += (features[at]! - mean[j]!) ** 2;
    }
  }
  for (let j = 0; j < featureSize; j++) {
    std[j] = Math.sqrt(std[j]! / size);
    if (!Number.isFinite(std[j])) {
      throw new BlastrainError(
        'ERR_DATA',
        `Expected finite features for column ${String(j)} of ${name} but received NaN, Infinity or numbers too large to square`,
        { column: j },
      );
    }
  }
  return { mean, std };
}

/** The moments of whole planes, repeated for each feature of the plane: E[x²] and E[x] are averages over its features. */
function channelMoments(data: Dataset | StoredDataset, kernels: Kernels): Moments {
  if (data.imageShape === undefined) {
    throw expected('ERR_SHAPE', 'images with colour planes', "normalization 'standardize-channel'", data.name);
  }
  const { mean, std } = moments(data, kernels);
  const plane = data.imageShape.height * data.imageShape.width;
  for (let from = 0; from < data.featureSize; from += plane) {
    const means = mean.subarray(from, from + plane);
    const stds = std.subarray(from, from + plane);
    const planeMean = means.reduce((sum, value) => sum + value, 0) / plane;
    // Law of total variance: the variance within each feature, and that of the features' means.
    const variance = stds.reduce((sum, value, j) => sum + value ** 2 + (means[j]! - planeMean) ** 2, 0) / plane;
    means.fill(planeMean);
    stds.fill(Math.sqrt(variance));
  }
  return { mean, std };
}
