import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classScores, computeScores, labelScores, numberScores, quantileScores, rateScores } from '../../lib/train/scores';
import type { ClassPredictions, NumberPredictions, QuantilePredictions } from '../../lib/train/scores';

/** Made by golden/scores.py with scikit-learn. */
const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'scores.json'), 'utf8')) as {
  classes: Scored<ClassPredictions>[]; numbers: Scored<NumberPredictions>[]; labels: Scored<NumberPredictions>[]; rates: Scored<NumberPredictions>[];
  quantiles: Scored<QuantilePredictions>[];
};
type Scored<Predictions> = Predictions & { readonly scores: Record<string, number> };

function expectScores(scores: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): void {
  expect(Object.keys(scores)).toEqual(Object.keys(wanted));
  for (const [name, value] of Object.entries(wanted)) expect({ name, off: Math.abs(scores[name]! - value) <= 1e-12 * Math.max(1, Math.abs(value)) ? 0 : scores[name]! - value }).toEqual({ name, off: 0 });
}

test('score as in scikit-learn, with ties, absent classes, and with weights, of which some are 0', () => {
  for (const { scores, ...given } of golden.classes) expectScores(computeScores(classScores, given), scores);
  for (const { scores, ...given } of golden.numbers) expectScores(computeScores(numberScores, given), scores);
  for (const { scores, ...given } of golden.labels) expectScores(computeScores(labelScores, given), scores);
  for (const { scores, ...given } of golden.rates) expectScores(computeScores(rateScores, given), scores);
  for (const { scores, ...given } of golden.quantiles) expectScores(computeScores(quantileScores, given), scores);
  expect([golden.classes, golden.numbers, golden.labels, golden.rates, golden.quantiles].map((cases) => cases.filter(({ weights }) => weights !== undefined).length)).toEqual([6, 3, 3, 3, 3]);
});

test.each<[string, Partial<Record<keyof typeof classScores, number>>, ClassPredictions]>([
  ['no rows', { logLoss: NaN, brier: NaN, rocAuc: NaN, averagePrecision: NaN, balancedAccuracy: NaN, mcc: NaN }, { probabilities: [], labels: [], classes: 3 }],
  ['one class alone', { rocAuc: NaN, averagePrecision: NaN, balancedAccuracy: 1, mcc: 0 }, { probabilities: [0.9, 0.1, 0.8, 0.2], labels: [0, 0], classes: 2 }],
  ['a certain error', { logLoss: -Math.log(Number.EPSILON), brier: 1, rocAuc: 0 }, { probabilities: [0, 1, 1, 0], labels: [0, 1], classes: 2 }],
  ['all alike', { rocAuc: 0.5, averagePrecision: 0.5 }, { probabilities: [0.5, 0.5, 0.5, 0.5], labels: [0, 1], classes: 2 }],
])('of %s', (_, wanted, given) => {
  expect(computeScores(classScores, given)).toMatchObject(wanted);
});

test.each<[string, number, NumberPredictions]>([
  ['targets all the same, met', 1, { predictions: [3, 3], targets: [3, 3], outputs: 1 }], ['targets all the same, missed', 0, { predictions: [3, 4], targets: [3, 3], outputs: 1 }],
  ['one row', NaN, { predictions: [3], targets: [3], outputs: 1 }], ['the mean', 0, { predictions: [2, 2], targets: [1, 3], outputs: 1 }],
])('R² of %s', (_, wanted, given) => {
  expect(computeScores(numberScores, given).r2).toBe(wanted);
});
