import type { FloatArray } from '../kernels/contract';
import type { RandomState } from '../random';

/** Fills a parameter with where it starts. */
export type Start = (values: FloatArray, random: RandomState) => void;

/** Each element is 1 or −1, as likely. */
export const signs: Start = (values, random) => {
  for (let i = 0; i < values.length; i++) values[i] = 2 * random.randint(0, 2) - 1;
};

/** Normal with mean 0. */
export function normalStart(std: number): Start {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = std * random.gaussian();
  };
}

/** Uniform in [−bound, bound). */
export function uniformStart(bound: number): Start {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound);
  };
}
