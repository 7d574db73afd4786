import { expected } from '../../errors';
import { allocate } from '../../kernels/contract';
import type { Dtype, FloatArray, Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { byteMoments, bytesPerNumber, channelMoments, channelRanges, floatMoments, rangesOf } from './moments';
import type { Moments, Ranges } from './moments';
import { fitWhitening } from './whiten';
import type { WhiteningOptions } from './whiten';

/**
 * How features become inputs x, per feature j of a row:
 * - `none`: x = f
 * - `scale`: x = f / 255
 * - `mean-image`: x = f − mean[j]
 * - `standardize`: x = (f − mean[j]) / std[j]; a feature that never varies stays unscaled
 * - `standardize-channel`: the same with one mean and one std for each colour plane
 * - `pca`, `zca`: `standardize`, then decorrelated by a matrix: see whiten.ts
 */
export const normalizationKinds = ['none', 'scale', 'mean-image', 'standardize', 'standardize-channel', 'pca', 'zca'] as const;
export type NormalizationKind = (typeof normalizationKinds)[number];

/** What bytes become: z[j] = scale[j]·f[j] + shift[j], as `gatherRows` applies it, both [featureSize]. */
export interface ByteNormalization {
  readonly scale: FloatArray;
  readonly shift: FloatArray;
  /** x = matrix·z; x = z where it is absent. [inputs, featureSize] */
  readonly matrix?: FloatArray;
}

/** What floats become: z[j] = (f[j] − mean[j]) / std[j], as `standardizeRows` applies it, both [featureSize]. */
export interface FloatNormalization {
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** As of bytes. */
  readonly matrix?: FloatArray;
}

/**
 * How features become inputs; which of the two follows from the training rows' numbers. Checkpoints from before floats were
 * centred first hold a scale and a shift for them too.
 */
export type Normalization = ByteNormalization | FloatNormalization;

/** How many features a row has. */
export function featureSizeOf(normalization: Normalization): number {
  return 'scale' in normalization ? normalization.scale.length : normalization.mean.length;
}

/** How many inputs a row gives. */
export function inputSizeOf(normalization: Normalization): number {
  const features = featureSizeOf(normalization);
  return normalization.matrix === undefined ? features : normalization.matrix.length / features;
}

/**
 * Fits a normalisation to training rows and to nothing else: validation and test rows must not be looked at, and rows
 * of another split are refused. Scale, shift and matrix get the kernels' dtype; `pca` and `zca` need `whitening`. Throws ERR_SHAPE for no
 * rows, another split, more components than features or rows without colour planes where they are asked for, ERR_CONFIG for an
 * unknown kind, ERR_DATA for features that are not finite or whose inputs would not be.
 */
export function fitNormalization(
  kind: NormalizationKind, train: Dataset | StoredDataset, kernels: Kernels, whitening?: Omit<WhiteningOptions, 'kind'>,
): Normalization {
  if (!normalizationKinds.includes(kind)) {
    throw expected('ERR_CONFIG', `one of ${normalizationKinds.join(', ')}`, 'normalization', kind, { path: 'normalization' });
  }
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitNormalization', `the ${train.split} split`);
  const fitted = bytesPerNumber(train) === 1 ? fitBytes(kind, train, kernels) : fitFloats(kind, train, kernels.dtype);
  if (kind !== 'pca' && kind !== 'zca') return fitted;
  const { components } = whitening!;
  if (components !== null && components > train.featureSize) {
    throw expected('ERR_SHAPE', `at most ${String(train.featureSize)}, the features of ${train.name},`, 'components', components, { path: 'components' });
  }
  const white = fitWhitening(train, fitted, { ...whitening!, kind });
  const matrix = allocate(kernels.dtype, white.length);
  matrix.set(white);
  return { ...fitted, matrix };
}

/**
 * Weights [units, inputs] of a layer on inputs as weights [units, features] on normalised features: multiplied with the whitening
 * matrix, or themselves where there is none.
 */
export function weightsOnFeatures(weights: FloatArray, units: number, normalization: Normalization, kernels: Kernels): FloatArray {
  const { matrix } = normalization;
  if (matrix === undefined) return weights;
  const [features, inputs] = [featureSizeOf(normalization), inputSizeOf(normalization)];
  const product = allocate(kernels.dtype, units * features);
  kernels.gemm(false, false, units, features, inputs, 1, weights, matrix, 0, product);
  return product;
}

/** Integers are exact: only a byte that never varies has no standard deviation. */
function fitBytes(kind: NormalizationKind, train: Dataset | StoredDataset, kernels: Kernels): ByteNormalization {
  const { featureSize } = train;
  const scale = allocate(kernels.dtype, featureSize).fill(kind === 'scale' ? 1 / 255 : 1);
  const shift = allocate(kernels.dtype, featureSize);
  if (kind === 'none' || kind === 'scale') return { scale, shift };
  requireRows(train);
  const own = byteMoments(train, kernels);
  const { mean, std } = kind === 'standardize-channel' ? channelMoments(train, own) : own;
  for (let j = 0; j < featureSize; j++) {
    const divisor = kind === 'mean-image' || std[j] === 0 ? 1 : std[j]!;
    scale[j] = 1 / divisor;
    shift[j] = -mean[j]! / divisor;
  }
  return { scale, shift };
}

function fitFloats(kind: NormalizationKind, train: Dataset | StoredDataset, dtype: Dtype): FloatNormalization {
  const ranges = rangesOf(train);
  const fitted = floatNormalization(kind, train, ranges);
  refuseOverflow(train, fitted, dtype, ranges);
  return fitted;
}

function floatNormalization(kind: NormalizationKind, train: Dataset | StoredDataset, own: Ranges): FloatNormalization {
  const { featureSize } = train;
  const mean = new Float64Array(featureSize);
  const std = new Float64Array(featureSize).fill(kind === 'scale' ? 255 : 1);
  if (kind === 'none' || kind === 'scale') return { mean, std };
  requireRows(train);
  const perFeature = floatMoments(train, own);
  const byPlane = kind === 'standardize-channel';
  const fitted = byPlane ? channelMoments(train, perFeature) : perFeature;
  mean.set(fitted.mean);
  if (kind === 'mean-image') return { mean, std };
  const varies = variation(fitted, byPlane ? channelRanges(train, own) : own, bytesPerNumber(train));
  for (let j = 0; j < featureSize; j++) if (varies(j)) std[j] = fitted.std[j]!;
  return { mean, std };
}

/** Roundings that numbers which are meant to be the same may differ by. */
const sameRoundings = 4;

/**
 * Whether feature j varies, by more than the rounding of the numbers that it came in: 2⁻⁵³ of the largest for float64, 2⁻²⁴ for
 * float32. Integers are taken to be exact. What varies by rounding alone would otherwise be noise of the same size as
 * every other input, and a row that is a little different an input of any size.
 */
function variation({ std }: Moments, { least, most, whole }: Ranges, bytes: number): (j: number) => boolean {
  const [roundoff, smallest] = bytes === 4 ? [2 ** -24, 2 ** -149] : [2 ** -53, 2 ** -1074];
  return (j) => {
    if (most[j] === least[j]) return false;
    const largest = Math.max(Math.abs(least[j]!), Math.abs(most[j]!));
    return whole[j] === 1 || std[j]! > sameRoundings * Math.max(roundoff * largest, smallest);
  };
}

/**
 * Refuses rows with inputs that the dtype does not hold. Bytes cannot have any. Throws ERR_DATA, naming row and column, also for
 * features that are not finite.
 */
export function refuseOverflow(
  data: Dataset | StoredDataset, normalization: Normalization, dtype: Dtype, ranges?: Ranges,
): void {
  if (!('mean' in normalization) || bytesPerNumber(data) === 1) return;
  const { mean, std } = normalization;
  const { least, most } = ranges ?? rangesOf(data);
  if (data.size === 0) return;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  for (let j = 0; j < mean.length; j++) {
    for (const value of [least[j]!, most[j]!]) {
      if (Number.isFinite(rounded((value - mean[j]!) / std[j]!))) continue;
      const row = rowOf(data, j, value);
      const remedy = dtype === 'float32' ? ' (dtype=float64 and normalization=standardize take larger ones)' : '';
      throw badFile(`features whose inputs ${dtype} holds${remedy}`, `${data.name}, ${data.split} row ${String(row)}, column ${String(j)},`, String(value), { row, column: j });
    }
  }
}

/** The first row whose feature j is `value`. */
function rowOf(data: Dataset | StoredDataset, j: number, value: number): number {
  for (const { features, from, size } of blocksOf(data, 1024)) {
    for (let i = 0; i < size; i++) if (features[i * data.featureSize + j] === value) return from + i;
  }
  return -1;
}

function requireRows({ size }: Dataset | StoredDataset): void {
  if (size === 0) throw expected('ERR_SHAPE', 'at least one row', 'fitNormalization', 'none');
}
