import { anyOf, choice, fieldsOf, flag, integer, kindsWith, number, orNull, path, share, withDefaults } from '../lib/fields';
import type { Field } from '../lib/fields';

test.each<[readonly string[], string | undefined, string]>([
  [[], undefined, ''],
  [['a'], undefined, 'a'],
  [['a', 'b'], undefined, 'a or b'],
  [['a', 'b', 'c'], undefined, 'a, b or c'],
  [['a', 'b', 'c'], 'and', 'a, b and c'],
])('anyOf(%j, %j) is %j', (names, last, text) => {
  expect(anyOf(names, last)).toBe(text);
});

test.each<[name: string, field: Field, fallback: unknown, what: string, accepted: readonly unknown[], refused: readonly unknown[]]>([
  ['number', number(2, '> 0', (value) => value > 0, ''), 2, 'a number > 0', [1, 0.5], [0, -1, NaN, Infinity, '1', null]],
  ['share', share(0.5, ''), 0.5, 'a number in [0, 1)', [0, 0.99], [-0.1, 1, '0', null]],
  ['integer', integer(3, 1, ''), 3, 'an integer of at least 1', [1, 2 ** 53 - 1], [0, 1.5, 2 ** 53, '1', null]],
  ['flag', flag(true, ''), true, 'true or false', [true, false], [0, 'true', null]],
  ['path', path(''), null, 'a path', ['a/b'], ['', 1, null]],
  ['choice', choice('a', ['a', 'b'], ''), 'a', 'one of a, b', ['a', 'b'], ['c', '', null]],
  ['orNull', orNull(integer(3, 1, '')), null, 'an integer of at least 1 or null', [1, null], [0, undefined]],
])('%s has a default, a description and a check of its own', (_, field, fallback, what, accepted, refused) => {
  expect(field).toMatchObject({ default: fallback, what });
  expect(accepted.filter(field.accepts)).toEqual(accepted);
  expect(refused.filter(field.accepts)).toEqual([]);
});

/** Each option applies to other kinds; `size` and `limit` are null by default in a spec. */
const kinds = {
  plain: { options: { rate: 1, size: 3, all: 0 } },
  fast: { options: { rate: 1, size: 3, limit: null, all: 0 } },
  deep: { options: { size: 5, limit: null, all: 0 } },
  empty: { options: { rate: 1, all: 0 } },
} as const;
const options = {
  rate: number(1, '> 0', (value) => value > 0, 'rate'),
  size: orNull(integer(0, 1, 'size')),
  limit: orNull(integer(0, 1, 'limit')),
  all: number(0, '≥ 0', (value) => value >= 0, 'all'),
};

test.each<[keyof typeof options, kindsWithIt: readonly string[], help: string]>([
  ['rate', ['plain', 'fast', 'empty'], 'rate of all but deep'],
  // What null stands for, where kinds differ.
  ['size', ['plain', 'fast', 'deep'], 'size of all but empty; null is 3, or 5 for deep'],
  // Null is the kind's own default: there is no value to name.
  ['limit', ['fast', 'deep'], 'limit of fast and deep'],
  ['all', ['plain', 'fast', 'deep', 'empty'], 'all'],
])('the help of %s names the kinds that it applies to and what null means', (key, kindsWithIt, help) => {
  expect(kindsWith(kinds, key)).toEqual(kindsWithIt);
  const { help: explained, ...rest } = fieldsOf(options, kinds)[key];
  expect(explained).toBe(help);
  const { help: _, ...own } = options[key];
  expect(rest).toEqual(own);
});

test.each([
  [{ size: null, limit: null, rate: 2 }, 'plain', { size: 3, limit: null, rate: 2 }],
  [{ size: null, limit: null, rate: 2 }, 'deep', { size: 5, limit: null, rate: 2 }],
  [{ size: 9, limit: 7, rate: 2 }, 'deep', { size: 9, limit: 7, rate: 2 }],
  [{ size: null, limit: null, rate: 2 }, 'empty', { size: null, limit: null, rate: 2 }],
] as const)('withDefaults(%j) of %s is %j', (given, kind, filled) => {
  expect(withDefaults<object>(given, kinds[kind].options)).toEqual(filled);
});
