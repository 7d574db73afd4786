import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { TrialWorker } from '../../lib/search/trialWorker';
import { ownFolder } from '../../lib/runFolder/ownedFolder';
import { parseSpec } from '../../lib/spec/spec';
import { waitSync } from '../../lib/files';
import { temporaryFolder } from '../support/folder';
import { run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

const folder = temporaryFolder();
const data = tinyData();
const spec = parseSpec({ ...tinySpec, threads: 1 });
const { lock } = waitSync(ownFolder(folder));
const member = new TrialWorker({ rows: [data] });
const unheard = (): void => undefined;

afterAll(() => member.close());

const evaluationsOf = (path: string) => readFileSync(join(path, 'metrics.jsonl'), 'utf8').split('\n').filter((line) => line.startsWith('{"type":"evaluation"'));

test('a run pauses where it is told, and goes on from there to the bit', async () => {
  const path = join(folder, 'paused');
  const whole = run({ threads: 1 });
  const evaluations = whole.events.filter((event) => event.type === 'evaluation');
  for (const [i, until] of [10, 20, null].entries()) {
    const { step, score } = await member.train({ spec, folder: path, data: 0, until, after: 0, lock: lock.handle }, unheard);
    expect({ step, score }).toEqual({ step: until ?? 30, score: evaluations[i]!.valAccuracy });
    expect(evaluationsOf(path)).toHaveLength(i + 1);
  }
  expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toContain(whole.result.parametersDigest);
});

test('a segment that is done already is not trained again', async () => {
  const path = join(folder, 'done');
  const segment = { spec, folder: path, data: 0, until: 20, after: 0, lock: lock.handle };
  const { seconds: _, ...first } = await member.train(segment, unheard);
  const before = readFileSync(join(path, 'metrics.jsonl'), 'utf8');
  expect(await member.train(segment, unheard)).toMatchObject(first);
  expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).toBe(before);
});

test('a check says of each validation row whether the model is right', async () => {
  const path = join(folder, 'checked');
  const { score } = await member.train({ spec, folder: path, data: 0, until: null, after: 0, lock: lock.handle }, unheard);
  const correct = await member.check(path, 0);
  expect(correct).toHaveLength(data.validation.size);
  expect(correct.reduce((sum, one) => sum + one, 0) / correct.length).toBeCloseTo(score, 12);
  expect([...correct]).toEqual(Array.from(
    Model.load(join(path, 'checkpoint.safetensors')).classify(data.validation), (label, row) => (label === data.validation.labels[row] ? 1 : 0)));
});

test.each([
  ['a loss that is not finite', { learningRate: 1e30 }, 'ERR_DIVERGED'],
  ['layers that do not fit the data', { layers: [11, 8, 3] }, 'ERR_SHAPE'],
])('%s ends the segment and leaves the member fit for the next', async (_, change, code) => {
  const broken = parseSpec({ ...spec, ...change });
  await expect(member.train({ spec: broken, folder: join(folder, code), data: 0, until: 10, after: 0, lock: lock.handle }, unheard)).rejects.toMatchObject({ code });
  expect((await member.train({ spec, folder: join(folder, `${code}-next`), data: 0, until: 10, after: 0, lock: lock.handle }, unheard)).step).toBe(10);
});

test('a member that is closed while it trains starts anew, and its run goes on', async () => {
  const path = join(folder, 'closed');
  const long = parseSpec({ ...spec, steps: 1_000_000 });
  const other = new TrialWorker({ rows: [data] });
  let heard = 0;
  const left = other.train({ spec: long, folder: path, data: 0, until: null, after: 0, lock: lock.handle }, (step) => {
    heard = step;
    void other.close();
  });
  await expect(left).rejects.toMatchObject({ code: 'ERR_WORKER' });
  expect(heard).toBeGreaterThan(0);
  expect(existsSync(join(path, 'checkpoint.safetensors'))).toBe(true);
  const until = 10 * Math.ceil(heard / 10) + 100;
  expect((await other.train({ spec: long, folder: path, data: 0, until, after: 0, lock: lock.handle }, unheard)).step).toBe(until);
  await other.close();
}, 60_000);
