import { checkObject, checkOptions } from '../arguments';
import { expected, nearest } from '../errors';
import { layerTypes } from '../model/layers';
import type { LayerField, LayerType, MakeContext } from '../model/layers/define';
import type { Layer } from '../model/layer';
import type { Loss } from '../model/loss';
import { losses } from '../model/losses';
import type { LossKind } from '../model/losses';
import type { Kernels } from '../kernels/contract';
import { schedules } from '../optim/scheduleKinds';
import type { Length, ScheduleKind } from '../optim/scheduleKinds';
import type { Schedule } from '../optim/schedules';
import { scoreTables } from '../train/scores';
import type { ClassPredictions, NumberPredictions, ScoreFacts } from '../train/scores';
import type { TrainEvent } from '../train/events';

/** A field of an own layer's description: what it accepts, in words and as a check, and a line of help. */
export interface OwnField {
  readonly what: string;
  readonly help?: string;
  readonly isRequired?: boolean;
  accepts(value: unknown): boolean;
}

/** An own type of layer, which the key `model` of a spec may name. */
export interface OwnLayer {
  readonly help?: string;
  /** The fields that a description of it may have beside `type`. */
  readonly fields?: Readonly<Record<string, OwnField>>;
  /** The layer for inputs of the context's shape; `options` are the fields, checked. */
  make(context: MakeContext, options: Readonly<Record<string, unknown>>): Layer;
}

/** An own loss, which the key `loss` of a spec may name. One of numbers or rates may be trained on scaled targets, as `mse` is. */
export interface OwnLoss {
  /** What the outputs of the model stand for, from which targets and scores follow. */
  readonly predicts: 'classes' | 'labels' | 'numbers' | 'rates';
  /** The loss for batches of up to maxBatch rows of so many outputs. */
  make(kernels: Kernels, outputs: number, maxBatch: number): Loss;
}

