import { accuracyWords } from '../../history/lossWords';
import type { RunHistory } from '../../history/runHistory';
import type { ImageShape } from '../../data/dataset';
import type { LayerWeights, RunReportData } from '../../inference/runReportData';
import { lineChart } from '../charts';
import type { Point } from '../drawing/thin';
import { accuracySvg, lossSvg, rmseSvg } from '../figures';
import { composeGrid } from '../drawing/png';
import type { Raster } from '../drawing/png';
import { maxTiles, weightGrid } from '../weights';
import { discussRun } from './discussion';
import { html } from './markup';
import type { Content, Html } from './markup';
import { bytes, count, duration, moment, percent, percentOf, settingText, significant, withoutFolders } from './numbers';
import { drawing, facts, figure, halfSize, pair, photograph, table } from './page';
import type { Section } from './page';
import type { ReportedRun } from './reportedRun';
import { renderScores } from './scores';

/** The keys of a spec, each with its help text and default. */
export type SpecKeys = Readonly<Record<string, { readonly help: string; readonly default: unknown }>>;

/** Explains ± to the reader. */
export const uncertainty = html`<p>A figure after ± is one standard error √(<i>p</i>(1 − <i>p</i>)/<i>n</i>) of a share <i>p</i> of <i>n</i> rows. It tells how far the figure may be off because the rows are so few, not how much runs with other seeds differ.</p>`;

/** The sections about one run. */
export function runSections(run: ReportedRun, keys: SpecKeys): Section[] {
  return [
    { title: 'Data', body: dataPart(run.reportData) },
    { title: 'Model', body: modelPart(run.reportData) },
    { title: 'Training', body: trainingPart(run, keys) },
    { title: 'Results', body: html`${discussRun(run)}${resultsSection(run)}` },
    ...(run.reportData.pictures === undefined ? [] : [{ title: 'What the first layer looks for', body: weightsPart(run.reportData) }]),
  ];
}

/** The evaluations on the test split, and the environment of the run. */
export function closingSections({ reportData, history }: Pick<ReportedRun, 'reportData' | 'history'>): Section[] {
  return [
    { title: 'Looks at the test split', body: ledgerPart(reportData) },
    { title: 'Environment', body: environmentPart({ reportData, history }) },
  ];
}

/** Every key of the spec, so that the report alone suffices to repeat the run. */
export function specAppendix({ spec }: RunReportData, keys: SpecKeys): Section {
  const values = spec as unknown as Readonly<Record<string, unknown>>;
  return {
    title: 'The whole spec',
    body: html`<p>Every key of the spec with its value, as JSON; <code>blastrain train --help</code> says what each means.</p>
<ul class="keys">${Object.keys(keys).map((key) => html`<li><code>${key}: ${withoutFolders(JSON.stringify(values[key] ?? null))}</code></li>`)}</ul>`,
  };
}

function dataPart(reportData: RunReportData): Html {
  const { record, spec, data, evaluations } = reportData;
  const sizes = 'sizes' in data ? data.sizes : undefined;
  const rows = sizes === undefined ? undefined : `${count(sizes.train)} to train on, ${count(sizes.validation)} for validation, ${count(sizes.test)} for the test`;
  const known = Object.values(evaluations).map(({ rows: n, split }) => `${count(n)} ${split}`).join(', ');
  const augmented = [
    ...(spec.flip ? ['mirrored at random'] : []),
    ...(spec.shift > 0 ? [`shifted by up to ${String(spec.shift)} pixels`] : []),
    ...(spec.cutout > 0 ? [`with a square of ${String(spec.cutout)} pixels blanked`] : []),
    ...(spec.mixup > 0 ? [`mixed in pairs (mixup ${String(spec.mixup)})`] : []),
  ];
  return html`${facts([
    ['data set', withoutFolders(record.data)],
    ['SHA-256', html`<code>${record.dataDigest}</code>`],
    ['rows', rows ?? (known === '' ? 'not known' : `${known} rows were evaluated`)],
    ['normalisation', spec.normalization],
    ['variation', augmented.length === 0 ? 'none: rows are shown as they are' : augmented.join(', ')],
  ])}
<p>The digest is over every feature and label that the splits are taken from, so it tells this copy of the data from any other. Training saw the training rows; choices were made on validation rows; the test rows have no way into either.</p>
${'reason' in data ? html`<p class="note">Pictures and fresh scores are missing, because the data cannot be read here: ${withoutFolders(data.reason)}.</p>` : ''}
${exampleFigure(reportData)}`;
}

