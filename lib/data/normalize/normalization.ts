import { checkKernels, checkObject } from '../../arguments';
import { expected } from '../../errors';
import type { Dtype, Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { byteMoments, bytesPerNumber, channelMoments, channelRanges, floatMoments, rangesOf, variation } from './moments';
import type { Ranges } from './moments';
import type { ByteNormalization, FloatNormalization, Normalization } from './transform';
import { refuseEncodedOverflow } from '../columns/encoding';
import { fitWhitening } from './whiten';
import type { WhiteningOptions } from './whiten';

/**
 * How features become inputs x, per feature j of a row:
 * - `none`: x = f
 * - `scale`: x = f / 255
 * - `mean-image`: x = f − mean[j]
 * - `standardize`: x = (f − mean[j]) / std[j]; a constant feature is not scaled
 * - `standardize-channel`: the same with one mean and std per colour plane
 * - `pca`, `zca`: `standardize`, then decorrelated by a matrix: see whiten.ts
 */
const plainKinds = ['none', 'scale', 'mean-image', 'standardize', 'standardize-channel', 'pca', 'zca'] as const;
export type PlainNormalization = (typeof plainKinds)[number];
/** With those that encode columns, see `fitColumns`. */
export const normalizationKinds = [...plainKinds, 'robust', 'quantile'] as const;
export type NormalizationKind = (typeof normalizationKinds)[number];

/**
 * Fits a normalisation to training rows only: rows of another split are refused, as statistics of validation and test rows must not
 * enter training. Scale, shift and matrix get the kernels' dtype; `pca` and `zca` need `whitening`. Throws ERR_SHAPE for no rows,
 * another split, more components than features, and `standardize-channel` on rows without colour planes; ERR_CONFIG for an unknown kind,
 * ERR_DATA for features that are not finite or whose inputs overflow.
 */
export function fitNormalization(
  kind: PlainNormalization, train: Dataset | StoredDataset, kernels: Kernels, whitening?: Omit<WhiteningOptions, 'kind'>,
): ByteNormalization | FloatNormalization {
  if (!plainKinds.includes(kind)) {
    throw expected('ERR_CONFIG', `one of ${plainKinds.join(', ')}`, 'normalization', kind, { path: 'normalization' });
  }
  checkObject(train, 'train', 'a data set', ['labels', 'size', 'featureSize', 'split']);
  checkKernels(kernels);
  if (train.split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitNormalization', `the ${train.split} split`);
  const fitted = bytesPerNumber(train) === 1 ? fitBytes(kind, train, kernels) : fitFloats(kind, train, kernels.dtype);
  if (kind !== 'pca' && kind !== 'zca') return fitted;
  checkObject(whitening, 'whitening', 'components, epsilon and kernels', ['epsilon', 'kernels']);
  const { components } = whitening!;
  if (components !== null && components > train.featureSize) {
    throw expected('ERR_SHAPE', `at most ${String(train.featureSize)}, the features of ${train.name},`, 'components', components, { path: 'components' });
  }
  const white = fitWhitening(train, fitted, { ...whitening!, kind, inputKernels: kernels });
  const matrix = kernels.allocate(white.length);
  matrix.set(white);
  return { ...fitted, matrix };
}

/** Moments of bytes are exact, so that std is 0 only for a constant feature, which is not scaled. */
function fitBytes(kind: PlainNormalization, train: Dataset | StoredDataset, kernels: Kernels): ByteNormalization {
  const { featureSize } = train;
  const scale = kernels.allocate(featureSize).fill(kind === 'scale' ? 1 / 255 : 1);
  const shift = kernels.allocate(featureSize);
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

function fitFloats(kind: PlainNormalization, train: Dataset | StoredDataset, dtype: Dtype): FloatNormalization {
  const ranges = rangesOf(train);
  const fitted = floatNormalization(kind, train, ranges);
  refuseOverflow(train, fitted, dtype, ranges);
  return fitted;
}

function floatNormalization(kind: PlainNormalization, train: Dataset | StoredDataset, own: Ranges): FloatNormalization {
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

/**
 * Throws ERR_DATA, naming row and column, for rows whose inputs overflow the dtype and for features that are not finite. Bytes can be
 * neither.
 */
export function refuseOverflow(
  data: Dataset | StoredDataset, normalization: Normalization, dtype: Dtype, ranges?: Ranges,
): void {
  const rounded = dtype === 'float32' ? Math.fround : Number;
  if ('columns' in normalization) refuseEncodedOverflow(normalization, data, rounded);
  if (!('mean' in normalization) || bytesPerNumber(data) === 1) return;
  const { mean, std } = normalization;
  if (data.size === 0) return;
  if (ranges === undefined && holdsAll(data, normalization, rounded)) return;
  const { min, max } = ranges ?? rangesOf(data);
  for (let j = 0; j < mean.length; j++) {
    for (const value of [min[j]!, max[j]!]) {
      if (Number.isFinite(rounded((value - mean[j]!) / std[j]!))) continue;
      const row = rowOf(data, j, value);
      const remedy = dtype === 'float32' ? ' (dtype=float64 and normalization=standardize take larger ones)' : '';
      const place = `${data.name}, ${data.split} row ${String(row)}, column ${String(j)},`;
      throw badFile(`features whose inputs ${dtype} holds${remedy}`, place, String(value), { row, column: j });
    }
  }
}

/** Whether all inputs are finite: in one pass that keeps nothing, as single rows are predicted by the thousand. */
function holdsAll(data: Dataset | StoredDataset, { mean, std }: FloatNormalization, rounded: (value: number) => number): boolean {
  if (isFarFromOverflow(data, mean, std, rounded)) return true;
  for (const { features } of blocksOf(data, 1024)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === mean.length ? 0 : j + 1) {
      if (!Number.isFinite(rounded((features[at]! - mean[j]!) / std[j]!))) return false;
    }
  }
  return true;
}

/** Whether even the largest feature less the largest mean over the smallest deviation would be finite, which one pass without a division tells; NaN is not. */
function isFarFromOverflow(data: Dataset | StoredDataset, mean: Float64Array, std: Float64Array, rounded: (value: number) => number): boolean {
  let [largest, largestMean, smallest, zero] = [0, 0, Infinity, 0];
  for (let j = 0; j < mean.length; j++) {
    largestMean = Math.max(largestMean, Math.abs(mean[j]!));
    smallest = Math.min(smallest, std[j]!);
  }
  for (const { features } of blocksOf(data, 1024)) {
    for (let at = 0; at < features.length; at++) {
      const value = features[at]!;
      zero += 0 * value;
      if (value > largest) largest = value;
      else if (-value > largest) largest = -value;
    }
  }
  return zero === 0 && Number.isFinite(rounded((largest + largestMean) / smallest));
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
