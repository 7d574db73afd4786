import { describe as inWords, expected } from '../lib/errors';

const circular: Record<string, unknown> = { a: 1 };
circular['self'] = circular;
const circularList: unknown[] = [1];
circularList.push(circularList);
const revoked = Proxy.revocable({}, {});
revoked.revoke();

test.each<[value: unknown, words: string | RegExp]>([
  ['text', "'text'"],
  ['x'.repeat(100), /^'x{77}\.\.\.'$/],
  [undefined, 'undefined'],
  [null, 'null'],
  [-0, '-0'],
  [10n, '10n'],
  [[1n, 'a'], '[1n,"a"]'],
  [[NaN, -Infinity, undefined], '[NaN,-Infinity,undefined]'],
  [{ low: NaN, high: Infinity }, '{"low":NaN,"high":Infinity}'],
  [['NaN', '\0NaN'], '["NaN",NaN]'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 1, 'a function'],
  [{ a: 1 }, '{"a":1}'],
  [[1, 2], '[1,2]'],
  [new Array(9).fill(0), 'an array of length 9'],
  [new Float32Array(3), 'Float32Array of length 3'],
  [new DataView(new ArrayBuffer(5)), 'DataView of length 5'],
  [{ rows: new Float32Array(1e6) }, 'an object with keys rows'],
  [circular, 'an object with keys a, self'],
  [circularList, 'an array of length 2'],
  [Object.create(null), '{}'],
  [{ a: 1, toJSON: () => undefined }, 'an object with keys a, toJSON'],
  [{ toJSON: () => { throw new Error('no'); } }, 'an object with keys toJSON'],
  [{ get a() { throw new Error('no'); } }, 'an object with keys a'],
  [revoked.proxy, 'a value that cannot be read'],
])('describes case %#', (value, words) => {
  const text = inWords(value);
  if (typeof words === 'string') expect(text).toBe(words);
  else expect(text).toMatch(words);
  expect(expected('ERR_CONFIG', 'another', 'it', value).message).toBe(`Expected another for it but received ${text}`);
});

test('a value of millions of parts takes no time to describe', () => {
  const begun = performance.now();
  expect(inWords({ rows: Array.from({ length: 1e6 }, () => ({ a: [1, 2, 3] })) })).toBe('an object with keys rows');
  expect(performance.now() - begun).toBeLessThan(2000);
});
