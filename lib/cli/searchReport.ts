import type { TrialSummary } from '../report/searchTrials';
import type { SearchEnd, SearchStart } from '../search/events';
import type { SearchReport } from '../search/outcome';
import { formatDuration, formatPercent } from './terminal/format';
import { renderTrials, valueText } from './terminal/search-table';
import { wrap } from './terminal/style';
import type { Terminal } from './terminal/style';
import { renderTable } from './terminal/table';

const shownTrials = 10;

/** What is about to happen, in lines of at most 80 characters. */
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

/** The outcome of a search for a person: ranking, best values, and how often the test split has been looked at. */
export function renderSearch(
  report: SearchReport, ranking: readonly TrialSummary[], rungs: number, looks: number, terminal: Terminal,
): string {
  const { ended, trials, finished, pruned, failed, seconds, best } = report;
  const counts = [`${finished} trained to the end`, ...(pruned > 0 ? [`${pruned} left behind`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  const summary = `${endings[ended]} ${trials} trials in ${formatDuration(seconds)}: ${counts.join(', ')}`;
  if (best === null) return `${summary}\nNo trial has a score.\n`;
  const width = Math.min(80, terminal.columns);
  return [
    `${summary}\n`,
    renderTrials(ranking.slice(0, shownTrials), rungs, terminal),
    renderTable(
      [{ header: 'parameter' }, { header: `trial ${best.trial}`, align: 'right' }],
      Object.entries(best.assignment).map(([name, value]) => [name, valueText(value)]),
      terminal,
    ),
    `${wrap(`Best: trial ${best.trial}, ${formatPercent(best.valAccuracy)} validation. ${sealText(looks)}`, width)}\n`,
  ].join('\n');
}

/** What is known of the looks at the test split of a search's data. */
export function sealText(looks: number): string {
  if (looks === 0) return 'Nobody has looked at the test split.';
  return `The test split has been looked at ${looks === 1 ? 'once' : `${looks} times`}: what is chosen after that is not blind.`;
}
