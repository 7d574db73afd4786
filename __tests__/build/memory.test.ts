import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkTrainingMemory } from '../../lib/build/memory';
import { parseSpec } from '../../lib/spec/spec';
import { kernelsFor } from '../../lib/kernels';
import { allocate } from '../../lib/kernels/contract';
import { makeLayers } from '../../lib/model/description';
import type { LayerDescription } from '../../lib/model/layers';
import { mlp, Sequential } from '../../lib/model/sequential';
import { modelSize } from '../../lib/model/size';
import { summarize } from '../../lib/model/summary';
import { RandomState } from '../../lib/random';
import { isOutOfMemory, toPlain } from '../../lib/errors';
import { root } from '../support/cli';
import { ControlGroup, whyNoControlGroup } from '../support/controlGroup';
import { temporaryFolder } from '../support/folder';
import { tinyData, tinySpec } from '../support/data/tinyData';

const kernels = kernelsFor('float32', 'typescript');

const models: readonly (readonly LayerDescription[])[] = [
  [{ type: 'linear' }],
  [{ type: 'linear', size: 6 }, { type: 'relu' }, { type: 'linear', size: 7 }, { type: 'batch-norm' }, { type: 'gelu' }, { type: 'dropout', rate: 0.5 }, { type: 'linear' }],
  [{ type: 'linear', size: 6 }, { type: 'residual', layers: [{ type: 'linear', size: 9 }, { type: 'layer-norm' }, { type: 'tanh' }, { type: 'linear' }] }, { type: 'linear' }],
  [{ type: 'linear', size: 6 }, { type: 'bottleneck', size: 12, norm: 'batch' }, { type: 'linear' }],
];
test.each(models.map((description) => ({ description })))('the size known beforehand is that of the model: $description', ({ description }) => {
  const layers = makeLayers(description, 5, 3, kernels, new RandomState(0));
  const { parameters, buffers, perRow } = modelSize(layers);
  const { memory } = summarize(new Sequential(kernels, layers, 11));
  expect({ parameters: 4 * parameters, gradients: 4 * parameters, buffers: 4 * buffers, activations: 4 * 11 * perRow }).toEqual(memory);
});

