import { expected } from '../errors';
import type { Dtype, FloatArray } from '../kernels/contract';
import type { Dataset, Rows } from './dataset';
import { badFile } from './files';
import { bytesPerNumber, floatMoments, rangesOf, variation } from './normalize/moments';

/** What is taken of a target before it is scaled: itself, log t, or log(1 + t). */
export type TargetLog = 'none' | 'log' | 'log1p';

/**
 * How the numbers to predict become what a regression is trained on: (t − mean[j]) / std[j] for target j, or the same of log t or log(1 + t),
 * where `logs` says so.
 */
export interface TargetScale {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Absent where no target's logarithm is taken. */
  readonly logs?: readonly TargetLog[];
}

/** How targets may be scaled. */
export const targetScalings = ['none', 'standardize', 'log'] as const;
export type TargetScaling = (typeof targetScalings)[number];

/**
 * Fits the scale to training rows, in float64, a row of weight w as w rows; a target that is constant to the rounding of doubles keeps its unit. `log` scales the
 * logarithms of targets, or of 1 + t where a training row has a target of 0. Throws ERR_SHAPE for rows of another split, without numeric
 * targets or none; ERR_DATA, naming row and target, for one that is not finite, or negative with `log`.
 */
export function fitTargetScale(rows: Rows, kind: Exclude<TargetScaling, 'none'>): TargetScale {
  const { targets, weights, size, split, name } = rows;
  if (split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitTargetScale', `the ${split} split`);
  if (targets === undefined || size === 0) throw expected('ERR_SHAPE', 'at least one row with numeric targets', 'fitTargetScale', size);
  const width = targets.length / size;
  refuseTargets(rows, width, Number.isFinite, 'a finite target');
  let scaled = targets;
  let logs: TargetLog[] | undefined;
  if (kind === 'log') {
    refuseTargets(rows, width, (target) => target >= 0, negative);
    logs = Array.from({ length: width }, (): TargetLog => 'log');
    targets.forEach((target, at) => { if (target === 0) logs![at % width] = 'log1p'; });
    scaled = Float64Array.from(targets, (target, at) => logOf(target, logs![at % width]!));
  }
  const data: Dataset = { name, split, size, featureSize: width, features: scaled, labels: new Int32Array(0), classNames: [] };
  const ranges = rangesOf(data);
  const moments = floatMoments(data, ranges, weights);
  const varies = variation(moments, ranges, bytesPerNumber(data));
  return { mean: Array.from(moments.mean), std: Array.from(moments.std, (std, j) => (varies(j) ? std : 1)), ...(logs && { logs }) };
}

const negative = 'a target of 0 or more, as targetScaling=log takes its logarithm (standardize takes any),';

function logOf(target: number, log: TargetLog): number {
  return log === 'log' ? Math.log(target) : log === 'log1p' ? Math.log1p(target) : target;
}

/** What a regression is trained on in the place of target j. */
export function scaleTarget(target: number, j: number, { mean, std, logs }: TargetScale): number {
  return ((logs === undefined ? target : logOf(target, logs[j]!)) - mean[j]!) / std[j]!;
}

/** Throws ERR_DATA, naming the row, for the first target that is none of those that are accepted. */
function refuseTargets({ targets, name, split }: Rows, width: number, accepts: (target: number, j: number) => boolean, what: string): void {
  targets?.forEach((target, at) => {
    if (accepts(target, at % width)) return;
    const row = Math.floor(at / width);
    throw badFile(what, `${name}, ${split} row ${String(row)}, target ${String(at % width)},`, String(target), { row });
  });
}

/**
 * Throws ERR_DATA, naming the row, for a target whose logarithm is none, and for one so far from the training rows' that the dtype does not
 * hold what it is scaled to.
 */
export function refuseScaledOverflow(rows: Rows, scale: TargetScale, dtype: Dtype): void {
  const { logs, mean: { length: width } } = scale;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  if (logs !== undefined) {
    refuseTargets(rows, width, (target, j) => !(target < 0) || logs[j] === 'none', negative);
    refuseTargets(rows, width, (target, j) => target !== 0 || logs[j] !== 'log', 'a target above 0, as all of the training rows,');
  }
  refuseTargets(rows, width, (target, j) => Number.isFinite(rounded(scaleTarget(target, j, scale))), `a target that ${dtype} holds once it is scaled`);
}

/** The inverse of {@link scaleTarget}. */
function unscaleTarget(output: number, j: number, { mean, std, logs }: TargetScale): number {
  const value = output * std[j]! + mean[j]!;
  if (logs === undefined) return value;
  return logs[j] === 'log' ? Math.exp(value) : logs[j] === 'log1p' ? Math.expm1(value) : value;
}

/** outputs[size, width, levels] ← numbers as the data set has them; of quantiles several levels of each. */
export function unscale(outputs: FloatArray, scale: TargetScale, levels = 1): void {
  const perRow = scale.mean.length * levels;
  for (let at = 0; at < outputs.length; at++) outputs[at] = unscaleTarget(outputs[at]!, Math.floor((at % perRow) / levels), scale);
}

/** The sum of squared differences between predictions and targets [m, width], both scaled, in the units that the targets had, by weights [m] of rows. */
export function unscaledSquares(m: number, predictions: FloatArray, targets: FloatArray, scale: TargetScale, weights?: FloatArray): number {
  const { std, logs } = scale;
  const width = std.length;
  let sum = 0;
  for (let at = 0, j = 0; at < m * width; at++, j = j + 1 === width ? 0 : j + 1) {
    // Without the mean where that is possible, which would round their difference away.
    const weight = weights === undefined ? 1 : weights[Math.floor(at / width)]!;
    sum += weight * (logs === undefined ? std[j]! * (predictions[at]! - targets[at]!) : unscaleTarget(predictions[at]!, j, scale) - unscaleTarget(targets[at]!, j, scale)) ** 2;
  }
  return sum;
}
