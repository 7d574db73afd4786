import type { Model } from '../inference/model';
import { losses } from '../model/losses';

/** What a model says of one row: its class or labels with all probabilities, or its numbers by target. */
export type Answer =
  | { readonly class: string; readonly probability: number; readonly probabilities: readonly number[] }
  | { readonly labels: readonly string[]; readonly probabilities: readonly number[] }
  | { readonly numbers: ArrayLike<number> };

/** What answers of a model are: of a class, of labels, or of numbers, which quantiles and rates are too. */
export function answerKind({ spec: { loss } }: Model): 'class' | 'labels' | 'numbers' {
  const { predicts } = losses[loss];
  return predicts === 'classes' ? 'class' : predicts === 'labels' ? 'labels' : 'numbers';
}

/** The answers for features [rows, featureSize], in their order. Throws what `Model.predict` does. */
export function answersOf(model: Model, features: Float64Array): readonly Answer[] {
  const kind = answerKind(model);
  if (kind === 'class') {
    return model.predict(features).map(({ label, className, probabilities }) => ({ class: className!, probability: probabilities![label!]!, probabilities: probabilities! }));
  }
  if (kind === 'labels') return model.predict(features).map(({ labels, probabilities }) => ({ labels: labels!, probabilities: probabilities! }));
  const { outputNames: { length: outputs } } = model;
  const numbers = model.outputs(features);
  return Array.from({ length: numbers.length / outputs }, (_, row) => ({ numbers: numbers.subarray(row * outputs, (row + 1) * outputs) }));
}

/** An answer as JSON has it; the probabilities of all classes or labels where they are asked for. */
export function shown(answer: Answer, names: readonly string[], withProbabilities: boolean): Readonly<Record<string, unknown>> {
  const byName = (values: ArrayLike<number>): object => Object.fromEntries(names.map((name, j) => [name, values[j]!]));
  if ('numbers' in answer) return byName(answer.numbers) as Record<string, number>;
  const { probabilities, ...said } = answer;
  return withProbabilities ? { ...said, probabilities: byName(probabilities) } : said;
}
