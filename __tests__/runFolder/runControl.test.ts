import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { train } from '../../lib/run/train';
import { requestStop, RunControl } from '../../lib/runFolder/runControl';
import type { RunStatus } from '../../lib/runFolder/runControl';
import { RunCatalogue } from '../../lib/dashboard/catalogue';
import { isOwned } from '../../lib/files';
import type { TrainEvent } from '../../lib/train/events';
import { temporaryFolder } from '../support/folder';
import { tinyData, tinySpec } from '../support/data/tinyData';

const runs = temporaryFolder();
const data = tinyData();

function statusOf(name: string): RunStatus {
  return JSON.parse(readFileSync(join(runs, name, 'status.json'), 'utf8')) as RunStatus;
}

test('a run owns its folder while it is at work, ends when a file asks it to, and leaves neither', async () => {
  const run = train({ ...tinySpec, steps: 50_000_000, evaluateEvery: 1_000_000, logEvery: 100 }, { data, place: { runs, name: 'asked' } });
  let last: TrainEvent | undefined;
  for await (const event of run) {
    if (last === undefined) {
      expect(isOwned(join(runs, 'asked', 'lock'))).toBe(true);
      expect(new RunCatalogue(runs).find('asked')).toMatchObject({ state: 'running', stoppable: true });
      requestStop(join(runs, 'asked'));
    }
    last = event;
  }
  expect(last).toMatchObject({ type: 'result', ended: 'stopped' });
  expect(new RunCatalogue(runs).find('asked')).toMatchObject({ state: 'stopped', stoppable: false });
  for (const name of ['stop', 'status.json', 'lock']) expect(existsSync(join(runs, 'asked', name))).toBe(false);
});

test('a run that fails says why', async () => {
  const run = train({ ...tinySpec, learningRate: 1e30, l2: 1 }, { data, place: { runs, name: 'failed' } });
  await expect(run.model).rejects.toMatchObject({ code: 'ERR_DIVERGED' });
  expect(statusOf('failed')).toMatchObject({ state: 'failed', code: 'ERR_DIVERGED', message: expect.stringContaining('loss') });
});

test('what was asked of an earlier process does not stop a run that goes on', async () => {
  const first = train({ ...tinySpec, steps: 10 }, { data, place: { runs, name: 'again' } });
  await first.model;
  requestStop(join(runs, 'again'));
  let last: TrainEvent | undefined;
  for await (const event of train({ steps: 20 }, { data, resume: join(runs, 'again') })) last = event;
  expect(last).toMatchObject({ type: 'result', ended: 'finished', steps: 20 });
});

test('a failure that cannot be written down throws nothing', () => {
  const folder = join(runs, 'gone');
  mkdirSync(folder);
  const control = new RunControl(folder);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file where the folder was');
  expect(() => {
    control.fail({ code: 'ERR_IO', message: 'full', details: {} });
  }).not.toThrow();
  expect(() => {
    requestStop(folder);
  }).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
});
