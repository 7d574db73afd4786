/** Predictions of a classifier: probabilities [rows, classes], and the labels [rows] they are held against. */
export interface ClassPredictions {
  readonly probabilities: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/** Predictions of a regression: numbers [rows, outputs], and the targets [rows, outputs] they are held against. */
export interface NumberPredictions {
  readonly predictions: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly outputs: number;
}

interface Score<Predictions> {
  readonly help: string;
  readonly better: 'higher' | 'lower';
  /** NaN where it is not defined, as for an empty set of rows. */
  readonly compute: (predictions: Predictions) => number;
}

/**
 * Scores of class probabilities, by name, as scikit-learn 1.9 computes them. Of more than two classes, rankings are one against the rest,
 * averaged over the classes that have rows and that others have rows beside.
 */
export const classScores = {
  logLoss: { help: 'mean of −log(probability of the label)', better: 'lower', compute: logLoss },
  brier: { help: 'mean squared error of the probabilities', better: 'lower', compute: brier },
  rocAuc: { help: 'area under the ROC curve', better: 'higher', compute: (given) => overClasses(given, areaUnderRoc) },
  averagePrecision: { help: 'Σ (recall gained at each threshold)·(precision there)', better: 'higher', compute: (given) => overClasses(given, averagePrecision) },
  balancedAccuracy: { help: 'mean recall of the classes that have rows', better: 'higher', compute: balancedAccuracy },
  mcc: { help: 'Matthews correlation coefficient of predicted and true classes', better: 'higher', compute: matthews },
} as const satisfies Readonly<Record<string, Score<ClassPredictions>>>;

/** Scores of numbers, by name; of several outputs their plain mean. */
export const numberScores = {
  r2: { help: '1 − squared error / squared deviation from the mean', better: 'higher', compute: (given) => overOutputs(given, determination) },
  mae: { help: 'mean absolute error', better: 'lower', compute: (given) => overOutputs(given, (p, t) => mean(p, (value, i) => Math.abs(value - t[i]!))) },
  mape: {
    help: 'mean absolute error as a share of the target', better: 'lower',
    compute: (given) => overOutputs(given, (p, t) => mean(p, (value, i) => Math.abs(value - t[i]!) / Math.max(Number.EPSILON, Math.abs(t[i]!)))),
  },
} as const satisfies Readonly<Record<string, Score<NumberPredictions>>>;

export type ClassScoreName = keyof typeof classScores;
export type NumberScoreName = keyof typeof numberScores;

/** All scores of a table for some predictions. */
export function computeScores<Name extends string, Predictions>(
  table: Readonly<Record<Name, Score<Predictions>>>, predictions: Predictions,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<Score<Predictions>>(table).map(([name, { compute }]) => [name, compute(predictions)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

function logLoss({ probabilities, labels, classes }: ClassPredictions): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const p = Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probabilities[row * classes + labels[row]!]!));
    sum -= Math.log(p);
  }
  return sum / labels.length;
}

function brier({ probabilities, labels, classes }: ClassPredictions): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    for (let j = 0; j < classes; j++) sum += (probabilities[row * classes + j]! - (labels[row] === j ? 1 : 0)) ** 2;
  }
  // Of two classes both terms are the same, and one counts.
  return sum / labels.length / (classes === 2 ? 2 : 1);
}

/** A ranking score of two classes for the second, of more the mean over each against the rest. */
function overClasses(
  { probabilities, labels, classes }: ClassPredictions, score: (ranked: Int32Array, values: Float64Array, isPositive: Uint8Array) => number,
): number {
  const rows = labels.length;
  const of = (j: number): number => {
    const values = Float64Array.from({ length: rows }, (_, row) => probabilities[row * classes + j]!);
    const isPositive = Uint8Array.from({ length: rows }, (_, row) => (labels[row] === j ? 1 : 0));
    const ranked = Int32Array.from({ length: rows }, (_, row) => row).sort((a, b) => values[b]! - values[a]!);
    return score(ranked, values, isPositive);
  };
  if (classes === 2) return of(1);
  const scores = Array.from({ length: classes }, (_, j) => of(j)).filter((value) => !Number.isNaN(value));
  return scores.reduce((sum, value) => sum + value, 0) / scores.length;
}

/** Calls `visit` for each threshold, from the highest, with the true and false positives above and at it. */
function forEachThreshold(ranked: Int32Array, values: Float64Array, isPositive: Uint8Array, visit: (truePositives: number, falsePositives: number) => void): void {
  let truePositives = 0;
  for (let i = 0; i < ranked.length; i++) {
    truePositives += isPositive[ranked[i]!]!;
    if (i + 1 === ranked.length || values[ranked[i + 1]!] !== values[ranked[i]!]) visit(truePositives, i + 1 - truePositives);
  }
}

