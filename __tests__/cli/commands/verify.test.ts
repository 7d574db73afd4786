import { verifyCommand } from '../../../lib/cli/commands/verify';
import { kernelNames } from '../../../lib/kernels/signatures';
import type { VerifyReport } from '../../../lib/verify/verify';
import { BlastrainError } from '../../../lib/errors';
import type * as KernelsModule from '../../../lib/kernels';
import type { BackendName, KernelName, Kernels, Precision } from '../../../lib/kernels/contract';
import { backends } from '../../support/backends';
import { capture } from '../../support/capture';

/** What stands for the native kernels in a test; undefined: they themselves. */
let standIn: ((precision: Precision, actual: typeof KernelsModule) => Kernels) | undefined;

jest.mock('../../../lib/kernels', () => {
  const actual = jest.requireActual<typeof KernelsModule>('../../../lib/kernels');
  return {
    ...actual,
    kernelsFor: (precision: Precision, backend?: BackendName) =>
      backend === 'native' && standIn !== undefined ? standIn(precision, actual) : actual.kernelsFor(precision, backend),
  };
});

afterEach(() => { standIn = undefined; });

/** ReLU that lets every number through, in kernels that are right else. */
const broken: typeof standIn = (precision, actual) => ({
  ...actual.kernelsFor(precision, backends.includes('native') ? 'native' : 'typescript'),
  reluForward: (n, x, y) => { y.set(x.subarray(0, n)); },
});

/** Few kernels: that all are right is what the tests of parity show. */
const longest = [...kernelNames].sort((a, b) => b.length - a.length)[0]!;
const few: readonly KernelName[] = ['dot', 'reluForward', longest, 'argmax'];

(backends.includes('native') ? test : test.skip)('the native kernels agree: status 0', async () => {
  const { status, output } = await capture(() => verifyCommand.run([...few]));
  expect(output).toContain('Every kernel agrees with its twin.');
  expect(output).toMatch(/^dot +\d+ +0\.\d{3} +0\.\d{3} /m);
  expect(status).toBe(0);
});

test('a wrong kernel: status 1, and where it is wrong, in an aligned table that names every kernel once, in 80 columns', async () => {
  standIn = broken;
  const { status, output } = await capture(() => verifyCommand.run([...few]));
  expect(status).toBe(1);
  expect(output).toMatch(/^reluForward +\d+ +differs +differs /m);
  expect(output).toMatch(/ reluForward float64 n=\d+ \w+: differs$/m);
  expect(output).not.toContain('agrees');
  const lines = output.split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  const table = lines.filter((line) => /^\w+ +\d+ /.test(line));
  expect(table.map((line) => /^\w+/.exec(line)![0])).toEqual(few);
  expect(new Set(table.map((line) => line.search(/\S+$/))).size).toBe(1);
});

test('--json: one object and nothing else', async () => {
  standIn = broken;
  const { status, output } = await capture(() => verifyCommand.run(['--json', 'gemm', '--seed', '3', 'reluForward']));
  expect(status).toBe(1);
  const report = JSON.parse(output) as VerifyReport;
  expect(report).toMatchObject({ passed: false, seed: 3 });
  expect(report.results.map(({ kernel, precision, passed }) => [kernel, precision, passed])).toEqual([
    ['gemm', 'float32', true], ['reluForward', 'float32', false], ['gemm', 'float64', true], ['reluForward', 'float64', false], ['gemm', 'bfloat16', true],
  ]);
  expect(report.results[0]).toEqual({
    kernel: 'gemm', precision: 'float32', cases: expect.any(Number), exact: false, worst: expect.any(Number), worstCase: expect.any(String), passed: true,
  });
  expect(report.results[1]).toMatchObject({ worst: null });
});

test('without native kernels: their error, which main prints as one sentence', async () => {
  standIn = () => { throw new BlastrainError('ERR_BACKEND', 'Expected an addon that loads'); };
  await expect(async () => verifyCommand.run([])).rejects.toMatchObject({ code: 'ERR_BACKEND' });
});

test.each([['--seed', '-1'], ['--seed', 'x'], ['--sed', '1'], ['gem']])('refuses %j', async (...args) => {
  await expect(async () => verifyCommand.run(args)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
