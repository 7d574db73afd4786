// In a sandbox such as jest's, each look-up of a global costs more than a draw.
const { SQRT1_2, abs, sign } = Math;

const LN2_HIGH = 0.6931471805592082; // 40 bits, so that its multiples by k are exact
const LN2_LOW = 7.371002565167799e-13;
/** Distance in ulps from the midpoint of two doubles within which a C library may round to the wrong one (glibc's bound is 0.032). */
const TIE_MARGIN = 0.06;

/**
 * log q for q in (0, 1): the nearest double, and, where a C library that does not always round correctly may return it, the double
 * on the other side of the exact value (else the nearest again).
 *
 * q = 2ᵏ·m with m near 1; log m = 2·atanh s = 2s·(1 + s²/3 + s⁴/5 + …), s = (m − 1)/(m + 1), with s and the sum carried
 * as unevaluated pairs of doubles (Dekker, 1971).
 */
export function logarithm(q: number): readonly [number, number] {
  let m = q;
  let k = 0;
  for (; m < SQRT1_2; k--) m *= 2;

  const below = m - 1; // exact
  const above = m + 1;
  const s = below / above;
  const remainder = remainderOf(below, s, above) - s * (m - (above - 1));
  const sLow = remainder / above;
  const square = s * s;
  let series = 0;
  for (let n = 25; n >= 3; n -= 2) series = square * (1 / n + series);

  const first = k * LN2_HIGH;
  const sum = first + 2 * s;
  // Exact, as |first| ≥ |2s| unless first is 0, when the sum is exact.
  const low = first - sum + 2 * s + (k * LN2_LOW + 2 * sLow + 2 * s * series);
  const log = sum + low;
  const rest = sum - log + low;

  const other = log + sign(rest) * abs(log) * (2 ** -53 * (1 + 2 ** -20));
  return abs(rest) > (0.5 - TIE_MARGIN) * abs(other - log) ? [log, other] : [log, log];
}

/** a − b·c without rounding error, for b·c close to a: the product is split into 26-bit halves (Veltkamp, Dekker). */
function remainderOf(a: number, b: number, c: number): number {
  const bHigh = leading(b);
  const cHigh = leading(c);
  const bLow = b - bHigh;
  const cLow = c - cHigh;
  const product = b * c;
  const error = bHigh * cHigh - product + bHigh * cLow + bLow * cHigh + bLow * cLow;
  return a - product - error;
}

/** The leading 26 bits of x. */
function leading(x: number): number {
  const shifted = x * 134217729;
  return shifted - (shifted - x);
}

/** For doubles at most three units apart: `value` or its neighbour in the direction of `other`. */
export function between(value: number, other: number): number {
  return value + 0.4 * (other - value);
}
