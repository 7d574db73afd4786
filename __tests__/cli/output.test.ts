import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SearchReport } from '../../lib/search/records';
import { blastrain, jsonLines, root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const cwd = temporaryFolder();
const long = ['--set', 'data=synthetic', 'trainRows=300', 'validationRows=50', 'testRows=50', 'batchSize=50', 'evaluateEvery=100', 'steps=1000000', 'threads=1'];

/** Runs `blastrain WORDS > TARGET` in a shell, or into a reader that ends after a line. */
function redirected(words: readonly string[], target: '/dev/full' | 'head'): { status: number | null; stderr: string } {
  const command = `node ${join(root, 'dist', 'cli', 'main.js')} ${words.join(' ')}`;
  const script = target === 'head' ? `set -o pipefail; ${command} | head -n 1 > /dev/null` : `${command} > ${target}`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8', timeout: 60_000 });
  return { status, stderr };
}

const hasFull = existsSync('/dev/full');

/** A run that was stopped in good order, which can go on. */
async function expectStopped(name: string): Promise<void> {
  const folder = join(cwd, 'runs', name);
  expect(existsSync(join(folder, 'status.json'))).toBe(false);
  const last = jsonLines(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).at(-1)!;
  expect(last).toMatchObject({ type: 'result', ended: 'stopped' });
  const more = await blastrain(['train', '--resume', name, `steps=${String((last['steps'] as number) + 1)}`, '--json'], { cwd });
  expect({ status: more.status, stderr: more.stderr }).toEqual({ status: 0, stderr: '' });
}

test('a training whose reader has gone stops and can go on; its status is that of SIGPIPE', async () => {
  const { status, stderr } = redirected(['train', 'two-layer-tuned', ...long, '--name', 'piped', '--json'], 'head');
  expect({ status, stderr }).toEqual({ status: 141, stderr: '' });
  await expectStopped('piped');
});

(hasFull ? test : test.skip)('a training whose output is full says so and stops', () => {
  const { status, stderr } = redirected(['train', 'two-layer-tuned', ...long, '--name', 'full', '--json'], '/dev/full');
  expect(status).toBe(1);
  expect(stderr).toBe('blastrain: Expected room for what is printed for standard output but received no space left on the device [ERR_IO]\n');
  expect(existsSync(join(cwd, 'runs', 'full', 'status.json'))).toBe(false);
});

test('a training of several seeds stops with the first', () => {
  const { status } = redirected(['train', 'two-layer-tuned', ...long, 'seeds=3', '--name', 'several', '--json'], 'head');
  expect(status).toBe(141);
  expect(existsSync(join(cwd, 'runs', 'several-seed0'))).toBe(true);
  expect(existsSync(join(cwd, 'runs', 'several-seed1'))).toBe(false);
});

test('a search whose reader has gone stops, and can go on', () => {
  const { status } = redirected(['search', 'two-layer', ...long.filter((word) => !word.startsWith('threads') && !word.startsWith('steps') && !word.startsWith('batch')), '--trials', '100000', '--name', 'search', '--json'], 'head');
  expect(status).toBe(141);
  const report = JSON.parse(readFileSync(join(cwd, 'runs', 'search', 'search.json'), 'utf8')) as SearchReport;
  expect(report.ended).toBe('stopped');
});

const short: readonly (readonly string[])[] = [['--help'], ['train', '--help'], ['doctor', '--json'], ['runs'], ['dashboard', '--json']];
(hasFull ? describe : describe.skip)('a full output', () => {
  test.each(short)('%s %s: a sentence and status 1', (...words) => {
    const { status, stderr } = redirected(words, '/dev/full');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^blastrain: Expected room for what is printed for standard output but received no space left on the device \[ERR_IO\]$/m);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

(hasFull ? test : test.skip)('a full standard error changes nothing', () => {
  const { status, stdout } = spawnSync('bash', ['-c', `node ${join(root, 'dist', 'cli', 'main.js')} tran 2> /dev/full; echo $?`], { cwd, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '1\n' });
});