/** What an own metric is computed from: predictions [rows, outputs], and labels [rows] of classes, else targets [rows, outputs]; the other is empty. */
export interface MetricRows {
  readonly predictions: ArrayLike<number>;
  readonly outputs: number;
  readonly labels: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** [rows], where rows have weights. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** An own score, shown beside the others and a choice of the key `monitor`. */
export interface OwnMetric extends Omit<ScoreFacts, 'help' | 'title'> {
  readonly predicts: OwnLoss['predicts'];
  /** What people call it; by default its name. */
  readonly title?: string;
  readonly help?: string;
  /** NaN where it is not defined. */
  readonly compute: (rows: MetricRows) => number;
}

/** An own schedule: from the spec's learning rate and the length of training the rate of each step, from 0. */
export type OwnSchedule = (rate: number, length: Length) => Schedule;

/** Called in the thread that trains with every event of a run; 'stop' ends the training after the step, as Ctrl-C does. */
// A callback that returns nothing is the usual one.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
type OnEvent = (event: TrainEvent) => 'stop' | void;

/** A callback that keeps something from event to event. */
export interface OwnCallback {
  readonly event: OnEvent;
  /** What it keeps, for a checkpoint: numbers, texts, booleans, null, and lists, objects and typed arrays of these. */
  readonly state?: () => unknown;
  /** Takes back what it kept, before the first event of a run that goes on. */
  readonly restore?: (state: unknown) => void;
}

/** A function of events, or what makes the callback of each run. */
export type Callback = OnEvent | { readonly make: () => OwnCallback };

/** What a module of one's own exports as its default. */
export interface OwnParts {
  readonly layers?: Readonly<Record<string, OwnLayer>>;
  readonly losses?: Readonly<Record<string, OwnLoss>>;
  readonly metrics?: Readonly<Record<string, OwnMetric>>;
  readonly schedules?: Readonly<Record<string, OwnSchedule>>;
  readonly callbacks?: Readonly<Record<string, Callback>>;
}

type Kind = keyof OwnParts;
type Table = Record<string, unknown>;

/** Of each kind: the tables that a part goes into, and what is put there once the part has been checked. */
const kinds: { readonly [K in Kind]-?: (name: string, part: never, path: string) => readonly (readonly [table: Table, entry: unknown])[] } = {
  layers: (name, part: OwnLayer, path) => [[layerTypes, layerTypeOf(name, part, path)]],
  losses: (name, part: OwnLoss, path) => [[losses, lossKindOf(name, part, path)]],
  metrics: (name, part: OwnMetric, path) => {
    checkObject(part, path, 'a metric with predicts, better and compute', ['predicts', 'better', 'compute']);
    checkPredicts(part.predicts, path);
    checkMethod(part, 'compute', path);
    const better: unknown = part.better;
    if (better !== 'higher' && better !== 'lower') throw expected('ERR_CONFIG', 'higher or lower', `${path}.better`, better, { path: `${path}.better` });
    if (name === 'loss' || name === 'accuracy' || name === 'rmse') throw expected('ERR_CONFIG', 'a name that is not taken', path, name, { path });
    return [[scoreTables[part.predicts], { ...part, title: part.title ?? name, help: part.help ?? name, compute: checkedMetric(part, path) }]];
  },
  schedules: (_, part: OwnSchedule, path) => {
    checkFunction(part, path);
    return [[schedules, { options: { warmupSteps: 0 }, make: (rate, __, length) => checkedSchedule(part(rate, length), path) } satisfies ScheduleKind]];
  },
  callbacks: (_, part: Callback, path) => {
    if (typeof (Object(part) as { make?: unknown }).make !== 'function') checkFunction(part, path);
    return [];
  },
};

/**
 * Adds layers, losses, metrics and schedules to those that specs and descriptions may name, in this thread; all of them or, where one is refused, none.
 * Training threads need a module, see `loadModule`. Throws ERR_CONFIG for a name that is taken and for parts that are none.
 */
export function registerParts(parts: OwnParts): void {
  checkObject(parts, 'parts', 'an object with layers, losses, metrics, schedules or callbacks');
  const entries: (readonly [table: Table, name: string, entry: unknown])[] = [];
  for (const [kind, own] of Object.entries(parts) as [Kind, Readonly<Record<string, unknown>> | undefined][]) {
    if (!Object.hasOwn(kinds, kind)) {
      const suggestion = nearest(kind, Object.keys(kinds));
      const what = `one of ${Object.keys(kinds).join(', ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
      throw expected('ERR_CONFIG', what, 'the parts of a module', kind, { path: kind });
    }
    checkOptions(own, kind);
    for (const [name, part] of Object.entries(own ?? {})) {
      const path = `${kind}.${name}`;
      if (!/^[a-z][\w-]*$/i.test(name)) throw expected('ERR_CONFIG', 'a name of letters, digits, _ and - that begins with a letter', path, name, { path });
      for (const [table, entry] of kinds[kind](name, part as never, path)) {
        if (Object.hasOwn(table, name)) throw expected('ERR_CONFIG', 'a name that is not taken', path, name, { path });
        entries.push([table, name, entry]);
      }
    }
  }
  for (const [table, name, entry] of entries) table[name] = entry;
}

function layerTypeOf(name: string, part: OwnLayer, path: string): LayerType {
  checkObject(part, path, 'a layer with make', ['make']);
  checkMethod(part, 'make', path);
  checkOptions(part.fields, `${path}.fields`);
  const fields = Object.entries(part.fields ?? {}).map(([key, field]): [string, LayerField] => {
    checkObject(field, `${path}.fields.${key}`, 'a field with what and accepts', ['what', 'accepts']);
    if (key === 'type') throw expected('ERR_CONFIG', 'a name but type, which says the layer,', `${path}.fields`, key, { path: `${path}.fields` });
    return [key, { help: field.help ?? field.what, what: field.what, isRequired: field.isRequired === true, accepts: (value): value is unknown => field.accepts(value) }];
  });
  return {
    help: part.help ?? name,
    fields: Object.fromEntries(fields),
    make: (context, options) => {
      const layer = part.make(context, options);
      checkObject(layer, `${path}.make`, 'a function that gives a Layer', ['kind', 'inputShape', 'outputShape', 'parameterSpecs', 'bufferSpecs', 'inPlace', 'reads', 'attach', 'forward', 'backward']);
      return layer;
    },
  };
}

function lossKindOf(name: string, part: OwnLoss, path: string): LossKind {
  checkObject(part, path, 'a loss with predicts and make', ['predicts', 'make']);
  checkPredicts(part.predicts, path);
  checkMethod(part, 'make', path);
  return {
    isOwn: true,
    options: part.predicts === 'numbers' ? { targetScaling: 'none' } : {},
    predicts: part.predicts,
    make: (kernels, outputs, maxBatch) => {
      const loss = part.make(kernels, outputs, maxBatch);
      checkObject(loss, `${path}.make`, 'a function that gives a Loss', ['name', 'predictions', 'weight', 'forward', 'predict', 'outputsOf', 'backward']);
      if (loss.name !== name) throw expected('ERR_CONFIG', `a loss named ${name}`, `${path}.make`, loss.name, { path });
      return loss;
    },
  };
}

/** From what scores of that kind are computed from, to what own ones are. */
function checkedMetric({ compute }: OwnMetric, path: string): (given: ClassPredictions | NumberPredictions) => number {
  return (given) => {
    const { weights } = given;
    const value: unknown = compute('probabilities' in given
      ? { predictions: given.probabilities, outputs: given.classes, labels: given.labels, targets: [], weights }
      : { predictions: given.predictions, outputs: given.outputs, labels: [], targets: given.targets, weights });
    if (typeof value !== 'number') throw expected('ERR_CONFIG', 'a number', `${path}.compute`, value, { path });
    return value;
  };
}

function checkedSchedule(schedule: Schedule, path: string): Schedule {
  checkFunction(schedule, path);
  return (step) => {
    const rate: unknown = schedule(step);
    if (!(typeof rate === 'number' && rate >= 0 && Number.isFinite(rate))) throw expected('ERR_CONFIG', 'a number ≥ 0', `${path} at step ${String(step)}`, rate, { path });
    return rate;
  };
}

function checkPredicts(predicts: unknown, path: string): void {
  if (typeof predicts !== 'string' || predicts === 'quantiles' || !Object.hasOwn(scoreTables, predicts)) {
    throw expected('ERR_CONFIG', 'classes, labels, numbers or rates', `${path}.predicts`, predicts, { path: `${path}.predicts` });
  }
}

function checkMethod(part: object, key: string, path: string): void {
  checkFunction((part as Readonly<Record<string, unknown>>)[key], `${path}.${key}`);
}

function checkFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') throw expected('ERR_CONFIG', 'a function', path, value, { path });
}
