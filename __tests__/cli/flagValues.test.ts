import { durationOption, integerOption, numberOption } from '../../lib/cli/flagValues';

test.each([['90', 90], ['90s', 90], ['10m', 600], ['1h30m', 5400], ['1.5h', 5400], ['1m30', 90], ['0.5', 0.5], ['.5m', 30], ['1.', 1], ['+90s', 90]])('%s is a time', (text, seconds) => {
  expect(durationOption('budget', text)).toBe(seconds);
});

test.each([['10 m'], ['soon'], ['-5m'], ['0'], [''], ['5d'], ['30s1m'], ['1e3']])('%p is none', (text) => {
  expect(() => durationOption('budget', text)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('10m') as string, details: { path: 'budget' } }) as Error,
  );
});

test.each([['.1', 0.1], ['1.', 1], ['+0.1', 0.1], ['1e-3', 1e-3], ['1E3', 1000], ['.5e1', 5], ['0', 0]])('%s is a number', (text, number) => {
  expect(numberOption('l2', text)).toBe(number);
});

test.each([['5', 5], ['+5', 5], ['5.', 5], ['1e3', 1000], ['-0', 0]])('%s is an integer', (text, integer) => {
  expect(integerOption('trials', text, 0)).toBe(integer);
});

test.each([['1_000'], ['0x10'], [''], ['.'], ['e3'], ['1e'], ['1,000'], ['ten'], ['-1'], ['1e999'], ['NaN'], ['Infinity'], ['5.5.5']])('%p is neither', (text) => {
  const refusal = expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`'${text}'`) as string }) as Error;
  expect(() => numberOption('l2', text)).toThrow(refusal);
  expect(() => integerOption('trials', text, 0)).toThrow(refusal);
});
