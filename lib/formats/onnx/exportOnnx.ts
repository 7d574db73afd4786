import { checkObject } from '../../arguments';
import { expected } from '../../errors';
import type { Column } from '../../data/columns/column';
import type { TargetScale } from '../../data/targetScale';
import { featureSizeOf } from '../../data/normalize/transform';
import type { ByteNormalization, FloatNormalization } from '../../data/normalize/transform';
import type { Model } from '../../inference/model';
import { losses, refuseOwnLoss } from '../../model/losses';
import { addColumns } from './columns';
import { GraphBuilder } from './graph';
import type { Flow } from './graph';
import { addLayers } from './layers';
import type { TensorType } from './tensor';
import { standardized } from './scales';

/** An input of an exported model. */
export interface OnnxInput {
  /** As the graph has it: the column's own unless that is empty or also another's. */
  readonly name: string;
  /** The column that it is; absent where the features have no names. */
  readonly column?: string;
  readonly type: TensorType;
  /** What has to be given, in words. */
  readonly what: string;
}

/** A model in the ONNX format. */
export interface OnnxExport {
  readonly bytes: Uint8Array;
  readonly inputs: readonly OnnxInput[];
  /** Columns that the model was trained on but does not read, as they held one value or were copies of others. */
  readonly leftOut: readonly string[];
  readonly outputs: readonly string[];
}

/** Bytes of the largest message of protocol buffers, less room for what is not weights. */
const maxBytes = 2 ** 31 - 2 ** 24;

/** What a column enters as. */
const given: Readonly<Record<Column['kind'], (column: Column) => string>> = {
  number: () => 'numbers', category: () => 'texts', date: () => 'seconds since 1970 in UTC',
  boolean: ({ categories: [no, yes] = ['false', 'true'] }) => `0 for ${no!} and 1 for ${yes!}`,
};

/**
 * A model as ONNX (operator set 20) with its preprocessing inside, for any number of rows. Its network computes in float32; what comes before, in
 * float64. Inputs are pictures of bytes `image` [rows, channels, height, width], the columns of a table by name [rows, 1] (texts where they are
 * categories, else doubles), or doubles `features` [rows, features] where these have no names. Outputs are `label` [rows] and `probabilities`
 * [rows, classes] of a classifier, the same for several labels [rows, labels] with 0 and 1 as label, else the targets by name [rows, 1], or
 * `predictions` [rows, outputs] where they have none. Throws ERR_CONFIG for anything but a model, and
 * for more weights than a file can hold.
 */
export function exportOnnx(model: Model): OnnxExport {
  checkObject(model, 'model', 'a Model', ['spec', 'classNames', 'parts']);
  const { spec: { loss }, classNames, targetNames, dataDigest, columns, parts: { net } } = model;
  const bytesOfWeights = 4 * net.arena.values.length;
  if (bytesOfWeights > maxBytes) throw expected('ERR_CONFIG', 'at most 2 GiB of weights, which an ONNX file holds,', 'the model', `${String(bytesOfWeights)} bytes`, { path: 'model' });
  refuseOwnLoss(loss);
  const { predicts } = losses[loss];
  const isProbable = predicts === 'classes' || predicts === 'labels';
  const outputs = isProbable ? ['label', 'probabilities'] : targetNames === undefined ? ['predictions'] : model.outputNames;
  const graph = new GraphBuilder(outputs);
  const { x, inputs, leftOut } = addInputs(graph, model);
  const { parameters } = net.arena;
  const arrays = new Map([...parameters, ...net.buffers].map(({ name, value }) => [name, value]));
  const y = addLayers(graph, net.layers, (name) => arrays.get(name)!, x);
  const predictions = addPredictions(graph, model, y);
  if (isProbable) addLabels(graph, model, predictions);
  else addNumbers(graph, outputs, net.outputSize, predictions);
  const bytes = graph.encode('blastrain', {
    loss,
    ...(dataDigest !== '' && { dataDigest }),
    ...(classNames.length > 0 && { classNames: JSON.stringify(classNames) }),
    ...(targetNames && { targetNames: JSON.stringify(targetNames) }),
    ...(columns && { columns: JSON.stringify(inputs.map(({ name, column, type, what }) => ({ name, column, type, what }))) }),
  });
  return { bytes, inputs, leftOut, outputs };
}