/** The share of pairs of a positive and a negative row that are in order, ties half (Mann & Whitney 1947); NaN without such pairs. */
function areaUnderRoc(ranked: Int32Array, values: Float64Array, isPositive: Uint8Array): number {
  let [area, lastTrue, lastFalse] = [0, 0, 0];
  forEachThreshold(ranked, values, isPositive, (truePositives, falsePositives) => {
    area += ((truePositives + lastTrue) / 2) * (falsePositives - lastFalse);
    [lastTrue, lastFalse] = [truePositives, falsePositives];
  });
  return area / (lastTrue * lastFalse);
}

/** NaN where no row, or every row, is of the class. */
function averagePrecision(ranked: Int32Array, values: Float64Array, isPositive: Uint8Array): number {
  const positives = isPositive.reduce((sum, one) => sum + one, 0);
  if (positives === 0 || positives === ranked.length) return Number.NaN;
  let [sum, last] = [0, 0];
  forEachThreshold(ranked, values, isPositive, (truePositives, falsePositives) => {
    sum += ((truePositives - last) / positives) * (truePositives / (truePositives + falsePositives));
    last = truePositives;
  });
  return sum;
}

/** Rows by label and most probable class [classes, classes]; of equals the first class. */
function confusionOf({ probabilities, labels, classes }: ClassPredictions): Float64Array {
  const confusion = new Float64Array(classes * classes);
  for (let row = 0; row < labels.length; row++) {
    let predicted = 0;
    for (let j = 1; j < classes; j++) if (probabilities[row * classes + j]! > probabilities[row * classes + predicted]!) predicted = j;
    confusion[labels[row]! * classes + predicted]!++;
  }
  return confusion;
}

function balancedAccuracy(given: ClassPredictions): number {
  const { classes } = given;
  const confusion = confusionOf(given);
  const recalls = Array.from({ length: classes }, (_, j) => confusion[j * classes + j]! / confusion.subarray(j * classes, (j + 1) * classes).reduce((sum, n) => sum + n, 0))
    .filter((recall) => !Number.isNaN(recall));
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

/** Of any number of classes (Gorodkin 2004, equation 8); 0 where all rows are, or are taken for, one class. */
function matthews(given: ClassPredictions): number {
  const { classes, labels: { length: rows } } = given;
  if (rows === 0) return Number.NaN;
  const confusion = confusionOf(given);
  const [isLabel, isPredicted] = [new Float64Array(classes), new Float64Array(classes)];
  let hits = 0;
  confusion.forEach((count, at) => {
    const [label, predicted] = [Math.floor(at / classes), at % classes];
    isLabel[label]! += count;
    isPredicted[predicted]! += count;
    if (label === predicted) hits += count;
  });
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, j) => sum + value * b[j]!, 0);
  const [labelSpread, predictedSpread] = [rows ** 2 - dot(isLabel, isLabel), rows ** 2 - dot(isPredicted, isPredicted)];
  return labelSpread === 0 || predictedSpread === 0 ? 0 : (hits * rows - dot(isLabel, isPredicted)) / Math.sqrt(labelSpread * predictedSpread);
}

/** The mean over the outputs of a score of one. */
function overOutputs({ predictions, targets, outputs }: NumberPredictions, score: (p: Float64Array, t: Float64Array) => number): number {
  const rows = targets.length / outputs;
  const column = (numbers: ArrayLike<number>, j: number): Float64Array => Float64Array.from({ length: rows }, (_, row) => numbers[row * outputs + j]!);
  return Array.from({ length: outputs }, (_, j) => score(column(predictions, j), column(targets, j))).reduce((sum, value) => sum + value, 0) / outputs;
}

function mean(values: Float64Array, of: (value: number, i: number) => number): number {
  return values.reduce((sum, value, i) => sum + of(value, i), 0) / values.length;
}

/** 1 − Σ(t − p)² / Σ(t − t̄)²; of targets that are all the same 1 where they are met, else 0. NaN for fewer than two rows. */
function determination(p: Float64Array, t: Float64Array): number {
  if (t.length < 2) return Number.NaN;
  const centre = mean(t, (value) => value);
  const errors = p.reduce((sum, value, i) => sum + (t[i]! - value) ** 2, 0);
  const spread = t.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return spread > 0 ? 1 - errors / spread : errors === 0 ? 1 : 0;
}
