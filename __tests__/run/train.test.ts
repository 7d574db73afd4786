import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { train } from '../../lib/run/train';
import type { TrainingRun } from '../../lib/run/train';
import { prepareThread, takeThread } from '../../lib/run/trainThread';
import type { TrainEvent } from '../../lib/train/events';
import { temporaryFolder } from '../support/folder';
import { tinyData, tinySpec } from '../support/data/tinyData';

const runs = temporaryFolder();
const data = tinyData();

test('trains on another thread and hands the model over', async () => {
  const run = train(tinySpec, { data });
  const types: string[] = [];
  for await (const event of run) types.push(event.type);
  expect(types[0]).toBe('start');
  expect(types[types.length - 1]).toBe('result');
  const model = await run.model;
  expect(model.evaluate(data.validation).accuracy).toBeGreaterThan(0.9);
});

test('one thread is prepared, for one training, which learns as another one', async () => {
  prepareThread();
  prepareThread();
  const [prepared, other] = [takeThread(), takeThread()];
  expect(other).not.toBe(prepared);
  await Promise.all([prepared.terminate(), other.terminate()]);
  prepareThread();
  const [first, second] = [train(tinySpec, { data }), train(tinySpec, { data })];
  const [one, two] = await Promise.all([first.model, second.model]);
  expect(one.toBytes()).toEqual(two.toBytes());
});

test('never blocks the caller\'s event loop', async () => {
  const run = train({ ...tinySpec, layers: [12, 2000, 2000, 3], steps: 20 }, { data });
  let worstLag = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    worstLag = Math.max(worstLag, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const started = performance.now();
  for await (const event of run) expect(event.type).toBeDefined();
  clearInterval(timer);
  // A blocking loop would hold the timer back for the whole training.
  expect(worstLag).toBeLessThan((performance.now() - started) / 2);
});

test('a second loop beside the first is refused and disturbs nothing; one after it takes what is left', async () => {
  const run = train(tinySpec, { data });
  const first = run[Symbol.asyncIterator]();
  expect(await first.next()).toMatchObject({ value: { type: 'start' } });
  await expect(run[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'ERR_CONFIG', message: "Expected one loop at a time for the events of a run but received 'a second one'",
  });
  await first.return!();
  let last: TrainEvent | undefined;
  for await (const event of run) last = event;
  expect(last).toMatchObject({ type: 'result' });
});

test('stop ends it early and keeps what was learned', async () => {
  const run = train({ ...tinySpec, steps: 1_000_000 }, { data, place: { runs, name: 'stopped' } });
  let last: TrainEvent | undefined;
  for await (const event of run) {
    if (event.type === 'step') run.stop();
    last = event;
  }
  expect(last).toMatchObject({ type: 'result', ended: 'stopped' });
  await expect(run.model).resolves.toBeDefined();
  expect(readdirSync(join(runs, 'stopped'))).toEqual(expect.arrayContaining(['checkpoint.safetensors', 'metrics.jsonl', 'spec.json']));
});

test('stop does not wait for the next event', async () => {
  // A single epoch, some seconds long.
  const steps = 200_000;
  const run = train({ ...tinySpec, steps, batchSize: 1, logEvery: steps, evaluateEvery: steps, health: false }, { data: tinyData(steps) });
  let last: TrainEvent | undefined;
  for await (const event of run) {
    if (event.type === 'start') setTimeout(() => { run.stop(); }, 50);
    last = event;
  }
  await run.model;
  expect(last).toMatchObject({ type: 'result', ended: 'stopped' });
});

test('goes on with a run of a folder, to the bit', async () => {
  const digestOf = async (run: TrainingRun, stopAt = Infinity): Promise<string> => {
    let digest = '';
    for await (const event of run) {
      if (event.type === 'step' && event.step >= stopAt) run.stop();
      if (event.type === 'result') digest = event.parametersDigest;
    }
    return digest;
  };
  const spec = { ...tinySpec, steps: 2000, threads: 1 };
  const whole = await digestOf(train(spec, { data }));
  const stopped = await digestOf(train(spec, { data, place: { runs, name: 'halves' } }), 10);
  expect(stopped).not.toBe(whole);
  expect(await digestOf(train({}, { data, resume: join(runs, 'halves') }))).toBe(whole);
}, 60_000); // hundreds of checkpoints, each of which waits for the disk

test.each([
  ['a place and a run to go on with', {}, { resume: 'somewhere', place: { runs, name: 'new' } }, 'ERR_CONFIG'],
  ['a run that is not there', {}, { resume: join(runs, 'nobody') }, 'ERR_IO'],
  ['several seeds', { ...tinySpec, seeds: 2 }, {}, 'ERR_CONFIG'],
])('%s: refused at once', (_, spec, options, code) => {
  expect(() => train(spec, { data, ...options })).toThrow(expect.objectContaining({ code }));
});

test('every event comes, in order, however many there are', async () => {
  const steps: number[] = [];
  for await (const event of train({ ...tinySpec, steps: 300, logEvery: 1 }, { data })) if (event.type === 'step') steps.push(event.step);
  expect(steps).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
});

test('leaving the loop stops the training', async () => {
  const run = train({ ...tinySpec, steps: 1_000_000 }, { data });
  for await (const event of run) if (event.type === 'step') break;
  // Only a training that has ended delivers its model.
  await expect(run.model).resolves.toBeDefined();
});

test('an error inside comes out of the iteration and of the model, with its code', async () => {
  const run = train({ ...tinySpec, learningRate: 1e30 }, { data });
  await expect((async () => {
    for await (const event of run) expect(event.type).toBeDefined();
  })()).rejects.toMatchObject({ code: 'ERR_DIVERGED', details: { learningRate: 1e30 } });
  await expect(run.model).rejects.toMatchObject({ code: 'ERR_DIVERGED' });
});

test('a bad spec is refused at once', () => {
  expect(() => train({ ...tinySpec, batchSize: 0 }, { data })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

test('two runs side by side do not disturb each other', async () => {
  const digest = async (): Promise<string | undefined> => {
    let result: string | undefined;
    for await (const event of train({ ...tinySpec, threads: 1 }, { data })) {
      if (event.type === 'result') result = event.parametersDigest;
    }
    return result;
  };
  const [first, second] = await Promise.all([digest(), digest()]);
  expect(first).toBe(second);
});
