import { expected } from '../../errors';
import type { FloatArray } from '../../kernels/contract';
import type { Layer } from '../../model/layer';
import type { MadeLayer } from '../../model/layers';
import type { Activation, ActivationLayer, ParametricActivation } from '../../model/layers/activations';
import type { BatchEnsemble } from '../../model/layers/batchEnsemble';
import type { Embedding } from '../../model/layers/embedding';
import { sizeOf } from '../../model/shape';
import type { Shape } from '../../model/shape';
import type { Attribute } from './messages';
import type { Flow, GraphBuilder } from './graph';

/** The value of a parameter or buffer of the model by its name. */
export type Arrays = (name: string) => FloatArray;

/** Operators of the activation functions; those of Selu and Gelu are by default what ours are. */
const activations: Readonly<Record<Activation, (options: Readonly<Record<string, unknown>>) => [op: string, attributes: Record<string, Attribute>]>> = {
  'relu': () => ['Relu', {}],
  'leaky-relu': ({ slope = 0.01 }) => ['LeakyRelu', { alpha: { f: slope as number } }],
  'gelu': () => ['Gelu', {}],
  'tanh': () => ['Tanh', {}],
  'sigmoid': () => ['Sigmoid', {}],
  'mish': () => ['Mish', {}],
  'selu': () => ['Selu', {}],
};

/** Adds the nodes of layers applied one after the other, in evaluation; returns their output. Throws ERR_CONFIG for a layer that ONNX export does not know. */
export function addLayers(graph: GraphBuilder, layers: readonly Layer[], arrays: Arrays, x: Flow): Flow {
  return layers.reduce((flow, layer) => addLayer(graph, layer, arrays, flow), x);
}

function addLayer(graph: GraphBuilder, given: Layer, arrays: Arrays, x: Flow): Flow {
  const layer = given as MadeLayer;
  const { inputShape, outputShape } = layer;
  const size = sizeOf(outputShape);
  const names = [...layer.parameterSpecs, ...layer.bufferSpecs].map(({ name }) => name);
  /** A parameter of the layer by its place, or behind them a buffer, with a shape that broadcasts over rows. */
  const array = (i: number, shape: Shape): string => graph.constant('float', shape, arrays(names[i]!), names[i]);
  const result = (name: string): Flow => ({ name, shape: outputShape });
  const flat = (): string => (x.shape.length === 1 ? x.name : graph.reshape(x.name, [sizeOf(x.shape)]));
  const shaped = (y: string): Flow => result(outputShape.length === 1 ? y : graph.reshape(y, outputShape));
  switch (layer.kind) {
    case 'dropout':
      return x;
    case 'linear':
      return shaped(graph.add('Gemm', [flat(), array(0, [size, sizeOf(inputShape)]), array(1, [size])], { transB: { i: 1 } }));
    case 'scale': {
      const scaled = graph.add('Mul', [x.name, array(0, outputShape)]);
      return result(names.length === 1 ? scaled : graph.add('Add', [scaled, array(1, outputShape)]));
    }
    case 'batch-norm': {
      const [gamma, beta, mean, variance] = [0, 1, 2, 3].map((i) => array(i, [size])) as [string, string, string, string];
      return shaped(graph.add('BatchNormalization', [flat(), gamma, beta, mean, variance], { epsilon: { f: layer.epsilon } }));
    }
    case 'layer-norm': {
      const width = outputShape.slice(-1);
      return result(graph.add('LayerNormalization', [x.name, array(0, width), array(1, width)], { axis: { i: -1 }, epsilon: { f: layer.epsilon } }));
    }
    case 'residual':
      return result(graph.add('Add', [x.name, addLayers(graph, layer.body, arrays, x).name]));
    case 'batch-ensemble':
      return addEnsemble(graph, layer, arrays, x);
    case 'member-linear': {
      const [members, inputs] = inputShape as readonly [number, number];
      const outputs = outputShape[1]!;
      // Matrices of the members come first, as MatMul multiplies the last two extents.
      const weights = graph.constant('float', [members, inputs, outputs], transposed(arrays(names[0]!), members, outputs, inputs), names[0]);
      const product = graph.add('MatMul', [swapped(graph, x.name), weights]);
      return result(graph.add('Add', [swapped(graph, product), array(1, outputShape)]));
    }
    case 'embedding':
      return addEmbedding(graph, layer, arrays, x);
    default:
      return result(addActivation(graph, layer, arrays, x));
  }
}

