import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toyCommand } from '../../../lib/cli/commands/toy';
import { runToy } from '../../../lib/studies/toy';
import { capture } from '../../support/capture';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'blastrain-toy-')); });
afterEach(() => { rmSync(folder, { recursive: true }); });

describe.each(['native', 'typescript'] as const)('blastrain toy --backend %s', (backend) => {
  test('prints the tables, draws the curve and writes the figure', async () => {
    const figure = join(folder, 'loss.svg');
    const { status, output } = await capture(() => toyCommand.run(['--backend', backend, '--out', figure]));
    expect(status).toBe(0);
    expect(output).toContain(`on the ${backend} kernels, float64`);
    expect(output.match(/0\.36446210 {2}0\.22911264 {2}0\.40642526/g)).toHaveLength(2);
    for (const words of ['loss 1.30378789133', 'gradient of W1', 'gradient of b2', 'loss after 100 steps', 'training loss', figure]) {
      expect(output).toContain(words);
    }
    for (const line of output.replace(figure, '').split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(readFileSync(figure, 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
  });

  test('--json prints the report and nothing else', async () => {
    const { status, output } = await capture(() => toyCommand.run(['--backend', backend, '--json']));
    expect(status).toBe(0);
    expect(JSON.parse(output)).toEqual(runToy({ backend }));
    expect(output.trimEnd()).not.toContain('\n');
  });
});

test.each([
  [['--backend', 'gpu'], { code: 'ERR_CONFIG', details: { path: 'backend' } }],
  [['--jsn'], { code: 'ERR_CONFIG', message: expect.stringContaining('--json') }],
  [['surplus'], { code: 'ERR_CONFIG' }],
  [['--out', 'nowhere/loss.svg'], { code: 'ERR_CONFIG', message: expect.stringContaining('a folder that exists') }],
])('refuses %j', async (args, error) => {
  await expect(async () => toyCommand.run(args)).rejects.toMatchObject(error);
});

test('a figure that cannot be written is an error with the file’s name', async () => {
  writeFileSync(join(folder, 'file'), '');
  const figure = join(folder, 'file', 'loss.svg');
  await expect(async () => toyCommand.run(['--out', figure])).rejects.toMatchObject({ code: 'ERR_IO', details: { file: figure } });
});
