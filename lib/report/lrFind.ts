import type { LrFindReport } from '../studies/lrFind';
import { lineChart } from './charts';

/** Loss against the learning rate of a sweep, with the rate that it suggests. A self-contained SVG file. */
export function lrFindSvg({ points, suggestion, reason, backend, dtype }: LrFindReport, name: string): string {
  const smoothed = points.map(({ smoothed: loss }) => loss);
  const [low, high] = [Math.min(...smoothed), Math.max(...smoothed)];
  return lineChart({
    title: `Learning-rate range test of ${name}`,
    subtitle: `${suggestion === null ? 'no suggestion' : `suggested ${suggestion.toPrecision(2)}`}: ${reason}; ${backend} ${dtype}`,
    xLabel: 'learning rate',
    yLabel: 'loss',
    xScale: 'log',
    yScale: 'log',
    series: [
      { name: 'single batches', points: points.map(({ learningRate, loss }) => [learningRate, loss]), style: 'faint', colour: 0 },
      { name: 'centred mean', points: points.map(({ learningRate, smoothed: loss }) => [learningRate, loss]), colour: 0 },
      ...(suggestion === null
        ? []
        : [{ name: 'suggested', points: [[suggestion, low], [suggestion, high]] as const, style: 'dashed' as const, colour: 1 }]),
    ],
  });
}
