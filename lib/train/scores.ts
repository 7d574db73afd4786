import { balancedAccuracy, brier, logLoss, matthews, overClasses } from './scores/classes';
import { labelAccuracy, labelBrier, labelLogLoss, macroF1, microF1, ranks } from './scores/labels';
import { absoluteError, determination, miscoverage, pinball, poissonDeviance, relativeError } from './scores/numbers';
import { overOutputs } from './scores/predictions';
import type { ClassPredictions, NumberPredictions, QuantilePredictions } from './scores/predictions';
import { areaUnderRoc, averagePrecision } from './scores/ranking';

export type { ClassPredictions, NumberPredictions, QuantilePredictions } from './scores/predictions';

/** Which of two values of a score is the better. */
export type Better = 'higher' | 'lower';

/** What is to be known of a score but its values. */
export interface ScoreFacts {
  readonly help: string;
  /** What people call it. */
  readonly title: string;
  readonly better: Better;
  /** Whether it is shown in percent. */
  readonly isShare?: true;
}

export interface Score<Predictions> extends ScoreFacts {
  /** NaN where it is not defined, as for an empty set of rows. */
  readonly compute: (predictions: Predictions) => number;
}

/**
 * Scores of class probabilities, by name, as scikit-learn 1.9 computes them, rows' weights too. Of more than two classes, rankings are one
 * against the rest, averaged over the classes that have rows and that others have rows beside.
 */
export const classScores = {
  logLoss: { title: 'log loss', help: 'mean of −log(probability of the label)', better: 'lower', compute: logLoss },
  brier: { title: 'Brier score', help: 'mean squared error of the probabilities', better: 'lower', compute: brier },
  rocAuc: { title: 'area under ROC curve', help: 'area under the ROC curve', better: 'higher', compute: (given) => overClasses(given, areaUnderRoc) },
  averagePrecision: {
    title: 'average precision', help: 'Σ (recall gained at each threshold)·(precision there)', better: 'higher', compute: (given) => overClasses(given, averagePrecision),
  },
  balancedAccuracy: { title: 'balanced accuracy', isShare: true, help: 'mean recall of the classes that have rows', better: 'higher', compute: balancedAccuracy },
  mcc: { title: 'Matthews correlation', help: 'Matthews correlation coefficient of predicted and true classes', better: 'higher', compute: matthews },
} as const satisfies Readonly<Record<string, Score<ClassPredictions>>>;

/** Scores of several labels, each of which applies to a row or does not, by name: means over the labels where nothing else is said. */
export const labelScores = {
  logLoss: { title: 'log loss', help: 'mean of −log(probability of what is the case)', better: 'lower', compute: (given) => overOutputs(given, labelLogLoss) },
  brier: { title: 'Brier score', help: 'mean squared error of the probabilities', better: 'lower', compute: (given) => overOutputs(given, labelBrier) },
  rocAuc: { title: 'area under ROC curve', help: 'area under the ROC curve', better: 'higher', compute: (given) => overOutputs(given, (label) => ranks(label, areaUnderRoc)) },
  averagePrecision: {
    title: 'average precision', help: 'Σ (recall gained at each threshold)·(precision there)', better: 'higher',
    compute: (given) => overOutputs(given, (label) => ranks(label, averagePrecision)),
  },
  labelAccuracy: { title: 'accuracy by label', isShare: true, help: 'share of right decisions', better: 'higher', compute: (given) => overOutputs(given, labelAccuracy) },
  f1: { title: 'F1', isShare: true, help: 'harmonic mean of precision and recall', better: 'higher', compute: macroF1 },
  microF1: { title: 'F1 of all labels together', isShare: true, help: 'harmonic mean of precision and recall of all labels together', better: 'higher', compute: microF1 },
} as const satisfies Readonly<Record<string, Score<NumberPredictions>>>;

/** Scores of numbers, by name; of several outputs their plain mean. */
export const numberScores = {
  r2: { title: 'R²', help: '1 − squared error / squared deviation from the mean', better: 'higher', compute: (given) => overOutputs(given, determination) },
  mae: { title: 'mean absolute error', help: 'mean absolute error', better: 'lower', compute: (given) => overOutputs(given, absoluteError) },
  mape: { title: 'of the target', isShare: true, help: 'mean absolute error as a share of the target', better: 'lower', compute: (given) => overOutputs(given, relativeError) },
} as const satisfies Readonly<Record<string, Score<NumberPredictions>>>;

/** Scores of rates that counts are drawn at, by name. */
export const rateScores = {
  ...numberScores,
  poissonDeviance: { title: 'Poisson deviance', help: '2·mean(t·log(t / p) − t + p)', better: 'lower', compute: (given) => overOutputs(given, poissonDeviance) },
} as const satisfies Readonly<Record<string, Score<NumberPredictions>>>;

/** Scores of quantiles, by name: means over levels and outputs. */
export const quantileScores = {
  pinball: { title: 'pinball loss', help: 'mean pinball loss', better: 'lower', compute: pinball },
  miscoverage: {
    title: 'off the levels by', isShare: true, help: '|share of the targets at or below a quantile − its level|', better: 'lower', compute: miscoverage,
  },
} as const satisfies Readonly<Record<string, Score<QuantilePredictions>>>;

export type ClassScoreName = keyof typeof classScores;
export type NumberScoreName = keyof typeof numberScores;
export type LabelScoreName = keyof typeof labelScores;
export type RateScoreName = keyof typeof rateScores;
export type QuantileScoreName = keyof typeof quantileScores;
export type ScoreName = ClassScoreName | NumberScoreName | LabelScoreName | RateScoreName | QuantileScoreName;

/** The scores of each thing that a model predicts. A module of one's own adds to them, see `registerParts`. */
export const scoreTables = { classes: classScores, labels: labelScores, numbers: numberScores, rates: rateScores, quantiles: quantileScores };

/** All scores of a table for some predictions. */
export function computeScores<Name extends string, Predictions>(
  table: Readonly<Record<Name, Score<Predictions>>>, predictions: Predictions,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<Score<Predictions>>(table).map(([name, { compute }]) => [name, compute(predictions)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** Facts of the scores of all tables by name; undefined for another name. */
export function scoreFacts(name: string): ScoreFacts | undefined {
  const table = Object.values<Readonly<Record<string, ScoreFacts>>>(scoreTables).find((scores) => Object.hasOwn(scores, name));
  return table?.[name];
}
