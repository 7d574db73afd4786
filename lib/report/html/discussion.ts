import type { RunReportData } from '../../inference/runReportData';
import { html } from './markup';
import type { Content, Html } from './markup';
import { percent, percentOf, significant, standardError } from './numbers';
import type { ReportedRun } from './reportedRun';

/** A share of so many rows that are right. */
interface Share {
  readonly share: number;
  readonly rows: number;
}

/** A difference is called real from so many standard errors on: one in twenty that is none looks like it. */
const sure = 2;

/** A validation loss that changes by no more than this share has settled. */
const settledBy = 0.01;

/** Changes of the weights in a step, relative to their size, below and above which the learning rate is the first thing to look at. */
const usualUpdates = { low: 1e-4, high: 1e-2 };

/** What the curves, scores and weights of a run say, in sentences that follow from its numbers. Empty for a run without an evaluation, and for one that failed. */
export function discussRun(run: ReportedRun): Html {
  if (run.outcome?.isFailure === true) return html``; // its numbers say nothing
  const sentences = [fit(run), course(run), updates(run), structure(run.reportData)].filter((sentence) => sentence !== '');
  return sentences.length === 0 ? html`` : html`<p>${sentences.map((sentence) => html`${sentence} `)}</p>`;
}

/** Whether the second of two shares is larger, as far as the rows tell. The words before them name them: 'poor', 'tuned'. Empty where nothing is known. */
export function discussDifference([before, after]: readonly [string, string], first: Share, second: Share): Content {
  const difference = second.share - first.share;
  const error = Math.hypot(standardError(first.share, first.rows), standardError(second.share, second.rows));
  if (!Number.isFinite(difference) || !(error > 0)) return '';
  const [ahead, behind] = difference >= 0 ? [after, before] : [before, after];
  const errors = Math.abs(difference) / error;
  return html`${ahead} is ahead of ${behind} by ${points(Math.abs(difference))} ± ${(100 * error).toFixed(1)} points, ${errors.toFixed(1)} standard errors: ${
    errors >= sure ? 'more than the choice of rows explains' : 'no more than other rows might have shown'}.`;
}

/** Whether a test score bears out the validation score that the model was chosen by. */
export function discussTest(validation: Share, test: Share): Content {
  const difference = test.share - validation.share;
  const error = Math.hypot(standardError(test.share, test.rows), standardError(validation.share, validation.rows));
  if (!Number.isFinite(difference) || !(error > 0)) return '';
  const amount = html`On the test rows it classifies ${percentOf(test.share, test.rows)} rightly, ${points(Math.abs(difference))} points ${difference < 0 ? 'less' : 'more'} than on validation rows`;
  if (Math.abs(difference) < sure * error) return html`${amount}, which is within ${sure} standard errors (${(100 * sure * error).toFixed(1)} points): the validation score was no lucky one.`;
  return html`${amount}, more than ${sure} standard errors (${(100 * sure * error).toFixed(1)} points): ${
    difference < 0 ? 'choosing by validation rows has flattered the score' : 'the test rows are the easier ones'}.`;
}

/** What more layers, and batch norm, have given. */
export function discussDepth(results: readonly { readonly depth: number; readonly norm: string; readonly trainAccuracy: number; readonly valAccuracy: number }[], rows: number): Html {
  const plain = results.filter(({ norm }) => norm === 'none').sort((a, b) => a.depth - b.depth);
  const [shallow, deep] = [plain[0], plain[plain.length - 1]];
  const sentences: Content[] = [];
  if (shallow !== undefined && deep !== undefined && deep.depth > shallow.depth) {
    sentences.push(html`On validation rows ${discussDifference([`the net of ${String(shallow.depth)} layers`, `that of ${String(deep.depth)}`], { share: shallow.valAccuracy, rows }, { share: deep.valAccuracy, rows })}`);
    const [gap, deepGap] = [shallow, deep].map(({ trainAccuracy, valAccuracy }) => trainAccuracy - valAccuracy) as [number, number];
    sentences.push(html`Training rows are classified ${points(Math.abs(deepGap))} points ${deepGap < 0 ? 'worse' : 'better'} than validation rows by the deepest, ${points(Math.abs(gap))} ${gap < 0 ? 'worse' : 'better'} by the shallowest: depth ${
      deepGap > gap + 0.01 ? 'went into remembering the training rows' : 'did not add to overfitting'}.`);
  }
  const normed = plain.flatMap(({ depth, valAccuracy }) => results.filter((other) => other.norm !== 'none' && other.depth === depth).map((other) => other.valAccuracy - valAccuracy));
  if (normed.length > 0) {
    const mean = normed.reduce((sum, gain) => sum + gain, 0) / normed.length;
    const better = normed.filter((gain) => gain > 0).length;
    sentences.push(html`Batch norm ${mean < 0 ? 'took' : 'gave'} ${points(Math.abs(mean))} points on average over ${String(normed.length)} depths, and was better at ${String(better)} of them.`);
  }
  return html`<p>${sentences.map((sentence) => html`${sentence} `)}</p>`;
}

