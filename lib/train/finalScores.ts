import { sha256 } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { Monitored } from './monitor';
import { fitTemperature } from './temperature';
import type { Training, TrainingProgress } from './train';

/** Scores of a trained model. */
export interface TrainingScores {
  /** Not of a regression. */
  readonly trainAccuracy?: number;
  readonly valAccuracy?: number;
  readonly valLoss: number;
  /** Of a regression on numbers or counts only. */
  readonly trainRmse?: number;
  readonly valRmse?: number;
  /** Absent without validation rows: see `ResultEvent`. */
  readonly monitored?: Monitored;
  /** Of calibrated probabilities only: see `ResultEvent`. */
  readonly temperature?: number;
  readonly uncalibratedValLoss?: number;
  /** SHA-256 of the parameters that were evaluated, little-endian, in arena order. */
  readonly parametersDigest: string;
}

/**
 * Fits the temperature of the model's probabilities to the validation rows, by which the evaluator then goes; adds the time to the progress.
 * Returns why the probabilities stay as they are, where they do.
 */
export function calibrate({ evaluator, validation, objective: { model: { outputSize } } }: Training, progress: TrainingProgress): string | undefined {
  const begun = performance.now();
  const { predictions } = evaluator.predict(validation);
  const { temperature, reason } = fitTemperature(predictions, validation.labels, outputSize, validation.weights);
  evaluator.temperature = temperature;
  progress.seconds += (performance.now() - begun) / 1000;
  return reason;
}

/** Evaluates the model on all training and validation rows; adds the time to the progress. */
export function finalScores(training: Training, progress: TrainingProgress): TrainingScores {
  const begun = performance.now();
  const { evaluator, evaluator: { temperature }, objective: { model: { arena: { values } } } } = training;
  const { metric, better } = training.monitor;
  const { monitored, ...validation } = evaluator.evaluate(training.validation, { metric });
  const train = evaluator.evaluate(training.train);
  const scores = {
    ...(train.accuracy === undefined || validation.accuracy === undefined ? {} : { trainAccuracy: train.accuracy, valAccuracy: validation.accuracy }),
    valLoss: validation.loss,
    ...(training.validation.size === 0 ? {} : { monitored: { metric, better, value: monitored!, best: progress.best?.monitored ?? monitored! } }),
    ...(train.rmse === undefined || validation.rmse === undefined ? {} : { trainRmse: train.rmse, valRmse: validation.rmse }),
    ...(temperature === 1 ? {} : { temperature, uncalibratedValLoss: evaluator.uncalibrated(() => evaluator.evaluate(training.validation)).loss }),
    parametersDigest: evaluator.averaged(() => parametersDigest(values)),
  };
  progress.seconds += (performance.now() - begun) / 1000;
  return scores;
}

/** SHA-256 of parameters, by which models are told apart: equal only where these are equal to the bit. */
export function parametersDigest({ buffer, byteOffset, byteLength }: FloatArray): string {
  return sha256().update(new Uint8Array(buffer, byteOffset, byteLength)).digest('hex');
}
