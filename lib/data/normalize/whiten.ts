import { allocate } from '../../kernels/contract';
import type { Dtype, FloatArray, Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { symmetricEigen } from './eigen';
import { largestEigen } from './largestEigen';
import type { Normalization } from './transform';

/** Decorrelation of features that have mean 0 and standard deviation 1. */
export interface WhiteningOptions {
  /**
   * `pca`: inputs are the principal components, each divided by √(its variance + epsilon). `zca`: these rotated back, so that each
   * input corresponds to a feature (Bell & Sejnowski, 1997).
   */
  readonly kind: 'pca' | 'zca';
  /** Number of principal components to keep, largest first; null keeps all. */
  readonly components: number | null;
  /** Added to each variance: components far below it stay small. The variances of all components have the mean 1. */
  readonly epsilon: number;
  /** How many rows, evenly spread, the correlations are those of; null or absent for all. */
  readonly rows?: number | null;
  /** Kernels of float64. */
  readonly kernels: Kernels;
}

/** Whitening of inputs in the dtype of these kernels. */
interface InputWhitening extends WhiteningOptions {
  readonly inputKernels: Kernels;
}

/** Rows per matrix product. */
const rowsPerBlock = 1024;

/** From so many features on, and up to this share of them, components are found by themselves. */
const fromFeatures = 500;
const largestPart = 0.25;

/** From this epsilon on, correlations are computed in the inputs' dtype: float32 rounds them by about 1e-6 of a feature's variance, and takes half the time. */
const smallestOfInputs = 1e-3;

/** Features whose correlations with others are one matrix product: half of the matrix follows from the other half. */
const featuresPerPanel = 512;

/**
 * The whitening matrix W[components, features]: W·z has a diagonal covariance close to I, for the standardised features z of
 * training rows. With eigenvalues Λ and eigenvectors V (in rows) of the correlations E[z·zᵀ], W = (Λ + ε)^-½·V for pca and
 * Vᵀ·(Λ + ε)^-½·V for zca, after one pass over the rows. A few of many components are found by {@link largestEigen}, much sooner than all eigenvectors.
 */
export function fitWhitening(data: Dataset | StoredDataset, standardized: Normalization, options: InputWhitening): Float64Array {
  const { kind, kernels, inputKernels, epsilon } = options;
  const n = data.featureSize;
  const components = kind === 'pca' ? options.components ?? n : n;
  const matrix = correlations(data, options.rows ?? data.size, standardized, epsilon >= smallestOfInputs ? inputKernels : kernels);
  const isPart = n >= fromFeatures && components <= n * largestPart;
  const { values, vectors } = (isPart ? largestEigen(n, matrix, components, kernels) : undefined) ?? symmetricEigen(n, matrix, kernels);
  const whitened = vectors.slice(0, components * n);
  for (let i = 0; i < components; i++) {
    // Rounding can make a variance of 0 negative.
    kernels.scal(n, 1 / Math.sqrt(Math.max(0, values[i]!) + epsilon), whitened.subarray(i * n, (i + 1) * n));
  }
  if (kind === 'pca') return whitened;
  const rotatedBack = new Float64Array(n * n);
  kernels.gemm(true, false, n, n, n, 1, vectors, whitened, 0, rotatedBack);
  return rotatedBack;
}

/** E[z·zᵀ] of `most` rows, evenly spread, [featureSize, featureSize], summed by kernels of either dtype. */
function correlations(data: Dataset | StoredDataset, most: number, standardized: Normalization, kernels: Kernels): Float64Array {
  const n = data.featureSize;
  const taken = Math.min(most, data.size);
  const rowAt = (i: number): number => Math.floor((i * data.size) / taken);
  const { dtype } = kernels;
  const z = allocate(dtype, Math.min(rowsPerBlock, data.size) * n);
  const rows = new Int32Array(rowsPerBlock);
  const [scale, shift] = 'scale' in standardized ? [floats(dtype, standardized.scale), floats(dtype, standardized.shift)] : [];
  const panels = Array.from({ length: Math.ceil(n / featuresPerPanel) }, (_, p) => {
    const from = p * featuresPerPanel;
    const width = Math.min(featuresPerPanel, n - from);
    return { from, width, columns: allocate(dtype, Math.min(rowsPerBlock, data.size) * width), sums: allocate(dtype, width * (n - from)) };
  });
  let next = 0;
  for (const { features, from: first, size: rowsOfBlock } of blocksOf(data, rowsPerBlock)) {
    let size = 0;
    for (; next < taken && rowAt(next) < first + rowsOfBlock; next++) rows[size++] = rowAt(next) - first;
    if ('mean' in standardized) kernels.standardizeRows(size, n, rows, features, standardized.mean, standardized.std, z);
    else kernels.gatherRows(size, n, rows, features, scale!, shift!, z);
    for (const { from, width, columns } of panels) {
      for (let i = 0; i < size; i++) columns.set(z.subarray(i * n + from, i * n + from + width), i * width);
    }
    panels.forEach(({ from, width, columns, sums }, p) => {
      for (const other of panels.slice(p)) {
        const at = width * (other.from - from);
        kernels.gemm(true, false, width, other.width, size, 1 / taken, columns, other.columns, 1, sums.subarray(at, at + width * other.width));
      }
    });
  }
  const matrix = new Float64Array(n * n);
  panels.forEach(({ from, width, sums }, p) => {
    for (const other of panels.slice(p)) {
      const at = width * (other.from - from);
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < other.width; j++) {
          const value = sums[at + i * other.width + j]!;
          matrix[(from + i) * n + other.from + j] = value;
          matrix[(other.from + j) * n + from + i] = value;
        }
      }
    }
  });
  return matrix;
}

function floats(dtype: Dtype, values: FloatArray): FloatArray {
  const copy = allocate(dtype, values.length);
  copy.set(values);
  return copy;
}
