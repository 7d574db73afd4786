import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summaryCommand } from '../../../lib/cli/commands/summary';
import type { ModelSummary } from '../../../lib/studies/summary';
import { makeLayers } from '../../../lib/model/description';
import { mlp, Sequential } from '../../../lib/model/sequential';
import { layerSizes, summarize } from '../../../lib/model/summary';
import { kernelsFor } from '../../../lib/kernels';
import { RandomState } from '../../../lib/random';
import { capture } from '../../support/capture';
import { temporaryFolder } from '../../support/folder';

const kernels = kernelsFor('float64', 'typescript');
const folder = temporaryFolder();

test('a two-layer net, by hand', () => {
  expect(summarize(mlp([20, 5, 3], kernels, 10))).toEqual({
    layers: [
      {
        kind: 'linear', depth: 0, inputSize: 20, outputSize: 5, parameterCount: 105,
        parameters: [{ name: 'W1', shape: [5, 20] }, { name: 'b1', shape: [5] }],
        // Forward 2·20·5 + 5; backward dW and db, as nobody needs dx.
        flops: { forward: 205, step: 410 },
      },
      { kind: 'relu', depth: 0, inputSize: 5, outputSize: 5, parameterCount: 0, parameters: [], flops: { forward: 0, step: 0 } },
      {
        kind: 'linear', depth: 0, inputSize: 5, outputSize: 3, parameterCount: 18,
        parameters: [{ name: 'W2', shape: [3, 5] }, { name: 'b2', shape: [3] }],
        flops: { forward: 33, step: 96 },
      },
    ],
    inputSize: 20, outputSize: 3, parameterCount: 123, flops: { forward: 238, step: 506 }, dtype: 'float64', maxBatch: 10,
    // ReLU works in place: 10 rows of 5 and of 3 numbers, and as many gradients.
    memory: { parameters: 984, gradients: 984, buffers: 0, activations: 2 * 8 * 10 * (5 + 3) },
  });
});

test('blocks show their layers, which count once', () => {
  const layers = makeLayers([
    { type: 'residual', layers: [{ type: 'linear', size: 2 }, { type: 'batch-norm' }, { type: 'linear' }] }, { type: 'linear', size: 3 },
  ], 4, 3, kernels, new RandomState(0));
  const model = new Sequential(kernels, layers, 1);
  const summary = summarize(model);
  expect(summary.layers.map(({ kind, depth, parameterCount }) => [kind, depth, parameterCount])).toEqual([
    ['residual', 0, 0], ['linear', 1, 10], ['batch-norm', 1, 4], ['linear', 1, 12], ['linear', 0, 15],
  ]);
  expect(summary.parameterCount).toBe(summary.layers.reduce((sum, { parameterCount }) => sum + parameterCount, 0));
  expect(summary.memory.buffers).toBe(4 * 8);
  // Inner outputs of 2, 2 and 4, outer ones of 4 and 3, and as many gradients.
  expect(summary.memory.activations).toBe(2 * 8 * (2 + 2 + 4 + 4 + 3));
  expect(summary.layers.map(({ flops: { step } }) => step)).toEqual([0, 2 * 16 + 4, 0, 3 * 16 + 8, 3 * 24 + 6]);
  expect(layerSizes(model)).toEqual([4, 2, 4, 3]);
});

test('the command tells of a preset and of a spec file', async () => {
  const { status, output } = await capture(() => summaryCommand.run(['two-layer-default']));
  expect(status).toBe(0);
  expect(output).toMatch(/linear +3072 \S+ 50 +153.650 +307.250 +W1 50.3072, b1 50/);
  expect(output).toMatch(/154.160 parameters; a sample takes 308\.3 kFLOP forward, 617\.5 kFLOP in a training step\./);

  const file = join(folder, 'deep.json');
  writeFileSync(file, JSON.stringify({ layers: [6, 5, 5, 2], steps: 1, norm: 'batch', dropout: 0.1, residual: true }));
  const { output: json } = await capture(() => summaryCommand.run([file, '--set', 'dtype=float64', 'batchSize=150', '--json']));
  const summary = JSON.parse(json) as ModelSummary;
  expect(summary).toMatchObject({ dtype: 'float64', maxBatch: 150, inputSize: 6, outputSize: 2 });
  expect(summary.layers.map(({ kind }) => kind)).toEqual([
    'linear', 'batch-norm', 'relu', 'dropout', 'residual', 'linear', 'batch-norm', 'relu', 'dropout', 'linear',
  ]);
});

test('a list of layers takes its sizes from the data', async () => {
  const model = '[{"type":"linear","size":7},{"type":"tanh"},{"type":"linear"}]';
  const { output } = await capture(() => summaryCommand.run([
    'two-layer-default', 'data=synthetic', 'trainRows=200', 'validationRows=1', 'testRows=1', `model=${model}`, '--json',
  ]));
  const { layers } = JSON.parse(output) as ModelSummary;
  expect(layers.map(({ inputSize, outputSize }) => [inputSize, outputSize])).toEqual([[3072, 7], [7, 7], [7, 10]]);
});

test.each([
  [[], 'PRESET or SPEC.json'], [['no-such-preset'], 'a preset'], [['two-layer-default', 'activation=swish'], 'activation'],
])('refuses %j', async (args, words) => {
  await expect(async () => summaryCommand.run(args)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(words) });
});
