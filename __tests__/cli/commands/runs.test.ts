import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blastrain, jsonLines } from '../../support/cli';
import { depthReport } from '../../support/events';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const runs = join(cwd, 'runs');
const lines = (text: string): string[] => text.trimEnd().split('\n');

beforeAll(async () => {
  const small = ['data=synthetic', 'trainRows=200', 'validationRows=50', 'testRows=50', 'layers=3072,4,10', 'batchSize=50', 'evaluateEvery=4'];
  expect(await blastrain(['train', 'two-layer-tuned', '--name', 'good', '--set', ...small, 'steps=12'], { cwd })).toMatchObject({ status: 0 });
  // A run whose process is gone, and one that failed.
  for (const [name, status] of [['gone', { state: 'running', pid: 2 ** 22 + 1 }], ['bad', { state: 'failed', code: 'ERR_DIVERGED', message: 'm' }]] as const) {
    cpSync(join(runs, 'good'), join(runs, name), { recursive: true });
    const metrics = lines(readFileSync(join(runs, 'good', 'metrics.jsonl'), 'utf8'));
    writeFileSync(join(runs, name, 'metrics.jsonl'), metrics.slice(0, -3).map((line) => `${line}\n`).join(''));
    writeFileSync(join(runs, name, 'status.json'), JSON.stringify(status));
  }
  expect(await blastrain(['test', 'good'], { cwd })).toMatchObject({ status: 0 });
});

describe('blastrain runs', () => {
  test('lists every run with its state and its result', async () => {
    const { status, stdout } = await blastrain(['runs'], { cwd, env: { LANG: 'C', LC_ALL: 'C' } });
    expect(status).toBe(0);
    const [header, , ...rows] = lines(stdout);
    expect(header).toMatch(/^run +state +done +validation +test +started$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 2).join(' ')).sort()).toEqual(['bad failed', 'gone unfinished', 'good finished']);
    expect(rows.find((row) => row.startsWith('good'))).toMatch(/12 steps +\d+\.\d % +\d+\.\d % +\d\d-\d\d \d\d:\d\d$/);
    expect(rows.find((row) => row.startsWith('gone'))).toMatch(/ - +\d\d-\d\d \d\d:\d\d$/);
  });

  test('gives JSON and nothing else', async () => {
    const { stdout } = await blastrain(['runs', '--json'], { cwd });
    const [list] = jsonLines(stdout) as unknown as [{ type: string; runs: { name: string; testAccuracy: number | null }[] }];
    expect(list.runs.find(({ name }) => name === 'good')).toMatchObject({ kind: 'run', state: 'finished', done: 12, of: 12, testAccuracy: expect.any(Number) });
    expect(list.runs.find(({ name }) => name === 'gone')).toMatchObject({ state: 'unfinished', testAccuracy: null });
  });

  test('an experiment of several runs has its best, and a damaged one does not end the list', async () => {
    for (const [name, text] of [['depth-1', JSON.stringify(depthReport({ good: 0.25, gone: 0.5 }))], ['depth-2', '{']]) {
      mkdirSync(join(runs, name!));
      writeFileSync(join(runs, name!, 'depth.json'), text!);
    }
    try {
      const { stdout } = await blastrain(['runs', '--json'], { cwd });
      const [{ runs: list }] = jsonLines(stdout) as unknown as [{ runs: { name: string }[] }];
      expect(list.find(({ name }) => name === 'depth-1')).toMatchObject({ kind: 'depth', state: 'done', done: 2, valAccuracy: 0.5, testAccuracy: 0.4 });
      expect(list.find(({ name }) => name === 'depth-2')).toMatchObject({ state: 'damaged', valAccuracy: null, failure: { code: 'ERR_DATA' } });
    } finally {
      for (const name of ['depth-1', 'depth-2']) rmSync(join(runs, name), { recursive: true });
    }
  });

  test('says so where there are none', async () => {
    const { status, stdout } = await blastrain(['runs', '--runs', 'nowhere'], { cwd });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^No runs in nowhere\./) as string });
  });
});

describe('blastrain show', () => {
  test('draws both curves in 80 columns, without colour where there is no terminal', async () => {
    const { status, stdout } = await blastrain(['show', 'good'], { cwd });
    expect(status).toBe(0);
    expect(stdout.replaceAll('\n', ' ')).toMatch(/^good: 3072-4-10 on synthetic .*finished after 12 steps in .*validation loss \d/);
    expect(lines(stdout).filter((line) => /^(loss|accuracy)$/.test(line))).toEqual(['loss', 'accuracy']);
    expect(Math.max(...lines(stdout).map((line) => Array.from(line).length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\x1b');
  });

  test('tells of a run that has not ended how far it is', async () => {
    const { stdout } = await blastrain(['show', 'gone'], { cwd });
    expect(stdout.replaceAll('\n', ' ')).toMatch(/step 1\d of 12, train /);
  });

  test('gives the metrics as CSV, and spec and result as JSON', async () => {
    const { stdout: csv } = await blastrain(['show', 'good', '--csv'], { cwd });
    const [header, ...rows] = lines(csv);
    expect(header!.split(',')).toEqual(['step', 'epoch', 'loss', 'batchAccuracy', 'learningRate', 'trainLoss', 'trainAccuracy', 'valLoss', 'valAccuracy']);
    expect(rows.map((row) => row.split(',')[0])).toEqual(Array.from({ length: 12 }, (_, i) => String(i + 1)));
    expect(rows.filter((row) => !row.endsWith(','))).toHaveLength(3);
    const { stdout: json } = await blastrain(['show', 'good', '--json'], { cwd });
    expect(jsonLines(json)).toMatchObject([{ type: 'show', run: 'good', spec: { steps: 12 }, record: { name: 'good' }, result: { ended: 'finished' } }]);
  });

  test.each([
    ['both formats at once', ['good', '--csv', '--json'], /only one of them/],
    ['a run that is not there', ['goood'], /perhaps good/],
    ['no run', [], /RUN for blastrain show/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr } = await blastrain(['show', ...args], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) as string });
  });
});
