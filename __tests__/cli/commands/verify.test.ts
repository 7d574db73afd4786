import { verifyCommand } from '../../../lib/cli/commands/verify';
import { kernelNames, kernelsIn } from '../../../lib/kernels/signatures';
import type { VerifyReport } from '../../../lib/verify/verify';
import { BlastrainError } from '../../../lib/errors';
import type * as KernelsModule from '../../../lib/kernels';
import type { BackendName, Kernels, Precision } from '../../../lib/kernels/contract';
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

(backends.includes('native') ? test : test.skip)('the native kernels agree: status 0', async () => {
  const { status, output } = await capture(() => verifyCommand.run([]));
  expect(output).toContain('Every kernel agrees with its twin.');
  expect(output).toMatch(/^gemm +\d+ +0\.\d{3} +0\.\d{3} /m);
  expect(status).toBe(0);
});

test('a wrong kernel: status 1, and where it is wrong, in an aligned table that names every kernel once, in 80 columns', async () => {
  standIn = broken;
  const { status, output } = await capture(() => verifyCommand.run([]));
  expect(status).toBe(1);
  expect(output).toMatch(/^reluForward +\d+ +differs +differs /m);
  expect(output).toMatch(/ reluForward float64 n=\d+ \w+: differs$/m);
  expect(output).not.toContain('agrees');
  const lines = output.split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  const table = lines.filter((line) => /^\w+ +\d+ /.test(line));
  expect(table.map((line) => /^\w+/.exec(line)![0])).toEqual([...kernelNames]);
  expect(new Set(table.map((line) => line.search(/\S+$/))).size).toBe(1);
});

test('--json: one object and nothing else', async () => {
  standIn = broken;
  const { status, output } = await capture(() => verifyCommand.run(['--json', '--seed', '3']));
  expect(status).toBe(1);
  const report = JSON.parse(output) as VerifyReport;
  expect(report).toMatchObject({ passed: false, seed: 3 });
  expect(report.results).toHaveLength(2 * kernelNames.length + kernelsIn('bfloat16').length);
  expect(report.results[0]).toEqual({
    kernel: 'gemm', precision: 'float32', cases: expect.any(Number), exact: false, worst: expect.any(Number), worstCase: expect.any(String), passed: true,
  });
  expect(report.results.filter((result) => !result.passed)).toMatchObject([
    { kernel: 'reluForward', precision: 'float32', worst: null }, { kernel: 'reluForward', precision: 'float64', worst: null },
  ]);
});

test('without native kernels: their error, which main prints as one sentence', async () => {
  standIn = () => { throw new BlastrainError('ERR_BACKEND', 'Expected an addon that loads'); };
  await expect(async () => verifyCommand.run([])).rejects.toMatchObject({ code: 'ERR_BACKEND' });
});

test.each([['--seed', '-1'], ['--seed', 'x'], ['--sed', '1'], ['gemm']])('refuses %j', async (...args) => {
  await expect(async () => verifyCommand.run(args)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
