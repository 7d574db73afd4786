import { findRun, runName } from '../../runFolder/runFolder';
import { testRun } from '../../inference/testRun';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { ttaOption } from '../flagValues';
import { readOptions, requirePositional } from '../options';
import { renderScores } from '../scores';
import { formatKnown, formatPercent } from '../terminal/format';
import { terminalOf } from '../terminal/style';
import { warn } from '../warnings';

export const testCommand: Command = {
  name: 'test',
  summary: 'evaluate a finished run on the test split, and record the look',
  help: `Usage: blastrain test RUN [options]

RUN is a run's name or the path of its folder. Prints the scores that 'blastrain
evaluate' does, for the test split. Every look at a test split is written into
the ledger beside the runs; a second look at the same data is possible, but says
so: a choice made after it is no longer blind.

Options:
  --tta NAME   average outputs over views of each picture: flip or flip-shift,
               as 'blastrain evaluate' does
  --runs DIR   where the runs are [runs]
  --json       the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(args, { tta: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } }, { names: ['RUN'] });
    const folder = findRun(values.runs ?? 'runs', requirePositional(positionals[0], 'RUN', 'test'));
    const views = ttaOption(values.tta);
    announceFallback();
    const { leftOut, ...result } = testRun(folder, runName(folder), views);
    warn(leftOut);
    if (values.json === true) process.stdout.write(jsonLine({ type: 'test', ...result }));
    else {
      process.stdout.write(
        `${renderScores(result.evaluation, 'test rows', terminalOf(process.stdout))}\n` +
          `${printable(result.run)}: test ${result.testAccuracy === undefined ? '' : `accuracy ${formatPercent(result.testAccuracy)}, `}` +
            (result.testRmse === undefined ? '' : `root mean squared error ${formatKnown(result.testRmse)}, `) +
          `loss ${result.testLoss.toFixed(4)} ` +
          `(${String(result.testRows)} rows)\n` +
          (result.look === 1
            ? 'This was the first look at this test split.\n'
            : `This was look ${String(result.look)} at this test split: the figure is no longer an unbiased estimate.\n`),
      );
    }
    return Promise.resolve(0);
  },
};
