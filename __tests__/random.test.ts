import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomState } from '../lib/random';

interface Case {
  seed: number;
  uniform: string[];
  uniformRange: string[];
  uniformLong: { sha256: string; last: string[] };
  randn: { values: string[]; next: string[]; thenUniform: string[] };
  permutation: Record<string, number[]>;
  permutationLong: { sha256: string; first: number[] };
  randint: { low: number; high: number; values: number[] }[];
  randintWide: { low: number; high: number; values: number[] }[];
  choice: { replace: number[]; again: number[]; without: number[]; letters: string[]; lettersWithout: string[] };
  shuffle: { list: number[]; doubles: string };
  mixed: string[];
  state: { keySha256: string; position: number; hasGauss: boolean };
}
interface Golden {
  keys: { key: number[]; uniform: string[] }[];
  cases: Case[];
  toy: { W1: string[]; W2: string[]; X: string[] };
}

const golden = JSON.parse(readFileSync(join(__dirname, 'golden/random.json'), 'utf8')) as Golden;

const bits = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
const hex = (values: Iterable<number>): string[] => Array.from(values, (v) => bits(v).toString(16).padStart(16, '0'));
const sha256 = (array: ArrayBufferView): string =>
  createHash('sha256').update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength)).digest('hex');

/** The largest distance in units in the last place (neighbouring doubles of one sign have neighbouring bits). */
function ulps(actual: ArrayLike<number>, wanted: string[]): number {
  expect(actual).toHaveLength(wanted.length);
  let worst = 0;
  wanted.forEach((text, i) => {
    const distance = Number(bits(actual[i]!) - BigInt(`0x${text}`));
    worst = Math.max(worst, Math.abs(distance));
  });
  return worst;
}

describe.each(golden.cases)('RandomState($seed) draws as NumPy does', (wanted) => {
  const fresh = (): RandomState => new RandomState(wanted.seed);

  test('uniform, bit for bit', () => {
    const random = fresh();
    expect(hex(random.uniform(0, 1, 5))).toEqual(wanted.uniform);
    expect(hex(random.uniform(-3.7, 11.3, 5))).toEqual(wanted.uniformRange);
  });

  test('uniform across several blocks of 624 words', () => {
    const values = fresh().uniform(0, 1, 2000);
    expect(sha256(values)).toBe(wanted.uniformLong.sha256);
    expect(hex(values.subarray(-3))).toEqual(wanted.uniformLong.last);
  });

  test('one uniform at a time gives the same stream', () => {
    const random = fresh();
    expect(hex([random.random(), random.uniform(), random.uniform(0, 1), random.random(), random.random()])).toEqual(
      wanted.uniform,
    );
  });

  test('randn within one unit in the last place, the cached value included', () => {
    const random = fresh();
    expect(ulps(random.randn(1001), wanted.randn.values)).toBeLessThanOrEqual(1);
    expect(ulps(random.randn(3), wanted.randn.next)).toBeLessThanOrEqual(1);
    expect(hex(random.uniform(0, 1, 2))).toEqual(wanted.randn.thenUniform);
  });

  test.each(Object.entries(wanted.permutation))('permutation(%s)', (n, values) => {
    expect(Array.from(fresh().permutation(Number(n)))).toEqual(values);
  });

  test('permutation(49000), returned and filled', () => {
    const filled = new Int32Array(49000).fill(-1);
    fresh().fillPermutation(filled);
    expect(sha256(filled)).toBe(wanted.permutationLong.sha256);
    expect(Array.from(fresh().permutation(49000).subarray(0, 5))).toEqual(wanted.permutationLong.first);
  });

  test('randint', () => {
    const random = fresh();
    for (const { low, high, values } of wanted.randint) {
      expect(Array.from(random.randint(low, high, 8))).toEqual(values);
    }
  });

  test('randint beyond 32 bits', () => {
    const random = fresh();
    for (const { low, high, values } of wanted.randintWide) {
      expect(values.map(() => random.randint(low, high))).toEqual(values);
    }
  });

  test('choice, of numbers and of items, with and without replacement', () => {
    const random = fresh();
    expect(Array.from(random.choice(49000, 200))).toEqual(wanted.choice.replace);
    expect(Array.from(random.choice(49000, 3))).toEqual(wanted.choice.again);
    expect(Array.from(random.choice(1000, 20, false))).toEqual(wanted.choice.without);
    expect(random.choice(['a', 'b', 'c', 'd', 'e'], 6)).toEqual(wanted.choice.letters);
    expect(random.choice(['a', 'b', 'c', 'd', 'e'], 5, false)).toEqual(wanted.choice.lettersWithout);
  });

  test('shuffle', () => {
    const random = fresh();
    const list = Array.from({ length: 20 }, (_, i) => i);
    random.shuffle(list);
    expect(list).toEqual(wanted.shuffle.list);
    const doubles = Float64Array.from({ length: 700 }, (_, i) => i);
    random.shuffle(doubles);
    expect(sha256(doubles)).toBe(wanted.shuffle.doubles);
  });

  test('all of them from one stream end in the same state', () => {
    const random = fresh();
    const mixed: number[] = [];
    for (let i = 0; i < 60; i++) {
      mixed.push(random.randint(0, 3 + i), random.permutation(i + 1)[0]!, random.uniform());
      random.randn(1 + (i % 4));
    }
    expect(hex(mixed)).toEqual(wanted.mixed);
    const state = random.getState();
    expect(sha256(Uint32Array.from(state.key))).toBe(wanted.state.keySha256);
    expect(state.position).toBe(wanted.state.position);
    expect(state.cachedGaussian !== null).toBe(wanted.state.hasGauss);
  });
});

