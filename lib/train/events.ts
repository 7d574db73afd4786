import type { BackendName, Dtype, Precision } from '../kernels/contract';
import type { Monitored } from './monitor';

/** An event of a training run, in the order emitted. Plain objects; in files NaN and Infinity are null. */
export type TrainEvent = MetricsEvent | HistogramsEvent;

/** An event that is a line of metrics.jsonl. */
export type MetricsEvent =
  StartEvent | StepEvent | EpochEvent | EvaluationEvent | HealthEvent | CheckpointEvent | WarningEvent | ResultEvent;

/** First event: what will be trained. */
export interface StartEvent {
  readonly type: 'start';
  readonly run: string;
  readonly layers: readonly number[];
  readonly parameters: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly backend: BackendName;
  readonly dtype: Dtype;
  /** Precision of matrix products; absent in runs of earlier versions, where it is the dtype. */
  readonly precision?: Precision;
  readonly threads: number;
  /** Ranks that train together; absent where a process trains alone. */
  readonly ranks?: number | undefined;
  readonly seed: number;
  readonly data: string;
  readonly dataDigest: string;
  /** The trained model that the run starts from, and whether its last layer is kept. */
  readonly from?: string | undefined;
  readonly keepsLastLayer?: boolean | undefined;
  /** Steps done before, where the run resumes from a checkpoint. */
  readonly resumedFrom?: number;
}

/** A training step, after its update; emitted every `logEvery` steps. */
export interface StepEvent {
  readonly type: 'step';
  /** Number of the step, from 1. */
  readonly step: number;
  readonly epoch: number;
  /** J̃ on the step's rows before the update: mean loss + λ‖W‖². NaN where all rows have weight 0. */
  readonly loss: number;
  /** Wall time of the training so far, pauses between resumed runs left out. Absent in runs of earlier versions, as in evaluations. */
  readonly seconds?: number | undefined;
  /** Share of the rows classified correctly before the update. Of no regression, except in runs of earlier versions, where it is NaN. */
  readonly batchAccuracy?: number | undefined;
  readonly learningRate: number;
  /** Rows of the step. Absent, like `weight`, in runs of earlier versions. */
  readonly rows?: number;
  /** Weight of the loss in a mean over steps: the rows, the rows times the outputs of a regression, or the sum of the rows' class weights. */
  readonly weight?: number;
}

/**
 * End of an epoch. Means over its rows as measured in training: before each update, with dropout and augmentation. Losses are weighted
 * by class weights.
 */
export interface EpochEvent {
  readonly type: 'epoch';
  readonly step: number;
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  /** Not of a regression; its error in the units of the targets, where it predicts numbers or counts. */
  readonly trainAccuracy?: number | undefined;
  readonly trainRmse?: number | undefined;
  /** Wall time of the epoch, evaluations and events included. */
  readonly seconds: number;
  /** Training rows per second, by the time of the steps alone. */
  readonly samplesPerSecond: number;
}

/**
 * An evaluation: scores on the validation rows, without dropout, and on the training rows since the last evaluation, as measured in
 * training. Accuracies are those of classes and labels, root mean squared errors those of numbers and counts, in their units; runs of
 * earlier versions have accuracies of NaN for regressions. Without validation rows their scores are NaN.
 */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  readonly trainAccuracy?: number | undefined;
  readonly trainLoss: number;
  readonly valAccuracy?: number | undefined;
  readonly valLoss: number;
  /** Wall time of the training before the evaluation. */
  readonly seconds?: number | undefined;
  readonly trainRmse?: number | undefined;
  readonly valRmse?: number | undefined;
  /** The metric of the validation rows that the training goes by; absent without such rows, and in runs of earlier versions. */
  readonly monitored?: Monitored | undefined;
}

/** Measurements of the layers on one large training batch, or on several small ones up to this step: see health.ts. */
export interface HealthEvent {
  readonly type: 'health';
  readonly step: number;
  readonly layers: readonly LayerHealth[];
}

