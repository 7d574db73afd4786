import type { RunHistory } from '../history/runHistory';
import type { DepthResult } from '../studies/depth';
import { lineChart } from './charts';

/** Validation accuracy of all nets together: a colour per depth, dashed with batch norm. */
export function depthSvg(nets: readonly { readonly result: DepthResult; readonly history: RunHistory }[]): string {
  return lineChart({
    title: 'Depth: validation accuracy of 2 to 5 layers',
    subtitle: 'same rows, optimiser, steps and seed; dashed with batch norm',
    xLabel: 'epoch',
    yLabel: 'validation accuracy',
    yFormat: 'percent',
    series: nets.map(({ result, history }) => ({
      name: `${String(result.depth)} layers${result.norm === 'none' ? '' : ', batch norm'}`,
      points: history.evaluations.map(({ epoch, valAccuracy = NaN }) => [epoch, valAccuracy] as const),
      style: result.norm === 'none' ? 'solid' : 'dashed',
      colour: result.depth - 2,
    })),
  });
}
