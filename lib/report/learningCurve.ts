import type { LearningCurve } from '../studies/explain/learningCurve';
import { lineChart } from './charts';

/** Scores on validation and training rows against the number of training rows, with lines of one standard error to both sides. A self-contained SVG file. */
export function learningCurveSvg({ score, repeats, validationRows, points }: LearningCurve, name: string): string {
  const whiskers = points.filter(({ standardError }) => Number.isFinite(standardError) && standardError > 0);
  return lineChart({
    title: `Learning curve of ${name}`,
    subtitle: `mean${repeats > 1 ? ' ± standard error' : ''} of ${String(repeats)} training${repeats > 1 ? 's' : ''} on ${String(validationRows)} validation rows`,
    xLabel: 'training rows',
    yLabel: score === 'accuracy' ? 'share classified rightly' : 'root mean squared error',
    ...(score === 'accuracy' && { yFormat: 'percent' }),
    series: [
      { name: 'validation', points: points.map(({ rows, validation }) => [rows, validation]), colour: 1 },
      { name: 'train', points: points.map(({ rows, train }) => [rows, train]), colour: 0, style: 'dashed' },
      ...whiskers.map(({ rows, validation, standardError }) => ({
        name: 'validation', colour: 1, style: 'thin' as const, points: [[rows, validation - standardError], [rows, validation + standardError]] as const,
      })),
    ],
  });
}
