/** Labels as class numbers. */
export interface Classes {
  /** [rows] */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** Groups of spellings of one number that form one class: 1 and 1.0. */
  readonly merged: readonly (readonly string[])[];
}

/**
 * Assigns class numbers to texts: in numerical order where all are numbers, else in the order of their characters. Numbers are compared
 * as exact decimals, so that 1 and 1.0 are one class, and 9007199254740992 and 9007199254740993 are two. A class of several spellings
 * is named by the shortest.
 */
export function classify(names: readonly string[]): Classes {
  const distinct = [...new Set(names)];
  const decimals = new Map(distinct.map((name) => [name, decimalOf(name)]));
  const areNumbers = [...decimals.values()].every((decimal) => decimal !== undefined);
  const keyOf = (name: string): string => (areNumbers ? keyOfDecimal(decimals.get(name)!) : name);
  const spellings = new Map<string, string[]>();
  for (const name of distinct) {
    const key = keyOf(name);
    const known = spellings.get(key);
    if (known === undefined) spellings.set(key, [name]);
    else known.push(name);
  }
  const classes = [...spellings.values()].map((some) => some.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)));
  if (areNumbers) classes.sort(([a], [b]) => compare(decimals.get(a!)!, decimals.get(b!)!));
  else classes.sort(([a], [b]) => (a! < b! ? -1 : 1));
  const numbers = new Map(classes.flatMap((some, label) => some.map((name) => [name, label] as const)));
  return {
    labels: Int32Array.from(names, (name) => numbers.get(name)!),
    classNames: classes.map(([name]) => name!),
    merged: classes.filter(({ length }) => length > 1),
  };
}

/** ±0.DIGITS·10^exponent, without leading and trailing zeros; no digits for 0. */
interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: bigint;
}

const pattern = /^\s*([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/;

/** The exact decimal that a text spells; undefined where it is no number. */
function decimalOf(text: string): Decimal | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  const digits = all.replace(/^0+/, '');
  if (digits === '') return { isNegative: false, digits, exponent: 0n };
  return {
    isNegative: sign === '-',
    digits: digits.replace(/0+$/, ''),
    exponent: BigInt(exponent.replace('+', '')) + BigInt(whole.length - (all.length - digits.length)),
  };
}

function keyOfDecimal({ isNegative, digits, exponent }: Decimal): string {
  return `${isNegative ? '-' : ''}${digits}e${String(exponent)}`;
}

/** For sorting: negative where a < b. */
function compare(a: Decimal, b: Decimal): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0) return signs;
  const sizes = a.exponent === b.exponent ? (a.digits < b.digits ? -1 : Number(a.digits > b.digits)) : a.exponent < b.exponent ? -1 : 1;
  return a.isNegative ? -sizes : sizes;
}

function signOf({ isNegative, digits }: Decimal): number {
  return digits === '' ? 0 : isNegative ? -1 : 1;
}
