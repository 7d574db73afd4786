import type { FloatArray, Kernels } from '../kernels/contract';
import { RandomState } from '../random';
import type { CounterRandom } from '../random/counter';

/** Draws the numbers that a parameter starts with. */
export interface Draws {
  /** A generator, for other distributions. */
  readonly random: RandomState;
  /** Normal numbers with mean 0. */
  readonly normal: (values: FloatArray, std: number) => void;
  /** Standard normals, as many as the parameter has elements; these may be written on the way. */
  readonly normals: (values: FloatArray) => Float64Array;
  /** Uniform numbers in [low, high). */
  readonly uniform: (values: FloatArray, low: number, high: number) => void;
  /** Each element is 1 or −1, as likely. */
  readonly signs: (values: FloatArray) => void;
}

/** Fills a parameter with where it starts. */
export type Start = (values: FloatArray, draws: Draws) => void;

/** Each element is 1 or −1, as likely. */
export const signs: Start = (values, draws) => { draws.signs(values); };

/** Normal with mean 0. */
export function normalStart(std: number): Start {
  return (values, draws) => { draws.normal(values, std); };
}

/** Uniform in [−bound, bound). */
export function uniformStart(bound: number): Start {
  return (values, draws) => { draws.uniform(values, -bound, bound); };
}

/** One draw after the other. Not in an array of all draws, which, in float64, would take twice the memory of the model. */
export function successiveDraws(random: RandomState): Draws {
  const each = (next: () => number) => (values: FloatArray): void => {
    for (let i = 0; i < values.length; i++) values[i] = next();
  };
  return {
    random,
    normal: (values, std) => { each(() => std * random.gaussian())(values); },
    normals: ({ length }) => random.randn(length),
    uniform: (values, low, high) => { each(() => random.uniform(low, high))(values); },
    signs: each(() => 2 * random.randint(0, 2) - 1),
  };
}

/** The draws of the parameter with that number: all elements at once, on all threads, from a key of its own. Each call fills the whole parameter. */
export function countedDraws({ seed }: CounterRandom, parameter: number, kernels: Kernels): Draws {
  const key = Int32Array.of(seed, parameter);
  const draws: Draws = {
    get random() {
      const random = new RandomState(0);
      random.seedFrom(new Uint32Array(key));
      return random;
    },
    normal: (values, std) => { kernels.fillNormal(values.length, std, key, values); },
    normals(values) {
      draws.normal(values, 1);
      return Float64Array.from(values);
    },
    uniform: (values, low, high) => { kernels.fillUniform(values.length, low, high, key, values); },
    signs(values) {
      draws.uniform(values, -1, 1);
      for (let i = 0; i < values.length; i++) values[i] = Math.sign(values[i]!);
    },
  };
  return draws;
}
