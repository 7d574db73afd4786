import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cifarFolder } from '../support/cifar';
import { backends } from '../support/backends';
import { blastrain, jsonLines } from '../support/cli';
import { temporaryFolder } from '../support/folder';

jest.setTimeout(60_000);
const cwd = temporaryFolder();
const quick = ['--set', 'data=synthetic', 'trainRows=500', 'validationRows=100', 'testRows=100', 'steps=20', 'batchSize=50', 'evaluateEvery=10'];

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
      'accuracy.svg', 'checkpoint.safetensors', 'loss.svg', 'metrics.jsonl', 'spec.json', 'weights.png',
    ]);
  });

  test('can be repeated from its spec.json, to the bit', async () => {
    const again = await blastrain(['train', join('runs', 'first', 'spec.json'), '--name', 'again', '--json'], { cwd });
    const result = jsonLines(again.stdout).pop();
    const metrics = jsonLines(readFileSync(join(cwd, 'runs', 'first', 'metrics.jsonl'), 'utf8'));
    expect(result!['parametersDigest']).toBe(metrics.pop()!['parametersDigest']);
  });

  test('is tested once, and a second look says so', async () => {
    const first = await blastrain(['test', 'first', '--json'], { cwd });
    expect(jsonLines(first.stdout)).toMatchObject([{ type: 'test', run: 'first', testRows: 100, look: 1 }]);
    const second = await blastrain(['test', 'first'], { cwd });
    expect(second.stdout).toContain('look 2');
    expect(jsonLines(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8'))).toHaveLength(2);
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
])('%s ends in one sentence with a code', async (_, args, code, part) => {
  writeFileSync(join(cwd, 'broken.json'), '{"steps": ');
  const { status, stdout, stderr } = await blastrain(args, { cwd });
  const sentence = stderr.trimEnd().split('\n').pop()!;
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