interface Inputs {
  readonly x: Flow;
  readonly inputs: readonly OnnxInput[];
  readonly leftOut: readonly string[];
}

/** Adds the inputs, and what makes the network's of them. */
function addInputs(graph: GraphBuilder, { parts: { normalization }, columns, imageShape }: Model): Inputs {
  const size = featureSizeOf(normalization);
  if (columns === undefined) {
    const isPicture = imageShape !== undefined && 'scale' in normalization;
    const shape = imageShape === undefined ? [size] : [imageShape.channels, imageShape.height, imageShape.width];
    const type = isPicture ? 'uint8' : 'double';
    const name = graph.input(imageShape === undefined ? 'features' : 'image', type, shape);
    const rows = shape.length === 1 ? name : graph.reshape(name, [size]);
    const what = isPicture ? 'bytes' : 'numbers';
    const x = 'columns' in normalization ? addColumns(graph, normalization, undefined, normalization.columns.map((_, j) => graph.columns(rows, [j], size)))
      : addNormalization(graph, normalization, rows);
    return { x, inputs: [{ name, type, what }], leftOut: [] };
  }
  const isRead = columns.map((_, j) => {
    const encoded = 'columns' in normalization ? normalization.columns[j]! : undefined;
    return encoded === undefined || !(encoded.kind === 'duplicate' || (encoded.kind === 'constant' && !encoded.hasMissing));
  });
  // All inputs before any node, so that a column's name is never taken by one.
  const values = columns.map(({ name, kind }, j) => (isRead[j]! ? graph.input(name, kind === 'category' ? 'string' : 'double', [1]) : undefined));
  const x = 'columns' in normalization ? addColumns(graph, normalization, columns, values) : addNormalization(graph, normalization, graph.concat(values as string[]));
  const inputs = columns.flatMap((own, j): OnnxInput[] => {
    const { name: column, kind, hasMissing } = own;
    const name = values[j];
    if (name === undefined) return [];
    const missing = !hasMissing ? '' : kind === 'category' ? ', an empty one where it is missing' : ', NaN where it is missing';
    return [{ name, column, type: kind === 'category' ? 'string' : 'double', what: `${given[kind](own)}${missing}` }];
  });
  return { x, inputs, leftOut: columns.flatMap(({ name }, j) => (isRead[j]! ? [] : [name])) };
}

/** Features [rows, features] as the network's inputs, by scale and shift or mean and standard deviation, and whitened. */
function addNormalization(graph: GraphBuilder, normalization: ByteNormalization | FloatNormalization, rows: string): Flow {
  const { matrix } = normalization;
  const size = featureSizeOf(normalization);
  const row = (values: ArrayLike<number>, hint: string): string => graph.constant('float', [1, size], values, hint);
  const z = 'scale' in normalization
    ? graph.add('Add', [graph.add('Mul', [graph.cast(rows, 'float'), row(normalization.scale, 'scale')]), row(normalization.shift, 'shift')])
    : graph.cast(standardized(graph, rows, Array.from(normalization.mean), Array.from(normalization.std)), 'float');
  if (matrix === undefined) return { name: z, shape: [size] };
  const inputs = matrix.length / size;
  const whitened = graph.add('Gemm', [z, graph.constant('float', [inputs, size], matrix, 'whitening')], { transB: { i: 1 } });
  return { name: whitened, shape: [inputs] };
}

