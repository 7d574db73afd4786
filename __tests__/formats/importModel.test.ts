import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryBytes } from '../../lib/data/bytes';
import { readBytes } from '../../lib/data/readBytes';
import { readZip } from '../../lib/data/zip';
import { exportModel } from '../../lib/formats/exportModel';
import { importModel } from '../../lib/formats/import/importModel';
import { unpickleTorch } from '../../lib/formats/import/unpickleTorch';
import { exportOnnx } from '../../lib/formats/onnx/exportOnnx';
import { decodeModel, encodeModel } from '../../lib/formats/onnx/messages';
import type { OnnxModel } from '../../lib/formats/onnx/messages';
import { zipFile } from '../../lib/formats/zipFile';
import { Model } from '../../lib/inference/model';
import { temporaryFolder } from '../support/folder';

const golden = join(__dirname, '..', 'golden');
interface Golden {
  readonly outputs: readonly number[];
  readonly spec?: object;
  readonly classNames?: readonly string[];
}
/** What golden/imports.py wrote. */
const { rows, cases: written } = JSON.parse(readFileSync(join(golden, 'imports.json'), 'utf8')) as { rows: readonly number[]; cases: Readonly<Record<string, Golden>> };
/** With what golden/kerasModels.py wrote. */
const cases = { ...written, ...JSON.parse(readFileSync(join(golden, 'kerasModels.json'), 'utf8')) as Readonly<Record<string, Golden>> };
const fileOf = (name: string): string => join(golden, 'imports', name);
const folder = temporaryFolder();

test.each(Object.keys(cases))('%s predicts what its own program does', (name) => {
  const { outputs, spec, classNames } = cases[name]!;
  const { model, notes } = importModel(fileOf(name), { ...(spec && { spec: spec as Record<string, unknown> }) });
  const found = model.outputs(rows);
  expect(found).toHaveLength(outputs.length);
  found.forEach((value, i) => { expect(Math.abs(value - outputs[i]!)).toBeLessThan(3e-6 * Math.max(1, Math.abs(outputs[i]!))); });
  if (classNames !== undefined) expect(model.classNames).toEqual(classNames);
  expect(notes).toEqual(/\.(onnx|keras|h5)$/.test(name) || spec !== undefined ? [] : [expect.stringContaining('relu was taken') as string]);
  const saved = join(folder, `${name}.safetensors`);
  model.save(saved);
  expect(Model.load(saved).outputs(rows)).toEqual(found);
});

test('names of classes and the loss can be given', () => {
  const { model } = importModel(fileOf('plain.pt'), { classNames: ['a', 'b', 'c'], spec: { activation: 'relu' } });
  expect(model.predict(rows)[0]).toMatchObject({ className: expect.stringMatching(/[abc]/) as string });
  const { model: numbers } = importModel(fileOf('plain.pt'), { spec: { loss: 'mse', activation: 'relu' } });
  expect(numbers.classNames).toEqual([]);
  expect(numbers.outputs(rows)).toHaveLength(18);
  // Of the data that it was trained on nothing is known, and nothing is said.
  expect(decodeModel(exportOnnx(numbers).bytes, 'x').metadata).not.toHaveProperty('dataDigest');
  exportModel(model, 'huggingface', join(folder, 'hub'));
  expect(readFileSync(join(folder, 'hub', 'README.md'), 'utf8')).toContain('imported from another program\'s file by blastrain');
});

const bytesOf = (name: string): Buffer => readFileSync(fileOf(name));
/** The model of a file with changes to it. */
const changed = (name: string, change: (model: OnnxModel) => OnnxModel): Uint8Array => encodeModel(change(decodeModel(bytesOf(name), name)), 'g', '1');
const withOp = (op: string) => (model: OnnxModel): OnnxModel => ({ ...model, nodes: model.nodes.map((node, i) => (i === 1 ? { ...node, op, name: 'the second' } : node)) });

