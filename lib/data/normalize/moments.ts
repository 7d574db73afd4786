import { expected } from '../../errors';
import type { Kernels } from '../../kernels/contract';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';

/** Mean and population standard deviation (divided by the number of rows, as np.std) of each feature, both [featureSize]. */
export interface Moments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** Range of each feature over some rows, all [featureSize]. */
export interface Ranges {
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** 1 where all values are integers. */
  readonly integral: Uint8Array;
  /** How many values are missing. */
  readonly missing: Float64Array;
}

/** Rows summed at a time: bounds memory for rows on disk, and keeps sums of squared bytes below 2^31. */
const rowsPerBlock = 1024;

/** Bytes per number of a data set's features. */
export function bytesPerNumber(data: Dataset | StoredDataset): number {
  return ('stored' in data ? data.stored.allocate(0) : data.features).BYTES_PER_ELEMENT;
}

/** Moments of bytes. Sums of integers are exact, and so is n²·var = n·Σf² − (Σf)², which stays below 2^53 for up to 370,000 rows. */
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

/**
 * The ranges of floats, in one pass; from ∞ to −∞ where all are missing. Throws ERR_DATA, naming row and column, for a number that is not
 * finite, unless it is NaN and values may be missing.
 */
export function rangesOf(data: Dataset | StoredDataset, mayBeMissing = false): Ranges {
  const { featureSize, name } = data;
  const min = new Float64Array(featureSize).fill(Infinity);
  const max = new Float64Array(featureSize).fill(-Infinity);
  const integral = new Uint8Array(featureSize).fill(1);
  const missing = new Float64Array(featureSize);
  for (const { features, from } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureSize ? 0 : j + 1) {
      const value = features[at]!;
      if (!Number.isFinite(value)) {
        if (mayBeMissing && Number.isNaN(value)) {
          missing[j]!++;
          continue;
        }
        const row = from + Math.floor(at / featureSize);
        throw badFile('finite features', `${name}, ${data.split} row ${String(row)}, column ${String(j)}`, String(value), { row, column: j });
      }
      if (value < min[j]!) min[j] = value;
      if (value > max[j]!) max[j] = value;
      if (value !== Math.floor(value)) integral[j] = 0;
    }
  }
  return { min, max, integral, missing };
}

/**
 * Moments of floats that are there, a row of weight w as w rows, in one pass: moments of each block about its own mean, combined as by Chan, Golub and LeVeque (1979). Values are
 * shifted by the middle of their range and divided by it (rounded down to a power of two), which avoids cancellation, overflow and
 * underflow. Throws ERR_DATA for a feature whose range max − min overflows float64.
 */
export function floatMoments(data: Dataset | StoredDataset, { min, max, missing }: Ranges, weights?: ArrayLike<number>): Moments {
  const { featureSize, size } = data;
  const unit = new Float64Array(featureSize).fill(1);
  const middle = new Float64Array(featureSize);
  for (let j = 0; j < featureSize; j++) {
    if (missing[j] === size) continue;
    const range = max[j]! - min[j]!;
    if (range === Infinity) {
      const received = `${String(min[j])} and ${String(max[j])}`;
      throw badFile(`features less than ${String(Number.MAX_VALUE)} apart`, `column ${String(j)} of ${data.name}`, received, { column: j });
    }
    unit[j] = powerOfTwo(range);
    middle[j] = min[j]! + range / 2;
  }
  const mean = new Float64Array(featureSize);
  const squares = new Float64Array(featureSize);
  const blockMean = new Float64Array(featureSize);
  const blockSquares = new Float64Array(featureSize);
  const seen = new Float64Array(featureSize);
  const present = new Float64Array(featureSize);
  for (const { features, from: first, size: rows } of blocksOf(data, rowsPerBlock)) {
    blockMean.fill(0);
    blockSquares.fill(0);
    present.fill(0);
    for (let row = 0, at = 0; row < rows; row++) {
      const weight = weights?.[first + row] ?? 1;
      for (let j = 0; j < featureSize; j++, at++) {
        const value = features[at]!;
        if (value !== value) continue;
        blockMean[j]! += weight * ((value - middle[j]!) / unit[j]!);
        present[j]! += weight;
      }
    }
    for (let j = 0; j < featureSize; j++) if (present[j]! > 0) blockMean[j]! /= present[j]!;
    for (let row = 0, at = 0; row < rows; row++) {
      const weight = weights?.[first + row] ?? 1;
      for (let j = 0; j < featureSize; j++, at++) {
        const value = features[at]!;
        if (value === value) blockSquares[j]! += weight * ((value - middle[j]!) / unit[j]! - blockMean[j]!) ** 2;
      }
    }
    for (let j = 0; j < featureSize; j++) {
      const [from, own] = [seen[j]!, present[j]!];
      if (own === 0) continue;
      const difference = blockMean[j]! - mean[j]!;
      mean[j]! += (difference * own) / (from + own);
      squares[j]! += blockSquares[j]! + (difference * difference * from * own) / (from + own);
      seen[j] = from + own;
    }
  }
  return {
    mean: mean.map((value, j) => middle[j]! + unit[j]! * value),
    std: squares.map((square, j) => unit[j]! * Math.sqrt(square / (seen[j]! > 0 ? seen[j]! : 1))),
  };
}

