import { join } from 'node:path';
import { expected } from '../../errors';
import { evaluateRun } from '../../inference/evaluateRun';
import { findRun, runFiles, runName } from '../../runFolder/runFolder';
import { jsonLine } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { readOptions, requirePositional } from '../options';
import { renderScores } from '../scores';
import { fileLines, terminalOf } from '../terminal/style';

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'score a run\'s model class by class on validation or training rows',
  help: `Usage: blastrain evaluate RUN [options]

RUN is a run's name or the path of its folder. Prints precision, recall and F1
of each class, what its rows are most often taken for, and how far the model's
confidence can be believed; evaluation.json in the run's folder has the whole
confusion matrix and reliability table too. The test split is kept for
'blastrain test'.

Options:
  --split SPLIT   validation or train [validation]
  --runs DIR      where the runs are [runs]
  --json          the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args, { split: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } }, { names: ['RUN'] },
    );
    const { split = 'validation' } = values;
    if (split !== 'validation' && split !== 'train') {
      const what = split === 'test' ? 'validation or train (blastrain test is the way to the test split)' : 'validation or train';
      throw expected('ERR_CONFIG', what, '--split', split, { path: 'split' });
    }
    const folder = findRun(values.runs ?? 'runs', requirePositional(positionals[0], 'RUN', 'evaluate'));
    announceFallback();
    const evaluation = evaluateRun(folder, runName(folder), split);
    if (values.json === true) process.stdout.write(jsonLine({ type: 'evaluate', ...evaluation }));
    else process.stdout.write(`${renderScores(evaluation, terminalOf(process.stdout))}${fileLines([join(folder, runFiles.evaluation)])}`);
    return Promise.resolve(0);
  },
};
