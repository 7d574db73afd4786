import type { FloatArray } from '../kernels/contract';

/** The temperature of a model's probabilities, and where none could be fitted, why not. */
export interface FittedTemperature {
  /** Above 0; 1 leaves the probabilities as they are. */
  readonly temperature: number;
  readonly reason?: string;
}

/** Fewer rows say less about a temperature than it may do harm. */
const minRows = 20;

/**
 * The temperature T > 0 for which the probabilities softmax(z/T) have the lowest log loss (Guo et al. 2017, "On Calibration of Modern Neural
 * Networks", section 4.2). Logits z are taken from probabilities [rows, classes] as their logarithms, from which they differ by a constant in
 * each row, so that averaged probabilities of several members are calibrated as those of one model are. The log loss is convex in β = 1/T,
 * and its minimum is found by Newton's method in float64.
 *
 * Where every row is classified rightly, the log loss falls for ever as T falls: labels then count as 1 − 1/(rows + 1), and the rest is spread over
 * all classes. T is 1, with the reason, for fewer than 20 rows, rows of one class alone, and predictions that no T > 0 improves on equal probabilities.
 * @param weights [rows], how much each row counts; those of weight 0 are no rows.
 */
export function fitTemperature(probabilities: FloatArray, labels: ArrayLike<number>, classes: number, weights?: ArrayLike<number>): FittedTemperature {
  const counted = Array.from(labels, (_, row) => row).filter((row) => weights === undefined || weights[row]! > 0);
  const rows = counted.length;
  if (rows < minRows) return { temperature: 1, reason: `there are ${String(rows)} validation rows, and a temperature takes ${String(minRows)}` };
  if (counted.every((row) => labels[row] === labels[counted[0]!])) return { temperature: 1, reason: 'all validation rows are of one class' };
  const total = weights === undefined ? rows : counted.reduce((sum, row) => sum + weights[row]!, 0);
  const given: CalibratedRows = {
    logits: Float64Array.from(probabilities, (p) => Math.log(atLeastTiny(p, probabilities))), labels, classes, rows: counted, shareOf: (row) => (weights?.[row] ?? 1) / total,
  };
  const smoothing = areAllRight(given) ? 1 / (rows + 1) : 0;
  const targets = targetLogits(given, smoothing);
  if (derivatives(given, 0).slope >= targets) return { temperature: 1, reason: 'the model tells the validation rows\' classes apart no better than chance' };
  let [low, high, beta] = [0, Infinity, 1];
  for (let round = 0; round < maxRounds; round++) {
    const { slope, curvature } = derivatives(given, beta);
    if (slope > targets) high = beta;
    else low = beta;
    // Within what is known to enclose the minimum, as far from it Newton's steps are much too long.
    let next = Math.min(beta - (slope - targets) / curvature, 4 * beta);
    if (!(next > low && next < high)) next = high === Infinity ? 4 * beta : (low + high) / 2;
    const isFound = Math.abs(next - beta) <= 1e-13 * beta;
    beta = next;
    if (isFound) break;
  }
  return { temperature: 1 / beta };
}

/** Newton's method takes some ten; halving an interval to the last bit some sixty. */
const maxRounds = 200;

/** What a temperature is fitted to. */
interface CalibratedRows {
  /** [rows, classes], of all rows. */
  readonly logits: Float64Array;
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** The rows that count. */
  readonly rows: readonly number[];
  /** The share of a row in all that counts. */
  readonly shareOf: (row: number) => number;
}

/** Σ over classes of target · logit, the mean over rows. */
function targetLogits({ logits, labels, classes, rows, shareOf }: CalibratedRows, smoothing: number): number {
  let [own, all] = [0, 0];
  for (const row of rows) {
    const share = shareOf(row);
    own += share * logits[row * classes + labels[row]!]!;
    for (let j = 0; j < classes; j++) all += share * logits[row * classes + j]!;
  }
  return (1 - smoothing) * own + (smoothing * all) / classes;
}

/** First and second derivative in β of the mean over rows of log Σ exp(β·z): the mean and the variance of z under softmax(β·z). */
function derivatives({ logits, classes, rows, shareOf }: CalibratedRows, beta: number): { slope: number; curvature: number } {
  let [slope, curvature] = [0, 0];
  for (const row of rows) {
    const from = row * classes;
    const top = highest(logits, from, classes);
    let [sum, first, second] = [0, 0, 0];
    for (let j = from; j < from + classes; j++) {
      const z = logits[j]! - top;
      const power = Math.exp(beta * z);
      sum += power;
      first += power * z;
      second += power * z * z;
    }
    const share = shareOf(row);
    slope += share * (first / sum + top);
    curvature += share * (second / sum - (first / sum) ** 2);
  }
  return { slope, curvature };
}

function highest(logits: Float64Array, from: number, classes: number): number {
  let top = -Infinity;
  for (let j = from; j < from + classes; j++) top = Math.max(top, logits[j]!);
  return top;
}

function areAllRight({ logits, labels, classes, rows }: CalibratedRows): boolean {
  return rows.every((row) => logits[row * classes + labels[row]!]! >= highest(logits, row * classes, classes));
}

/** p, or where it is smaller the smallest normal number of its format: the logarithm of 0 is infinite. */
function atLeastTiny(p: number, { BYTES_PER_ELEMENT }: FloatArray): number {
  return Math.max(p, BYTES_PER_ELEMENT === 4 ? 2 ** -126 : 2 ** -1022);
}

/** probabilities[rows, classes] ← softmax(log(probabilities) / T), row by row. The order of the classes stays. */
export function applyTemperature(probabilities: FloatArray, classes: number, temperature: number): void {
  for (let from = 0; from < probabilities.length; from += classes) {
    let top = 0;
    for (let j = from; j < from + classes; j++) top = Math.max(top, probabilities[j]!);
    let sum = 0;
    for (let j = from; j < from + classes; j++) sum += powerOf(probabilities, j, top, temperature);
    for (let j = from; j < from + classes; j++) probabilities[j] = powerOf(probabilities, j, top, temperature) / sum;
  }
}

/** Σ over m rows of −log softmax(log(probabilities) / T)[label], each times its weight, by default 1. */
export function logLossAt(
  temperature: number, m: number, probabilities: FloatArray, labels: ArrayLike<number>, classes: number, weights?: ArrayLike<number>,
): number {
  let loss = 0;
  for (let row = 0; row < m; row++) {
    const from = row * classes;
    let top = 0;
    for (let j = from; j < from + classes; j++) top = Math.max(top, probabilities[j]!);
    let sum = 0;
    for (let j = from; j < from + classes; j++) sum += powerOf(probabilities, j, top, temperature);
    const own = atLeastTiny(probabilities[from + labels[row]!]!, probabilities);
    loss += (weights === undefined ? 1 : weights[row]!) * (Math.log(sum) - Math.log(own / top) / temperature);
  }
  return loss;
}

/** (p / top)^(1/T). */
function powerOf(probabilities: FloatArray, at: number, top: number, temperature: number): number {
  return Math.exp(Math.log(atLeastTiny(probabilities[at]!, probabilities) / top) / temperature);
}