/** A .keras file with another text in its configuration, and without one of its files. */
function configured(name: string, text: string, other: string, without = ''): Uint8Array {
  const entries = readZip(new MemoryBytes(name, bytesOf(name)), 'a .keras file').filter((entry) => entry.name !== without);
  const contents = ({ open }: (typeof entries)[number]): Buffer => readBytes(open(), 0, open().size);
  return zipFile(Object.fromEntries(entries.map((entry) => {
    if (entry.name !== 'config.json') return [entry.name, contents(entry)];
    const config = JSON.stringify(JSON.parse(contents(entry).toString()));
    expect(config).toContain(text);
    return [entry.name, Buffer.from(config.replace(text, other))];
  })));
}

test.each<[string, () => Uint8Array, RegExp]>([
  ['conv.onnx', () => bytesOf('conv.onnx'), /an operator of a multi-layer perceptron for the node \S+ for .*conv.onnx but received Conv/],
  ['odd.onnx', () => changed('torch-script.onnx', withOp('Hardmax')), /for the node the second for .*odd.onnx but received Hardmax/],
  ['elu.onnx', () => changed('torch-script.onnx', withOp('Elu')), /an operator of a multi-layer perceptron for the node the second for .*elu.onnx but received Elu/],
  ['open.onnx', () => changed('blocks-script.onnx', (model) => ({ ...model, nodes: model.nodes.filter(({ op }, i) => op !== 'Add' || i < model.nodes.length / 2) })), /but received/],
  ['cut.onnx', () => bytesOf('torch-script.onnx').subarray(0, 900), /but received/],
  ['bare.onnx', () => changed('torch-script.onnx', (model) => ({ ...model, initializers: model.initializers.slice(1) })), /but received/],
  ['module.pt', () => bytesOf('module.pt'), /a file that names .*, which was not called/],
  ['cut.pt', () => bytesOf('plain.pt').subarray(0, 1500), /a file that torch.save wrote/],
  ['text.pt', () => Buffer.from('hello'), /a file that torch.save wrote/],
  ['cut.safetensors', () => bytesOf('normed.safetensors').subarray(0, 1200), /bytes for .* of a file of/],
  ['text.safetensors', () => Buffer.from('hello, this is no such file'), /whole safetensors file/],
  ['conv.keras', () => configured('keras.keras', '"class_name":"Softmax"', '"class_name":"Conv2D"'), /a layer of a multi-layer perceptron for the layer softmax for .*conv.keras but received Conv2D/],
  ['elu.keras', () => configured('keras.keras', '"activation":"selu"', '"activation":"elu"'), /for the layer other for .* but received elu/],
  ['branch.keras', () => configured('keras-functional.keras', '"keras_history":["flatten",0,0]', '"keras_history":["pixels",0,0]'), /layers one behind the other for .* but received 2 layers that take pixels: rescaling and normalization/],
  ['sum.keras', () => configured('keras-functional.keras', '"keras_history":["flatten",0,0]', '"to":{"keras_history":["pixels",0,0]},"keras_history":["flatten",0,0]'), /layers one behind the other for .*sum.keras but received the layer normalization_1 \(Normalization\), which takes pixels and flatten/],
  ['outputs.keras', () => configured('keras-nested.keras', '"output_layers":[["end",0,0]]', '"output_layers":[["end",0,0],["lead",0,0]]'), /layers one behind the other for .* but received 2 outputs: end and lead/],
  ['inner.keras', () => configured('keras-nested.keras', '"keras_history":["wide",0,0]', '"keras_history":["bridge",0,0]'), /layers one behind the other for the layer chain of .*inner.keras but received 2 layers that take bridge: wide and after/],
  ['bare.keras', () => configured('keras.keras', '"name":"gate"', '"name":"gate"', 'model.weights.h5'), /model.weights.h5, for .* but received an archive without it/],
  ['cut.h5', () => bytesOf('keras.h5').subarray(0, 9000), /an HDF5 file that is whole for .*cut.h5 but received unable to/],
  ['text.keras', () => Buffer.from('hello'), /a model that Keras 3 saved for/],
  ['text.npz', () => Buffer.from('hello'), /an archive of NumPy arrays/],
])('%s is refused in one sentence', (name, bytes, message) => {
  const file = join(folder, name);
  writeFileSync(file, bytes());
  expect(() => importModel(file)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
});

test('refuses what does not fit', () => {
  const refused = (options: object): void => { expect(() => importModel(fileOf('plain.pt'), options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' })); };
  refused({ classNames: ['a', 'b'] });
  refused({ classNames: ['a', 'b', 'b'] });
  refused({ spec: { activation: 'swish' } });
  refused({ spec: { losss: 'mse' } });
  copyFileSync(fileOf('plain.pt'), join(folder, 'plain.bin'));
  expect(() => importModel(join(folder, 'plain.bin'))).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  expect(() => importModel(join(folder, 'none.pt'))).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  const own = join(folder, 'own.safetensors');
  importModel(fileOf('plain.pt')).model.save(own);
  expect(() => importModel(own)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('which Model.load takes') as string }));
});

test.each<[string, string, RegExp]>([
  ['names a function', 'cos\nsystem\n(U\x02lsR.', /os\.system, which was not called/], ['ends too soon', '\x80\x02}q', /ends at byte/], ['has an unknown opcode', '\x80\x02\x00', /opcode 0x00/],
  ['calls what is none', '\x80\x02}}R.', /a call of something else/], ['calls with other arguments', '\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.', /a call of torch\._utils\._rebuild_tensor_v2/], ['reads what was never stored', '\x80\x02h\x05.', /never stored/], ['lacks operands', '\x80\x02\x86.', /without its operand/],
])('a pickle that %s is refused', (_, pickle, message) => {
  expect(() => unpickleTorch(Buffer.from(pickle, 'latin1'), 'evil.pt')).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
});

/** A model whose weights lie in a file of this name. */
const placed = (location: string): Uint8Array => {
  const bytes = bytesOf('external.onnx').toString('latin1').replaceAll('external.weights', location.padEnd(16, '\0').slice(0, 16));
  return Buffer.from(bytes, 'latin1');
};

test('weights in other files are read beside the model and nowhere else', () => {
  const beside = join(folder, 'beside');
  mkdirSync(beside);
  const file = join(beside, 'model.onnx');
  const weights = bytesOf('external.weights');
  const refused = (location: string, code: string, message: RegExp): void => {
    writeFileSync(file, placed(location));
    expect(() => importModel(file)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  };
  writeFileSync(join(folder, 'up.weights.here'), weights);
  symlinkSync(join(folder, 'up.weights.here'), join(beside, 'a.link.to.others'));
  refused('external.weights', 'ERR_IO', /external.weights but received no such file/);
  for (const location of ['../up.weights.he', './/../../up.file', '/etc/../etc/host', 'a.link.to.others']) refused(location, 'ERR_DATA', /weights in files beside the model for .*model.onnx but received the path/);
  writeFileSync(join(beside, 'external.weights'), weights.subarray(0, 100));
  refused('external.weights', 'ERR_DATA', /bytes in external.weights for .*model.onnx but received 100/);
  mkdirSync(join(beside, 'a'));
  writeFileSync(join(beside, 'a', 'lower.weights1'), weights);
  writeFileSync(file, placed('a/lower.weights1'));
  expect(importModel(file).model.outputs(rows)).toEqual(importModel(fileOf('external.onnx')).model.outputs(rows));
});

test('every cut and many changes of a file are refused or read, never more', () => {
  for (const name of ['plain.pt', 'torch-script.onnx', 'plain.npz', 'half.safetensors']) {
    const bytes = bytesOf(name);
    const file = join(folder, name);
    for (let i = 0; i < 150; i++) {
      const at = Math.floor((i * bytes.length) / 150);
      const mutated = Buffer.from(i % 3 === 0 ? bytes.subarray(0, at) : bytes);
      if (i % 3 !== 0) mutated[at] = (mutated[at]! + 1 + i) % 256;
      writeFileSync(file, mutated);
      try {
        importModel(file);
      } catch (error) {
        expect({ code: (error as { code?: string }).code, at, name, error }).toMatchObject({ code: expect.stringMatching(/^ERR_(DATA|CONFIG|MEMORY|SHAPE)$/) as string });
      }
    }
  }
});
