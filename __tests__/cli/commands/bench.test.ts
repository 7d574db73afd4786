import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchCommand } from '../../../lib/cli/commands/bench';
import type { Comparison } from '../../../lib/bench/compare';
import type { BenchReport } from '../../../lib/bench/report';
import { capture } from '../../support/capture';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
const toy = ['step', '--nets', 'toy', '--rounds', '1', '--backend', 'typescript'];

beforeEach(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => { jest.restoreAllMocks(); });

test('one net on one backend: a table and the load', async () => {
  const { status, output } = await capture(() => benchCommand.run(toy));
  expect(status).toBe(0);
  expect(output).toMatch(/^toy +4-10-3, batch 5, sgd +typescript +[\d.]+ [nµm]s/m);
  expect(output).toMatch(/Load average/);
});

test('--json, and files by their ending; the same figures are no regression', async () => {
  const files = ['json', 'md', 'svg'].map((ending) => join(folder, `bench.${ending}`));
  const { output } = await capture(() => benchCommand.run([...toy, '--json', ...files.flatMap((file) => ['--out', file])]));
  const report = JSON.parse(output) as BenchReport;
  expect(report).toMatchObject({ type: 'bench', benchmark: 'step', entries: [{ subject: 'toy', who: 'typescript' }] });
  expect(JSON.parse(readFileSync(files[0]!, 'utf8'))).toEqual(report);
  expect(readFileSync(files[1]!, 'utf8')).toContain('| toy |');
  expect(readFileSync(files[2]!, 'utf8')).toMatch(/^<svg /);
});

test.each([
  ['slower than ever', 1e-15, true, 'slower', 1],
  ['slower, on a busy machine', 1e-15, false, 'slower', 0],
  ['faster than ever', 1e15, true, 'faster', 0],
] as const)('--compare: %s', async (_, factor, quiet, verdict, status) => {
  const file = join(folder, 'old.json');
  const { output } = await capture(() => benchCommand.run([...toy, '--json']));
  const old = JSON.parse(output) as BenchReport;
  const entries = old.entries.map((entry) => {
    const { median } = entry.time;
    return { ...entry, time: { ...entry.time, median: median * factor, low: median * factor, high: median * factor } };
  });
  writeFileSync(file, JSON.stringify({ ...old, entries, load: { ...old.load, quiet } }));
  const result = await capture(() => benchCommand.run([...toy, '--json', '--compare', file]));
  const { comparison, load } = JSON.parse(result.output) as BenchReport & { comparison: Comparison };
  expect(comparison.conclusive).toBe(quiet && load.quiet);
  expect(comparison[verdict]).toHaveLength(1);
  expect(result.status).toBe(comparison.conclusive ? status : 0);
});

test.each([
  [[], 'one of kernels, step, peers, scaling, cores, job'],
  [['speed'], 'one of kernels, step, peers, scaling, cores, job'],
  [['step', '--nets', 'two-layers'], 'two-layer'],
  [['kernels', '--kernels', 'gem'], 'gemm'],
  [['kernels', '--dtype', 'bf16'], 'float32'],
  [['step', '--rounds', '0'], 'at least 1'],
  [['step', '--backend', 'gpu'], 'native or wasm or typescript'],
  [['step', '--out', 'bench.txt'], '.json'],
  [['step', '--compare', __filename], 'valid JSON'],
])('refuses %j before it measures', async (args, what) => {
  await expect(async () => benchCommand.run(args)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining(what) as string });
});

test('an earlier report that is not there', async () => {
  const file = join(folder, 'nowhere.json');
  await expect(async () => benchCommand.run([...toy, '--compare', file])).rejects.toMatchObject({ code: 'ERR_IO' });
  expect(existsSync(file)).toBe(false);
});
