import { expected } from '../errors';
import { isNumber } from '../fields';
import type { Field } from '../fields';
import { groupOf, parameterGroups } from '../model/arena';
import type { Arena, Block, Parameter, ParameterGroup } from '../model/arena';

/** Factors by kind of parameter. */
export type GroupFactors = Readonly<Partial<Record<ParameterGroup, number>>>;

/** How learning rate and weight decay differ between kinds of parameters. */
export interface GroupOptions {
  /** Factors above 0 on the learning rate; 1 for kinds that are left out. Decoupled weight decay is multiplied by them too. */
  readonly learningRates?: GroupFactors | null;
  /** Factors ≥ 0 on `l2` and `weightDecay`; for kinds that are left out 1 for weights, 0 for other parameters unless `decayBiases`. */
  readonly weightDecays?: GroupFactors | null;
  /** Whether weight decay also applies to biases and other unregularised parameters. Default false. */
  readonly decayBiases?: boolean;
}

const kinds: readonly string[] = parameterGroups;

function factors(range: string, inRange: (value: number) => boolean, help: string): Field {
  return {
    help,
    default: null,
    what: `null or an object of factors ${range} by kind of parameters (${kinds.join(', ')})`,
    accepts: (value) => {
      if (value === null) return true;
      const given = typeof value === 'object' ? Object.entries(value) : [];
      return given.length > 0 && given.every(([kind, factor]) => kinds.includes(kind) && isNumber(factor) && inRange(factor));
    },
  };
}

export const groupOptions: { readonly [Key in 'learningRates' | 'weightDecays']: Field } = {
  learningRates: factors('above 0', (factor) => factor > 0,
    `factors on the learning rate by kind of parameters (${kinds.join(', ')}), as {"bias": 0.1}`),
  weightDecays: factors('≥ 0', (factor) => factor >= 0, 'factors on l2 and weightDecay by kind, as {"embedding": 0.5, "norm": 1}'),
};

/** Throws ERR_CONFIG, naming the option, where factors are not as {@link GroupOptions} says. */
export function checkGroups(options: GroupOptions): void {
  for (const [name, { what, accepts }] of Object.entries(groupOptions)) {
    const value = options[name as keyof typeof groupOptions];
    if (value !== undefined && !accepts(value)) throw expected('ERR_CONFIG', what, name, value, { path: name });
  }
}

/** Factor of a parameter's kind on the learning rate. */
export function rateFactor(parameter: Parameter, { learningRates }: GroupOptions): number {
  return learningRates?.[groupOf(parameter)] ?? 1;
}

/** Factor on the weight decay of a parameter. */
export function decayFactor(parameter: Parameter, { weightDecays, decayBiases = false }: GroupOptions): number {
  return weightDecays?.[groupOf(parameter)] ?? Number(parameter.regularised || decayBiases);
}

/** A contiguous range of the arena that starts at the number `from`, and the first of its parameters. */
export interface Range extends Block {
  readonly from: number;
  readonly first: Parameter;
}

/** Divides the arena into the fewest ranges of neighbours that belong together, in the order in which they lie in memory. */
export function ranges(arena: Arena, belongTogether: (one: Parameter, next: Parameter) => boolean): Range[] {
  const { values, gradients, ordered } = arena;
  const starts = ordered.flatMap((parameter, i) => (i === 0 || !belongTogether(ordered[i - 1]!, parameter) ? [i] : []));
  let from = 0;
  return starts.map((start, n) => {
    const length = ordered.slice(start, starts[n + 1]).reduce((sum, { value }) => sum + value.length, 0);
    const range = { from, first: ordered[start]!, values: values.subarray(from, from + length), gradients: gradients.subarray(from, from + length) };
    from += length;
    return range;
  });
}
