import type { BackendName, Dtype, Precision } from '../kernels/contract';

/** Everything a training run says, as plain JSON objects in the order in which it happens. */
export type TrainEvent =
  StartEvent | StepEvent | EpochEvent | EvaluationEvent | HealthEvent | CheckpointEvent | WarningEvent | ResultEvent;

/** First event: what is about to happen. */
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
  /** What products are computed in: the dtype, where it is absent, as in runs from before there was a choice. */
  readonly precision?: Precision;
  readonly threads: number;
  readonly seed: number;
  readonly data: string;
  readonly dataDigest: string;
  /** Steps done already, where the run goes on from a checkpoint. */
  readonly resumedFrom?: number;
}

/** A training step, after its update; emitted every `logEvery` steps. */
export interface StepEvent {
  readonly type: 'step';
  /** Steps done so far, the first is 1. */
  readonly step: number;
  readonly epoch: number;
  /** The loss that training minimises on the step's rows, before the update: its mean + λ‖W‖². NaN where they weigh nothing. */
  readonly loss: number;
  /** Share of the batch classified rightly before the update. */
  readonly batchAccuracy: number;
  readonly learningRate: number;
  /** Rows of the step; absent, like the next, in runs of earlier versions. */
  readonly rows?: number;
  /** What the loss weighs in a mean over steps: the rows, times the outputs of a regression, or the sum of their class weights. */
  readonly weight?: number;
}

/**
 * End of a pass over the training rows, as training itself saw it: before each update, with dropout and the like. Means are over
 * rows, of losses by the weights of their classes.
 */
export interface EpochEvent {
  readonly type: 'epoch';
  readonly step: number;
  /** Passes done so far, the first is 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** Wall time of the pass with its evaluations and events. */
  readonly seconds: number;
  /** Training rows per second of the steps alone. */
  readonly samplesPerSecond: number;
}

/**
 * Accuracy and loss at a point of the training: on validation rows without dropout, on training rows as training itself saw them since
 * the evaluation before. Accuracies of a regression are NaN, and so is all of validation where it has no rows.
 */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  readonly trainAccuracy: number;
  readonly trainLoss: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
  /** Root mean squared error on the validation rows; of a regression only. */
  readonly valRmse?: number;
}

/** How the layers do on one large batch of training, or on several small ones up to this step, see health.ts. */
export interface HealthEvent {
  readonly type: 'health';
  readonly step: number;
  readonly layers: readonly LayerHealth[];
}

/** Measurements of one layer with weights, together with the activation function behind it. */
export interface LayerHealth {
  /** Its number among the layers with weights, from 1, and the name of its weights. */
  readonly layer: number;
  readonly weights: string;
  /** Standard deviation of its outputs over rows and units. */
  readonly activationStd: number;
  /** Share of its units that are 0 on every row seen; absent without a ReLU. */
  readonly deadUnits?: number;
  /** Root mean square of the weights before the step, and of their gradient. */
  readonly weightRms: number;
  readonly gradientRms: number;
  /** ‖change of the weights‖ / ‖weights‖ of this step. */
  readonly updateRatio: number;
}

/** A checkpoint is written. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly file: string;
  /** Whether this is the best model so far, by validation, and so was kept as such too. */
  readonly best: boolean;
  /** Where a copy was kept for good, when one was due. */
  readonly kept?: string;
}

/** Something the user should know that does not stop the run. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
  /** Steps done when it was said; absent before the first. */
  readonly step?: number;
}

/** Why a training ended. */
export type EndReason = 'finished' | 'stopped' | 'earlyStopping' | 'maxSeconds';

/** Last event of a run that ended well or was stopped. */
export interface ResultEvent {
  readonly type: 'result';
  readonly run: string;
  /** Why training ended: all steps done, asked to, or by the spec's key of that name. */
  readonly ended: EndReason;
  readonly trainAccuracy: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
  /** Root mean squared errors; of a regression only. */
  readonly trainRmse?: number;
  readonly valRmse?: number;
  /** The evaluation that did best on validation. */
  readonly bestStep: number;
  readonly bestValAccuracy: number;
  /** The step whose parameters the model has: `bestStep` with restoreBest, else the last. */
  readonly modelStep: number;
  /** Passes over the training rows, fractional when a run ends within one. */
  readonly epochs: number;
  readonly steps: number;
  /** Wall time of training with its evaluations, without loading data. */
  readonly seconds: number;
  /** Mean wall time of one step, without evaluations. */
  readonly stepMilliseconds: number;
  readonly backend: BackendName;
  readonly dtype: Dtype;
  readonly threads: number;
  /** SHA-256 of the final parameters, little-endian, in arena order. */
  readonly parametersDigest: string;
}