/** f(x), or (1 − a)⊙x + a⊙f(x) with a parameter. */
function addActivation(graph: GraphBuilder, { kind, options, parameterSpecs: [spec], outputShape }: ActivationLayer | ParametricActivation, arrays: Arrays, x: Flow): string {
  // Layers of a program's own come here too.
  if (!Object.hasOwn(activations, kind)) throw expected('ERR_CONFIG', 'a layer that has an ONNX form', 'the model', kind, { path: 'model' });
  const [op, attributes] = activations[kind](options);
  const value = graph.add(op, [x.name], attributes);
  if (spec === undefined) return value;
  const weight = arrays(spec.name);
  const rest = graph.constant('float', outputShape, weight.map((a) => 1 - a), `${spec.name}_rest`);
  return graph.add('Add', [graph.add('Mul', [x.name, rest]), graph.add('Mul', [value, graph.constant('float', outputShape, weight, spec.name)])]);
}

/** ((x⊙R)·Wᵀ)⊙S + B for rows of all members; the first such layer makes them of single rows. */
function addEnsemble(graph: GraphBuilder, layer: BatchEnsemble, arrays: Arrays, x: Flow): Flow {
  const { members, isFirst, inputShape, outputShape, parameterSpecs } = layer;
  const [r, w, s, b] = parameterSpecs.map(({ name }) => name) as [string, string, string, string];
  const inputs = isFirst ? sizeOf(inputShape) : inputShape[1]!;
  const outputs = outputShape[1]!;
  const rows = isFirst ? graph.reshape(x.name, [1, inputs]) : x.name;
  const scaled = graph.add('Mul', [rows, graph.constant('float', [members, inputs], arrays(r), r)]);
  const product = graph.add('MatMul', [scaled, graph.constant('float', [inputs, outputs], transposed(arrays(w), 1, outputs, inputs), w)]);
  const y = graph.add('Mul', [product, graph.constant('float', outputShape, arrays(s), s)]);
  return { name: graph.add('Add', [y, graph.constant('float', outputShape, arrays(b), b)]), shape: outputShape };
}

/** x and V·cos(2πf·x + p) + c of each number; other inputs; the rows of the tables that the indices of categories name. */
function addEmbedding(graph: GraphBuilder, layer: Embedding, arrays: Arrays, x: Flow): Flow {
  const { layout: { numbers, passed, categories }, frequencies, mapped, categorySize, starts, inputShape, outputShape, parameterSpecs } = layer;
  const width = inputShape[0]!;
  const range = (from: number, count: number): string => graph.columns(x.name, Array.from({ length: count }, (_, i) => from + i), width);
  const find = (prefix: string): FloatArray => arrays(parameterSpecs.find(({ name }) => name.startsWith(prefix))!.name);
  const parts: string[] = [];
  if (numbers > 0 && mapped > 0) {
    const value = graph.reshape(range(0, numbers), [numbers, 1]);
    const perNumber = (prefix: string, shape: Shape, values = find(prefix)): string => graph.constant('float', shape, values, prefix);
    // In turns, of which whole ones are taken off, as the kernels do: cosines of large angles lose digits.
    const phases = perNumber('phases', [numbers, frequencies], find('phases').map((phase) => phase / (2 * Math.PI)));
    const turns = graph.add('Add', [graph.add('Mul', [value, perNumber('frequencies', [numbers, frequencies])]), phases]);
    const part = graph.add('Sub', [turns, graph.add('Round', [turns])]);
    const cosines = graph.add('Cos', [graph.add('Mul', [part, graph.constant('float', [], [2 * Math.PI])])]);
    const maps = perNumber('maps', [numbers, frequencies, mapped], transposed(find('maps'), numbers, mapped, frequencies));
    const product = swapped(graph, graph.add('MatMul', [swapped(graph, cosines), maps]));
    const mappedNumbers = graph.add('Add', [product, perNumber('offsets', [numbers, mapped])]);
    parts.push(graph.reshape(graph.concat([value, mappedNumbers], 2), [numbers * (1 + mapped)]));
    if (passed > 0) parts.push(range(numbers, passed));
  } else if (numbers + passed > 0) parts.push(range(0, numbers + passed));
  if (categories.length > 0) {
    const indices = graph.cast(range(numbers + passed, categories.length), 'int64');
    const rows = graph.add('Add', [indices, graph.constant('int64', [categories.length], Array.from(starts))]);
    const table = find('categories');
    const found = graph.add('Gather', [graph.constant('float', [table.length / categorySize, categorySize], table, 'categories'), rows], { axis: { i: 0 } });
    parts.push(graph.reshape(found, [categories.length * categorySize]));
  }
  return { name: graph.concat(parts), shape: outputShape };
}

/** [rows, a, b] → [a, rows, b], and back. */
function swapped(graph: GraphBuilder, value: string): string {
  return graph.add('Transpose', [value], { perm: { ints: [1, 0, 2] } });
}

/** Matrices [count, rows, columns] as [count, columns, rows]. */
function transposed(values: FloatArray, count: number, rows: number, columns: number): FloatArray {
  const to = values.slice();
  for (let k = 0, at = 0; k < count; k++) {
    for (let j = 0; j < columns; j++) for (let i = 0; i < rows; i++) to[at++] = values[(k * rows + i) * columns + j]!;
  }
  return to;
}
