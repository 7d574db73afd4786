import { expected } from '../../errors';
import type { FloatArray, Kernels } from '../../kernels/contract';
import { encodedLayout, encodedSize } from '../columns/encoded';
import type { ColumnNormalization, EncodedLayout } from '../columns/encoded';

/** Of bytes: z[j] = scale[j]·f[j] + shift[j], both [featureSize], as `gatherRows` applies it. */
export interface ByteNormalization {
  readonly scale: FloatArray;
  readonly shift: FloatArray;
  /** x = matrix·z with a matrix [inputs, featureSize]; absent for x = z. */
  readonly matrix?: FloatArray;
}

/** Of floats: z[j] = (f[j] − mean[j]) / std[j], both [featureSize], as `standardizeRows` applies it. */
export interface FloatNormalization {
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** As in {@link ByteNormalization}. */
  readonly matrix?: FloatArray;
}

/**
 * A fitted normalisation: an encoding for columns of several kinds; for numbers alone their format decides which of the two. Checkpoints of earlier versions hold scale and shift
 * for floats too.
 */
export type Normalization = ByteNormalization | FloatNormalization | ColumnNormalization;

/** Throws ERR_CONFIG for anything but a normalisation, as `fitNormalization` gives it. */
export function checkNormalization(value: unknown): void {
  const { scale, shift, mean, std, columns } = Object(value) as Readonly<Record<string, unknown>>; // Object(null) is {}
  const isKnown = Array.isArray(columns) || [[scale, shift], [mean, std]].some((pair) => pair.every((array) => ArrayBuffer.isView(array)));
  if (!isKnown) throw expected('ERR_CONFIG', 'a normalisation, as fitNormalization gives it,', 'normalization', value, { path: 'normalization' });
}

/** Number of features per row. */
export function featureSizeOf(normalization: Normalization): number {
  if ('columns' in normalization) return normalization.columns.length;
  return 'scale' in normalization ? normalization.scale.length : normalization.mean.length;
}

/** What a row of inputs holds; without an encoding numbers alone. */
export function inputLayoutOf(normalization: Normalization): EncodedLayout {
  return 'columns' in normalization ? encodedLayout(normalization) : { numbers: inputSizeOf(normalization), passed: 0, categories: [] };
}

/** Number of inputs per row. */
export function inputSizeOf(normalization: Normalization): number {
  if ('columns' in normalization) return encodedSize(normalization);
  const features = featureSizeOf(normalization);
  return normalization.matrix === undefined ? features : normalization.matrix.length / features;
}

/**
 * Weights [units, inputs] of a layer on inputs as weights [units, features] on normalised features: multiplied with the whitening
 * matrix, or themselves where there is none.
 */
export function weightsOnFeatures(weights: FloatArray, units: number, normalization: Normalization, kernels: Kernels): FloatArray {
  const { matrix } = normalization;
  if (matrix === undefined) return weights;
  const [features, inputs] = [featureSizeOf(normalization), inputSizeOf(normalization)];
  const product = kernels.allocate(units * features);
  kernels.gemm(false, false, units, features, inputs, 1, weights, matrix, 0, product);
  return product;
}
