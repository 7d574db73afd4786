import type { TrialSummary } from '../../history/searchHistory';
import { parameterDigits } from '../../report/drawing/digits';
import type { ParameterValue } from '../../search/types';
import { formatMetric, formatPercent, formatSignificant } from './format';
import { coloursOf } from './style';
import type { Terminal } from './style';
import { renderTable } from './table';

const states: Readonly<Record<TrialSummary['state'], string>> = { running: 'running', pruned: 'left', finished: 'done', failed: 'failed' };

/** Trials, the best first, as a table no wider than the terminal; where there is none nothing is cut. */
export function renderTrials(trials: readonly TrialSummary[], rungs: number, terminal: Terminal): string {
  const colours = coloursOf(terminal);
  const digits = parameterDigits(trials);
  return renderTable(
    [
      { header: 'trial' },
      { header: 'validation', align: 'right', paint: (text, row) => (row === 0 ? colours.green(text) : text) },
      { header: 'rung', align: 'left' },
      { header: 'parameters', align: 'left' },
    ],
    trials.map((trial) => [trial.trial, scoreText(trial), `${trial.rung + 1}/${rungs} ${states[trial.state]}`, assignmentText(trial, digits)]),
    terminal,
  );
}

/** A score, with its standard deviation over replicates where there is one: 52.1 ± 0.8 %. */
export function scoreText({ score, std, metric }: Pick<TrialSummary, 'score' | 'std' | 'metric'>): string {
  if (metric !== 'accuracy') return `${metric} ${formatMetric(metric, score)}${std === undefined ? '' : ` ± ${formatMetric(metric, std)}`}`;
  return std === undefined ? formatPercent(score) : `${formatPercent(score).replace(' %', '')} ± ${formatPercent(std)}`;
}

/** The values of a trial's parameters in one line, numbers rounded to the parameter's digits. */
export function assignmentText({ assignment }: Pick<TrialSummary, 'assignment'>, digits: (name: string) => number): string {
  return Object.entries(assignment).map(([name, value]) => `${name} ${valueText(value, digits(name))}`).join('  ');
}

/** A value as text, numbers that are no integers to `digits` significant digits: 0.0231, 3072-100-10, he. */
export function valueText(value: ParameterValue, digits = 3): string {
  if (Array.isArray(value)) return (value as readonly ParameterValue[]).map((one) => valueText(one, digits)).join('-');
  return typeof value === 'number' && !Number.isInteger(value) ? formatSignificant(value, digits) : String(value);
}
