import { parseNumber } from '../../numbers';

const powersOfTen = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${String(i)}`));
const [space, tab, plus, minus, point, zero, nine, upperE, lowerE] = [0x20, 0x09, 0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x45, 0x65];

/**
 * The number in bytes [from, to), by the grammar of lib/numbers.ts; NaN where they hold none. Up to 15 digits are an integer that float64
 * holds, and so are powers of ten up to 10²²: one multiplication or division then rounds correctly (Clinger 1990). What is longer goes
 * through JavaScript's own conversion.
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): number {
  // Most cells are a sign, up to nine digits and a point, which integers of 32 bits count.
  if (to - from > 0 && to - from <= 10) {
    let at = from;
    const sign = bytes[at]!;
    if (sign === minus || sign === plus) at++;
    let value = 0;
    let pointAt = to;
    const first = at;
    for (; at < to; at++) {
      const digit = bytes[at]! - zero;
      if (digit >= 0 && digit <= 9) value = (10 * value + digit) | 0;
      else if (digit === point - zero && pointAt === to) pointAt = at;
      else break;
    }
    const digits = to - first - (pointAt === to ? 0 : 1);
    if (at === to && digits > 0 && digits <= 9) {
      const size = pointAt >= to - 1 ? value : value / powersOfTen[to - 1 - pointAt]!;
      return sign === minus ? -size : size;
    }
  }
  return parseLonger(bytes, from, to);
}

/** {@link parseDecimal} of any text. */
function parseLonger(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  let end = to;
  while (at < end && (bytes[at] === space || bytes[at] === tab)) at++;
  while (end > at && (bytes[end - 1] === space || bytes[end - 1] === tab)) end--;
  if (at === end) return Number.NaN;
  const sign = bytes[at]!;
  if (sign === minus || sign === plus) at++;
  let value = 0;
  let digits = 0;
  let seen = 0;
  let scale = 0;
  let hasPoint = false;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= zero && byte <= nine) {
      value = 10 * value + (byte - zero);
      if (value > 0) digits++;
      seen++;
      if (hasPoint) scale--;
    } else if (byte === point && !hasPoint) hasPoint = true;
    else break;
  }
  if (seen === 0) return Number.NaN;
  if (at < end) {
    if (bytes[at] !== lowerE && bytes[at] !== upperE) return Number.NaN;
    at++;
    const isNegative = bytes[at] === minus;
    if (isNegative || bytes[at] === plus) at++;
    const first = at;
    let exponent = 0;
    for (; at < end && bytes[at]! >= zero && bytes[at]! <= nine; at++) exponent = Math.min(1e6, 10 * exponent + (bytes[at]! - zero));
    if (at === first || at < end) return Number.NaN;
    scale += isNegative ? -exponent : exponent;
  }
  if (digits > 15 || scale > 22 || scale < -22) return parseNumber(textOf(bytes, from, to)) ?? Number.NaN;
  if (scale < 0) value /= powersOfTen[-scale]!;
  else if (scale > 0) value *= powersOfTen[scale]!;
  return sign === minus ? -value : value;
}

/** Bytes that are ASCII as a text. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}
