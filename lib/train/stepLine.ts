import type { StepEvent } from './events';

/** The keys of a step's line in the order in which they are written, with what stands before their values. */
const keys = (['step', 'epoch', 'loss', 'batchAccuracy', 'learningRate', 'rows', 'weight', 'seconds'] as const).map((key, i) => ({
  key, mark: Buffer.from(i === 0 ? `{"type":"step","${key}":` : `,"${key}":`),
  mayLack: ['batchAccuracy', 'rows', 'weight', 'seconds'].includes(key), mayBeNull: key !== 'step' && key !== 'epoch' && key !== 'rows',
}));

/** The powers of ten that doubles hold. Divided by one of them, a whole number that they hold is rounded once, as it has to be. */
const powersOfTen = Array.from({ length: 23 }, (_, i) => Number(`1e${String(i)}`));

const [zero, nine, minus, plus, point, closing, lowerE, upperE, lowerN] = [48, 57, 45, 43, 46, 125, 101, 69, 110]; // 0 9 - + . } e E n
const isDigit = (byte: number): boolean => byte >= zero && byte <= nine;

/** The values of the keys of the line that is read; where one is absent, Infinity, which no line can hold. */
const values = new Float64Array(keys.length);

/**
 * The event of a line of metrics.jsonl from `start` to before `end`, where it is a step's as they are written: the same as parsing and checking
 * would make of it, but several times as fast, as a long run has little else. Undefined for any other line, whatever is wrong with it.
 */
export function readStepLine(bytes: Buffer, start: number, end: number): StepEvent | undefined {
  let at = start;
  // All in one loop over local variables: calls for each number take longer than the rest.
  for (let k = 0; k < keys.length; k++) {
    const { key, mark, mayLack, mayBeNull } = keys[k]!;
    let i = 0;
    while (i < mark.length && bytes[at + i] === mark[i]) i++;
    if (i < mark.length) {
      if (!mayLack) return undefined;
      values[k] = Infinity;
      continue;
    }
    at += i;
    const from = at;
    let byte = bytes[at]!;
    if (byte === lowerN && mayBeNull && bytes.toString('latin1', at, at + 4) === 'null') {
      values[k] = NaN;
      at += 4;
      continue;
    }
    if (byte === minus) byte = bytes[++at]!;
    const first = at;
    let mantissa = 0;
    for (; isDigit(byte); byte = bytes[++at]!) mantissa = 10 * mantissa + byte - zero;
    if (at === first || (at - first > 1 && bytes[first] === zero)) return undefined;
    let decimals = 0;
    if (byte === point) {
      const before = at;
      for (byte = bytes[++at]!; isDigit(byte); byte = bytes[++at]!) mantissa = 10 * mantissa + byte - zero;
      decimals = at - before - 1;
      if (decimals === 0) return undefined;
    }
    let isExact = mantissa <= Number.MAX_SAFE_INTEGER && decimals < powersOfTen.length;
    if (byte === lowerE || byte === upperE) {
      isExact = false;
      while (isDigit(byte = bytes[++at]!) || byte === plus || byte === minus);
    }
    const size = mantissa / powersOfTen[decimals]!;
    const value = !isExact ? Number(bytes.toString('latin1', from, at)) : from === first ? size : -size;
    if (Number.isNaN(value) || Math.abs(value) === Infinity || (!mayBeNull && key !== 'epoch' && (!Number.isSafeInteger(value) || value < 0))) return undefined;
    values[k] = value;
  }
  if (bytes[at] !== closing || at + 1 !== end) return undefined;
  const event: { -readonly [Key in keyof StepEvent]: StepEvent[Key] } = { type: 'step', step: values[0]!, epoch: values[1]!, loss: values[2]!, learningRate: values[4]! };
  if (values[3] !== Infinity) event.batchAccuracy = values[3]!;
  if (values[5] !== Infinity) event.rows = values[5]!;
  if (values[6] !== Infinity) event.weight = values[6]!;
  if (values[7] !== Infinity) event.seconds = values[7]!;
  return event;
}
