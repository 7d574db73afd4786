import { join } from 'node:path';
import { readJson, replaceFile, sizeLimits } from '../files';
import { number, objectOf, optional, text } from '../files/shape';
import type { Columns } from '../history/curves/columns';
import { readRunSeries } from '../history/curves/readRunSeries';
import { accuracyWords, lossWords } from '../history/lossWords';
import type { Task } from '../history/lossWords';
import type { RunHistory } from '../history/runHistory';
import { withoutFolders } from '../text';
import { lineChart } from './charts';
import type { LineChart } from './drawing/lineChart';
import { encodePng } from './drawing/png';
import { centredMeans, smoothingWindow } from './drawing/thin';
import { weightGrid } from './weights';
import type { FirstLayer } from './weights';

/**
 * Draws loss.svg and accuracy.svg, of a regression on numbers rmse.svg, from the metrics.jsonl in the folder of a run, and weights.png when the first layer
 * is handed in; returns the paths. Each file is replaced atomically. Throws ERR_IO with the file.
 */
export function writeRunFigures(folder: string, firstLayer?: FirstLayer): string[] {
  const { history, tables: { steps } } = readRunSeries(join(folder, 'metrics.jsonl'));
  const task = readTask(folder);
  const figures: [name: string, contents: string | Buffer][] = [
    ['loss.svg', lossSvg(history, steps, {}, task)],
    ...(history.isRegression ? [] : [['accuracy.svg', accuracySvg(history, {}, task)] as [string, string]]),
    ...(history.hasRmse ? [['rmse.svg', rmseSvg(history)] as [string, string]] : []),
  ];
  if (firstLayer !== undefined) {
    const { width, height, channels, pixels } = weightGrid(firstLayer);
    figures.push(['weights.png', encodePng(width, height, channels, pixels)]);
  }
  const paths: string[] = [];
  for (const [name, contents] of figures) {
    const path = join(folder, name);
    replaceFile(path, contents);
    paths.push(path);
  }
  return paths;
}

/** Size of a chart in pixels. */
type ChartSize = Pick<LineChart, 'width' | 'height'>;

/** Loss against step: every logged batch faintly, their smoothed curve, and the validation loss at evaluations. */
export function lossSvg({ start, evaluations }: RunHistory, steps: Columns, size: ChartSize = {}, task?: Task): string {
  const [x, y] = [steps.column('step'), steps.column('loss')];
  const raw = { x, y };
  const window = smoothingWindow(y.length);
  const stride = y.length > 1 ? (x[x.length - 1]! - x[0]!) / (x.length - 1) : 1;
  const train =
    window > 1
      ? ([
          { name: 'train, single batches', points: raw, style: 'faint', colour: 0 },
          { name: `train, mean over ${Math.round(window * stride)} steps`, points: { x, y: centredMeans(y, window, steps.column('weight')) }, colour: 0 },
        ] as const)
      : [{ name: 'train', points: raw, colour: 0 }];
  return lineChart({
    ...headings('Loss', start),
    ...size,
    yLabel: lossWords(task),
    series: [...train, { name: 'validation', points: evaluations.map(({ step, valLoss }) => [step, valLoss]), colour: 1 }],
  });
}

/** Accuracy against step, at evaluations. */
export function accuracySvg({ start, evaluations }: RunHistory, size: ChartSize = {}, task?: Task): string {
  return lineChart({
    ...headings('Accuracy', start),
    ...size,
    yLabel: accuracyWords(task),
    yFormat: 'percent',
    series: [
      { name: 'train', points: evaluations.map(({ step, trainAccuracy = NaN }) => [step, trainAccuracy]) },
      { name: 'validation', points: evaluations.map(({ step, valAccuracy = NaN }) => [step, valAccuracy]) },
    ],
  });
}

/** Root mean squared error against step, at evaluations, in the units of the targets. */
export function rmseSvg({ start, evaluations }: RunHistory, size: ChartSize = {}): string {
  return lineChart({
    ...headings('Root mean squared error', start),
    ...size,
    yLabel: 'root mean squared error',
    series: [
      { name: 'train', points: evaluations.map(({ step, trainRmse = NaN }) => [step, trainRmse]) },
      { name: 'validation', points: evaluations.map(({ step, valRmse = NaN }) => [step, valRmse]) },
    ],
  });
}

/** A loss against the number of updates done before it; logarithmic where it falls by more than a factor of ten. */
export function lossCurveSvg(lossHistory: readonly number[], title: string): string {
  const positive = lossHistory.filter((loss) => loss > 0 && Number.isFinite(loss));
  const [low, high] = positive.reduce(([a, b], loss) => [Math.min(a, loss), Math.max(b, loss)], [Infinity, 0]);
  return lineChart({
    title,
    xLabel: 'step',
    yLabel: 'loss',
    yScale: high > 10 * low && positive.length === lossHistory.length ? 'log' : 'linear',
    series: [{ name: 'loss', points: lossHistory.map((loss, step) => [step, loss]) }],
  });
}

function headings(quantity: string, start: RunHistory['start']) {
  if (start === undefined) return { title: quantity, xLabel: 'step' };
  const { run, data, layers, backend, dtype, precision = dtype, stepsPerEpoch } = start;
  return {
    title: `${quantity} of ${run}`,
    subtitle: `${withoutFolders(data)}; layers ${layers.join('-')}; ${backend} ${precision}`,
    xLabel: `step (${stepsPerEpoch} steps = 1 epoch)`,
  };
}

const taskShape = objectOf<Task>({ loss: text, l2: number, targetScaling: optional(text) });

/** What the run of a folder trained for; undefined where its spec does not say. */
function readTask(folder: string): Task | undefined {
  try {
    return readJson(join(folder, 'spec.json'), taskShape, { limit: sizeLimits.small, code: 'ERR_CONFIG' });
  } catch {
    return undefined;
  }
}
