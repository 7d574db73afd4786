import { formatShort } from '../../numbers';
import { digitsApart } from './digits';

/** Multiples of 1, 2 or 5 times a power of ten that enclose [low, high] in about `count` steps; low < high. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => rough <= factor * power * 1.001) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  // 12 · 0.05 is one bit above 0.6, which ECharts takes for a tick beyond the axis.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Those of {@link linearTicks} that lie in [low, high], at least two where `count` is 5 or more: of an axis that ends where its data do. */
export function ticksWithin(low: number, high: number, count: number): number[] {
  return linearTicks(low, high, count).filter((tick) => tick >= low && tick <= high);
}

/**
 * Ticks of a logarithmic axis that enclose [low, high], 0 < low < high: 1, 2 and 5 times powers of ten for a span of up
 * to about two decades, powers of ten beyond, no more than eleven of them.
 */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  if (high / low > 200) {
    const stride = Math.ceil((last - first) / 9);
    const count = Math.ceil((last - first) / stride) + 1;
    return Array.from({ length: count }, (_, i) => powerOfTen(first + i * stride));
  }
  const decades = Array.from({ length: last - first + 2 }, (_, d) => powerOfTen(first + d));
  const grid = decades.flatMap((decade) => [1, 2, 5].map((factor) => factor * decade));
  const from = grid.findLastIndex((tick) => tick <= low * (1 + 1e-9));
  const to = grid.findIndex((tick) => tick >= high * (1 - 1e-9));
  return grid.slice(from, Math.max(from + 1, to) + 1);
}

/** Formats the ticks of a linear axis: with the fewest decimals that distinguish them, in scientific notation where that takes many. */
export function tickFormat(ticks: readonly number[]): (value: number) => string {
  const gaps = ticks.slice(1).map((tick, i) => tick - ticks[i]!);
  const decimals = Math.max(0, Math.ceil(-Math.log10(Math.min(...gaps)) - 1e-9));
  const greatest = Math.max(...ticks.map(Math.abs));
  if (greatest >= 1e6 || decimals > 5) {
    const digits = digitsApart(ticks);
    return (value) => Number(value.toPrecision(digits)).toExponential().replace('e+', 'e');
  }
  return (value) => value.toFixed(decimals);
}

/** Formats a tick of a logarithmic axis: 0.02, 1, 500, 1e-6. */
export function logTickFormat(value: number): string {
  return tickText(value, 3);
}

/** A number to `digits` significant digits, in scientific notation where it is very large or small. */
export function tickText(value: number, digits: number): string {
  return formatShort(value, digits, [1e-4, 1e6]);
}

/** 10ⁿ, correctly rounded: 10 ** -3 is one bit off in some engines, a parsed literal never is. */
function powerOfTen(n: number): number {
  return Number(`1e${String(n)}`);
}
