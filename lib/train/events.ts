import type { BackendName, Dtype } from '../kernels/contract';

/** Everything a training run says, as plain JSON objects in the order in which it happens. */
export type TrainEvent = StartEvent | StepEvent | EvaluationEvent | CheckpointEvent | WarningEvent | ResultEvent;

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
  readonly threads: number;
  readonly seed: number;
  readonly data: string;
  readonly dataDigest: string;
}

/** A training step, after its update; emitted every `logEvery` steps. */
export interface StepEvent {
  readonly type: 'step';
  /** Steps done so far, the first is 1. */
  readonly step: number;
  readonly epoch: number;
  /** Loss on the batch before the update: mean cross-entropy + λ‖W‖². */
  readonly loss: number;
  /** Share of the batch classified rightly before the update. */
  readonly batchAccuracy: number;
  readonly learningRate: number;
}

/** Accuracy and loss at a point of the training, taken without dropout. */
export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  readonly trainAccuracy: number;
  readonly trainLoss: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
}

/** A checkpoint was written. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly file: string;
}

/** Something the user should know that does not stop the run. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
}

/** Last event of a run that ended well or was stopped. */
export interface ResultEvent {
  readonly type: 'result';
  readonly run: string;
  /** Why training ended. */
  readonly ended: 'finished' | 'stopped';
  readonly trainAccuracy: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
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
