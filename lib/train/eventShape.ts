import { count, flag, unionOf, listOf, numberOrNaN, number, objectOf, oneOf, optional, text } from '../files/shape';
import type { Shape } from '../files/shape';
import type { BackendName, Dtype, Precision } from '../kernels/contract';
import type {
  CheckpointEvent, EpochEvent, EvaluationEvent, HealthEvent, LayerHealth, ResultEvent, StartEvent, StepEvent, TrainEvent, WarningEvent,
} from './events';

// In a file of its own, without the loop that emits the events, as the dashboard's page reads lines in this shape too.

// Any text: later versions may have other values, which are only displayed.
const backend = text as Shape<BackendName>;
const dtype = text as Shape<Dtype>;

/** Shape of a line of metrics.jsonl. Values that were not finite are null there and read as NaN. */
export const eventShape = unionOf<TrainEvent>('type', {
  start: objectOf<StartEvent>({
    type: oneOf('start'), run: text, layers: listOf(count), parameters: count, steps: count, stepsPerEpoch: count, batchSize: count, backend, dtype,
    precision: optional(text as Shape<Precision>), threads: count, seed: count, data: text, dataDigest: text, resumedFrom: optional(count),
  }),
  step: objectOf<StepEvent>({
    type: oneOf('step'), step: count, epoch: number, loss: numberOrNaN, batchAccuracy: numberOrNaN, learningRate: numberOrNaN, rows: optional(count), weight: optional(numberOrNaN),
  }),
  epoch: objectOf<EpochEvent>({
    type: oneOf('epoch'), step: count, epoch: number, trainLoss: numberOrNaN, trainAccuracy: numberOrNaN, seconds: numberOrNaN, samplesPerSecond: numberOrNaN,
  }),
  evaluation: objectOf<EvaluationEvent>({
    type: oneOf('evaluation'), step: count, epoch: number, trainAccuracy: numberOrNaN, trainLoss: numberOrNaN, valAccuracy: numberOrNaN, valLoss: numberOrNaN,
    valRmse: optional(numberOrNaN),
  }),
  health: objectOf<HealthEvent>({
    type: oneOf('health'), step: count,
    layers: listOf(objectOf<LayerHealth>({
      layer: count, weights: text, activationStd: numberOrNaN, deadUnits: optional(numberOrNaN), weightRms: numberOrNaN, gradientRms: numberOrNaN, updateRatio: numberOrNaN,
    })),
  }),
  checkpoint: objectOf<CheckpointEvent>({ type: oneOf('checkpoint'), step: count, file: text, best: flag, kept: optional(text) }),
  warning: objectOf<WarningEvent>({ type: oneOf('warning'), code: text, message: text, step: optional(count) }),
  result: objectOf<ResultEvent>({
    type: oneOf('result'), run: text, ended: oneOf('finished', 'stopped', 'earlyStopping', 'maxSeconds'), trainAccuracy: numberOrNaN, valAccuracy: numberOrNaN,
    valLoss: numberOrNaN, trainRmse: optional(numberOrNaN), valRmse: optional(numberOrNaN), temperature: optional(number), uncalibratedValLoss: optional(numberOrNaN),
    bestStep: numberOrNaN, bestValAccuracy: numberOrNaN, modelStep: numberOrNaN,
    epochs: numberOrNaN, steps: count, seconds: numberOrNaN, stepMilliseconds: numberOrNaN, backend, dtype, threads: count, parametersDigest: text,
  }),
});
