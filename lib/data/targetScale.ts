import { expected } from '../errors';
import type { Dtype, FloatArray } from '../kernels/contract';
import type { Rows } from './dataset';
import { badFile } from './files';
import { RunningMoments } from './normalize/runningMoments';

/** How the numbers to predict become what a regression is trained on: (t − mean[j]) / std[j] for target j. */
export interface TargetScale {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Fits the scale to training rows, in float64; a target that is constant to the rounding of doubles keeps its unit. Throws ERR_SHAPE for rows
 * of another split, without numeric targets or none.
 */
export function fitTargetScale({ targets, size, split }: Rows): TargetScale {
  if (split !== 'train') throw expected('ERR_SHAPE', 'training rows', 'fitTargetScale', `the ${split} split`);
  if (targets === undefined || size === 0) throw expected('ERR_SHAPE', 'at least one row with numeric targets', 'fitTargetScale', size);
  const width = targets.length / size;
  const columns = Array.from({ length: width }, (_, j) => momentsOf(targets, j, width));
  return { mean: columns.map(({ mean }) => mean), std: columns.map(({ scale }) => scale) };
}

/** Of column j. */
function momentsOf(targets: FloatArray, j: number, width: number): RunningMoments {
  const moments = new RunningMoments();
  for (let at = j; at < targets.length; at += width) moments.add(targets[at]!);
  return moments;
}

/** Throws ERR_DATA, naming the row, for a target so far from the training rows' that the dtype does not hold what it is scaled to. */
export function refuseScaledOverflow({ targets, name, split }: Rows, { mean, std }: TargetScale, dtype: Dtype): void {
  const width = mean.length;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  targets?.forEach((target, at) => {
    const j = at % width;
    if (Number.isFinite(rounded((target - mean[j]!) / std[j]!))) return;
    const row = Math.floor(at / width);
    throw badFile(`a target that ${dtype} holds once it is scaled`, `${name}, ${split} row ${String(row)}, target ${String(j)},`, String(target), { row });
  });
}

/** outputs[size, width] ← std·outputs + mean: numbers as the data set has them. */
export function unscale(outputs: FloatArray, { mean, std }: TargetScale): void {
  for (let at = 0, j = 0; at < outputs.length; at++, j = j + 1 === mean.length ? 0 : j + 1) outputs[at] = outputs[at]! * std[j]! + mean[j]!;
}
