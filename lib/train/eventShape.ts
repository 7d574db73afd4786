import { count, flag, kindOf, listOf, measured, number, objectOf, oneOf, optional, text } from '../files/shape';
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
export const eventShape = kindOf<TrainEvent>('type', {
  start: objectOf<StartEvent>({
    type: oneOf('start'), run: text, layers: listOf(count), parameters: count, steps: count, stepsPerEpoch: count, batchSize: count, backend, dtype,
    precision: optional(text as Shape<Precision>), threads: count, seed: count, data: text, dataDigest: text, resumedFrom: optional(count),
  }),
  step: objectOf<StepEvent>({
    type: oneOf('step'), step: count, epoch: number, loss: measured, batchAccuracy: measured, learningRate: measured, rows: optional(count), weight: optional(measured),
  }),
  epoch: objectOf<EpochEvent>({
    type: oneOf('epoch'), step: count, epoch: number, trainLoss: measured, trainAccuracy: measured, seconds: measured, samplesPerSecond: measured,
  }),
  evaluation: objectOf<EvaluationEvent>({
    type: oneOf('evaluation'), step: count, epoch: number, trainAccuracy: measured, trainLoss: measured, valAccuracy: measured, valLoss: measured,
    valRmse: optional(measured),
  }),
  health: objectOf<HealthEvent>({
    type: oneOf('health'), step: count,
    layers: listOf(objectOf<LayerHealth>({
      layer: count, weights: text, activationStd: measured, deadUnits: optional(measured), weightRms: measured, gradientRms: measured, updateRatio: measured,
    })),
  }),
  checkpoint: objectOf<CheckpointEvent>({ type: oneOf('checkpoint'), step: count, file: text, best: flag, kept: optional(text) }),
  warning: objectOf<WarningEvent>({ type: oneOf('warning'), code: text, message: text, step: optional(count) }),
  result: objectOf<ResultEvent>({
    type: oneOf('result'), run: text, ended: oneOf('finished', 'stopped', 'earlyStopping', 'maxSeconds'), trainAccuracy: measured, valAccuracy: measured,
    valLoss: measured, trainRmse: optional(measured), valRmse: optional(measured), bestStep: measured, bestValAccuracy: measured, modelStep: measured,
    epochs: measured, steps: count, seconds: measured, stepMilliseconds: measured, backend, dtype, threads: count, parametersDigest: text,
  }),
});
