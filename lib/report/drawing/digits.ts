import type { Assignment, ParameterValue } from '../../search/types';

/** Minimum number of significant digits in tables. */
const minDigits = 3;
/** So many digits distinguish any two doubles. */
const maxDigits = 17;

/** The fewest significant digits, three or more, with which no two different numbers have the same text. */
export function digitsApart(numbers: readonly number[]): number {
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  for (let digits = minDigits; digits < maxDigits; digits++) {
    const texts = distinct.map((value) => value.toPrecision(digits));
    if (texts.every((text, i) => i === 0 || text !== texts[i - 1])) return digits;
  }
  return maxDigits;
}

/** For each parameter the number of digits that distinguish its values in these trials. */
export function parameterDigits(trials: readonly { readonly assignment: Assignment }[]): (name: string) => number {
  const numbers = new Map<string, number[]>();
  for (const { assignment } of trials) {
    for (const [name, value] of Object.entries(assignment)) numbers.set(name, [...(numbers.get(name) ?? []), ...numbersIn(value)]);
  }
  const digits = new Map([...numbers].map(([name, all]) => [name, digitsApart(all)]));
  return (name) => digits.get(name) ?? minDigits;
}

/** The numbers in a value that are rounded: integers never are. */
function numbersIn(value: ParameterValue): number[] {
  if (Array.isArray(value)) return (value as readonly ParameterValue[]).flatMap(numbersIn);
  return typeof value === 'number' && !Number.isInteger(value) ? [value] : [];
}
