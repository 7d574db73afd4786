import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '../../lib/formats/onnx/messages';
import { exportOnnx } from '../../lib/formats/onnx/exportOnnx';
import { losses } from '../../lib/model/losses';
import { loadRows } from '../../lib/data/rows';
import { Model } from '../../lib/inference/model';
import { exportCases, feedsOf, predictionsOf } from '../support/exportedModels';
import type { ExportCase } from '../support/exportedModels';
import { temporaryFolder } from '../support/folder';
import { evaluateNode, evaluateOnnx, operators } from '../support/onnxEvaluator';
import type { Value } from '../support/onnxEvaluator';
import { run } from '../support/run';

const golden = join(__dirname, '..', 'golden');
interface Operator {
  readonly op: string;
  readonly attributes: Parameters<typeof evaluateNode>[0]['attributes'];
  readonly inputs: readonly Value[];
  readonly output: { readonly shape: readonly number[]; readonly values: readonly (number | string | null)[] };
}
const { cases: operatorCases } = JSON.parse(readFileSync(join(golden, 'onnxOperators.json'), 'utf8')) as { cases: readonly Operator[] };

describe('the evaluator of these tests', () => {
  test.each(operatorCases.map((one, i) => [`${one.op} (${String(i)})`, one] as const))('computes %s as onnxruntime does', (_, { op, attributes, inputs, output }) => {
    const found = evaluateNode({ op, attributes }, inputs.map((one) => ({ ...one, values: (one.values as (number | null)[]).map((value) => value ?? Number.NaN) })));
    expect(found.shape).toEqual(output.shape);
    output.values.forEach((value, i) => {
      const own = found.values[i]!;
      if (typeof value === 'number') expect(Math.abs((own as number) - value)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(value)));
      else expect(own).toEqual(value ?? Number.NaN);
    });
  });

  test('has no operator that was not compared', () => {
    expect([...new Set(operatorCases.map(({ op }) => op))].sort()).toEqual([...operators].sort());
  });
});

/** Numbers of the outputs but `label`, row by row. */
function numbersOf(values: Readonly<Record<string, Value>>, outputs: readonly string[], rows: number): number[] {
  const numbers = outputs.filter((output) => output !== 'label').map((output) => Array.from(values[output]!.values as ArrayLike<number>));
  return Array.from({ length: rows }, (_, i) => numbers.map((column) => column.slice((i * column.length) / rows, ((i + 1) * column.length) / rows))).flat(2);
}

function labelsOf({ model, features, records }: ExportCase): (string | number)[] {
  if (model.classNames.length === 0) return Array.from(model.outputs(features ?? records!), (p) => Number(p >= 0.5));
  return model.predict(features ?? records!).map(({ className }) => (Number.isInteger(Number(className)) ? Number(className) : className!));
}

/** Where a Python with onnx and onnxruntime is: they then run the exported models too. */
const python = process.env['BLASTRAIN_PYTHON'];
const folder = temporaryFolder();

describe.each(Object.keys(exportCases))('the export of %s', (name) => {
  test('is the graph that computes what the model predicts', async () => {
    const made = await exportCases[name]!();
    const { model } = made;
    const { bytes, inputs, outputs } = exportOnnx(model);
    const graph = decodeModel(bytes, name);
    expect(graph.outputs.map((output) => output.name)).toEqual(outputs);
    const feeds = feedsOf(made, inputs);
    const values = evaluateOnnx(graph, feeds);
    const wanted = predictionsOf(made);
    const found = numbersOf(values, outputs, wanted.length / model.outputNames.length);
    const isShare = outputs.includes('probabilities');
    expect(isShare).toBe(['classes', 'labels'].includes(losses[model.spec.loss].predicts));
    expect(found).toHaveLength(wanted.length);
    found.forEach((value, i) => { expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-5 * (isShare ? 1 : Math.max(1, Math.abs(wanted[i]!)))); });
    if (isShare) expect(Array.from(values['label']!.values as ArrayLike<unknown>)).toEqual(labelsOf(made));
    if (python === undefined) return;
    writeFileSync(join(folder, `${name}.onnx`), bytes);
    const plain = (all: Readonly<Record<string, Value>>) => Object.entries(all).map(([key, value]) => [key, { ...value, values: Array.from(value.values as ArrayLike<unknown>) }]);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ feeds: Object.fromEntries(plain(feeds)), outputs: Object.fromEntries(plain(values)) }));
  });
});

(python === undefined ? test.skip : test)('onnx finds no fault in these files, and onnxruntime computes the same', () => {
  const printed = execFileSync(python!, [join(golden, 'onnxRuntime.py'), folder], { encoding: 'utf8' });
  expect(printed).toContain(`${String(Object.keys(exportCases).length)} models`);
});

test('inputs are the columns by name, and what has no ONNX form enters as numbers', async () => {
  const { model } = await exportCases['a table']!();
  const { inputs, leftOut, bytes } = exportOnnx(model);
  expect(inputs.map(({ name, type, what }) => [name, type, what])).toEqual([
    ['age', 'double', 'numbers, NaN where it is missing'], ['copy', 'double', 'numbers, NaN where it is missing'], ['fare paid', 'double', 'numbers'], ['cast', 'double', 'numbers'],
    ['city', 'string', 'texts, an empty one where it is missing'], ['label_1', 'double', '0 for no and 1 for yes'],
    ['member', 'double', '0 for false and 1 for true, NaN where it is missing'], ['joined', 'double', 'seconds since 1970 in UTC, NaN where it is missing'],
    ['since', 'double', 'seconds since 1970 in UTC'], ['sometimes', 'double', 'numbers, NaN where it is missing'], ['word', 'string', 'texts, an empty one where it is missing'],
  ]);
  expect(leftOut).toEqual(['always']);
  const { metadata, opsets } = decodeModel(bytes, 'table');
  expect(opsets).toEqual({ '': 20, 'ai.onnx.ml': 3 });
  expect(JSON.parse(metadata['classNames']!)).toEqual(['first', 'second', 'third']);
  expect(metadata['dataDigest']).toBe(model.dataDigest);
  expect(JSON.parse(metadata['columns']!)).toHaveLength(11);
});

test('columns of the same name, and of none, are inputs of names of their own', async () => {
  const data = await loadRows(Array.from({ length: 40 }, (_, i) => [i % 3, i % 5, i % 7, String(i % 2)]), { names: ['a', 'a ', '', 'y'], target: 'y' });
  const model = Model.load(run({ data: 'csv', dataFile: 'rows.csv', layers: undefined, hidden: [2], steps: 1 }, { data }).checkpoint);
  const { inputs } = exportOnnx(model);
  expect(new Set(inputs.map(({ name }) => name)).size).toBe(3);
  expect(inputs.every(({ name }) => name !== '')).toBe(true);
});

test.each([[new Uint8Array([1, 2, 3])], [new Uint8Array(0)], [Buffer.from('<html>')], [Buffer.from([0x3a, 0x7f, 1])]])('refuses bytes that are no model: %p', (bytes) => {
  expect(() => decodeModel(bytes, 'some.onnx')).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(/^Expected an ONNX model for some.onnx but received /) as string }));
});