/** Whether training rows are classified better than validation rows by more than chance, and both better than by guessing. */
function fit({ reportData: { evaluations: { validation }, data }, history: { result } }: ReportedRun): Content {
  if (validation?.accuracy === undefined || result?.trainAccuracy === undefined) return '';
  const rows = 'sizes' in data ? data.sizes.train : Infinity;
  const [train, own] = [{ share: result.trainAccuracy, rows }, { share: validation.accuracy, rows: validation.rows }];
  const gap = train.share - own.share;
  const error = Math.hypot(Number.isFinite(rows) ? standardError(train.share, rows) : 0, standardError(own.share, own.rows));
  const start = html`In training ${percent(train.share)} of the rows were classified rightly, of the validation rows ${percentOf(own.share, own.rows)}: `;
  if (gap > sure * error) return html`${start}${points(gap)} points of what was learned hold for the training rows alone, which more data, augmentation or regularisation could lower.`;
  return html`${start}no overfitting shows, so that a larger net, a higher learning rate or longer training may still help.`;
}

/** Whether the run was ended while its validation loss fell, or long after its best. */
function course({ history: { evaluations, best } }: ReportedRun): Content {
  const losses = evaluations.filter(({ valLoss }) => Number.isFinite(valLoss));
  const last = losses[losses.length - 1];
  if (last === undefined || best === undefined || losses.length < 4) return '';
  const from = losses[Math.floor((3 * (losses.length - 1)) / 4)]!;
  const fall = (from.valLoss - last.valLoss) / from.valLoss;
  const lowest = losses.reduce((low, one) => (one.valLoss < low.valLoss ? one : low));
  if (fall > settledBy) return html`The validation loss still fell by ${percent(fall)} from step ${String(from.step)} to step ${String(last.step)}: the run ended before the net had learned what it can.`;
  if (lowest.step < from.step && last.valLoss > (1 + settledBy) * lowest.valLoss) {
    return html`The validation loss was lowest, ${significant(lowest.valLoss)}, at step ${String(lowest.step)} of ${String(last.step)} and rose to ${significant(last.valLoss)} after that.`;
  }
  return html`Over the last quarter the validation loss changed by no more than ${percent(Math.abs(fall))}: the run had settled.`;
}

/** How far steps move the first layer's weights. */
function updates({ history: { health } }: ReportedRun): Content {
  const ratios = health.map(({ layers: [first] }) => first?.updateRatio ?? NaN).filter((ratio) => ratio > 0).sort((a, b) => a - b);
  const middle = ratios[Math.floor(ratios.length / 2)];
  if (middle === undefined) return '';
  const size = html`A step moves the first layer's weights by ${significant(middle, 2)} of their size (the median)`;
  if (middle < usualUpdates.low) return html`${size}: so little that the learning rate, or a penalty that outweighs the data, holds the net back.`;
  if (middle > usualUpdates.high) return html`${size}, which is much: a lower learning rate would follow the gradient more closely.`;
  return html`${size}, which is usual.`;
}

/** How far the weights of neighbouring pixels go together: not at all in noise, nearly wholly in the blobs and edges that a net has learned. */
function structure({ pictures }: RunReportData): Content {
  if (pictures === undefined) return '';
  const { imageShape, before, after } = pictures;
  const [drawn, learned] = [before, after].map(({ weights, units }) => neighbours(weights, units, imageShape)) as [number, number];
  if (!Number.isFinite(learned)) return '';
  const what = learned < 0.3 ? 'the pictures are mostly the noise that they began as' : learned < 0.7 ? 'shapes stand out of the noise' : 'the pictures are smooth shapes, and little noise is left';
  return html`In the first layer, weights of neighbouring pixels correlate by ${learned.toFixed(2)} (${drawn.toFixed(2)} before training): ${what}.`;
}

/** Correlation of the weights of horizontal neighbours, over all units and channels. */
function neighbours(weights: ArrayLike<number>, units: number, { channels, height, width }: NonNullable<RunReportData['pictures']>['imageShape']): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < units * channels * height * width; at++) {
    if ((at + 1) % width === 0) continue;
    const [left, right] = [weights[at]!, weights[at + 1]!];
    n++;
    x += left;
    y += right;
    xx += left * left;
    yy += right * right;
    xy += left * right;
  }
  return (xy - (x * y) / n) / Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
}

function points(share: number): string {
  return (100 * share).toFixed(1);
}
