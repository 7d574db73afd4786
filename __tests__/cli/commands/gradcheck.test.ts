import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradcheckCommand } from '../../../lib/cli/commands/gradcheck';
import type { GradcheckReport } from '../../../lib/studies/gradcheck';
import { Objective } from '../../../lib/train/objective';
import { capture } from '../../support/capture';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'blastrain-gradcheck-')); });
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Makes every objective's gradient wrong in one element: W1[2, 1] of a network with 4 inputs. */
function breakGradient(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { addPenaltyGradient } = Objective.prototype;
  jest.spyOn(Objective.prototype, 'addPenaltyGradient').mockImplementation(function (this: Objective) {
    addPenaltyGradient.call(this);
    this.model.arena.find('W1')!.gradient[2 * 4 + 1]! += 0.01;
  });
}
const small = ['--layers', '4,10,3', '--samples', 'all'];

test.each([['native', ['native']], ['typescript', ['typescript']], ['both', ['native', 'typescript']]])(
  '--backend %s checks every parameter on %j', async (backend, expected) => {
    const { status, output } = await capture(() => gradcheckCommand.run([...small, '--backend', backend, '--json']));
    expect(status).toBe(0);
    const result = JSON.parse(output) as { reports: GradcheckReport[] };
    expect(result).toMatchObject({ passed: true, layers: [4, 10, 3], batch: 5, l2: 0.05, seed: 0 });
    expect(result.reports.map((report) => report.backend)).toEqual(expected);
    for (const { parameters } of result.reports) {
      expect(parameters.map(({ name }) => name)).toEqual(['W1', 'b1', 'W2', 'b2']);
      expect(parameters.map(({ checked, kinks }) => checked + kinks)).toEqual([40, 10, 30, 3]);
    }
  },
);

test('the default network passes on both backends, in a table of at most 80 columns', async () => {
  const { status, output } = await capture(() => gradcheckCommand.run([]));
  expect(status).toBe(0);
  expect(output).toContain('100/153600');
  expect(output).toContain('Every gradient agrees');
  for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test.each([
  [['--activation', 'gelu', '--norm', 'batch', '--dropout', '0.3'], '4,10,3, gelu, batch norm, dropout 0.3', ['W1', 'b1', 'gamma1', 'beta1', 'W2', 'b2']],
  [['--members', '3'], '4,10,3, relu, 3 members', ['R1', 'W1', 'S1', 'B1', 'W2', 'B2']],
  [['--activation', 'leaky-relu', '--norm', 'layer'], '4,10,3, leaky-relu, layer norm', ['W1', 'b1', 'gamma1', 'beta1', 'W2', 'b2']],
  [['--directions', '2', '--second-order'], '4,10,3, relu', ['direction 1', 'direction 2', 'second order']],
  [['--activation', 'sigmoid'], '4,10,3, sigmoid', ['W1', 'b1', 'W2', 'b2']],
])('%j passes on both backends', async (options, title, names) => {
  const { status, output } = await capture(() => gradcheckCommand.run([...small, '--backend', 'both', ...options]));
  expect(status).toBe(0);
  expect(output).toContain(`Gradient check of ${title}\n`);
  for (const name of names) expect(output.split('\n').filter((line) => line.includes(` ${name} `))).toHaveLength(2);
});

test('a wrong gradient: status 1, and its parameter and index in table, JSON and JUnit', async () => {
  breakGradient();
  const junit = join(folder, 'new', 'junit.xml');
  const text = await capture(() => gradcheckCommand.run([...small, '--backend', 'typescript', '--junit', junit]));
  expect(text.status).toBe(1);
  expect(text.output).toMatch(/typescript W1\[2, 1\]: analytic \S+, numeric \S+, relative error \S+; 1 of 40 elements failed/);
  expect(text.output).not.toContain('Every gradient agrees');
  expect(text.output).toContain('It still fails with --layers 1,10,1 --batch 1\n'); // the tenth element of W1 is the one

  const xml = readFileSync(junit, 'utf8');
  expect(xml).toContain('<testsuite name="gradcheck 4,10,3, relu" tests="4" failures="1"');
  expect(xml.match(/<testcase classname="gradcheck\.typescript"/g)).toHaveLength(4);
  expect(xml).toMatch(/name="W1"><failure message="W1\[2, 1\]: analytic /);

  const { status, output } = await capture(() => gradcheckCommand.run([...small, '--backend', 'typescript', '--json']));
  expect(status).toBe(1);
  expect(JSON.parse(output)).toMatchObject({
    passed: false,
    reports: [{ parameters: [{ name: 'W1', passed: false, failed: 1, worst: { index: [2, 1] } }, { passed: true }, { passed: true }, { passed: true }] }],
  });
});

test.each([
  [['--layers', '4'], 'ERR_SHAPE', 'layer sizes'],
  [['--layers', '4,x,3'], 'ERR_CONFIG', '--layers'],
  [['--layers', '4,0,3'], 'ERR_CONFIG', '--layers'],
  [['--samples', '0'], 'ERR_CONFIG', '--samples'],
  [['--directions', '0'], 'ERR_CONFIG', '--directions'],
  [['--samples', 'some'], 'ERR_CONFIG', '--samples'],
  [['--batch', '1.5'], 'ERR_CONFIG', '--batch'],
  [['--l2', 'NaN'], 'ERR_CONFIG', '--l2'],
  [['--seed=-1'], 'ERR_CONFIG', '--seed'],
  [['--activation', 'swish'], 'ERR_CONFIG', '--activation'],
  [['--norm', 'group'], 'ERR_CONFIG', '--norm'],
  [['--members', '1'], 'ERR_CONFIG', '--members'],
  [['--dropout', 'x'], 'ERR_CONFIG', '--dropout'],
  [['--dropout', '1'], 'ERR_CONFIG', 'in [0, 1)'],
  [['--backend', 'gpu'], 'ERR_CONFIG', '--backend'],
  [['--layer', '4,3'], 'ERR_CONFIG', '--layers'],
])('refuses %j', async (args, code, words) => {
  await expect(async () => gradcheckCommand.run(args)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});