/** Measurements of one layer with weights, and of the activation function after it. */
export interface LayerHealth {
  /** Number among the layers with weights, from 1, and name of the weights. */
  readonly layer: number;
  readonly weights: string;
  /** Standard deviation of its outputs over rows and units. */
  readonly activationStd: number;
  /** Share of units that are 0 on every row seen; absent without a ReLU. */
  readonly deadUnits?: number;
  /** Root mean square of the weights before the step, and of their gradient. */
  readonly weightRms: number;
  readonly gradientRms: number;
  /** ‖change of the weights‖ / ‖weights‖ of this step. */
  readonly updateRatio: number;
}

/** How weights, gradients and activations were distributed at a step, every `histogramEvery` steps; a line of histograms.jsonl. */
export interface HistogramsEvent {
  readonly type: 'histograms';
  readonly step: number;
  readonly layers: readonly LayerHistograms[];
}

/** Of one layer with weights, and the activation function after it. */
export interface LayerHistograms {
  /** Number among the layers with weights, from 1, and name of the weights. */
  readonly layer: number;
  readonly name: string;
  /** After the step's update. */
  readonly weights: Histogram;
  /** Of the step's loss by the weights, as the update took it: without the L2 penalty's, clipped. Absent of frozen weights. */
  readonly gradients?: Histogram | undefined;
  /** Outputs on the rows of the step's first batch, with shards of its first shard. */
  readonly activations: Histogram;
}

/**
 * How often numbers lie in bins, four to a factor of two on either side of 0: bin k holds the magnitudes of [binEdge(k), binEdge(k + 1)). All that
 * it says but `notFinite` is of finite numbers.
 */
export interface Histogram {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** Number of the lowest bin of either sign, and how many numbers are nearer to 0. */
  readonly first: number;
  readonly middle: number;
  /** Counts of bins `first`, `first` + 1, …, up to the last that is not empty. */
  readonly negative: readonly number[];
  readonly positive: readonly number[];
  readonly notFinite?: number | undefined;
}

/** A checkpoint was written. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly file: string;
  /** Whether it is the best by validation so far, of which a copy is kept. */
  readonly best: boolean;
  /** Path of a permanent copy, by `keepEvery`. */
  readonly kept?: string;
}

/** A problem that does not stop the run. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
  /** Steps done when it was emitted; absent before the first. */
  readonly step?: number;
}

/** Why a training ended. */
export type EndReason = 'finished' | 'stopped' | 'earlyStopping' | 'maxSeconds';

/** Last event of a run that finished or was stopped. */
export interface ResultEvent {
  readonly type: 'result';
  readonly run: string;
  /** Why training ended: all steps done, on request, or by the spec's key of that name. */
  readonly ended: EndReason;
  /** Of classes and labels. */
  readonly trainAccuracy?: number | undefined;
  readonly valAccuracy?: number | undefined;
  readonly valLoss: number;
  /** Root mean squared errors; of numbers and counts. */
  readonly trainRmse?: number | undefined;
  readonly valRmse?: number | undefined;
  /** Where probabilities are calibrated: what logits are divided by, and the loss on validation rows without it. Evaluations are without it too. */
  readonly temperature?: number;
  readonly uncalibratedValLoss?: number;
  /** The best evaluation on validation. */
  readonly bestStep: number;
  readonly bestValAccuracy?: number | undefined;
  /** The metric that the training went by, of the final model and at its best; absent as of evaluations. */
  readonly monitored?: Monitored | undefined;
  /** The step of the model's parameters: `bestStep` with restoreBest, else the last. */
  readonly modelStep: number;
  /** Epochs done, possibly a fraction. */
  readonly epochs: number;
  readonly steps: number;
  /** Wall time of training, evaluations included, loading of data excluded. */
  readonly seconds: number;
  /** Mean wall time of a step, evaluations excluded. */
  readonly stepMilliseconds: number;
  readonly backend: BackendName;
  readonly dtype: Dtype;
  readonly threads: number;
  /** SHA-256 of the final parameters, little-endian, in arena order. */
  readonly parametersDigest: string;
}
