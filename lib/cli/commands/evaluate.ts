import { basename, join } from 'node:path';
import { expected } from '../../errors';
import type { ViewOptions } from '../../data/views';
import { evaluateFile } from '../../inference/evaluateFile';
import type { EvaluateFileOptions } from '../../inference/evaluateFile';
import { evaluateRun } from '../../inference/evaluateRun';
import { runFiles, runName } from '../../runFolder/runFolder';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import type { Command } from '../command';
import { ttaOption } from '../flagValues';
import { readOptions, requirePositional } from '../options';
import { renderScores } from '../scores';
import { fileLines, terminalOf, wrap } from '../terminal/style';
import { warn } from '../warnings';

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'score a run\'s model in detail, on its rows or on another file',
  help: `Usage: blastrain evaluate MODEL [FILE|FOLDER] [options]

MODEL is a run's name or the path of its folder, or a model file, which needs
a FILE. Prints precision, recall and F1
of each class, what its rows are most often taken for, and how far the model's
confidence can be believed; evaluation.json in the run's folder has the whole
confusion matrix and reliability table too. The test split is kept for
'blastrain test'.

With FILE, another .csv, .jsonl, .parquet, .arrow, .npy or .npz with the same
columns, all its rows are scored. Columns and classes are matched by name, so
that their order plays no part and further columns are left out. With FOLDER,
all its pictures are scored, whose classes are its folders. Where rows of the
run's test split are among them, this counts as a look at it.

Options:
  --split SPLIT    validation or train [validation]
  --target COLUMN  the column of FILE to predict [the one of the training]
  --tta NAME       average outputs over views of each picture: flip (it and its
                   mirror image) or flip-shift (both also moved by a pixel in
                   four directions)
  --runs DIR       where the runs are [runs]
  --json           the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args, { split: { type: 'string' }, target: { type: 'string' }, tta: { type: 'string' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: ['MODEL', 'FILE'] },
    );
    const given = requirePositional(positionals[0], 'MODEL', 'evaluate');
    const { path, isFile } = findModel(given, values.runs);
    const file = positionals[1];
    if (isFile && file === undefined) throw expected('ERR_CONFIG', 'a FILE to evaluate a model file on', 'blastrain evaluate', given, { path: 'file' });
    if (file !== undefined && values.split !== undefined) throw expected('ERR_CONFIG', 'no --split with a FILE', '--split', values.split, { path: 'split' });
    if (file === undefined && values.target !== undefined) throw expected('ERR_CONFIG', 'a FILE with --target', '--target', values.target, { path: 'target' });
    const views = ttaOption(values.tta);
    announceFallback();
    if (file === undefined) scoreSplit(path, values.split ?? 'validation', views, values.json === true);
    else scoreFile(path, file, { ...views, ...(values.target !== undefined && { target: values.target }) }, values.json === true);
    return Promise.resolve(0);
  },
};

function scoreSplit(folder: string, split: string, views: ViewOptions, json: boolean): void {
  if (split !== 'validation' && split !== 'train') {
    const what = split === 'test' ? 'validation or train (blastrain test is the way to the test split)' : 'validation or train';
    throw expected('ERR_CONFIG', what, '--split', split, { path: 'split' });
  }
  const evaluation = evaluateRun(folder, runName(folder), split, views);
  if (json) process.stdout.write(jsonLine({ type: 'evaluate', ...evaluation }));
  else process.stdout.write(`${renderScores(evaluation, `${split} rows`, terminalOf(process.stdout))}${fileLines([join(folder, runFiles.evaluation)])}`);
}

function scoreFile(folder: string, file: string, options: EvaluateFileOptions, json: boolean): void {
  const { leftOut, ...evaluation } = evaluateFile(folder, runName(folder), file, options);
  warn(leftOut);
  if (json) {
    process.stdout.write(jsonLine({ type: 'evaluate', ...evaluation }));
    return;
  }
  const { testRows, look } = evaluation;
  const note = testRows === null ? 'The run\'s own data is not here, so that rows of its test split could not be told from others'
    : look === undefined ? ''
      : `${String(testRows)} of these are rows of the run's test split: this was look ${String(look)} at it, and is in the ledger`;
  process.stdout.write(`${renderScores(evaluation, `rows of ${printable(basename(file))}`, terminalOf(process.stdout))}${note === '' ? '' : `${wrap(note, 80)}\n`}`);
}
