import { join } from 'node:path';
import { expected } from '../../errors';
import { replaceFile } from '../../files';
import { Model } from '../../inference/model';
import { rowsOfRun } from '../../inference/evaluateRun';
import { dependenceSvg } from '../../report/dependence';
import { importanceSvg } from '../../report/importance';
import { findRun, runName } from '../../runFolder/runFolder';
import { partialDependence } from '../../studies/explain/dependence';
import type { DependenceReport } from '../../studies/explain/dependence';
import { permutationImportance } from '../../studies/explain/importance';
import type { ImportanceReport } from '../../studies/explain/importance';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { integerOption } from '../flagValues';
import { readOptions, requirePositional } from '../options';
import { formatKnown } from '../terminal/format';
import { fileLines, terminalOf, wrap } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { renderTable } from '../terminal/table';

/** Partial dependences are of the most important columns, unless columns are named. */
const dependences = 6;

export const explainCommand: Command = {
  name: 'explain',
  summary: 'which columns a run\'s model goes by, and how',
  help: `Usage: blastrain explain RUN [options]

RUN is a run's name or the path of its folder. Prints the permutation importance
of each column: how much worse the model scores on validation rows where the
column's cells are shuffled among the rows. Draws the mean prediction for the
values of the ${String(dependences)} most important ones (partial dependence). explain.json in the
run's folder has all numbers, importance.svg and dependence.svg the pictures.

Options:
  --columns A,B    these columns only
  --repeats N      how often each is shuffled [10]
  --score NAME     accuracy, loss, rmse or a score that 'evaluate' prints, such
                   as logLoss or r2 [what the training went by]
  --split SPLIT    validation or train [validation]
  --seed N         seed of the shuffles [0]
  --runs DIR       where the runs are [runs]
  --json           the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      {
        columns: { type: 'string' }, repeats: { type: 'string' }, score: { type: 'string' }, split: { type: 'string' }, seed: { type: 'string' },
        runs: { type: 'string' }, json: { type: 'boolean' },
      },
      { names: ['RUN'] },
    );
    const { split = 'validation' } = values;
    if (split !== 'validation' && split !== 'train') throw expected('ERR_CONFIG', 'validation or train', '--split', split, { path: 'split' });
    const folder = findRun(values.runs ?? 'runs', requirePositional(positionals[0], 'RUN', 'explain'));
    announceFallback();
    const name = runName(folder);
    const model = Model.load(folder);
    const { data } = rowsOfRun(folder, name, model, split);
    const seed = values.seed === undefined ? 0 : integerOption('seed', values.seed, 0);
    const columns = values.columns?.split(',').map((column) => column.trim());
    const importance = permutationImportance(model, data, {
      seed,
      ...(columns && { columns }),
      ...(values.repeats !== undefined && { repeats: integerOption('repeats', values.repeats, 1) }),
      ...(values.score !== undefined && { score: values.score }),
    });
    const studied = importance.columns.slice(0, columns === undefined ? dependences : undefined).map(({ column }) => column);
    const dependence = studied.map((column) => partialDependence(model, data, column, { seed }));
    const report = { type: 'explain', run: name, split, importance, dependence };
    const files = ['explain.json', 'importance.svg', 'dependence.svg'].map((file) => join(folder, file)) as [string, string, string];
    replaceFile(files[0], `${JSON.stringify(report, null, 2)}\n`);
    replaceFile(files[1], importanceSvg(importance, name));
    replaceFile(files[2], dependenceSvg(dependence, name));
    process.stdout.write(values.json === true ? jsonLine(report) : `${render(name, split, importance, dependence, terminalOf(process.stdout))}${fileLines(files)}`);
    return Promise.resolve(0);
  },
};

function render(name: string, split: string, importance: ImportanceReport, dependence: readonly DependenceReport[], terminal: Terminal): string {
  const { score, better, baseline, rows, repeats, columns } = importance;
  const heading = `${printable(name)}: ${score} ${formatKnown(baseline)} on ${String(rows)} ${split} rows; ${better === 'higher' ? 'its fall' : 'its rise'} where a column's cells are shuffled, ` +
    `over ${String(repeats)} shuffle${repeats === 1 ? '' : 's'}`;
  const table = renderTable(
    [{ header: 'column', align: 'left' }, { header: 'importance' }, { header: 'deviation' }, { header: 'mean prediction', align: 'left' }],
    columns.map(({ column, mean, std }) => [column, mean.toFixed(4), Number.isFinite(std) ? std.toFixed(4) : '–', rangeOf(dependence.find((one) => one.column === column))]),
    { ...terminal, columns: Math.min(80, terminal.columns), isTTY: true },
  );
  return `${wrap(heading, Math.min(80, terminal.columns))}\n\n${table}\n`;
}

/** Between what the mean prediction of the output that moves most lies. */
function rangeOf(dependence: DependenceReport | undefined): string {
  if (dependence === undefined) return '';
  const { outputs, points } = dependence;
  const ranges = outputs.map((output, j) => {
    const values = points.map(({ mean }) => mean[j]!);
    return { output, low: Math.min(...values), high: Math.max(...values) };
  });
  const { output, low, high } = ranges.reduce((widest, one) => (one.high - one.low > widest.high - widest.low ? one : widest));
  return `${output} ${formatKnown(low, 3)} to ${formatKnown(high, 3)}`;
}
