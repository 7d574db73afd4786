import { basename, join } from 'node:path';
import { expected } from '../../errors';
import type { Columns } from '../../history/curves/columns';
import { readRunSeries } from '../../history/curves/readRunSeries';
import { RunCatalogue } from '../../dashboard/catalogue';
import { outcomeOf } from '../../history/outcome';
import type { Outcome } from '../../history/outcome';
import type { RunHistory } from '../../history/runHistory';
import type { EvaluationEvent, ResultEvent } from '../../train/events';
import type { RunRecord } from '../../runFolder/runRecord';
import { findRun, runFiles, runName, runsOf } from '../../runFolder/runFolder';
import { readRunSpec } from '../../runFolder/runRecord';
import { metricsCsv } from '../../report/csv';
import { centredMeans, smoothingWindow, thin } from '../../report/drawing/thin';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { readOptions, requirePositional } from '../options';
import { formatCount, formatDuration, formatKnown, formatPercent } from '../terminal/format';
import { renderPlot } from '../terminal/plot';
import type { PlotSeries } from '../terminal/plot';
import { coloursOf, terminalOf, wrap } from '../terminal/style';
import type { Terminal } from '../terminal/style';
import { warn } from '../warnings';

export const showCommand: Command = {
  name: 'show',
  summary: 'draw a run\'s curves in the terminal, or give its metrics as CSV',
  help: `Usage: blastrain show RUN [options]

RUN is a run's name or the path of its folder; it may still be training. Draws
loss and accuracy against the step, and repeats what the training doctor said.
metrics.jsonl in the run's folder has every event, a line of JSON each.

Options:
  --csv        steps and evaluations as comma-separated values on standard
               output, nothing else
  --json       spec, result and warnings as one line of JSON on standard output
  --runs DIR   where the runs are [runs]
`,
  run(args) {
    const { values, positionals } = readOptions(
      args, { csv: { type: 'boolean' }, json: { type: 'boolean' }, runs: { type: 'string' } }, { names: ['RUN'] },
    );
    if (values.csv === true && values.json === true) throw expected('ERR_CONFIG', 'only one of them', '--csv and --json', 'both', { path: 'csv' });
    const folder = findRun(values.runs ?? 'runs', requirePositional(positionals[0], 'RUN', 'show'));
    const { history, tables: { steps }, leftOut } = readRunSeries(join(folder, runFiles.metrics));
    warn(leftOut);
    if (values.csv === true) process.stdout.write(metricsCsv(steps, history.evaluations));
    else {
      const { record, spec } = readRunSpec(folder);
      const { start, evaluations, warnings, result } = history;
      const entry = new RunCatalogue(runsOf(folder)).find(runName(folder));
      const outcome = entry && outcomeOf(entry, history);
      const facts = { type: 'show', run: basename(folder), start, record, spec, evaluations, warnings, result, ...(outcome && { outcome }) };
      process.stdout.write(values.json === true ? jsonLine(facts) : render(record, history, steps, outcome, terminalOf(process.stdout)));
    }
    return Promise.resolve(0);
  },
};

/** More than a terminal has dots for, with the extremes between them. */
const drawnPoints = 4000;

function render(record: RunRecord, history: RunHistory, steps: Columns, outcome: Outcome | undefined, terminal: Terminal): string {
  const { evaluations, warnings } = history;
  const { yellow, bold } = coloursOf(terminal);
  const columns = terminal.isTTY ? Math.min(80, terminal.columns) : 80;
  const losses = steps.column('loss');
  const means = centredMeans(losses, smoothingWindow(losses.length), steps.column('weight'));
  const loss: PlotSeries[] = [
    { name: 'train', points: thin({ x: steps.column('step'), y: means }, drawnPoints) },
    { name: 'validation', points: evaluations.map(({ step, valLoss }) => [step, valLoss] as const) },
  ];
  const accuracy: PlotSeries[] = [
    { name: 'train', points: evaluations.map(({ step, trainAccuracy = NaN }) => [step, trainAccuracy] as const) },
    { name: 'validation', points: evaluations.map(({ step, valAccuracy = NaN }) => [step, valAccuracy] as const) },
  ];
  const error: PlotSeries[] = [
    { name: 'train', points: evaluations.map(({ step, trainRmse = NaN }) => [step, trainRmse] as const) },
    { name: 'validation', points: evaluations.map(({ step, valRmse = NaN }) => [step, valRmse] as const) },
  ];
  return [
    outcome === undefined ? '' : `${outcomeLines(outcome, columns, terminal)}\n`,
    `${wrap(headline(record, history, outcome), columns).replace(printable(record.name), bold)}\n\n`,
    renderPlot(loss, { yLabel: 'loss', xLabel: 'step' }, terminal),
    history.hasAccuracy ? `\n${renderPlot(accuracy, { yLabel: 'accuracy', xLabel: 'step', yFormat: (share) => formatPercent(share, 0) }, terminal)}` : '',
    history.hasRmse ? `\n${renderPlot(error, { yLabel: 'root mean squared error', xLabel: 'step' }, terminal)}` : '',
    ...warnings.map(({ step, message }) =>
      `\n${wrap(`warning ${step === undefined ? '' : `at step ${String(step)}: `}${message}`, columns).replace('warning', yellow)}\n`),
  ].join('');
}

/** How the run ended otherwise than planned: the cause first, then what to do. */
function outcomeLines({ isFailure, title, cause, advice }: Outcome, columns: number, terminal: Terminal): string {
  const { red, yellow } = coloursOf(terminal);
  return `${(isFailure ? red : yellow)(title)}\n${cause === undefined ? '' : `${wrap(cause, columns)}\n`}${wrap(advice, columns)}\n`;
}

function headline({ name, data }: RunRecord, { start, step, lastEvaluation, result }: RunHistory, outcome: Outcome | undefined): string {
  const shape = start === undefined ? '' : `: ${start.layers.join('-')} on ${data}`;
  if (result === undefined) {
    const done = `step ${formatCount(step)}${start === undefined ? '' : ` of ${formatCount(start.steps)}`}`;
    return `${name}${shape}, ${done}${lastEvaluation === undefined || outcome?.isFailure === true ? '' : `, ${scores(lastEvaluation)}`}`;
  }
  return `${name}${shape}, ${result.ended} after ${formatCount(result.steps)} steps in ${formatDuration(result.seconds)}, ${scores(result)}`;
}

function scores({ trainAccuracy = NaN, valAccuracy = NaN, valRmse, valLoss }: EvaluationEvent | ResultEvent): string {
  const loss = `validation loss ${formatKnown(valLoss)}`;
  if (Number.isFinite(trainAccuracy)) return `train ${formatPercent(trainAccuracy)}, validation ${formatPercent(valAccuracy)}, ${loss}`;
  return valRmse === undefined ? loss : `root mean squared error on validation rows ${formatKnown(valRmse)}, ${loss}`;
}
