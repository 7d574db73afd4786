import { expected } from '../../errors';
import type { Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';

/** Mean and standard deviation of each feature, that of the population: divided by the number of rows, as np.std does. */
export interface Moments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Between which numbers each feature of some rows lies. */
export interface Ranges {
  readonly least: Float64Array;
  readonly most: Float64Array;
  /** 1 where all numbers are integers. */
  readonly whole: Uint8Array;
}

/** Rows that are summed at a time: little memory where they come from disk, and no sum that leaves 31 bits. */
const rowsPerBlock = 1024;

/** Bytes of each number of a data set. Told by element size: typed arrays can come from another realm. */
export function bytesPerNumber(data: Dataset | StoredDataset): number {
  return ('stored' in data ? data.stored.allocate(0) : data.features).BYTES_PER_ELEMENT;
}

/** Exact sums, because they are integers; then n²·var = n·Σf² − (Σf)² is exact too (below 2^53 for 370,000 rows). */
export function byteMoments(data: Dataset | StoredDataset, kernels: Kernels): Moments {
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

/** One pass over floats. Throws ERR_DATA, naming row and column, for a number that is not finite. */
export function rangesOf(data: Dataset | StoredDataset): Ranges {
  const { featureSize, name } = data;
  const least = new Float64Array(featureSize).fill(Infinity);
  const most = new Float64Array(featureSize).fill(-Infinity);
  const whole = new Uint8Array(featureSize).fill(1);
  for (const { features, from } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      const value = features[at]!;
      if (!Number.isFinite(value)) {
        const row = from + Math.floor(at / featureSize);
        throw badFile('finite features', `${name}, ${data.split} row ${String(row)}, column ${String(j)}`, String(value), { row, column: j });
      }
      if (value < least[j]!) least[j] = value;
      if (value > most[j]!) most[j] = value;
      if (value !== Math.floor(value)) whole[j] = 0;
    }
  }
  return { least, most, whole };
}

/**
 * Of floats, in one pass: each block's moments about its own mean, brought together as by Chan, Golub and LeVeque (1979). Numbers are
 * taken from the middle of their range and in units of it, a power of two, so that nothing cancels, overflows or is lost.
 * Throws ERR_DATA for a feature whose numbers are further apart than float64 goes.
 */
export function floatMoments(data: Dataset | StoredDataset, { least, most }: Ranges): Moments {
  const { featureSize } = data;
  const unit = new Float64Array(featureSize);
  const middle = new Float64Array(featureSize);
  for (let j = 0; j < featureSize; j++) {
    const range = most[j]! - least[j]!;
    if (range === Infinity) {
      throw badFile(`features less than ${String(Number.MAX_VALUE)} apart`, `column ${String(j)} of ${data.name}`, `${String(least[j])} and ${String(most[j])}`, { column: j });
    }
    unit[j] = powerOfTwo(range);
    middle[j] = least[j]! + range / 2;
  }
  const mean = new Float64Array(featureSize);
  const squares = new Float64Array(featureSize);
  const blockMean = new Float64Array(featureSize);
  const blockSquares = new Float64Array(featureSize);
  for (const { features, from, size: rows } of blocksOf(data, rowsPerBlock)) {
    blockMean.fill(0);
    blockSquares.fill(0);
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      blockMean[j]! += (features[at]! - middle[j]!) / unit[j]!;
    }
    for (let j = 0; j < featureSize; j++) blockMean[j]! /= rows;
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      blockSquares[j]! += ((features[at]! - middle[j]!) / unit[j]! - blockMean[j]!) ** 2;
    }
    for (let j = 0; j < featureSize; j++) {
      const difference = blockMean[j]! - mean[j]!;
      mean[j]! += (difference * rows) / (from + rows);
      squares[j]! += blockSquares[j]! + (difference * difference * from * rows) / (from + rows);
    }
  }
  return {
    mean: mean.map((value, j) => middle[j]! + unit[j]! * value),
    std: squares.map((square, j) => unit[j]! * Math.sqrt(square / data.size)),
  };
}

/** The moments of whole planes, repeated for each feature of the plane: E[x²] and E[x] are averages over its features. */
export function channelMoments(data: Dataset | StoredDataset, { mean, std }: Moments): Moments {
  const plane = planeOf(data);
  for (let from = 0; from < data.featureSize; from += plane) {
    const means = mean.subarray(from, from + plane);
    const stds = std.subarray(from, from + plane);
    // In units of the largest, a power of two: squares of large numbers overflow, those of small ones vanish.
    const unit = powerOfTwo(Math.max(...means.map(Math.abs), ...stds));
    const planeMean = means.reduce((sum, value) => sum + value / unit, 0) / plane;
    // Law of total variance: the variance within each feature, and that of the features' means.
    const variance = stds.reduce((sum, value, j) => sum + (value / unit) ** 2 + (means[j]! / unit - planeMean) ** 2, 0) / plane;
    means.fill(unit * planeMean);
    stds.fill(unit * Math.sqrt(variance));
  }
  return { mean, std };
}

/** The ranges of whole planes, repeated for each feature of the plane. */
export function channelRanges(data: Dataset | StoredDataset, { least, most, whole }: Ranges): Ranges {
  const plane = planeOf(data);
  for (let from = 0; from < data.featureSize; from += plane) {
    const all = <A extends Float64Array | Uint8Array>(array: A): A => array.subarray(from, from + plane) as A;
    all(least).fill(Math.min(...all(least)));
    all(most).fill(Math.max(...all(most)));
    all(whole).fill(Math.min(...all(whole)));
  }
  return { least, most, whole };
}

/** Pixels of a plane. Throws ERR_SHAPE for rows that have none. */
function planeOf({ imageShape, name }: Dataset | StoredDataset): number {
  if (imageShape === undefined) throw expected('ERR_SHAPE', 'images with colour planes', "normalization 'standardize-channel'", name);
  return imageShape.height * imageShape.width;
}

/** The largest power of two that is not above a number ≥ 0; 1 for 0. */
function powerOfTwo(value: number): number {
  return value === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(value)));
}