function exampleFigure({ data, pictures }: RunReportData): Content {
  if (pictures === undefined || !('examples' in data) || data.examples.length === 0) return '';
  const { height, width, channels } = pictures.imageShape;
  const most = Math.max(...data.examples.map(({ images }) => images.length));
  const blank = new Uint8Array(channels * height * width).fill(255);
  const tiles = data.examples.flatMap(({ images }) =>
    Array.from({ length: most }, (_, i) => rasterOf(images[i] ?? blank, width, height, channels as 1 | 3)));
  const names = data.examples.map(({ className }) => className);
  return figure(
    photograph(composeGrid(tiles, { columns: most, gap: 2, scale: 2 }), `The first ${String(most)} training images of each class, a class per line: ${names.join(', ')}.`),
    `The first training images of each class, from above: ${names.join(', ')}.`,
  );
}

function modelPart({ summary, spec }: RunReportData): Html {
  const { layers, parameterCount, flops, memory, dtype } = summary;
  return html`${table(
    `The layers of the model, in ${dtype}. Weights are stored [out, in]; a multiplication and an addition are two operations (FLOP).`,
    ['layer', 'inputs → outputs', 'parameters', 'FLOP per row, forward', ''],
    layers.map((layer) => [
      `${'\u2003'.repeat(layer.depth)}${layer.kind}`, `${String(layer.inputSize)} → ${String(layer.outputSize)}`,
      layer.parameterCount === 0 ? '' : count(layer.parameterCount), layer.flops.forward === 0 ? '' : count(layer.flops.forward),
      layer.parameters.map(({ name, shape }) => `${name} ${shape.join('×')}`).join(', '),
    ]),
  )}
<p>${count(parameterCount)} parameters (${bytes(memory.parameters)}); a row costs ${count(flops.forward)} FLOP forward and ${count(flops.step)} FLOP in a training step. Weights start as <code>init=${spec.init}</code> draws them from seed ${spec.seed}, biases at zero. The loss is ${lossText(spec)}.</p>`;
}

const lossTexts: Readonly<Record<RunReportData['spec']['loss'], string>> = {
  'cross-entropy': 'the mean cross-entropy of the softmax', bce: 'the mean binary cross-entropy of the labels', mse: 'the mean squared error',
  huber: 'the mean Huber loss', mae: 'the mean absolute error', quantile: 'the mean pinball loss', poisson: 'the mean Poisson loss',
};

function lossText({ loss, l2 }: RunReportData['spec']): string {
  const what = lossTexts[loss];
  return l2 > 0 ? `${what} plus λ‖W‖², λ = ${significant(l2)}` : what;
}

/** The keys of a spec that differ from their defaults, with what they mean. */
export function changedKeysTable(caption: string, spec: RunReportData['spec'], keys: SpecKeys): Html {
  const values = spec as unknown as Readonly<Record<string, unknown>>;
  const changed = Object.entries(keys).filter(([key, { default: usual }]) => JSON.stringify(values[key]) !== JSON.stringify(usual));
  return table(caption, ['key', 'value', 'meaning'],
    changed.map(([key, { help }]) => [html`<code>${key}</code>`, html`<code>${settingText(values[key])}</code>`, help]));
}

