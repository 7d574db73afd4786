import { classify } from '../../../lib/data/columns/labels';

const classesOf = (...names: string[]): [readonly string[], number[]] => {
  const { classNames, labels } = classify(names);
  return [classNames, [...labels]];
};

test.each<[string, string[], string[], number[]]>([
  ['one number in two spellings', ['1', '0', '1.0', '0.0'], ['0', '1'], [1, 0, 1, 0]],
  ['every spelling of a half', ['.5', '0.5', '5e-1', '+.5', '00.50', '50E-2', ' 0.5 '], ['.5'], [0, 0, 0, 0, 0, 0, 0]],
  ['every spelling of zero', ['-0', '0', '0.0', '0e9', '+0'], ['0'], [0, 0, 0, 0, 0]],
  ['leading zeros', ['01', '1', '010', '10'], ['1', '10'], [0, 0, 1, 1]],
  ['one spelling, kept', ['1.0', '2.50'], ['1.0', '2.50'], [0, 1]],
  ['numbers that float64 takes for one', ['9007199254740993', '9007199254740992'], ['9007199254740992', '9007199254740993'], [1, 0]],
  ['fractions that float64 takes for one', ['0.1', '0.1000000000000000000001'], ['0.1', '0.1000000000000000000001'], [0, 1]],
  ['numbers that float64 does not hold', ['1e999', '1e1000', '10e998', '1e-999'], ['1e-999', '1e999', '1e1000'], [1, 2, 1, 0]],
  ['the order of numbers', ['10', '9', '-1', '1.5', '-10', '0'], ['-10', '-1', '0', '1.5', '9', '10'], [5, 4, 1, 3, 0, 2]],
  ['texts, as one is no number', ['1', '1.0', 'x'], ['1', '1.0', 'x'], [0, 1, 2]],
  ['digits of another script are text', ['1', '１'], ['1', '１'], [0, 1]],
  ['hexadecimal, infinity and the like are text', ['0x1', '1'], ['0x1', '1'], [0, 1]],
  ['texts in the order of their characters', ['b', 'a', 'B'], ['B', 'a', 'b'], [2, 1, 0]],
  ['half a number is text', ['1e', '1'], ['1', '1e'], [1, 0]],
])('%s', (_, names, classNames, labels) => {
  expect(classesOf(...names)).toEqual([classNames, labels]);
});

test('what was merged is told, and nothing else', () => {
  expect(classify(['1', '1.0', '2']).merged).toEqual([['1', '1.0']]);
  expect(classify(['1', '1.0', 'x']).merged).toEqual([]);
});
