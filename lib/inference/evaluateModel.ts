import { expected } from '../errors';
import type { Dataset, StoredDataset } from '../data/dataset';
import { losses } from '../model/losses';
import type { Evaluation } from '../train/evaluate';
import { classificationReport } from '../train/metrics';
import type { ClassificationReport, ReportOptions } from '../train/metrics';
import { classScores, computeScores } from '../train/scores';
import type { ClassScoreName, ScoreName } from '../train/scores';
import { scorers } from '../train/scoring';
import type { Net } from './net';

/** Accuracy and loss of a classifier, with scores by class and of its probabilities. */
export type DetailedEvaluation = Evaluation & ClassificationReport & Calibrated & { readonly scores: Readonly<Record<ClassScoreName, number>> };

/** Of a model whose probabilities are calibrated: its temperature, and what they would score without it. */
export interface Calibrated {
  readonly temperature?: number | undefined;
  readonly uncalibrated?: { readonly loss: number; readonly logLoss: number; readonly brier: number; readonly calibrationError: number } | undefined;
}

/** Loss, and root mean squared error or of labels accuracy, with the scores of what is predicted: see lib/train/scores.ts. */
export type RegressionEvaluation = Evaluation & { readonly scores: Readonly<Partial<Record<ScoreName, number>>> };

/** See `Model.evaluateInDetail`. */
export function evaluateClasses(net: Net, given: Dataset | StoredDataset, options: ReportOptions | undefined): DetailedEvaluation {
  if (net.facts.classNames.length === 0) throw expected('ERR_CONFIG', 'a model of classes', 'evaluateInDetail', 'a regression');
  const data = net.labelled(given);
  const evaluation = net.evaluator.evaluate(data);
  // What is listed by class counts rows; the accuracy is that of their weights.
  const scored = { ...scoreClasses(net, data, options), accuracy: evaluation.accuracy! };
  if (net.temperature === 1) return { ...evaluation, ...scored };
  const { loss, scores: { logLoss, brier }, calibration: { error: calibrationError } } = net.evaluator.uncalibrated(() =>
    ({ ...net.evaluator.evaluate(data), ...scoreClasses(net, data, options) }));
  return { ...evaluation, ...scored, temperature: net.temperature, uncalibrated: { loss, logLoss, brier, calibrationError } };
}

function scoreClasses(net: Net, data: Dataset | StoredDataset, options: ReportOptions | undefined) {
  const { predictions } = net.outputsOf({ rows: data });
  const { classNames, classNames: { length: classes } } = net.facts;
  return {
    ...classificationReport(predictions, data.labels, classNames, options),
    scores: computeScores(classScores, { probabilities: predictions, labels: data.labels, classes, weights: data.weights }),
  };
}

/** See `Model.evaluateRegression`. */
export function evaluateNumbers(net: Net, given: Dataset | StoredDataset): RegressionEvaluation {
  if (given.targets === undefined) throw expected('ERR_CONFIG', 'rows with numeric targets', 'evaluateRegression', `those of ${given.name}`);
  const data = net.labelled(given);
  const evaluation = net.evaluator.evaluate(data);
  const { predictions } = net.outputsOf({ rows: data });
  return { ...evaluation, scores: scorers[losses[net.spec.loss].predicts].all(net.evaluator.predictedRows(predictions, data)) };
}
