import type { Model } from '../inference/model';
import type { Prediction } from '../inference/prediction';
import { losses } from '../model/losses';

/** What answers of a model are: of a class, of labels, or of numbers, which quantiles and rates are too. */
export function answerKind({ spec: { loss } }: Model): 'class' | 'labels' | 'numbers' {
  const { predicts } = losses[loss];
  return predicts === 'classes' ? 'class' : predicts === 'labels' ? 'labels' : 'numbers';
}

/** A prediction as JSON has it; the probabilities of all classes or labels where they are asked for. */
export function answerOf({ label, className, labels, probabilities, numbers }: Prediction, names: readonly string[], withProbabilities: boolean): object {
  if (probabilities === undefined) return numbers!;
  const said = label === undefined ? { labels } : { class: className, probability: probabilities[label] };
  return withProbabilities ? { ...said, probabilities: Object.fromEntries(names.map((name, j) => [name, probabilities[j]])) } : said;
}
