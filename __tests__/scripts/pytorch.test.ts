import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

const script = join(root, 'scripts', 'pytorch', 'compare.js');
const compare = (args: readonly string[], python?: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8', env: { ...process.env, ...(python !== undefined && { PYTHON: python }) },
  });

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
}, 180_000);

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
}, 180_000);

test('without PyTorch one line says so, and nothing fails', () => {
  const { status, stdout, stderr } = compare(['--steps', '2'], join(root, 'no-such-python'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^PyTorch is not installed here, so nothing was compared; .*python3-torch\n$/);
});