/** Predictions [rows, outputs] of the network's outputs: of an ensemble the mean of its members', calibrated, and in the units of the targets. */
function addPredictions(graph: GraphBuilder, { spec: { loss, quantiles }, temperature, parts: { net, targetScale } }: Model, y: Flow): string {
  const { predicts } = losses[loss];
  const linked = predicts === 'classes' ? graph.add('Softmax', [y.name], { axis: { i: -1 } })
    : predicts === 'labels' ? graph.add('Sigmoid', [y.name]) : predicts === 'rates' ? graph.add('Exp', [y.name]) : y.name;
  const mean = net.members > 1 ? graph.add('ReduceMean', [linked, graph.constant('int64', [1], [1])], { keepdims: { i: 0 } })
    : y.shape.length > 1 ? graph.reshape(linked, [net.outputSize]) : linked;
  if (targetScale !== undefined) return addUnscaled(graph, targetScale, predicts === 'quantiles' ? quantiles.length : 1, mean);
  if (temperature === 1) return mean;
  const logits = graph.add('Log', [graph.add('Max', [mean, graph.constant('float', [], [2 ** -126])])]);
  return graph.add('Softmax', [graph.add('Div', [logits, graph.constant('float', [], [temperature])])], { axis: { i: -1 } });
}

/** Numbers as the data set has them, of outputs [rows, targets · levels] that are scaled. */
function addUnscaled(graph: GraphBuilder, { mean, std, logs }: TargetScale, levels: number, y: string): string {
  const width = mean.length * levels;
  const repeated = (values: readonly number[]): number[] => values.flatMap((value) => Array.from({ length: levels }, () => value));
  const row = (values: readonly number[], hint: string): string => graph.constant('double', [1, width], values, hint);
  const scaled = graph.add('Mul', [graph.cast(y, 'double'), row(repeated(std), 'target_std')]);
  const value = graph.add('Add', [scaled, row(repeated(mean), 'target_mean')]);
  if (logs === undefined) return graph.cast(value, 'float');
  // exp(v) − 1 of log(1 + t), exp(v) of log t, and of a target whose logarithm was not taken v itself.
  const one = row(repeated(logs.map((log) => (log === 'log1p' ? 1 : 0))), 'ones');
  const exponential = graph.add('Sub', [graph.add('Exp', [value]), one]);
  if (!logs.includes('none')) return graph.cast(exponential, 'float');
  const isPlain = graph.add('Equal', [row(repeated(logs.map((log) => (log === 'none' ? 1 : 0))), 'is_plain'), graph.constant('double', [], [1])]);
  return graph.cast(graph.add('Where', [isPlain, value, exponential]), 'float');
}

/** The outputs `probabilities` and `label`: the most probable class by its name, an integer where all names are some; or 1 for each label that applies. */
function addLabels(graph: GraphBuilder, { classNames, parts: { net } }: Model, predictions: string): void {
  const probabilities = graph.add('Identity', [predictions], {}, { as: 'probabilities' });
  if (classNames.length === 0) {
    graph.cast(graph.add('GreaterOrEqual', [probabilities, graph.constant('float', [], [0.5])]), 'int64', 'label');
    graph.output('label', 'int64', [net.outputSize]);
  } else {
    const areIntegers = classNames.every((name) => String(Number(name)) === name && Number.isSafeInteger(Number(name)));
    const top = graph.add('ArgMax', [probabilities], { axis: { i: 1 }, keepdims: { i: 0 } });
    const names = areIntegers ? graph.constant('int64', [classNames.length], classNames.map(Number), 'classes') : graph.constant('string', [classNames.length], classNames, 'classes');
    graph.add('Gather', [names, top], { axis: { i: 0 } }, { as: 'label' });
    graph.output('label', areIntegers ? 'int64' : 'string', []);
  }
  graph.output('probabilities', 'float', [net.outputSize]);
}

/** One output for each name, or a single one of them all. */
function addNumbers(graph: GraphBuilder, names: readonly string[], size: number, predictions: string): void {
  if (names.length === size) names.forEach((name, j) => { graph.add('Gather', [predictions, graph.constant('int64', [1], [j])], { axis: { i: 1 } }, { as: name }); });
  else graph.add('Identity', [predictions], {}, { as: names[0]! });
  for (const name of names) graph.output(name, 'float', [names.length === size ? 1 : size]);
}
