import { BlastrainError, expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { Dtype, FloatArray, SourceArray } from '../kernels/contract';
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
 * `pca` and `zca` need `whitening`. Throws ERR_SHAPE for no rows, another split, more components than features or rows without
 * colour planes where they are asked for, ERR_CONFIG for an unknown kind, ERR_DATA for features that are not finite.
 */
export function fitNormalization(
  kind: NormalizationKind, train: Dataset | StoredDataset, dtype: Dtype, whitening?: Omit<WhiteningOptions, 'kind'>,
): Normalization {
  if (!normalizationKinds.includes(kind)) {
    throw expected('ERR_CONFIG', `one of ${normalizationKinds.join(', ')}`, 'normalization', kind, { path: 'normalization' });
  }
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitNormalization', `the ${train.split} split`);
  const { featureSize } = train;
  const scale = allocate(dtype, featureSize).fill(kind === 'scale' ? 1 / 255 : 1);
  const shift = allocate(dtype, featureSize);
  if (kind === 'none' || kind === 'scale') return { scale, shift };

  const { mean, std } = kind === 'standardize-channel' ? channelMoments(train) : moments(train);
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
function moments(data: Dataset | StoredDataset): Moments {
  if (data.size === 0) throw expected('ERR_SHAPE', 'at least one row', 'fitNormalization', 'none');
  // Told by element size: typed arrays can come from another realm.
  const { BYTES_PER_ELEMENT: bytes } = 'stored' in data ? data.stored.allocate(0) : data.features;
  return bytes === 1 ? byteMoments(data) : floatMoments(data);
}

/** Rows of images that the second-level cache holds, so that their columns can be walked; sums of their bytes fit 16 bits. */
const rowsPerBlock = 32;

/** Exact sums, because they are integers; then n²·var = n·Σf² − (Σf)² is exact too (below 2^53 for 370,000 rows). */
function byteMoments(data: Dataset | StoredDataset): Moments {
  const { size, featureSize } = data;
  const sums = new Float64Array(featureSize);
  const squares = new Float64Array(featureSize);
  for (const { features } of blocksOf(data, rowsPerBlock)) {
    const { buffer, byteOffset, length } = features;
    if (isLittleEndian && featureSize % 4 === 0 && byteOffset % 4 === 0) {
      addWords(new Int32Array(buffer, byteOffset, length / 4), featureSize / 4, sums, squares);
    } else {
      addBytes(features, featureSize, sums, squares);
    }
  }
  const std = squares.map((square, j) => Math.sqrt(size * square - sums[j]! ** 2) / size);
  return { mean: sums.map((sum) => sum / size), std };
}

/** Adds up columns of bytes and of their squares. */
function addBytes(features: SourceArray, width: number, sums: Float64Array, squares: Float64Array): void {
  for (let j = 0; j < width; j++) {
    let sum = 0;
    let square = 0;
    for (let at = j; at < features.length; at += width) {
      const byte = features[at]!;
      sum += byte;
      square += byte * byte;
    }
    sums[j]! += sum;
    squares[j]! += square;
  }
}

const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

/** {@link addBytes} for four columns at a time, at more than twice the speed: two bytes are summed in the halves of a word. */
function addWords(words: Int32Array, width: number, sums: Float64Array, squares: Float64Array): void {
  const { imul } = Math;
  for (let j = 0; j < width; j++) {
    let even = 0, odd = 0;
    let square0 = 0, square1 = 0, square2 = 0, square3 = 0;
    for (let at = j; at < words.length; at += width) {
      const word = words[at]!;
      const two = word & 0xff00ff;
      const others = (word >>> 8) & 0xff00ff;
      even += two;
      odd += others;
      square0 += imul(two & 255, two & 255);
      square1 += imul(others & 255, others & 255);
      square2 += imul(two >>> 16, two >>> 16);
      square3 += imul(others >>> 16, others >>> 16);
    }
    const first = 4 * j;
    sums[first]! += even & 0xffff;
    sums[first + 1]! += odd & 0xffff;
    sums[first + 2]! += even >>> 16;
    sums[first + 3]! += odd >>> 16;
    squares[first]! += square0;
    squares[first + 1]! += square1;
    squares[first + 2]! += square2;
    squares[first + 3]! += square3;
  }
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
function channelMoments(data: Dataset | StoredDataset): Moments {
  if (data.imageShape === undefined) {
    throw expected('ERR_SHAPE', 'images with colour planes', "normalization 'standardize-channel'", data.name);
  }
  const { mean, std } = moments(data);
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
