import { trainCommand } from '../../lib/cli/commands/train';
import type { Profile } from '../../lib/bench/profile';
import { capture } from '../support/capture';

const spec = [
  'two-layer-tuned', '--profile', '--set', 'data=synthetic', 'trainRows=60', 'validationRows=10', 'testRows=10', 'batchSize=20', 'layers=3072,4,10',
  'backend=typescript',
];

test('train --profile: a line for each kernel of a step, and what is left', async () => {
  const { status, output } = await capture(() => trainCommand.run(spec));
  expect(status).toBe(0);
  expect(output).toMatch(/^A step on the typescript kernels: [\d.]+ [µm]s; over 100 steps/);
  expect(output).toMatch(/^linearForward +20x4x3072 +1 +[\d.]+ [µm]s +[\d.]+ %$/m);
  expect(output).toMatch(/^outside kernels +[\d.]+ [nµm]s/m);
});

test('--json: one object', async () => {
  const { output } = await capture(() => trainCommand.run([...spec, '--json']));
  const { type, entries } = JSON.parse(output) as Profile;
  expect(type).toBe('profile');
  expect(entries.map(({ kernel }) => kernel)).toContain('sgdStep');
});

test('not of a run that goes on', async () => {
  await expect(async () => trainCommand.run(['--profile', '--resume', 'run'])).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
