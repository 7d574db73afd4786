import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTorch, speedrunTargets } from '../../../lib/bench/speedrun';
import type { SpeedrunReport } from '../../../lib/bench/speedrun';
import { findPreset } from '../../../lib/spec/presets';
import { parseSpec } from '../../../lib/spec/spec';
import { cifarFolder } from '../../support/data/cifar';
import { blastrain } from '../../support/cli';
import type { CliResult } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const images = cifarFolder();
const withImages = images === undefined ? test.skip : test;
const speedrun = (...args: string[]): Promise<CliResult> => blastrain(['speedrun', ...args], { cwd });
const onImages = ['--set', `dataFolder=${images ?? ''}`];

test.each(speedrunTargets)('speedrun-%d is a preset on 45,000 training and 5,000 validation rows', (target) => {
  const spec = parseSpec(findPreset(`speedrun-${String(target)}`).spec);
  // What scripts/bench-peers/torch_speedrun.py does too.
  const images = target < 57 ? { normalization: 'standardize', flip: false, shift: 0 } : { normalization: 'pca', flip: true, shift: 1 };
  expect(spec).toMatchObject({ trainRows: 45_000, validationRows: 5000, cutout: 0, mixup: 0, ...images });
});

withImages('two seeds reach 50 %, each in its own time', async () => {
  const file = join(cwd, 'speedrun.md');
  const { status, stdout, stderr } = await speedrun('--targets', '50', '--seeds', '2', '--alone', '--json', '--out', file, ...onImages);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { type, entries } = JSON.parse(stdout) as SpeedrunReport;
  expect({ type, entries }).toMatchObject({ type: 'speedrun', entries: [{ target: 50, who: 'blastrain' }] });
  const [{ seconds, spread }] = entries as [SpeedrunReport['entries'][0]];
  const [first, second] = seconds as [number, number];
  expect(Math.min(first, second)).toBeGreaterThan(0);
  expect(spread!.mean).toBeCloseTo((first + second) / 2, 9);
  expect(readFileSync(file, 'utf8')).toMatch(/\| 50 % \| 3072-256-10, batch 128, \d+ steps \| blastrain \| [\d.]+ ± [\d.]+ \| 2 of 2 \|/);
});

withImages('a target that is not reached says so, in 80 columns', async () => {
  const { status, stdout } = await speedrun('--targets', '55', '--seeds', '1', '--alone', ...onImages, 'steps=2', 'trainRows=500');
  expect(status).toBe(0);
  expect(stdout).toMatch(/55 % +3072-512-256-10, batch 192, 2 steps +blastrain +never +0 of 1/);
});

(images === undefined || findTorch() === undefined ? test.skip : test)('PyTorch runs beside, on one thread and on all', async () => {
  const { stdout } = await speedrun('--targets', '60', '--seeds', '1', '--json', ...onImages, 'epochs=null', 'steps=2', 'trainRows=500');
  const { entries } = JSON.parse(stdout) as SpeedrunReport;
  expect(entries.map(({ who }) => who)).toEqual(expect.arrayContaining(['blastrain', 'PyTorch, 1 thread']));
  expect(entries.map(({ seconds }) => seconds)).toEqual(entries.map(() => [null]));
});

withImages('a training that fails is told in its own words', async () => {
  const { status, stderr } = await speedrun('--targets', '50', '--seeds', '1', '--alone', ...onImages, 'layers=[100,10]');
  expect(status).toBe(1);
  expect(stderr.trim().split('\n').pop()).toMatch(/^blastrain: Expected a training for .* but received .*3072.*\[ERR_WORKER\]$/);
});

test.each([
  [['--targets', '51'], 'Expected one of 50, 52, 55, 57, 60 for --targets but received \'51\' [ERR_CONFIG]'],
  [['--seeds', '0'], 'Expected an integer of at least 1 for --seeds but received \'0\' [ERR_CONFIG]'],
  [['--alone', '--set', 'dataFolder=nowhere'], '[ERR_DATA]'],
])('%j is refused', async (args, message) => {
  const { status, stderr } = await speedrun(...args);
  expect(status).toBe(1);
  expect(stderr).toContain(message);
});