function trainingPart({ reportData: { spec }, history, steps, outcome }: ReportedRun, keys: SpecKeys): Html {
  const { evaluations, health, warnings, epochs } = history;
  return html`${changedKeysTable('The keys of the spec that differ from their defaults. All keys stand in the last appendix.', spec, keys)}
${pair([
    figure(drawing(lossSvg(history, steps, halfSize, spec)), `Loss against the step. ${spec.l2 > 0 ? 'The penalty λ‖W‖² is part of it. ' : ''}${spec.labelSmoothing > 0 || spec.mixup > 0 ? 'In training, targets are smoothed or mixed; on validation rows they are not. ' : ''}The validation loss is that of ${String(evaluations.length)} evaluations.`),
    history.hasAccuracy ? figure(drawing(accuracySvg(history, halfSize, spec)), 'Accuracy at each evaluation: on validation rows as the model then stood; on training rows the running share since the evaluation before, as training itself saw them.') : '',
    history.hasRmse ? figure(drawing(rmseSvg(history, halfSize)), 'Root mean squared error at each evaluation, in the units of the target: on validation rows as the model then stood; on training rows as training itself saw them.') : '',
    spec.schedule === 'constant' || steps.length === 0 ? '' : figure(drawing(lineChart({
      title: 'Learning rate', xLabel: 'step', yLabel: 'learning rate', ...halfSize,
      series: [{ name: 'learning rate', points: { x: steps.column('step'), y: steps.column('learningRate') } }],
    })), `The learning rate of each step, schedule ${spec.schedule}.`),
    healthFigure(health),
  ])}
${epochs.length === 0 ? '' : html`<p>An epoch took ${duration(median(epochs.map(({ seconds }) => seconds)))} (the median), with ${count(Math.round(median(epochs.map(({ samplesPerSecond }) => samplesPerSecond))))} training rows a second in its steps.</p>`}
${warnings.length === 0
    ? outcome?.isFailure === true ? '' : html`<p>The training doctor found nothing to say.</p>`
    : html`<p>What the training doctor said:</p><ul>${warnings.map(({ step, message }) => html`<li>${step === undefined ? '' : `Step ${String(step)}: `}${withoutFolders(message)}</li>`)}</ul>`}`;
}

function healthFigure(health: RunHistory['health']): Content {
  const layers = health[0]?.layers ?? [];
  if (health.length < 2) return '';
  const curves = layers.map(({ weights }, l) => ({
    name: weights, points: health.map(({ step, layers: at }) => [step, at[l]?.updateRatio ?? NaN] as const),
  }));
  return figure(
    drawing(lineChart({ title: 'Size of updates', xLabel: 'step', yLabel: '‖change of weights‖ / ‖weights‖', yScale: 'log', ...halfSize, series: curves })),
    'How far a step moves the weights of each layer, relative to their size. About 0.001 is usual; far less learns nothing, far more is unstable.',
  );
}

/** Scores, in all and class by class, calibration and mistakes. */
export function resultsSection({ reportData, history, outcome, history: { result } }: ReportedRun): Html {
  const { evaluations, data } = reportData;
  const { validation, test } = evaluations;
  const trained = 'sizes' in data ? data.sizes.train : undefined;
  const scores: (readonly Content[])[] = [
    ...(result === undefined ? [] : [['training', trained === undefined ? percent(result.trainAccuracy ?? NaN) : percentOf(result.trainAccuracy ?? NaN, trained), trained === undefined ? '–' : count(trained), '–']]),
    ...[validation, test].flatMap((one) => (one === undefined ? [] : [[one.split, percentOf(one.accuracy ?? NaN, one.rows), count(one.rows), significant(one.loss)]])),
  ];
  const detailed = validation ?? test;
  return html`${result === undefined ? html`<p class="note">${outcome?.isFailure === true ? 'The run failed' : 'The run has not ended, or was interrupted'}: this is its model as of the last checkpoint, and no result.</p>` : ''}
${(detailed === undefined ? !history.isRegression : detailed.accuracy !== undefined)
    ? html`${table(`Accuracy, the ${accuracyWords(reportData.spec)}, and mean loss.`, ['split', 'accuracy', 'rows', 'loss'], scores)}${uncertainty}`
    : regressionTable(reportData, history)}
${detailed === undefined ? '' : renderScores(detailed)}
${otherScores(reportData)}
${labelPart(reportData)}
${targetFigures(reportData)}
${mistakesFigure(reportData)}`;
}

