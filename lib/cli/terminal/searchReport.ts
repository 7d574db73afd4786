import type { TrialSummary } from '../../history/searchHistory';
import { parameterDigits } from '../../report/drawing/digits';
import type { SearchEnd, SearchStart } from '../../search/events';
import type { ParameterImportances, SearchReport, Significance } from '../../search/records';
import type { Assignment } from '../../search/types';
import { formatDuration, formatPercent } from './format';
import { renderTrials, scoreText, valueText } from './searchTable';
import { wrap } from './style';
import type { Terminal } from './style';
import { renderTable } from './table';

const shownTrials = 10;

/** Describes a search that starts, in lines of at most 80 characters. */
export function searchHeading(start: SearchStart, terminal: Terminal): string {
  const { name, sampler, pruner, parameters, rungs, folds, seeds, workers, threads, data, resumed } = start;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const how = [
    sampler, ...(pruner === 'asha' ? [`ASHA with ${count(rungs.length, 'rung')}`] : []), count(parameters.length, 'parameter'),
    ...(folds > 1 ? [`${folds} folds`] : []), ...(seeds > 1 ? [`${seeds} seeds`] : []), count(workers, 'worker'),
    `${count(threads, 'BLAS thread')}${workers === 1 ? '' : ' each'}`,
    ...(resumed === undefined ? [] : [`going on after ${count(resumed.trials, 'trial')} and ${formatDuration(resumed.seconds)}`]),
  ];
  const width = Math.min(80, terminal.columns);
  return `${wrap(`${name}: ${how.join(', ')}`, width)}\n${wrap(data, width)}\n`;
}

const endings: Readonly<Record<SearchEnd, string>> = { finished: 'Searched', budget: 'Time is up after', stopped: 'Stopped after' };

/** The result of a search for people: ranking, best values, and how often the test split has been evaluated on. */
export function renderSearch(
  report: SearchReport, ranking: readonly TrialSummary[], rungs: number, testEvaluations: number, terminal: Terminal,
): string {
  const { ended, trials, finished, pruned, failed, seconds, best } = report;
  const counts = [`${finished} trained to the end`, ...(pruned > 0 ? [`${pruned} left behind`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  const summary = `${endings[ended]} ${trials} trials in ${formatDuration(seconds)}: ${counts.join(', ')}`;
  if (best === null) return `${summary}\nNo trial has a score.\n`;
  const width = Math.min(80, terminal.columns);
  return [
    `${summary}\n`,
    renderTrials(ranking.slice(0, shownTrials), rungs, terminal),
    `${renderParameters(report, best.assignment, `trial ${best.trial}`, terminal)}${report.importances === null ? '' : `${wrap(methodText(report.importances), width)}\n`}`,
    [
      `Best: trial ${best.trial}, ${scoreText(ranking[0]!)} validation.`,
      ...(report.significance === null ? [] : [significanceText(report.significance)]),
      sealText(testEvaluations),
    ].map((sentence) => `${wrap(sentence, width)}\n`).join(''),
  ].join('\n');
}

/** The best trial's values, the parameter that matters most first; a parameter that the trial does not use has a dash. */
function renderParameters({ importances, ranking }: SearchReport, assignment: Assignment, header: string, terminal: Terminal): string {
  const digits = parameterDigits(ranking);
  const value = (name: string): string => (name in assignment ? valueText(assignment[name]!, digits(name)) : '–');
  if (importances === null) {
    return renderTable([{ header: 'parameter' }, { header, align: 'right' }], Object.keys(assignment).map((name) => [name, value(name)]), terminal);
  }
  return renderTable(
    [{ header: 'parameter' }, { header, align: 'right' }, { header: 'importance' }],
    importances.parameters.map(({ name, importance }) => [name, value(name), formatPercent(importance, 0)]),
    terminal,
  );
}

function methodText({ method, trials, rung, r2 }: ParameterImportances): string {
  const worth = r2 > 0.1 ? `it foretells ${formatPercent(r2, 0)} of the variance` : 'it foretells next to nothing, so do not rely on it';
  return `Importance: ${method}, from the scores of ${trials} trials after rung ${rung + 1} (of trials that it has not seen ${worth}).`;
}

/** Whether the best trial is significantly better than the second. */
export function significanceText({ method, winner, runnerUp, rows, difference, interval, pValue }: Significance): string {
  const points = (share: number): string => (100 * share).toFixed(1);
  const [low, high] = interval;
  return (
    `It leads trial ${runnerUp} by ${points(difference)} points on ${rows} validation rows, 95 % interval ${points(low)} to ${points(high)}, ` +
    `p ${pValue < 0.001 ? '< 0.001' : `= ${pValue.toFixed(3)}`} (${method}): ${pValue < 0.05 ? `trial ${winner} is better` : 'that may be chance'}. ` +
    'They are the rows that it was chosen on, which flatters it.'
  );
}

/** How many evaluations on the test split of a search's data are recorded. */
export function sealText(testEvaluations: number): string {
  if (testEvaluations === 0) return 'No look at the test split is recorded.';
  return `The test split has been looked at ${testEvaluations === 1 ? 'once' : `${testEvaluations} times`}: what is chosen after that is not blind.`;
}
