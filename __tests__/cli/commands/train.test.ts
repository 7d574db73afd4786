import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvaluation } from '../../../lib/inference/evaluateRun';
import type { SeedsSummary } from '../../../lib/studies/seeds';
import { RandomState } from '../../../lib/random';
import type { ResultEvent, TrainEvent } from '../../../lib/train/events';
import { cifarFolder } from '../../support/data/cifar';
import { backends } from '../../support/backends';
import { blastrain, jsonLines } from '../../support/cli';
import type { CliResult } from '../../support/cli';
import { withoutTimes } from '../../support/run';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const quick = ['--set', 'data=synthetic', 'layers=3072,20,10', 'trainRows=500', 'validationRows=100', 'testRows=100', 'steps=20', 'batchSize=50', 'evaluateEvery=10'];

describe('a run', () => {
  let stdout = '';
  let stderr = '';
  beforeAll(async () => {
    const { status, ...output } = await blastrain(['train', 'two-layer-tuned', ...quick, '--name', 'first'], { cwd });
    ({ stdout, stderr } = output);
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  test('says what it does in lines of at most 80 columns, without colour where there is no terminal', () => {
    expect(stdout).toMatch(/Accuracy: train .* %, validation .* %/);
    expect(stdout + stderr).not.toContain('\x1b');
    for (const line of stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('leaves a folder with everything in it', () => {
    expect(readdirSync(join(cwd, 'runs', 'first')).sort()).toEqual([
      'accuracy.svg', 'best.safetensors', 'checkpoint.previous.safetensors', 'checkpoint.safetensors', 'loss.svg', 'metrics.jsonl',
      'spec.json', 'weights.film', 'weights.png',
    ]);
  });

  test('can be repeated from its spec.json, to the bit', async () => {
    const again = await blastrain(['train', join('runs', 'first', 'spec.json'), '--name', 'again', '--json'], { cwd });
    const result = jsonLines(again.stdout).pop();
    const metrics = jsonLines(readFileSync(join(cwd, 'runs', 'first', 'metrics.jsonl'), 'utf8'));
    expect(result!['parametersDigest']).toBe(metrics.pop()!['parametersDigest']);
  });

  test('is scored class by class, on validation rows unless told otherwise', async () => {
    const { status, stdout: table } = await blastrain(['evaluate', 'first'], { cwd });
    expect(status).toBe(0);
    expect(table).toMatch(/precision +recall +F1 +rows +taken for/);
    expect(table).toMatch(/calibration error/);
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { stdout: line } = await blastrain(['evaluate', 'first', '--split', 'train', '--json'], { cwd });
    expect(jsonLines(line)).toMatchObject([{ type: 'evaluate', run: 'first', split: 'train', rows: 500 }]);
    const kept = JSON.parse(readFileSync(join(cwd, 'runs', 'first', 'evaluation.json'), 'utf8')) as Record<string, RunEvaluation>;
    expect(Object.keys(kept)).toEqual(['validation', 'train']);
    const { confusion, rows, accuracy } = kept['validation']!;
    expect(confusion!.flat().reduce((sum, n) => sum + n)).toBe(rows);
    expect(confusion!.reduce((sum, row, j) => sum + row[j]!, 0) / rows).toBe(accuracy);
  });

  test('is scored on views of its pictures, too, and the record says so', async () => {
    const { status, stdout } = await blastrain(['evaluate', 'first', '--split', 'train', '--tta', 'flip-shift'], { cwd });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/on 500 train rows, with test-time augmentation flip-shift$/m) as string });
    const { train } = JSON.parse(readFileSync(join(cwd, 'runs', 'first', 'evaluation.json'), 'utf8')) as { train: RunEvaluation };
    expect(train).toMatchObject({ tta: 'flip-shift', rows: 500 });
    await blastrain(['evaluate', 'first', '--split', 'train'], { cwd });
    const plain = JSON.parse(readFileSync(join(cwd, 'runs', 'first', 'evaluation.json'), 'utf8')) as { train: RunEvaluation };
    expect(plain.train).not.toHaveProperty('tta');
    expect(plain.train.loss).not.toBe(train.loss);
  });

  test('is tested once, and a second look says so', async () => {
    const first = await blastrain(['test', 'first', '--json'], { cwd });
    expect(jsonLines(first.stdout)).toMatchObject([{ type: 'test', run: 'first', testRows: 100, look: 1 }]);
    const second = await blastrain(['test', 'first'], { cwd });
    expect(second.stdout).toContain('look 2');
    const third = await blastrain(['test', 'first', '--tta', 'flip', '--json'], { cwd });
    expect(jsonLines(third.stdout)).toMatchObject([{ type: 'test', look: 3, tta: 'flip' }]);
    expect(jsonLines(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8'))).toMatchObject([{ look: 1 }, { look: 2 }, { look: 3, tta: 'flip' }]);
  });

  test('is not overwritten by another of the same name', async () => {
    const { status, stderr: message } = await blastrain(['train', 'two-layer-tuned', ...quick, '--name', 'first'], { cwd });
    expect(status).toBe(1);
    expect(message).toMatch(/^blastrain: Expected .* but received 'first' \[ERR_CONFIG\]\n$/);
  });
});

test.each(backends)('--json on %s prints events and nothing else, the result last', async (backend) => {
  const { status, stdout, stderr } = await blastrain(
    ['train', 'two-layer-default', ...quick, `backend=${backend}`, 'dtype=float64', 'threads=1', '--json'], { cwd },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = jsonLines(stdout);
  expect(events[0]).toMatchObject({ type: 'start', backend, dtype: 'float64', threads: 1 });
  expect(events.pop()).toMatchObject({
    type: 'result', run: expect.stringMatching(/^two-layer-default-\d+$/) as string, steps: 20, backend,
    trainAccuracy: expect.any(Number) as number, valAccuracy: expect.any(Number) as number, valLoss: expect.any(Number) as number,
    epochs: 2, seconds: expect.any(Number) as number, stepMilliseconds: expect.any(Number) as number,
  });
});

test.each([
  [['precision=bfloat16', 'threads=1', 'seed=3'], 'bfloat16', /, 1 thread, seed 3$/],
  [['dtype=float64'], 'float64', /, \d threads?, seed 0$/],
])('a run with %j says and draws that it computes so', async (settings, precision, rest) => {
  const backend = backends[0]!;
  const { stdout } = await blastrain(['train', 'two-layer-default', ...quick, `backend=${backend}`, ...settings, '--name', precision], { cwd });
  const line = stdout.split('\n')[1]!;
  expect(line).toMatch(rest);
  expect(line.startsWith(`${backend} ${precision}, `)).toBe(true);
  expect(readFileSync(join(cwd, 'runs', precision, 'loss.svg'), 'utf8')).toContain(`; ${backend} ${precision}<`);
});

describe('several seeds', () => {
  test('end in their mean and standard deviation', async () => {
    const { status, stdout } = await blastrain(['train', 'two-layer-tuned', ...quick, 'seeds=3', 'seed=5', '--name', 'many', '--json'], { cwd });
    expect(status).toBe(0);
    const lines = jsonLines(stdout) as unknown as (ResultEvent | SeedsSummary)[];
    const summary = lines.pop() as SeedsSummary;
    const results = lines.filter(({ type }) => type === 'result') as ResultEvent[];
    expect(summary.runs.map(({ run, seed }) => [run, seed])).toEqual([['many-seed5', 5], ['many-seed6', 6], ['many-seed7', 7]]);
    const [a, b, c] = results.map(({ valAccuracy }) => valAccuracy) as [number, number, number];
    const mean = (a + b + c) / 3;
    expect(summary.valAccuracy!.mean).toBeCloseTo(mean, 12);
    expect(summary.valAccuracy!.std).toBeCloseTo(Math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2), 12);
    expect(existsSync(join(cwd, 'runs', 'many-seed7', 'loss.svg'))).toBe(true);
    const spec = JSON.parse(readFileSync(join(cwd, 'runs', 'many-seed6', 'spec.json'), 'utf8')) as object;
    expect(spec).toMatchObject({ seed: 6, seeds: 1 });
  });

  test('are refused before the first of them runs when a name is taken', async () => {
    const { status, stderr } = await blastrain(['train', 'two-layer-tuned', ...quick, 'seeds=3', 'seed=6', '--name', 'many'], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("'many-seed6'") as string });
  });

  test('without a name take the next free number, and print a table', async () => {
    const { stdout } = await blastrain(['train', 'two-layer-tuned', ...quick, 'seeds=2'], { cwd });
    expect(stdout).toMatch(/two-layer-tuned-\d+-seed1 .*\nmean .*\nstandard deviation /);
  });
});

describe('a run that is killed, again and again, goes on to the bit', () => {
  const long = [...quick, 'steps=300', 'evaluateEvery=7', 'optimizer=adamw', 'momentum=0', 'l2=0', 'decay=1', 'schedule=cosine', 'learningRate=0.001'];

  test.each(backends)('on %s kernels', async (backend) => {
    const spec = [...long, `backend=${backend}`, 'threads=1', ...(backend === 'typescript' ? ['steps=80'] : [])];
    const train = (args: readonly string[], afterLines?: number): Promise<CliResult> => blastrain([...args, '--json'], {
      cwd,
      during: (child) => {
        let lines = 0;
        if (afterLines === undefined) return;
        child.stdout!.on('data', (text: string) => {
          lines += text.split('\n').length - 1;
          if (lines >= afterLines) child.kill('SIGKILL');
        });
      },
    });
    const names = [`whole-${backend}`, `killed-${backend}`] as const;
    const whole = await train(['train', 'two-layer-tuned', ...spec, '--name', names[0]]);

    // Lines arrive late and in bursts, so that the kills fall where they will.
    const random = new RandomState(Date.now() % 2 ** 32);
    let killed = await train(['train', 'two-layer-tuned', ...spec, '--name', names[1]], 1 + random.randint(0, 100));
    for (let times = 0; times < 4 && killed.status === null; times++) {
      killed = await train(['train', '--resume', names[1]], 1 + random.randint(0, 200));
    }
    const last = await train(['train', '--resume', names[1]]);
    const digest = ({ stdout }: CliResult): unknown => jsonLines(stdout).pop()!['parametersDigest'];
    expect(digest(last)).toBe(digest(whole));
    const metrics = (name: string): unknown[] => withoutTimes(jsonLines(
      readFileSync(join(cwd, 'runs', name, 'metrics.jsonl'), 'utf8').replaceAll(name, 'NAME'),
    ) as unknown as TrainEvent[]);
    expect(metrics(names[1])).toEqual(metrics(names[0]));
  });
});

test('Ctrl-C ends the run cleanly and keeps what was learned', async () => {
  const { status, stdout } = await blastrain(
    ['train', 'two-layer-tuned', ...quick, 'steps=10000000', 'logEvery=5', '--name', 'interrupted', '--json'],
    {
      cwd,
      during: (child) => {
        child.stdout!.once('data', () => child.kill('SIGINT'));
      },
    },
  );
  expect(status).toBe(130);
  expect(jsonLines(stdout).pop()).toMatchObject({ type: 'result', ended: 'stopped' });
  expect(existsSync(join(cwd, 'runs', 'interrupted', 'loss.svg'))).toBe(true);
  expect((await blastrain(['test', 'interrupted'], { cwd })).status).toBe(0);
  const { steps } = jsonLines(stdout).pop() as unknown as ResultEvent;
  const resumed = await blastrain(['train', '--resume', join('runs', 'interrupted'), '--set', `steps=${String(steps + 10)}`], { cwd });
  expect(resumed.stdout).toContain(`going on from step ${String(steps)}`);
  expect(resumed.stdout).toContain(`Trained ${String(steps + 10)} steps`);
});

test.each([
  ['an unknown preset', ['train', 'two-layer-tunde'], 'ERR_CONFIG', 'two-layer-tuned'],
  ['no preset', ['train'], 'ERR_CONFIG', 'PRESET'],
  ['an unknown key', ['train', 'two-layer-tuned', '--set', 'lerningRate=1'], 'ERR_CONFIG', 'learningRate'],
  ['an unknown option', ['train', 'two-layer-tuned', '--jsno'], 'ERR_CONFIG', '--json'],
  ['an unknown command', ['trian'], 'ERR_CONFIG', 'train'],
  ['a spec that is not there', ['train', 'nowhere.json'], 'ERR_IO', 'nowhere.json'],
  ['a spec that is not JSON', ['train', 'broken.json'], 'ERR_CONFIG', 'broken.json'],
  ['a rate that diverges', ['train', 'two-layer-tuned', ...quick, 'learningRate=1e30'], 'ERR_DIVERGED', 'step'],
  ['layers that do not fit', ['train', 'two-layer-tuned', ...quick, 'layers=3072,5,7'], 'ERR_SHAPE', 'layers'],
  ['a folder without data', ['train', 'two-layer-tuned', '--set', 'dataFolder=.'], 'ERR_DATA', 'data'],
  ['a run that is not there', ['test', 'nobody'], 'ERR_CONFIG', 'nobody'],
  ['going on with a run that is not there', ['train', '--resume', 'nobody'], 'ERR_CONFIG', 'nobody'],
  ['going on under another name', ['train', '--resume', 'first', '--name', 'other'], 'ERR_CONFIG', 'other'],
  ['going on at another rate', ['train', '--resume', 'first', '--set', 'learningRate=1'], 'ERR_CONFIG', 'learningRate'],
  ['views that there are not', ['evaluate', 'first', '--tta', 'rotate'], 'ERR_CONFIG', '--tta'],
  ['evaluating the test split', ['evaluate', 'first', '--split', 'test'], 'ERR_CONFIG', 'blastrain test'],
])('%s ends in one sentence with a code', async (_, args, code, part) => {
  writeFileSync(join(cwd, 'broken.json'), '{"steps": ');
  const { status, stdout, stderr } = await blastrain(args, { cwd });
  // Behind it may come advice.
  const sentence = stderr.split('\n').find((line) => line.startsWith('blastrain: Expected'));
  expect({ status, sentence }).toEqual({ status: 1, sentence: expect.stringMatching(new RegExp(`^blastrain: Expected .*\\[${code}\\]$`)) as string });
  expect(sentence).toContain(part);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).not.toContain('Accuracy');
});

test('--debug adds the stack trace', async () => {
  expect((await blastrain(['train', 'nowhere.json', '--debug'], { cwd })).stderr).toMatch(/\n\s+at /);
});

describe('on the real images', () => {
  const images = cifarFolder();
  (images === undefined ? test.skip : test).each([
    ['two-layer-default', 0.26, 0.32],
    ['two-layer-tuned', 0.52, 0.65],
  ])('%s lands between %d and %d on validation', async (preset, least, most) => {
    const { stdout, stderr } = await blastrain(['train', preset, '--set', `dataFolder=${images!}`, '--json'], { cwd });
    const result = jsonLines(stdout).pop();
    expect({ stderr, type: result?.['type'] }).toEqual({ stderr: '', type: 'result' });
    expect(result!['valAccuracy']).toBeGreaterThanOrEqual(least);
    expect(result!['valAccuracy']).toBeLessThanOrEqual(most);
  });
});
