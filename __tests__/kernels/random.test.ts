import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { philox } from '../../lib/kernels/reference/random';
import { backends } from '../support/backends';

/** Made by golden/philox.py. */
interface Golden {
  readonly known: readonly { readonly counter: readonly number[]; readonly key: readonly number[]; readonly words: readonly number[] }[];
  readonly cases: readonly { readonly key: readonly number[]; readonly uniform: readonly number[]; readonly normal: readonly number[] }[];
}

const { known, cases } = JSON.parse(readFileSync(join(__dirname, '../golden/philox.json'), 'utf8')) as Golden;

test.each(known)('Philox4x32-10 gives the published words for the counter $counter', ({ counter, key, words }) => {
  const out = new Int32Array(4);
  const [c0, c1, c2, c3] = counter as [number, number, number, number];
  philox(c0, c1, c2, c3, key[0]!, key[1]!, out);
  expect([...new Uint32Array(out.buffer)]).toEqual(words);
});

describe.each(backends)('on %s kernels', (backend) => {
  const kernels = kernelsFor('float64', backend);
  const draw = (kernel: 'fillNormal' | 'fillUniform', n: number, key: Int32Array): Float64Array => {
    const out = kernels.allocate(n) as Float64Array;
    if (kernel === 'fillNormal') kernels.fillNormal(n, 1, key, out);
    else kernels.fillUniform(n, 0, 1, key, out);
    return out;
  };

  test.each(cases)('draws what NumPy makes of the words of key $key', ({ key, uniform, normal }) => {
    const words = Int32Array.from(key);
    expect([...draw('fillUniform', uniform.length, words)]).toEqual(uniform);
    draw('fillNormal', normal.length, words).forEach((z, i) => { expect(Math.abs(z - normal[i]!)).toBeLessThanOrEqual(4e-15 * (1 + Math.abs(normal[i]!))); });
  });

  test('normals have the moments and the distribution of a normal', () => {
    const n = 40_000;
    const z = draw('fillNormal', n, Int32Array.of(2026, 3)).sort();
    const moment = (power: number): number => z.reduce((sum, each) => sum + each ** power, 0) / n;
    // Four standard errors: √(1/n), √(2/n), √(15/n), √(96/n).
    [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]].forEach(([power, right, variance]) => {
      expect(Math.abs(moment(power!) - right!)).toBeLessThan(4 * Math.sqrt(variance! / n));
    });
    // Kolmogorov–Smirnov: a distance beyond 1.95/√n has a probability of 0.001.
    const distance = z.reduce((most, each, i) => Math.max(most, Math.abs(distribution(each) - (i + 0.5) / n)), 0);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
    // Neighbours, whose words come from one block, are independent.
    const fresh = draw('fillNormal', n, Int32Array.of(2026, 3));
    for (const lag of [1, 2, 4]) {
      const correlation = fresh.reduce((sum, each, i) => sum + each * (fresh[i + lag] ?? 0), 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  test('keys that differ in one word have nothing in common', () => {
    const draws = [[1, 0], [2, 0], [0, 1]].map((key) => draw('fillUniform', 100, Int32Array.from(key)));
    expect(new Set(draws.flatMap((each) => [...each])).size).toBe(300);
  });
});

/** The standard normal distribution function: ½ + φ(x)·(x + x³/3 + x⁵/15 + …). */
function distribution(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 3; n < 200; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
