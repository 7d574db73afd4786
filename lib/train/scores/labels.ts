import { within } from './classes';
import { overOutputs, weightedMean, weightsOf } from './predictions';
import type { Column, NumberPredictions } from './predictions';
import type { RankingScore } from './ranking';

/** From this probability on a label is taken to apply. */
export const labelThreshold = 0.5;

export function labelLogLoss({ p, t, w }: Column): number {
  return weightedMean(w, (row) => -Math.log(within(t[row] === 1 ? p[row]! : 1 - p[row]!)));
}

export function labelBrier({ p, t, w }: Column): number {
  return weightedMean(w, (row) => (p[row]! - t[row]!) ** 2);
}

export function labelAccuracy({ p, t, w }: Column): number {
  return weightedMean(w, (row) => (p[row]! >= labelThreshold === (t[row] === 1) ? 1 : 0));
}

/** A ranking score of one label. */
export function ranks({ p, t, w }: Column, score: RankingScore): number {
  return score(p, Uint8Array.from(t), w);
}

/** Weights of right predictions of a label, and of its predictions and its rows together. */
function hitsOf({ p, t, w }: Column): { hits: number; both: number } {
  let [hits, both] = [0, 0];
  for (let row = 0; row < w.length; row++) {
    const [isPredicted, isThere] = [p[row]! >= labelThreshold, t[row] === 1];
    if (isPredicted && isThere) hits += w[row]!;
    both += w[row]! * (Number(isPredicted) + Number(isThere));
  }
  return { hits, both };
}

/** 2·hits / (predicted + there); 0 where neither is. */
const f1Of = ({ hits, both }: { hits: number; both: number }): number => (both === 0 ? 0 : (2 * hits) / both);

/** Mean over the labels. */
export function macroF1(given: NumberPredictions): number {
  return given.targets.length === 0 ? Number.NaN : overOutputs(given, (column) => f1Of(hitsOf(column)));
}

/** Of all labels together. */
export function microF1({ predictions, targets, outputs, weights }: NumberPredictions): number {
  const rows = targets.length / outputs;
  if (rows === 0) return Number.NaN;
  const w = weightsOf(rows, weights);
  return f1Of(hitsOf({ p: Float64Array.from(predictions), t: Float64Array.from(targets), w: Float64Array.from(targets, (_, at) => w[Math.floor(at / outputs)]!) }));
}
