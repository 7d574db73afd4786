import { meanOfDefined, weightedMean, weightsOf } from './predictions';
import type { ClassPredictions } from './predictions';
import type { RankingScore } from './ranking';

/** A probability within what a logarithm takes. */
export function within(p: number): number {
  return Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, p));
}

export function logLoss({ probabilities, labels, classes, weights }: ClassPredictions): number {
  return weightedMean(weightsOf(labels.length, weights), (row) => -Math.log(within(probabilities[row * classes + labels[row]!]!)));
}

export function brier({ probabilities, labels, classes, weights }: ClassPredictions): number {
  const error = weightedMean(weightsOf(labels.length, weights), (row) => {
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += (probabilities[row * classes + j]! - (labels[row] === j ? 1 : 0)) ** 2;
    return sum;
  });
  // Of two classes both terms are the same, and one counts.
  return error / (classes === 2 ? 2 : 1);
}

/** A ranking score of two classes for the second, of more the mean over each against the rest. */
export function overClasses({ probabilities, labels, classes, weights }: ClassPredictions, score: RankingScore): number {
  const rows = labels.length;
  const of = (j: number): number => score(
    Float64Array.from({ length: rows }, (_, row) => probabilities[row * classes + j]!),
    Uint8Array.from({ length: rows }, (_, row) => (labels[row] === j ? 1 : 0)),
    weightsOf(rows, weights),
  );
  return classes === 2 ? of(1) : meanOfDefined(Array.from({ length: classes }, (_, j) => of(j)));
}

/** Weight of the rows by label and most probable class [classes, classes]; of equals the first class. */
function confusionOf({ probabilities, labels, classes, weights }: ClassPredictions): Float64Array {
  const confusion = new Float64Array(classes * classes);
  for (let row = 0; row < labels.length; row++) {
    let predicted = 0;
    for (let j = 1; j < classes; j++) if (probabilities[row * classes + j]! > probabilities[row * classes + predicted]!) predicted = j;
    confusion[labels[row]! * classes + predicted]! += weights?.[row] ?? 1;
  }
  return confusion;
}

export function balancedAccuracy(given: ClassPredictions): number {
  const { classes } = given;
  const confusion = confusionOf(given);
  return meanOfDefined(Array.from({ length: classes }, (_, j) =>
    confusion[j * classes + j]! / confusion.subarray(j * classes, (j + 1) * classes).reduce((sum, n) => sum + n, 0)));
}

/** Of any number of classes (Gorodkin 2004, equation 8); 0 where all rows are, or are taken for, one class. */
export function matthews(given: ClassPredictions): number {
  const { classes } = given;
  const confusion = confusionOf(given);
  const rows = confusion.reduce((sum, n) => sum + n, 0);
  if (rows === 0) return Number.NaN;
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
