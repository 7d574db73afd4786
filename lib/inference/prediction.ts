import type { FloatArray } from '../kernels/contract';
import { losses } from '../model/losses';
import { labelThreshold } from '../train/scores/labels';
import type { Net } from './net';

/** What is predicted of one row; which of it there is follows from what the model was trained for. */
export interface Prediction {
  /** Of classes: the number of the most probable one, and its name. */
  readonly label?: number;
  readonly className?: string;
  /** Of classes and of labels: the probability of each, in the order of `outputNames`. */
  readonly probabilities?: readonly number[];
  /** Of labels: the names of those whose probability is at least 0.5. */
  readonly labels?: readonly string[];
  /** Of numbers, counts and quantiles: the value of each of `outputNames`, in the units of the targets. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** Outputs [rows, outputs] of a net, and the most probable class of each row. */
export interface Outputs {
  readonly predictions: FloatArray;
  readonly labels: Int32Array;
}

/** What each output is, in order: the class, label or target by name or number, and for quantiles the level. */
export function outputNamesOf({ facts: { classNames, targetNames }, model: { outputSize }, spec: { loss, quantiles } }: Net): readonly string[] {
  if (classNames.length > 0) return classNames;
  const levels = losses[loss].predicts === 'quantiles' ? quantiles : [undefined];
  const names = Array.from({ length: outputSize / levels.length }, (_, j) => targetNames?.[j] ?? String(j));
  return names.flatMap((name) => levels.map((level) => (level === undefined ? name : `${name} q${String(level)}`)));
}

/** Whether predictions are `numbers`, rather than names of classes or labels. */
export function predictsNumbers({ spec: { loss } }: { readonly spec: Pick<Net['spec'], 'loss'> }): boolean {
  const { predicts } = losses[loss];
  return predicts !== 'classes' && predicts !== 'labels';
}

/** Outputs as one object for each row. */
export function predictionsOf(net: Net, names: readonly string[], { predictions, labels }: Outputs): Prediction[] {
  const { outputSize } = net.model;
  const { predicts } = losses[net.spec.loss];
  const outputs = (row: number): number[] => Array.from(predictions.subarray(row * outputSize, (row + 1) * outputSize));
  if (predicts === 'classes') return Array.from(labels, (label, row) => ({ label, className: names[label]!, probabilities: outputs(row) }));
  return Array.from(labels, (_, row): Prediction => {
    const values = outputs(row);
    return predicts === 'labels' ? { labels: names.filter((__, j) => values[j]! >= labelThreshold), probabilities: values }
      : { numbers: Object.fromEntries(names.map((name, j) => [name, values[j]!])) };
  });
}