/** Rounding errors by which the values of a constant feature may differ. */
const maxRoundings = 4;

/**
 * Whether feature j varies by more than the rounding errors of its format: 2⁻⁵³ of the largest value for float64, 2⁻²⁴ for float32;
 * integers are exact. Divided by its std, a feature that varies by rounding alone would become noise as large as every other input,
 * and a slightly different value in another row an input of any size.
 */
export function variation({ std }: Moments, { min, max, integral }: Ranges, bytes: number): (j: number) => boolean {
  const [roundoff, smallest] = bytes === 4 ? [2 ** -24, 2 ** -149] : [2 ** -53, 2 ** -1074];
  return (j) => {
    if (!(max[j]! > min[j]!)) return false;
    const largest = Math.max(Math.abs(min[j]!), Math.abs(max[j]!));
    return integral[j] === 1 || std[j]! > maxRoundings * Math.max(roundoff * largest, smallest);
  };
}

/** Moments by colour plane, repeated for each feature of the plane. Overwrites its argument. */
export function channelMoments(data: Dataset | StoredDataset, { mean, std }: Moments): Moments {
  const plane = planeOf(data);
  for (let from = 0; from < data.featureSize; from += plane) {
    const means = mean.subarray(from, from + plane);
    const stds = std.subarray(from, from + plane);
    // Divided by a power of two near the largest, as squares of large numbers would overflow and those of small ones underflow.
    const unit = powerOfTwo(Math.max(...means.map(Math.abs), ...stds));
    const planeMean = means.reduce((sum, value) => sum + value / unit, 0) / plane;
    // Law of total variance: mean of the features' variances plus variance of their means.
    const variance = stds.reduce((sum, value, j) => sum + (value / unit) ** 2 + (means[j]! / unit - planeMean) ** 2, 0) / plane;
    means.fill(unit * planeMean);
    stds.fill(unit * Math.sqrt(variance));
  }
  return { mean, std };
}

/** Ranges by colour plane, repeated for each feature of the plane. Overwrites its argument. */
export function channelRanges(data: Dataset | StoredDataset, { min, max, integral, missing }: Ranges): Ranges {
  const plane = planeOf(data);
  for (let from = 0; from < data.featureSize; from += plane) {
    const all = <A extends Float64Array | Uint8Array>(array: A): A => array.subarray(from, from + plane) as A;
    all(min).fill(Math.min(...all(min)));
    all(max).fill(Math.max(...all(max)));
    all(integral).fill(Math.min(...all(integral)));
  }
  return { min, max, integral, missing };
}

/** Pixels per plane. Throws ERR_SHAPE for rows without an image shape. */
function planeOf({ imageShape, name }: Dataset | StoredDataset): number {
  if (imageShape === undefined) throw expected('ERR_SHAPE', 'images with colour planes', "normalization 'standardize-channel'", name);
  return imageShape.height * imageShape.width;
}

/** The largest power of two that is at most `value` ≥ 0; 1 for 0. */
function powerOfTwo(value: number): number {
  return value === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(value)));
}
