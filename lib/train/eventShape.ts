import { count, flag, unionOf, listOf, numberOrNaN, number, objectOf, oneOf, optional, text } from '../files/shape';
import type { Shape } from '../files/shape';
import type { BackendName, Dtype, Precision } from '../kernels/contract';
import type {
  CheckpointEvent, EpochEvent, EvaluationEvent, HealthEvent, LayerHealth, MetricsEvent, ResultEvent, StartEvent, StepEvent, WarningEvent,
} from './events';
import type { Monitored } from './monitor';

// In a file of its own, without the loop that emits the events, as the dashboard's page reads lines in this shape too.

// Any text: later versions may have other values, which are only displayed.
const backend = text as Shape<BackendName>;
const dtype = text as Shape<Dtype>;

const monitored = optional(objectOf<Monitored>({ metric: text, better: oneOf('higher', 'lower'), value: numberOrNaN, best: optional(numberOrNaN) }));

/** Shape of a line of metrics.jsonl. Values that were not finite are null there and read as NaN. */
export const eventShape = unionOf<MetricsEvent>('type', {
  start: objectOf<StartEvent>({
    type: oneOf('start'), run: text, layers: listOf(count), parameters: count, steps: count, stepsPerEpoch: count, batchSize: count, backend, dtype,
    precision: optional(text as Shape<Precision>), threads: count, ranks: optional(count), seed: count, data: text, dataDigest: text, from: optional(text), keepsLastLayer: optional(flag),
    resumedFrom: optional(count),
  }),
  step: objectOf<StepEvent>({
    type: oneOf('step'), step: count, epoch: number, loss: numberOrNaN, batchAccuracy: optional(numberOrNaN), learningRate: numberOrNaN, rows: optional(count), weight: optional(numberOrNaN),
    seconds: optional(numberOrNaN),
  }),
  epoch: objectOf<EpochEvent>({
    type: oneOf('epoch'), step: count, epoch: number, trainLoss: numberOrNaN, trainAccuracy: optional(numberOrNaN), trainRmse: optional(numberOrNaN), seconds: numberOrNaN, samplesPerSecond: numberOrNaN,
  }),
  evaluation: objectOf<EvaluationEvent>({
    type: oneOf('evaluation'), step: count, epoch: number, trainAccuracy: optional(numberOrNaN), trainLoss: numberOrNaN, valAccuracy: optional(numberOrNaN), valLoss: numberOrNaN,
    trainRmse: optional(numberOrNaN), valRmse: optional(numberOrNaN), monitored, seconds: optional(numberOrNaN),
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
    type: oneOf('result'), run: text, ended: oneOf('finished', 'stopped', 'earlyStopping', 'maxSeconds'), trainAccuracy: optional(numberOrNaN), valAccuracy: optional(numberOrNaN),
    valLoss: numberOrNaN, trainRmse: optional(numberOrNaN), valRmse: optional(numberOrNaN), temperature: optional(number), uncalibratedValLoss: optional(numberOrNaN),
    bestStep: numberOrNaN, bestValAccuracy: optional(numberOrNaN), monitored, modelStep: numberOrNaN,
    epochs: numberOrNaN, steps: count, seconds: numberOrNaN, stepMilliseconds: numberOrNaN, backend, dtype, threads: count, parametersDigest: text,
  }),
});