describe('RandomState', () => {
  test("draws the course's toy set-up", () => {
    const random = new RandomState(0);
    expect(ulps(random.randn(4, 10).map((v) => 0.1 * v), golden.toy.W1)).toBeLessThanOrEqual(1);
    expect(ulps(random.randn(10, 3).map((v) => 0.1 * v), golden.toy.W2)).toBeLessThanOrEqual(1);
    random.seed(1);
    expect(ulps(random.randn(5, 4).map((v) => 10 * v), golden.toy.X)).toBeLessThanOrEqual(1);
  });

  test.each(golden.keys)('seedFrom(%j) draws as NumPy does from a list', ({ key, uniform }) => {
    const random = new RandomState(3);
    random.gaussian();
    random.seedFrom(Uint32Array.from(key));
    expect(random.getState().cachedGaussian).toBeNull();
    expect(hex(random.uniform(0, 1, 700).subarray(-3))).toEqual(uniform);
  });

  test('seed() drops the cached normal', () => {
    const random = new RandomState(7);
    const first = random.randn(1)[0];
    random.seed(7);
    expect(random.randn(1)[0]).toBe(first);
  });

  test.each([0, 1, 311, 623, 624, 1000])('goes on from a saved state after %i draws, through JSON', (draws) => {
    const original = new RandomState(5);
    for (let i = 0; i < draws; i++) original.random();
    original.gaussian();
    const copy = new RandomState(0);
    copy.setState(JSON.parse(JSON.stringify(original.getState())) as ReturnType<RandomState['getState']>);
    expect(copy.randn(700)).toEqual(original.randn(700));
    expect(copy.permutation(50)).toEqual(original.permutation(50));
  });

  test('goes on from where another generator stands, and leaves that one alone', () => {
    const original = new RandomState(5);
    original.randn(313);
    const copy = new RandomState(0);
    copy.copyFrom(original);
    const drawn = copy.randn(700);
    expect(original.randn(700)).toEqual(drawn);
  });

  test('a snapshot does not change with the generator', () => {
    const random = new RandomState(3);
    const state = random.getState();
    const first = random.random();
    random.randn(2000);
    random.setState(state);
    expect(random.random()).toBe(first);
  });

  test.each([-1, 0.5, 2 ** 32, NaN, Infinity, '1', null, undefined, 1n])('refuses the seed %p', (seed) => {
    expect(() => new RandomState(seed as number)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  const random = new RandomState(0);
  test.each<[string, () => unknown]>([
    ['a negative size', () => random.randn(-1)],
    ['a fractional size', () => random.uniform(0, 1, 1.5)],
    ['an infinite bound', () => random.uniform(0, Infinity, 1)],
    ['an overflowing range', () => random.uniform(-1e308, 1e308)],
    ['an empty range', () => random.randint(3, 3, 1)],
    ['a fractional bound', () => random.randint(0, 2.5)],
    ['bounds that do not fit the array', () => random.randint(0, 2 ** 31 + 1, 1)],
    ['a range beyond exact doubles', () => random.randint(-(2 ** 53) + 1, 2 ** 53 - 1)],
    ['a choice from nothing', () => random.choice(0, 1)],
    ['a choice of more than there is', () => random.choice([1, 2], 3, false)],
    ['a permutation of NaN', () => random.permutation(NaN)],
  ])('refuses %s', (_, draw) => {
    expect(draw).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  test.each<[string, (state: Record<string, unknown>) => unknown]>([
    ['a short key', (s) => ({ ...s, key: [1, 2, 3] })],
    ['a key word of 33 bits', (s) => ({ ...s, key: [2 ** 32, ...(s['key'] as number[]).slice(1)] })],
    ['a position outside the block', (s) => ({ ...s, position: 625 })],
    ['a cached NaN', (s) => ({ ...s, cachedGaussian: NaN })],
    ['a missing field', ({ key, position }) => ({ key, position })],
  ])('refuses a state with %s and keeps its own', (_, damage) => {
    const victim = new RandomState(9);
    const bad = damage({ ...victim.getState() }) as ReturnType<RandomState['getState']>;
    expect(() => {
      victim.setState(bad);
    }).toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
    expect(victim.random()).toBe(new RandomState(9).random());
  });
});
