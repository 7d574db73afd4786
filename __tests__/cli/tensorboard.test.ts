import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { blastrain } from '../support/cli';
import { readEventFile } from '../support/eventReader';
import type { Seen } from '../support/eventReader';
import { temporaryFolder } from '../support/folder';

const cwd = temporaryFolder();
const folder = join(cwd, 'runs', 'logged');
const eventFiles = (): Seen[][] =>
  readdirSync(folder).filter((name) => name.includes('tfevents')).sort().map((name) => readEventFile(join(folder, name)));

test('--tensorboard leaves an event file in the run\'s folder, and another when the run goes on', async () => {
  const small = ['data=synthetic', 'trainRows=200', 'validationRows=50', 'testRows=50', 'layers=3072,4,10', 'batchSize=50', 'evaluateEvery=4'];
  const first = await blastrain(['train', 'two-layer-tuned', '--name', 'logged', '--tensorboard', '--set', ...small, 'steps=8', 'histogramEvery=4'], { cwd });
  expect(first).toMatchObject({ status: 0 });
  const [seen] = eventFiles();
  const stepsOf = (events: readonly Seen[], tag: string): number[] => events.filter((one) => one.tag === tag).map(({ step }) => step);
  expect(stepsOf(seen!, 'loss/batch')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(stepsOf(seen!, 'loss/validation')).toEqual([4, 8]);
  const counted = ['W1', 'W2'].flatMap((name) => ['weights', 'gradients', 'activations'].map((what) => `${what}/${name}`));
  expect(new Set(seen!.filter(({ kind }) => kind === 'histogram').map(({ tag }) => tag))).toEqual(new Set(['W1', 'b1', 'W2', 'b2', ...counted]));
  for (const tag of counted) expect(stepsOf(seen!, tag)).toEqual([4, 8]);
  expect(stepsOf(seen!, 'first layer').length).toBeGreaterThan(0);

  const second = await blastrain(['train', '--resume', 'logged', '--tensorboard', '--set', 'steps=10'], { cwd });
  expect(second).toMatchObject({ status: 0 });
  const files = eventFiles();
  expect(files).toHaveLength(2);
  const more = files.find((events) => events.some(({ kind }) => kind === 'restart'))!;
  expect(more.find(({ kind }) => kind === 'restart')).toMatchObject({ step: 9, values: [1] });
  expect(stepsOf(more, 'loss/batch')).toEqual([9, 10]);

  expect(await blastrain(['export-runs', 'logged', '--tensorboard', 'exported'], { cwd })).toMatchObject({ status: 0, stderr: '' });
  const exported = join(cwd, 'exported', 'logged');
  const [written] = readdirSync(exported).map((name) => readEventFile(join(exported, name)));
  for (const tag of counted) {
    const of = (events: readonly Seen[]): unknown[] => events.filter((one) => one.tag === tag && one.step <= 8).map(({ values }) => values);
    expect(of(written!)).toEqual(of(seen!));
  }
});
