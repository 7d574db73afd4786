import { isDeepStrictEqual } from 'node:util';
import { expected } from '../errors';
import type { ModelFacts } from '../train/modelFile';
import type { ModelWeights } from './weights';

/** What the models to average have to have in common: they differ in parameters alone. */
export interface Averaged {
  readonly facts: ModelFacts;
  readonly weights: ModelWeights;
}

/** The mean of all parameters and buffers, summed in float64. Throws ERR_CONFIG for models that differ in more than these, naming what. */
export function meanWeights(models: readonly Averaged[]): Readonly<Record<string, Float64Array>> {
  const [first, ...others] = models as [Averaged, ...Averaged[]];
  others.forEach((other, i) => {
    const difference = differenceOf(first, other);
    if (difference !== undefined) throw expected('ERR_CONFIG', `a model with the ${difference} of the first one`, `models[${String(i + 1)}]`, `one with others`, { path: 'models' });
  });
  return Object.fromEntries(Object.entries(first.weights).map(([name, { values }]) => {
    const mean = new Float64Array(values.length);
    for (const { weights } of models) weights[name]!.values.forEach((value, j) => { mean[j]! += value / models.length; });
    return [name, mean];
  }));
}

/** The geometric mean of the temperatures that the models' logits are divided by. */
export function meanTemperature(models: readonly Averaged[]): number {
  return Math.exp(models.reduce((sum, { facts: { facts: { temperature = 1 } } }) => sum + Math.log(temperature), 0) / models.length);
}

function differenceOf(one: Averaged, other: Averaged): string | undefined {
  const shapes = ({ weights }: Averaged): unknown => Object.entries(weights).map(([name, { shape }]) => [name, shape]);
  const parts: Readonly<Record<string, (model: Averaged) => unknown>> = {
    layers: shapes,
    preprocessing: ({ facts: { normalization } }) => normalization,
    columns: ({ facts: { facts: { columns } } }) => columns?.map(({ name, kind, categories }) => [name, kind, categories]),
    'classes and targets': ({ facts: { facts: { classNames, targetNames, targetScale } } }) => [classNames, targetNames, targetScale],
  };
  return Object.keys(parts).find((name) => !isDeepStrictEqual(parts[name]!(one), parts[name]!(other)));
}
