import type { TrialSummary } from '../../history/searchHistory';
import { lineChart } from '../charts';
import type { ChartSeries } from '../drawing/lineChart';
import { trialCounts, scoreAxisOf } from './figureData';
import type { SearchFigureData } from './figureData';
import type { Point } from '../drawing/thin';

/** Learning curves of all trials, as an SVG file: pruned trials faded, failed ones dashed, the best bold. */
export function curvesSvg(data: SearchFigureData): string {
  const { name, trials, ranking } = data;
  const best = ranking[0];
  const others = trials.filter((trial) => trial !== best && trial.curve.length > 0);
  const kind = (state: TrialSummary['state'], series: Omit<ChartSeries, 'points'>): ChartSeries[] =>
    others.filter((trial) => trial.state === state).map((trial) => ({ ...series, points: shares(trial) }));
  return lineChart({
    title: `${name}: learning curves`,
    subtitle: trialCounts(data),
    xLabel: 'share of the whole training, in %',
    yLabel: scoreAxisOf(data).label,
    yFormat: scoreAxisOf(data).yFormat,
    series: [
      ...kind('pruned', { name: 'left behind', style: 'faint', colour: 4 }),
      ...kind('running', { name: 'not ended', style: 'faint', colour: 0 }),
      ...kind('failed', { name: 'failed', style: 'dashed', colour: 3 }),
      ...kind('finished', { name: 'trained to the end', style: 'thin', colour: 0 }),
      ...(best === undefined ? [] : [{ name: `best: trial ${best.trial}`, points: shares(best), colour: 1 }]),
    ],
  });
}

/** x as shares of the full training: batch sizes can differ between trials, and steps with them. */
function shares({ curve, steps }: TrialSummary): Point[] {
  return curve.map(([step, score]) => [(100 * step) / steps[steps.length - 1]!, score]);
}
