import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileBytes } from '../../lib/data/fileBytes';
import { readNpz, readNumbers } from '../../lib/data/numpy/npy';
import { exportFormats, exportModel } from '../../lib/formats/exportModel';
import type { ExportFormatName } from '../../lib/formats/exportModel';
import { Model } from '../../lib/inference/model';
import { exportCases } from '../support/exportedModels';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const python = process.env['BLASTRAIN_PYTHON'];
const cases = ['an ensemble', 'a table', 'pictures by zca', 'labels', 'quantiles'];

test.each(cases)('the weights of %s are the arrays of an .npz', async (name) => {
  const { model } = await exportCases[name]!();
  const path = join(folder, `${name}.npz`);
  exportModel(model, 'npz', path);
  const arrays = readNpz(new FileBytes(path));
  const weights = Object.entries(model.weights());
  expect([...arrays.keys()]).toEqual(weights.map(([key]) => key));
  for (const [key, { shape, values }] of weights) {
    expect(arrays.get(key)!.shape).toEqual(shape);
    expect(readNumbers(arrays.get(key)!)).toEqual(values);
  }
  if (python === undefined) return;
  const script = 'import sys, json, numpy as np\nf = np.load(sys.argv[1])\nprint(json.dumps({k: [list(f[k].shape), float(f[k].astype(float).sum())] for k in f.files}))';
  const found = JSON.parse(execFileSync(python, ['-c', script, path], { encoding: 'utf8' })) as Record<string, [number[], number]>;
  for (const [key, { shape, values }] of weights) {
    expect(found[key]![0]).toEqual(shape);
    expect(found[key]![1]).toBeCloseTo(Array.from(values).reduce((a, b) => a + b, 0), 4);
  }
});

test.each(cases)('%s is a folder with a card', async (name) => {
  const made = await exportCases[name]!();
  const path = join(folder, `${name} card`);
  const { files } = exportModel(made.model, 'huggingface', path);
  expect(readdirSync(path).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  expect(files).toHaveLength(3);
  const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({ model_type: 'blastrain', spec: { loss: made.model.spec.loss } });
  expect(config['id2label']).toEqual(made.model.classNames.length === 0 ? undefined : Object.fromEntries(made.model.classNames.map((label, i) => [String(i), label])));
  const given = made.features ?? made.records!;
  expect(Model.load(join(path, 'model.safetensors')).outputs(given)).toEqual(made.model.outputs(given));
  const [, head = '', text = ''] = readFileSync(join(path, 'README.md'), 'utf8').split(/^---$/m);
  const task = name.startsWith('pictures') ? 'image-classification' : name === 'quantiles' ? 'tabular-regression' : 'tabular-classification';
  expect(head).toContain(`pipeline_tag: ${task}\n`);
  const { metrics } = made.model;
  if (metrics?.accuracy !== undefined) expect(text).toContain(`| validation accuracy | ${String(metrics.accuracy)} |`);
  for (const line of head.trim().split('\n').filter((one) => one.includes(': [') || one.includes(': {'))) expect(() => { JSON.parse(line.slice(line.indexOf(': ') + 2)); }).not.toThrow();
});

test.each(Object.keys(exportFormats) as ExportFormatName[])('%s replaces nothing unasked, not in part either', async (format) => {
  const { model } = await exportCases['an ensemble of one']!();
  const path = join(folder, `taken-${format}${exportFormats[format].ending}`);
  const { files } = exportModel(model, format, path);
  for (const file of files) writeFileSync(file, 'mine');
  expect(() => exportModel(model, format, path)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('a path where there is no file') as string }));
  for (const file of files) expect(readFileSync(file, 'utf8')).toBe('mine');
  exportModel(model, format, path, { force: true });
  for (const file of files) expect(readFileSync(file, 'utf8')).not.toBe('mine');
});

test('a path that cannot be written is an error, and leaves nothing', async () => {
  const { model } = await exportCases['an ensemble of one']!();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'a folder.onnx'));
  expect(() => exportModel(model, 'onnx', join(folder, 'file', 'x.onnx'))).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  expect(() => exportModel(model, 'onnx', join(folder, 'a folder.onnx'), { force: true })).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  expect(existsSync(join(folder, 'file', 'x.onnx'))).toBe(false);
});
