import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importModel } from '../../lib/formats/import/importModel';
import { decodeModel, encodeModel } from '../../lib/formats/onnx/messages';
import type { OnnxModel, OnnxNode } from '../../lib/formats/onnx/messages';
import type { OnnxTensor } from '../../lib/formats/onnx/tensor';
import { RandomState } from '../../lib/random';
import { temporaryFolder } from '../support/folder';
import { evaluateOnnx } from '../support/onnxEvaluator';

const folder = temporaryFolder();
const random = new RandomState(2);
const tensor = (name: string, ...shape: number[]): OnnxTensor =>
  ({ name, type: 'float', shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 + random.random()) });
const one = (name: string, value: number): OnnxTensor => ({ name, type: 'float', shape: [], values: [value] });
type Step = readonly [op: string, inputs: readonly string[], output: string, attributes?: OnnxNode['attributes']];

function graph(steps: readonly Step[], initializers: readonly OnnxTensor[], outputs: number): OnnxModel {
  const nodes = steps.map(([op, inputs, output, attributes = {}], i): OnnxNode => ({ op, name: `${op}${String(i)}`, domain: '', inputs, outputs: [output], attributes }));
  return {
    producer: 'test', opsets: { '': 20 }, metadata: {}, initializers, nodes,
    inputs: [{ name: 'x', type: 'float', shape: ['n', 4] }], outputs: [{ name: 'y', type: 'float', shape: ['n', outputs] }],
  };
}

/** Forms that exporters write, whose result our own evaluator of ONNX knows too. */
const forms: Readonly<Record<string, readonly [OnnxModel, string]>> = {
  'products and sums of constants, as tf2onnx writes a Dense layer': [graph([
    ['MatMul', ['x', 'w'], 'a'], ['Add', ['a', 'b'], 'c'], ['Relu', ['c'], 'd'], ['MatMul', ['d', 'v'], 'e'], ['Add', ['u', 'e'], 'f'], ['Softmax', ['f'], 'y', { axis: { i: -1 } }],
  ], [tensor('w', 4, 5), tensor('b', 5), tensor('v', 5, 3), tensor('u', 1, 3)], 3), 'linear relu linear'],
  'a matrix that a node transposes': [graph([
    ['Transpose', ['w'], 't', { perm: { ints: [1, 0] } }], ['MatMul', ['x', 't'], 'a'], ['Add', ['a', 'b'], 'y'],
  ], [tensor('w', 2, 4), tensor('b', 2)], 2), 'linear'],
  'inputs that are centred and scaled first': [graph([
    ['Sub', ['x', 'm'], 'a'], ['Div', ['a', 's'], 'c'], ['Gemm', ['c', 'w', 'b'], 'd', { transB: { i: 1 } }], ['Mul', ['d', 'half'], 'y'],
  ], [tensor('m', 1, 4), tensor('s', 4), tensor('w', 1, 4), tensor('b', 1), one('half', 0.5)], 1), 'scale linear'],
  'a layer without a bias': [graph([['Gemm', ['x', 'w'], 'a'], ['Tanh', ['a'], 'c'], ['MatMul', ['c', 'v'], 'y']], [tensor('w', 4, 3), tensor('v', 3, 1)], 1), 'linear tanh linear'],
};

test.each(Object.entries(forms))('%s', (name, [model, layers]) => {
  const file = join(folder, `${name.slice(0, 20)}.onnx`);
  const bytes = encodeModel(model, 'g', '1');
  writeFileSync(file, bytes);
  const x = Float32Array.from({ length: 24 }, () => 4 * random.random() - 2);
  const wanted = evaluateOnnx(decodeModel(bytes, name), { x: { type: 'float', shape: [6, 4], values: x } })['y']!;
  const isShare = model.nodes.some(({ op }) => op === 'Softmax');
  const imported = importModel(file, isShare ? {} : { spec: { loss: 'mse' } }).model;
  expect(imported.summary().layers.map(({ kind }) => kind).join(' ')).toBe(layers);
  const found = imported.outputs(Array.from(x));
  expect(found).toHaveLength(wanted.values.length);
  found.forEach((value, i) => { expect(value).toBeCloseTo(wanted.values[i] as number, 5); });
});

/** GELU by erf, as exporters of older operator sets write it, and what looks like it. */
const gelu = (last: number): OnnxModel => graph([
  ['Gemm', ['x', 'w', 'b'], 'h'], ['Div', ['h', 'root'], 'p'], ['Erf', ['p'], 'q'], ['Add', ['q', 'one'], 'r'], ['Mul', ['h', 'r'], 's'], ['Mul', ['s', 'last'], 'g'], ['Gemm', ['g', 'v'], 'y'],
], [tensor('w', 4, 3), tensor('b', 3), tensor('v', 3, 1), one('root', Math.SQRT2), one('one', 1), one('last', last)], 1);

test('an activation function of several nodes is found by its values', () => {
  const file = join(folder, 'gelu.onnx');
  writeFileSync(file, encodeModel(gelu(0.5), 'g', '1'));
  expect(importModel(file).model.summary().layers.map(({ kind }) => kind)).toEqual(['linear', 'gelu', 'linear']);
  writeFileSync(file, encodeModel(gelu(0.4), 'g', '1'));
  expect(() => importModel(file)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(/a known activation function before it for the node Gemm6 for .*gelu.onnx but received Gemm/) as string }));
});

test('rows of another width than a layer has are named by the node', () => {
  const file = join(folder, 'width.onnx');
  writeFileSync(file, encodeModel(graph([['MatMul', ['x', 'w'], 'a'], ['MatMul', ['a', 'v'], 'y']], [tensor('w', 4, 3), tensor('v', 5, 1)], 1), 'g', '1'));
  expect(() => importModel(file)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('parameters for 3 numbers for the node MatMul1') as string }));
});
