import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lrFindCommand } from '../../../lib/cli/commands/lrFind';
import type { LrFindReport } from '../../../lib/studies/lrFind';
import { capture } from '../../support/capture';
import { temporaryFolder } from '../../support/folder';

const folder = temporaryFolder();
const small = ['two-layer-tuned', '--set', 'data=synthetic', 'trainRows=200', 'validationRows=50', 'testRows=50', 'layers=3072,10,10', 'batchSize=20', 'threads=1'];

test('--json prints the report and nothing else', async () => {
  const { status, output } = await capture(() => lrFindCommand.run([...small, '--steps', '60', '--json']));
  const report = JSON.parse(output) as LrFindReport;
  expect(status).toBe(0);
  expect(report.points.length).toBeLessThanOrEqual(60);
  expect(report.suggestion).toBeGreaterThan(1e-5);
});

test('shows a curve, a suggestion to type, and where the picture is', async () => {
  const out = join(folder, 'lr-find.svg');
  const { status, output } = await capture(() => lrFindCommand.run([...small, '--steps', '60', '--out', out]));
  expect(status).toBe(0);
  expect(output).toMatch(/Suggested learningRate=[\d.e-]+: a tenth of the rate/);
  expect(output).toContain(out);
  expect(readFileSync(out, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
});

test('exit status 1 where the loss fell nowhere', async () => {
  // With the same rows in every step nothing but the rate changes the loss.
  const { status, output } = await capture(() => lrFindCommand.run([...small, 'batchSize=200', '--from', '1e-12', '--to', '1e-11', '--out', join(folder, 'none.svg')]));
  expect(status).toBe(1);
  expect(output).toContain('No suggestion');
});

test.each([[['--steps', '0']], [['--from', 'x']], [['--to', '1e-9']], [[]]])('refuses %j', async (flags) => {
  const args = flags.length === 0 ? flags : [...small, ...flags];
  await expect(lrFindCommand.run(args)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