function regressionTable({ evaluations, data }: RunReportData, { result }: RunHistory): Html {
  const trained = 'sizes' in data ? data.sizes.train : undefined;
  return table('Root mean squared error, in the unit of the target, R² = 1 − squared error / squared deviation from the mean, and mean loss.', ['split', 'RMSE', 'R²', 'rows', 'loss'], [
    ...(result?.trainRmse === undefined ? [] : [['training', significant(result.trainRmse), '–', trained === undefined ? '–' : count(trained), '–']]),
    ...Object.values(evaluations).map(({ split, rmse = NaN, scores, rows, loss }) => [split, significant(rmse), significant(scores?.['r2'] ?? NaN), count(rows), significant(loss)]),
  ]);
}

/** The scores that no other table has, where there are no scores by class. */
function otherScores({ furtherScores, evaluations: { validation, test } }: RunReportData): Content {
  const evaluation = validation ?? test;
  if (evaluation === undefined || evaluation.classes !== undefined || furtherScores.length === 0) return '';
  return table(`Further scores on ${count(evaluation.rows)} ${evaluation.split} rows.`, ['score', 'value', 'what it is'],
    furtherScores.map(({ title, help, isShare, value }) => [title, isShare === true ? percent(value) : significant(value), help]));
}

function labelPart({ data }: RunReportData): Content {
  if (!('labels' in data) || data.labels.length === 0) return '';
  return table(`How each label is decided on ${count(data.sizes.validation)} validation rows.`, ['label', 'rows that have it', 'rows given it', 'precision', 'recall'],
    data.labels.map(({ name, support, given, precision, recall }) => [name, count(support), count(given), percentOf(precision, given), percentOf(recall, support)]));
}

/** Targets beyond these are told in the table alone. */
const drawnTargets = 4;

function targetFigures({ data }: RunReportData): Content {
  if (!('targets' in data) || data.targets.length === 0) return '';
  const byTarget = data.targets.length === 1 ? '' : table('Each target on the validation rows.', ['target', 'RMSE', 'R²', 'rows'],
    data.targets.map(({ name, rmse, r2, rows }) => [name, significant(rmse), significant(r2), count(rows)]));
  return html`${byTarget}${data.targets.slice(0, drawnTargets).map(({ name, pairs, rows }) => {
    const ends = pairs.flatMap(([, actual, predicted]) => [actual, predicted]).filter(Number.isFinite);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const rise = (points: Point[]): Point[] => points.sort(([a], [b]) => a - b);
    const some = pairs.length < rows ? ` ${count(pairs.length)} of ${count(rows)} rows are drawn.` : '';
    const chart = (title: string, xLabel: string, yLabel: string, points: Point[], guide: Point[], guideName: string): Html => drawing(lineChart({
      title, xLabel, yLabel, ...halfSize, series: [{ name: 'validation rows', points: rise(points), style: 'dots', colour: 0 }, { name: guideName, points: guide, style: 'dashed', colour: 6 }],
    }));
    return pair([
      figure(chart(`${name}: predicted against actual`, 'actual', 'predicted', pairs.map(([, actual, predicted]) => [actual, predicted]), [[low, low], [high, high]], 'a perfect model'),
        html`Predictions of ${name} on validation rows: the nearer to the dashed line, the better.${some}`),
      figure(chart(`${name}: residuals`, 'predicted', 'actual − predicted', pairs.map(([, actual, predicted]) => [predicted, actual - predicted]), [[low, 0], [high, 0]], 'no error'),
        html`What is left over of ${name}: a pattern here is something that the model has not learned.`),
    ]);
  })}`;
}

function mistakesFigure({ data, pictures }: RunReportData): Content {
  if (pictures === undefined || !('mistakes' in data) || data.mistakes.length === 0) return '';
  const { height, width, channels } = pictures.imageShape;
  const cards = data.mistakes.map(({ image, className, takenFor, wrongProbability, probability }) => {
    const picture = photograph(rasterOf(image, width, height, channels as 1 | 3), `An image of class ${className}`);
    return html`<div>${picture}${className}, taken for ${takenFor} (${percent(wrongProbability, 0)}; ${className} ${percent(probability, 0)})</div>`;
  });
  return figure(html`<div class="pictures">${cards}</div>`, 'The validation images that the model gets wrong while it is surest, with the probabilities that it gives.');
}

