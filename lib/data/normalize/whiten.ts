import type { Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { symmetricEigen } from './eigen';
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
  /** Kernels of float64. */
  readonly kernels: Kernels;
}

/** Rows per matrix product. */
const rowsPerBlock = 1024;

/**
 * The whitening matrix W[components, features]: W·z has a diagonal covariance close to I, for the standardised features z of
 * training rows. With eigenvalues Λ and eigenvectors V (in rows) of the correlations E[z·zᵀ], W = (Λ + ε)^-½·V for pca and
 * Vᵀ·(Λ + ε)^-½·V for zca. One pass over the rows: 5 s for 45,000 CIFAR images, and 20 s for the eigenvectors, on two cores.
 */
export function fitWhitening(data: Dataset | StoredDataset, standardized: Normalization, options: WhiteningOptions): Float64Array {
  const { kind, kernels, epsilon } = options;
  const n = data.featureSize;
  const { values, vectors } = symmetricEigen(n, correlations(data, standardized, kernels), kernels);
  const components = kind === 'pca' ? options.components ?? n : n;
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

/** E[z·zᵀ], [featureSize, featureSize]. */
function correlations(data: Dataset | StoredDataset, standardized: Normalization, kernels: Kernels): Float64Array {
  const n = data.featureSize;
  const sum = new Float64Array(n * n);
  const z = new Float64Array(Math.min(rowsPerBlock, data.size) * n);
  const rows = Int32Array.from({ length: rowsPerBlock }, (_, i) => i);
  const [scale, shift] = 'scale' in standardized ? [Float64Array.from(standardized.scale), Float64Array.from(standardized.shift)] : [];
  for (const { features, size } of blocksOf(data, rowsPerBlock)) {
    if ('mean' in standardized) kernels.standardizeRows(size, n, rows, features, standardized.mean, standardized.std, z);
    else kernels.gatherRows(size, n, rows, features, scale!, shift!, z);
    kernels.gemm(true, false, n, n, size, 1 / data.size, z, z, 1, sum);
  }
  return sum;
}
