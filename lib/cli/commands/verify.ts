import { backends, kernelsFor } from '../../kernels';
import { verifyKernels } from '../../verify/verify';
import type { VerifyReport, VerifyResult } from '../../verify/verify';
import { jsonLine } from '../../text';
import type { Command } from '../command';
import { backendOption, integerOption, kernelOf } from '../flagValues';
import { readOptions } from '../options';
import { coloursOf, terminalOf } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';

/** `blastrain verify`: the kernels of a backend against the TypeScript ones. */
export const verifyCommand: Command = {
  name: 'verify',
  summary: 'hold native or WebAssembly kernels against the TypeScript ones',
  help: `Usage: blastrain verify [KERNEL...] [--backend native|wasm] [--seed N] [--json]

Runs every kernel, or those that are named, in float32 and float64, products
and sums in bfloat16 too, on ragged sizes and hostile inputs, natively with
1, 2 and 3 threads, or in WebAssembly, and in TypeScript, and compares: bit for
bit where the arithmetic leaves no choice, elsewhere within a bound derived
from the number of roundings.

  --backend NAME  of the kernels that are tried; default native
  --seed N        of the inputs; default 0
  --json          one JSON object on standard output: passed, seed, results

Exit status 1 when a kernel is wrong or the backend does not load.
`,
  run(args) {
    const options = { backend: { type: 'string' }, seed: { type: 'string', default: '0' }, json: { type: 'boolean' } } as const;
    const { values, positionals } = readOptions(args, options, { names: ['KERNEL'], rest: true });
    const { backend = 'native' } = backendOption(values.backend);
    const report = verifyKernels({
      candidate: (precision) => kernelsFor(precision, backend), seed: integerOption('seed', values.seed, 0), ...(positionals.length > 0 && { kernels: positionals.map((name) => kernelOf('KERNEL', name)) }),
    });
    process.stdout.write(values.json ? jsonLine(report) : renderReport(report, backends[backend].title, terminalOf(process.stdout)));
    return Promise.resolve(report.passed ? 0 : 1);
  },
};

function renderReport({ passed, results }: VerifyReport, title: string, terminal: Terminal): string {
  const colours = coloursOf(terminal);
  const [pass, fail] = terminal.unicode ? ['✓', '✗'] : ['ok', 'FAILED'];
  const kernels = [...new Set(results.map(({ kernel }) => kernel))];
  const table = renderTable(
    [
      { header: 'kernel' },
      { header: 'cases' },
      { header: 'float32', align: 'right' },
      { header: 'float64', align: 'right' },
      { header: 'bfloat16', align: 'right' },
      { header: '', align: 'left', paint: (text) => (text === pass ? colours.green : colours.red)(text) },
    ],
    kernels.map((kernel) => {
      const all = results.filter((result) => result.kernel === kernel);
      const cases = all.reduce((sum, result) => sum + result.cases, 0);
      const [float32, float64, bfloat16 = ''] = all.map(errorText);
      return [kernel, cases, float32!, float64!, bfloat16, all.every((result) => result.passed) ? pass : fail];
    }),
    terminal,
  );
  const failures = results
    .filter((result) => !result.passed)
    .map(({ kernel, precision, worstCase, ...result }) =>
      `${colours.red(fail)} ${kernel} ${precision} ${worstCase}: ${errorText(result)}\n`);
  return `Worst error of the ${title} kernels, in units of what rounding allows\n\n` + table + '\n' +
    (passed ? 'Every kernel agrees with its twin.\n' : failures.join(''));
}

function errorText({ exact, worst, passed }: Pick<VerifyResult, 'exact' | 'worst' | 'passed'>): string {
  if (exact) return passed ? 'exact' : 'differs';
  if (worst < 1000) return worst.toFixed(3);
  return Number.isFinite(worst) ? worst.toExponential(1) : 'differs';
}