describe('sizes that no array can hold are refused by name, before anything is made', () => {
  test.each<[spec: object, code: string, path: string]>([
    [{ layers: [12, 200_000, 200_000, 3] }, 'ERR_SHAPE', 'layers'],
    [{ layers: [12, 2 ** 53 - 1, 3] }, 'ERR_SHAPE', 'layers'],
    [{ layers: [12, 2 ** 32, 3] }, 'ERR_SHAPE', 'layers'],
  ])('%j', (spec, code, path) => {
    expect(() => parseSpec({ ...tinySpec, ...spec })).toThrow(expect.objectContaining({ code, details: { path } }));
  });

  test.each<[spec: object, code: string, path: string]>([
    [{ layers: undefined, model: [{ type: 'linear', size: 2 ** 40 }, { type: 'linear' }] }, 'ERR_SHAPE', 'model'],
    [{ layers: [12, 2_000_000, 3], batchSize: 100_000 }, 'ERR_SHAPE', 'batchSize'],
  ])('%j', (spec, code, path) => {
    const parsed = parseSpec({ ...tinySpec, ...spec });
    expect(() => { checkTrainingMemory(parsed, tinyData().train, kernels); }).toThrow(expect.objectContaining({ code, details: { path } }));
  });

  test.each<[sizes: number[], maxBatch: number, name: string]>([
    [[1, 200_000, 200_000, 2], 1, 'layers'],
    [[4, 4], 1e12, 'maxBatch'],
    [[4, 2 ** 31, 4], 1, 'layers'],
  ])('mlp(%j, %d)', (sizes, maxBatch, name) => {
    expect(() => mlp(sizes, kernels, maxBatch)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE', details: { path: name } }));
  });
});

test.each([['float32', 2 ** 53], ['float64', 1e15], ['float32', -1]] as const)('an array that the engine cannot make: %s of %d', (dtype, length) => {
  expect(() => allocate(dtype, length)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY' }));
});

test.each<[string, () => unknown]>([
  ['a buffer', () => new ArrayBuffer(2 ** 53)],
  ['a typed array', () => new Float64Array(2 ** 53)],
  ['an array', () => [].length = -1],
  ['a text', () => 'x'.repeat(2 ** 30)],
])('what the engine says of %s that is too large becomes ERR_MEMORY', (_, make) => {
  let thrown: unknown;
  try {
    make();
  } catch (error) {
    thrown = error;
  }
  expect(isOutOfMemory(thrown)).toBe(true);
  expect(toPlain(thrown)).toMatchObject({ code: 'ERR_MEMORY', message: expect.stringMatching(/^Expected enough memory for the operation but received '/) as string });
});

test.each([new RangeError('toFixed() digits argument must be between 0 and 100'), new Error('Invalid array length'), undefined, 'text'])('%p is no lack of memory', (error) => {
  expect(isOutOfMemory(error)).toBe(false);
});

const reason = whyNoControlGroup();
describe(reason === undefined ? 'within 300 MB' : `not within a real limit: ${reason}`, () => {
  const within = reason === undefined ? test : test.skip;
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'rows.csv'), `a,b,y\n${Array.from({ length: 60 }, (_, i) => `${String(i % 17)},${String(i % 5)},${String(i % 2)}\n`).join('')}`);
  writeFileSync(join(cwd, 'spec.json'), JSON.stringify({ data: 'csv', dataFile: 'rows.csv', layers: [2, 4, 2], batchSize: 10, steps: 1, threads: 1 }));
  writeFileSync(join(cwd, 'search.json'), JSON.stringify({
    base: { data: 'csv', dataFile: 'rows.csv', layers: [2, 2000, 2000, 2], batchSize: 10, steps: 1 },
    space: { learningRate: { type: 'choice', values: [0.1, 0.2] } }, sampler: 'grid',
  }));
  const train = (settings: string): ReturnType<typeof blastrain> => blastrain(`train spec.json ${settings} --name run`);
  const blastrain = (command: string): { status: number | null; signal: NodeJS.Signals | null; stderr: string } => {
    const group = new ControlGroup({ cpu: undefined, memory: { 'memory.limit_in_bytes': '300000000' } }, `blastrain-memory-${String(process.pid)}`);
    try {
      const limited = group.command(`${process.execPath} ${join(root, 'dist', 'cli', 'main.js')} ${command}`);
      const { status, signal, stderr } = spawnSync('sh', ['-c', limited], { cwd, encoding: 'utf8' });
      return { status, signal, stderr };
    } finally {
      group.remove();
    }
  };

  within('a net that does not fit is refused in a sentence, and no folder is left', () => {
    const { status, signal, stderr } = train('layers=2,6000,6000,2');
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(stderr).toMatch(
      /^blastrain: Expected what fits into 2\d\d\.\d MB, which are left of the 300\.0 MB of \/sys\/fs\/cgroup\/memory\/\S+, for layers but received \[2,6000,6000,2\], which takes 6\d\d\.\d MB \[ERR_MEMORY\]\n$/,
    );
    expect(existsSync(join(cwd, 'runs', 'run'))).toBe(false);
  });

  within('more workers than fit at a time are refused in a sentence', () => {
    const { status, signal, stderr } = blastrain('search search.json --workers 8 --name all');
    expect({ status, signal }).toEqual({ status: 1, signal: null });
    expect(stderr).toMatch(/^blastrain: Expected what fits into .* of the 300\.0 MB of .*, for workers but received 8, which takes \d+\.\d MB \[ERR_MEMORY\]\n$/);
    expect(existsSync(join(cwd, 'runs', 'all'))).toBe(false);
  });

  within('one that fits is trained', () => {
    expect(train('layers=2,2000,2000,2')).toMatchObject({ status: 0, signal: null });
  });
});
