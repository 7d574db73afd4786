import type { Dataset, StoredDataset } from '../data/dataset';
import { losses } from '../model/losses';
import type { Model } from './model';

/** Predictions of one target beside what it was. */
export interface TargetPairs {
  readonly name: string;
  /** The row, the target and its prediction, of all rows, or of so many spread evenly over them. */
  readonly pairs: readonly (readonly [row: number, actual: number, predicted: number])[];
  readonly rows: number;
  readonly rmse: number;
  /** 1 − squared error / squared deviation from the mean; NaN where the target does not vary. */
  readonly r2: number;
}

/** Decisions about one label. */
export interface LabelScores {
  readonly name: string;
  /** Rows that have the label, and rows that are given it. */
  readonly support: number;
  readonly given: number;
  readonly precision: number;
  readonly recall: number;
}

const threshold = 0.5;

/**
 * What a regression predicts for each target of some rows, beside the target; of quantiles the one whose level is nearest to the median. Empty for
 * classes and labels. At most `limit` rows are listed.
 */
export function targetPairs(model: Model, data: Dataset | StoredDataset, limit: number): TargetPairs[] {
  const { predicts } = losses[model.spec.loss];
  const { targets, size } = data;
  if (targets === undefined || predicts === 'classes' || predicts === 'labels' || size === 0) return [];
  const levels = predicts === 'quantiles' ? model.spec.quantiles : [0.5];
  const middle = levels.reduce((best, level, i) => (Math.abs(level - 0.5) < Math.abs(levels[best]! - 0.5) ? i : best), 0);
  const outputs = model.outputs(data);
  const count = targets.length / size;
  return Array.from({ length: count }, (_, t) => {
    const pair = (row: number): readonly [number, number, number] => [row, targets[row * count + t]!, outputs[(row * count + t) * levels.length + middle]!];
    let [mean, squares, deviations] = [0, 0, 0];
    for (let row = 0; row < size; row++) mean += pair(row)[1] / size;
    for (let row = 0; row < size; row++) {
      const [, actual, predicted] = pair(row);
      squares += (predicted - actual) ** 2;
      deviations += (actual - mean) ** 2;
    }
    const shown = Math.min(size, limit);
    return {
      name: nameOf(data, t),
      pairs: Array.from({ length: shown }, (__, i) => pair(Math.floor((i * size) / shown))),
      rows: size, rmse: Math.sqrt(squares / size), r2: deviations > 0 ? 1 - squares / deviations : NaN,
    };
  });
}

/** How a model of labels decides on each; empty for other models. */
export function labelTable(model: Model, data: Dataset | StoredDataset): LabelScores[] {
  const { targets, size } = data;
  if (targets === undefined || losses[model.spec.loss].predicts !== 'labels' || size === 0) return [];
  const outputs = model.outputs(data);
  const count = targets.length / size;
  return Array.from({ length: count }, (_, t) => {
    let [support, given, right] = [0, 0, 0];
    for (let at = t; at < targets.length; at += count) {
      const [is, taken] = [targets[at]! >= threshold, outputs[at]! >= threshold];
      if (is) support++;
      if (taken) given++;
      if (is && taken) right++;
    }
    return { name: nameOf(data, t), support, given, precision: right / given, recall: right / support };
  });
}

function nameOf({ targetNames }: Pick<Dataset, 'targetNames'>, target: number): string {
  return targetNames?.[target] ?? `target ${String(target + 1)}`;
}
