import { GraphBuilder } from '../../lib/formats/onnx/graph';
import { addLayers } from '../../lib/formats/onnx/layers';
import { decodeModel } from '../../lib/formats/onnx/messages';
import { kernelsFor } from '../../lib/kernels';
import { makeLayers } from '../../lib/model/description';
import { layerNames } from '../../lib/model/layers';
import type { LayerDescription, LayerName } from '../../lib/model/layers';
import { Sequential } from '../../lib/model/sequential';
import { initialize } from '../../lib/model/init';
import { RandomState } from '../../lib/random';
import { evaluateOnnx } from '../support/onnxEvaluator';

const kernels = kernelsFor('float64', 'typescript');
/** Fields that layers cannot do without, and layers that stand before some. */
const required: Readonly<Partial<Record<LayerName, object>>> = {
  'dropout': { rate: 0.5 }, 'residual': { layers: [{ type: 'linear' }] }, 'bottleneck': { size: 3 }, 'batch-ensemble': { size: 5, members: 2 }, 'embedding': { categorySize: 3 },
};
const before: Readonly<Partial<Record<LayerName, readonly LayerDescription[]>>> = { 'member-linear': [{ type: 'batch-ensemble', size: 5, members: 2 }] };

/** With random parameters and running statistics, so that none could be left out without notice. */
function evaluated(layers: readonly LayerDescription[], categories: readonly number[] = []): { found: number[]; wanted: number[] } {
  const random = new RandomState(3);
  const layout = { numbers: 4, passed: 1, categories };
  const net = new Sequential(kernels, makeLayers(layers, 5 + categories.length, 2, kernels, random, layout), 10);
  initialize(net, 'he', 1, random);
  for (const { value, name } of [...net.arena.parameters, ...net.buffers]) {
    value.forEach((_, i) => { value[i] = Math.fround(name.startsWith('runningVar') ? 0.5 + random.random() : random.random() - 0.5); });
  }
  const rows = 7;
  const x = Float64Array.from({ length: rows * net.inputSize }, (_, i) => {
    const column = i % net.inputSize;
    return column < 5 ? Math.fround(4 * random.random() - 2) : random.randint(0, categories[column - 5]! + 1);
  });
  net.forward(rows, x, 'evaluate');
  const graph = new GraphBuilder(['y']);
  const name = graph.input('x', 'float', [net.inputSize]);
  const arrays = new Map([...net.arena.parameters, ...net.buffers].map((one) => [one.name, one.value]));
  const y = addLayers(graph, net.layers, (key) => arrays.get(key)!, { name, shape: [net.inputSize] });
  graph.add('Identity', [y.name], {}, { as: 'y' });
  graph.output('y', 'float', y.shape);
  const values = evaluateOnnx(decodeModel(graph.encode('layers', {}), 'layers'), { x: { type: 'float', shape: [rows, net.inputSize], values: x } });
  expect(values['y']!.shape).toEqual([rows, ...net.outputShape]);
  return { found: Array.from(values['y']!.values as ArrayLike<number>), wanted: Array.from(net.output.subarray(0, values['y']!.values.length)) };
}

function expectAlike({ found, wanted }: ReturnType<typeof evaluated>): void {
  found.forEach((value, i) => { expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted[i]!))); });
}

test.each(layerNames())('a layer %s is in ONNX what it is here', (type) => {
  expectAlike(evaluated([...before[type] ?? [], { type, ...required[type] } as LayerDescription], type === 'embedding' ? [3, 4] : []));
});

test.each<[string, LayerDescription]>([
  ['numbers as they are', { type: 'embedding', numeric: 'none', categorySize: 2 }], ['wide embeddings', { type: 'embedding', frequencies: 3, size: 5, sigma: 2, categorySize: 1 }],
])('categories embedded beside %s', (_, layer) => { expectAlike(evaluated([layer, { type: 'linear' }], [2, 5, 1])); });
