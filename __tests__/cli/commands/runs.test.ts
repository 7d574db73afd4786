import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runsCommand } from '../../../lib/cli/commands/runs';
import { changeLabels } from '../../../lib/runFolder/labels';
import { capture } from '../../support/capture';
import { blastrain, jsonLines } from '../../support/cli';
import { readEventFile } from '../../support/eventReader';
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
    expect(rows.map((row) => row.split(/ +/).slice(0, 2).join(' ')).sort()).toEqual(['bad diverged', 'gone unfinished', 'good finished']);
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

  test('are found by the queries of the table of runs, sorted by its columns, and show what was written about them', async () => {
    changeLabels(join(runs, 'good'), { title: 'The\x1b[2J best', tags: ['baseline', 'old'], note: 'seed 3\nmore' });
    changeLabels(join(runs, 'gone'), { archived: true });
    try {
      const run = async (...args: string[]): Promise<string> => (await capture(() => runsCommand.run([...args, '--runs', runs]))).output;
      const names = async (...args: string[]): Promise<string[]> =>
        (jsonLines(await run('--json', ...args)) as unknown as [{ runs: { name: string }[] }])[0].runs.map(({ name }) => name);
      const text = await run();
      expect(text).toMatch(/^good .*The\\x1b\[2J best \[baseline, old\] seed 3$/m);
      expect(text).toMatch(/^1 archived; --archived shows them too\.$/m);
      expect(text).not.toMatch(/^gone /m);
      expect(await names('--where', 'tag == baseline && val <= 100% and steps == 12')).toEqual(['good']);
      expect(await names('--where', 'state == failed || name ~ go')).toEqual(expect.arrayContaining(['bad', 'good']));
      expect(await names('--archived', '--sort=-name')).toEqual(['good', 'gone', 'bad']);
      expect(await names('--archived', '--sort', 'state,name', '--where', 'batchSize == 50')).toEqual(['bad', 'good', 'gone']);
      expect(await run('--where', 'val > 100%')).toBe('None of 3 fits.\n');
      await expect(run('--where', 'vall > 1')).rejects.toMatchObject({ code: 'ERR_CONFIG', message: 'Expected the name of a column, perhaps val, at character 1 of the query but received vall' });
      await expect(run('--sort', 'learningrat')).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(/a column, perhaps learningRate, for --sort/) as string });
    } finally {
      for (const name of ['good', 'gone']) rmSync(join(runs, name, 'labels.json'));
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

describe('blastrain export-runs', () => {
  test('gives a table with a line for each run, and the keys that are not at their defaults', async () => {
    const { status, stdout } = await blastrain(['export-runs', '--csv'], { cwd });
    expect(status).toBe(0);
    const [header, ...rows] = lines(stdout).map((line) => line.split(','));
    expect(header).toEqual(expect.arrayContaining(['run', 'state', 'trainLoss', 'valAccuracy', 'testAccuracy', 'spec.layers', 'spec.steps']));
    for (const absent of ['spec.beta1', 'accuracy']) expect(header).not.toContain(absent);
    const column = header!.indexOf('state');
    expect(rows.map((row) => `${row[0]!} ${row[column]!}`).sort()).toEqual(['bad failed', 'gone unfinished', 'good finished']);
    const good = lines(stdout).find((line) => line.startsWith('good,'))!;
    expect(good).toContain('"[3072,4,10]"');
    const tested = jsonLines(readFileSync(join(runs, 'test-ledger.jsonl'), 'utf8'))[0] as unknown as { testAccuracy: number };
    expect(good).toContain(`,${String(tested.testAccuracy)},`);
  });

  test('writes an experiment as MLflow keeps it, and a run that is there again in its place', async () => {
    const folder = join(cwd, 'mlruns');
    for (let time = 0; time < 2; time++) expect(await blastrain(['export-runs', '--mlflow', folder, '--experiment', 'course'], { cwd })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^3 runs\n/) as string });
    const [id, ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(yaml(join(folder, id!))).toMatchObject({ name: 'course', experiment_id: id, lifecycle_stage: 'active' });
    const ids = readdirSync(join(folder, id!)).filter((name) => name !== 'meta.yaml');
    const byName = new Map(ids.map((run) => [yaml(join(folder, id!, run))['run_name'], run]));
    expect([...byName.keys()].sort()).toEqual(['bad', 'gone', 'good']);
    expect(yaml(join(folder, id!, byName.get('bad')!))).toMatchObject({ status: 4 });
    const good = join(folder, id!, byName.get('good')!);
    expect(yaml(good)).toMatchObject({ status: 3, run_id: byName.get('good') });
    expect(readFileSync(join(good, 'params', 'layers'), 'utf8')).toBe('[3072,4,10]');
    expect(readFileSync(join(good, 'tags', 'mlflow.runName'), 'utf8')).toBe('good');
    const evaluations = jsonLines(readFileSync(join(runs, 'good', 'metrics.jsonl'), 'utf8')).filter(({ type }) => type === 'evaluation') as unknown as { step: number; valLoss: number }[];
    const points = lines(readFileSync(join(good, 'metrics', 'valLoss'), 'utf8')).map((line) => line.split(' ').map(Number));
    expect(points.map(([, value, step]) => [step, value])).toEqual(evaluations.map(({ step, valLoss }) => [step, valLoss]));
    const times = points.map(([time]) => time!);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    if (mlflow.status === 0) expect(python(mlflowReader, folder)).toMatchObject({ status: 0, stdout: 'bad FAILED\ngone KILLED\ngood FINISHED\n' });
  });

  test('leads into no other folder by a name that a run gives', async () => {
    const hostile = join(cwd, 'hostile');
    cpSync(join(runs, 'good'), join(hostile, 'r'), { recursive: true });
    const spec = JSON.parse(readFileSync(join(hostile, 'r', 'spec.json'), 'utf8')) as object;
    writeFileSync(join(hostile, 'r', 'spec.json'), JSON.stringify({ ...spec, '../../../../escaped': 'x', '..': 'y' }));
    expect(await blastrain(['export-runs', '--runs', hostile, '--mlflow', join(hostile, 'a', 'b', 'mlruns')], { cwd })).toMatchObject({ status: 0 });
    expect(readdirSync(hostile).sort()).toEqual(['a', 'r']);
    expect(readdirSync(join(hostile, 'a', 'b'))).toEqual(['mlruns']);
    expect(readdirSync(join(hostile, 'a', 'b', 'mlruns'))).toHaveLength(1);
  });

  test('writes event files of runs that have ended, and refuses a folder that has one', async () => {
    const folder = join(cwd, 'tb');
    expect(await blastrain(['export-runs', 'good', '--tensorboard', folder], { cwd })).toMatchObject({ status: 0 });
    const seen = readEventFile(join(folder, 'good', readdirSync(join(folder, 'good'))[0]!));
    expect(seen.filter(({ tag }) => tag === 'loss/validation').map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(seen.filter(({ kind }) => kind === 'histogram').map(({ tag, step }) => `${tag} ${String(step)}`)).toEqual(['W1 12', 'b1 12', 'W2 12', 'b2 12']);
    expect(await blastrain(['export-runs', 'good', '--tensorboard', folder], { cwd })).toMatchObject({
      status: 1, stderr: expect.stringMatching(/Expected a folder that is not there yet for .*good but received one that is \[ERR_IO\]/) as string,
    });
  });

  test.each([
    [[], /Expected --csv, --mlflow or --tensorboard/],
    [['--csv', '--json'], /Expected only one of them for --csv and --json but received 'both'/],
    [['nothing', '--csv'], /Expected a run for runs but received 'nothing'/],
  ])('%j is refused', async (args, message) => {
    expect(await blastrain(['export-runs', ...args], { cwd })).toMatchObject({ status: 1, stderr: expect.stringMatching(message) as string });
  });
});

const python = (...args: string[]) => spawnSync('python3', ['-c', ...args], { encoding: 'utf8', env: { ...process.env, MLFLOW_ALLOW_FILE_STORE: 'true' } });
const mlflow = python('import mlflow');
const mlflowReader = `
import sys
from mlflow.tracking import MlflowClient
client = MlflowClient('file://' + sys.argv[1])
experiments = [e.experiment_id for e in client.search_experiments() if e.name == 'course']
for run in sorted(client.search_runs(experiments), key=lambda run: run.info.run_name):
    print(run.info.run_name, run.info.status)
`;

/** The entries of a meta.yaml of one level, whose values are JSON. */
function yaml(folder: string): Record<string, unknown> {
  return Object.fromEntries(lines(readFileSync(join(folder, 'meta.yaml'), 'utf8')).map((line) => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), JSON.parse(line.slice(at + 2))];
  }));
}