/** The weights of a first layer, a tile for each of its first hidden units. `how` ends its text alternative: 'as images, before training'. */
export function weightsPicture(layer: LayerWeights, imageShape: ImageShape, how: string): Html {
  return photograph(weightGrid({ ...layer, imageShape }), `A grid of the weights of ${String(Math.min(100, layer.units))} hidden units ${how}.`);
}

function weightsPart({ pictures }: RunReportData): Html {
  const { imageShape, before, after } = pictures!;
  const grid = (layer: typeof before, when: string): Html => weightsPicture(layer, imageShape, `as images, ${when}`);
  return html`<p>The weights of each hidden unit of the first layer, laid out as the image that they look at, in unit order. Each picture has a scale of its own: mid-grey is weight 0, and the channels are red, green and blue.</p>
${after.units > maxTiles ? html`<p>Shown are the first ${String(maxTiles)} of ${count(after.units)} units.</p>` : ''}
${pair([figure(grid(before, 'before training'), 'Before the first step, as the seed draws them.'), figure(grid(after, 'after training'), 'After training.')])}`;
}

function ledgerPart({ testEvaluations, record }: RunReportData): Html {
  if (testEvaluations.length === 0) return html`<p>The test split of this data has not been looked at, by this run or any other beside it. The score there is unknown, and a look will be unbiased.</p>`;
  const own = testEvaluations.filter(({ run }) => run === record.name).length;
  return html`${table(
    'Every recorded look at the test split of this data, by any run of the same folder.',
    ['look', 'run', 'when', testEvaluations.some(({ testRmse }) => testRmse !== undefined) ? 'error' : 'accuracy', 'rows', 'loss'],
    testEvaluations.map(({ look, run, when, tta, testAccuracy = NaN, testRmse, testRows, scoredRows, testLoss }) =>
      [String(look), html`${run === record.name ? html`<strong>${run}</strong>` : run}${tta === undefined ? '' : ` (test-time augmentation ${tta})`}`, moment(when), testRmse === undefined ? percentOf(testAccuracy, scoredRows ?? testRows) : significant(testRmse),
        scoredRows === undefined ? count(testRows) : `${count(testRows)} of ${count(scoredRows)}`, significant(testLoss)]),
  )}
<p>${testEvaluations.length === 1 ? 'It was looked at once.' : `It was looked at ${String(testEvaluations.length)} times, ${String(own)} of them for this run. Only the first figure is unbiased: whatever was chosen after a look may owe something to it.`}</p>`;
}

function environmentPart({ reportData: { record, spec }, history: { start, result } }: Pick<ReportedRun, 'reportData' | 'history'>): Html {
  const { backend, dtype, threads } = record;
  return html`${facts([
    ['run', record.name],
    ['started', moment(record.startedAt)],
    ...(record.resumed ?? []).map(({ at, step }) => ['resumed', `${moment(at)}, from step ${String(step)}`] as const),
    ['platform', record.platform],
    ['kernels', `${backend}, ${start?.precision ?? dtype}, ${String(threads)} thread${threads === 1 ? '' : 's'}`],
    ...Object.entries(record.versions).map(([name, version]) => [name, version] as const),
    ['seed', String(spec.seed)],
    ...(result === undefined ? [] : [
      ['duration', `${duration(result.seconds)} for ${count(result.steps)} steps, ${duration(result.stepMilliseconds / 1000)} each without evaluations`],
      ['parameters', html`SHA-256 <code>${result.parametersDigest}</code>`],
    ] as const),
  ])}
<p>The same spec on the same data, kernels and number of threads gives the same parameters, to the bit.</p>`;
}

/** Planes of channels as interleaved pixels. */
function rasterOf(image: Uint8Array, width: number, height: number, channels: 1 | 3): Raster {
  const plane = width * height;
  return { width, height, channels, pixels: image.map((_, at) => image[(at % channels) * plane + Math.floor(at / channels)]!) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
