import type { Predicts } from '../model/losses';
import { classScores, computeScores, labelScores, numberScores, quantileScores, rateScores } from './scores';
import type { Better, Score, ScoreFacts } from './scores';

/** Predictions of a model for some rows, and what they are held against. */
export interface PredictedRows {
  /** [rows, outputs], as the model gives them: probabilities, numbers, quantiles or rates. */
  readonly predictions: ArrayLike<number>;
  readonly outputs: number;
  /** [rows], of classes. */
  readonly labels: ArrayLike<number>;
  /** [rows, targets], of numbers. */
  readonly targets?: ArrayLike<number> | undefined;
  readonly weights?: ArrayLike<number> | undefined;
  /** Of quantiles. */
  readonly levels?: readonly number[] | undefined;
}

interface Scorer {
  readonly facts: Readonly<Record<string, ScoreFacts>>;
  readonly score: (name: string, rows: PredictedRows) => number;
  readonly all: (rows: PredictedRows) => Readonly<Record<string, number>>;
}

function scorer<Predictions>(table: Readonly<Record<string, Score<Predictions>>>, of: (rows: PredictedRows) => Predictions): Scorer {
  return { facts: table, score: (name, rows) => table[name]!.compute(of(rows)), all: (rows) => computeScores(table, of(rows)) };
}

const asNumbers = ({ predictions, outputs, targets = [], weights }: PredictedRows) => ({ predictions, outputs, targets, weights });

/** The scores of what a model predicts. */
export const scorers: Readonly<Record<Predicts, Scorer>> = {
  classes: scorer(classScores, ({ predictions, outputs, labels, weights }) => ({ probabilities: predictions, labels, classes: outputs, weights })),
  labels: scorer(labelScores, asNumbers),
  numbers: scorer(numberScores, asNumbers),
  rates: scorer(rateScores, asNumbers),
  quantiles: scorer(quantileScores, (rows) => ({ ...asNumbers(rows), outputs: rows.outputs / rows.levels!.length, levels: rows.levels! })),
};

/** Whether an accuracy is defined: the share of rows that are classified rightly, of several labels of rows all of whose labels are. */
export function hasAccuracy(predicts: Predicts): boolean {
  return predicts === 'classes' || predicts === 'labels';
}

/** Whether a root mean squared error is defined, in the units of the targets. */
export function hasRmse(predicts: Predicts): boolean {
  return predicts === 'numbers' || predicts === 'rates';
}

/** What of the validation rows a training may go by, for what its model predicts, with what is better. */
export function metricsOf(predicts: Predicts): Readonly<Record<string, Better>> {
  return {
    loss: 'lower',
    ...(hasAccuracy(predicts) && { accuracy: 'higher' as const }),
    ...(hasRmse(predicts) && { rmse: 'lower' as const }),
    ...Object.fromEntries(Object.entries(scorers[predicts].facts).map(([name, { better }]) => [name, better])),
  };
}
