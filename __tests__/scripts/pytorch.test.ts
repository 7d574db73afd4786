import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../lib/data/sources';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { run } from '../support/run';

const folder = temporaryFolder();

const script = (name: string) => (args: readonly string[], python?: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [join(root, 'scripts', 'pytorch', name), ...args], {
    encoding: 'utf8', env: { ...process.env, ...(python !== undefined && { PYTHON: python }) },
  });
const compare = script('compare.js');
const trainTwins = script('runs.js');

const hasTorch = ['python3', '/usr/bin/python3'].some((python) => spawnSync(python, ['-c', 'import torch']).status === 0);

/** Small data, so that most of the time is PyTorch's start. */
const quick = ['--steps', '5', 'trainRows=200', 'validationRows=50', '--json'];

(hasTorch ? test : test.skip)('PyTorch computes the same losses with every optimiser', () => {
  const { status, stdout, stderr } = compare(quick);
  expect(stderr).toBe('');
  const { passed, results } = JSON.parse(stdout) as {
    passed: boolean;
    results: { name: string; dtype: string; steps: number; worst: number; limit: number; blastrain: { valLoss: number }; pytorch: { valLoss: number } }[];
  };
  expect({ status, passed }).toEqual({ status: 0, passed: true });
  const optimizers = ['sgd', 'sgd, momentum', 'sgd, Nesterov', 'adam', 'adamw', 'rmsprop', 'lion'];
  expect(results.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual(
    expect.arrayContaining(optimizers.flatMap((name) => [`${name} float32`, `${name} float64`])),
  );
  for (const { dtype, steps, worst, limit, blastrain, pytorch } of results) {
    expect({ steps, limit }).toEqual({ steps: 5, limit: dtype === 'float32' ? 1e-4 : 1e-9 });
    expect(worst).toBeLessThanOrEqual(limit);
    expect(Math.abs(blastrain.valLoss / pytorch.valLoss - 1)).toBeLessThan(10 * limit);
  }
});

test('a difference is told, and fails', () => {
  // A stand-in for Python that answers with losses of 1.
  const python = join(folder, 'python');
  writeFileSync(python, `#!/bin/sh
[ "$1" = -c ] && exit 0
shift
for file; do echo '{"torch": "none", "threads": 1, "losses": [1, 1, 1, 1, 1], "valAccuracy": 0, "valLoss": 1, "stepMilliseconds": 1}'; done
`);
  chmodSync(python, 0o755);
  const { status, stdout } = compare(quick, python);
  const { passed, results } = JSON.parse(stdout) as { passed: boolean; results: { passed: boolean }[] };
  expect({ status, passed }).toEqual({ status: 1, passed: false });
  expect(results.filter((result) => result.passed)).toEqual([]);
});

(hasTorch ? test : test.skip)('the twin of a finished run learns what the run did', () => {
  const spec = {
    data: 'synthetic', trainRows: 200, validationRows: 50, testRows: 10, layers: [3072, 16, 10], norm: 'batch', normalization: 'standardize',
    learningRate: 0.02, momentum: 0.9, batchSize: 50, steps: 12, threads: 1,
  };
  const { result } = run(spec, { data: loadData(dataRequest(parseSpec(spec))), place: RunFolder.create({ runs: folder, name: 'twin' }) });
  const { status, stdout } = trainTwins([join(folder, 'twin')]);
  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('twin: validation') as string });
  const twin = JSON.parse(readFileSync(join(folder, 'twin', 'pytorch.json'), 'utf8')) as typeof result;
  expect({ steps: twin.steps, valAccuracy: twin.valAccuracy }).toEqual({ steps: 12, valAccuracy: result.valAccuracy });
  expect(Math.abs(twin.valLoss / result.valLoss - 1)).toBeLessThan(1e-3);
});

test.each<[string, (args: readonly string[], python?: string) => ReturnType<typeof compare>, string[]]>([
  ['comparing losses', compare, ['--steps', '2']],
  ['training twins', trainTwins, ['run']],
])('without PyTorch one line says so, and nothing fails (%s)', (_, start, args) => {
  const { status, stdout, stderr } = start(args, join(root, 'no-such-python'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^PyTorch is not installed here, so nothing was compared; .*python3-torch\n$/);
});
