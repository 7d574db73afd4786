/** Decimal digits with an optional point: 1, 0.5, .5, 1. */
export const digitsPattern = String.raw`(?:\d+\.?\d*|\.\d+)`;
const pattern = new RegExp(String.raw`^\s*[+-]?${digitsPattern}(?:[eE][+-]?\d+)?\s*$`);

/** Parses a finite decimal number (1, -0.5, .1, 1., +0.1, 1e-3); undefined for other text, such as '' and 0x1, which Number() accepts. */
export function parseNumber(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Σ weight · value / Σ weight; for equal weights exactly Σ value / n, to the bit. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  if (weights.every((weight) => weight === weights[0])) return values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / weights.reduce((sum, weight) => sum + weight, 0);
}

/**
 * A number to so many significant digits, without zeros at its end: 0.0231, 12340, 1.2e-5. In scientific notation where its size is below
 * the first of `plain` or not below the second; '–' where it is not finite.
 */
export function formatShort(value: number, digits = 4, plain: readonly [low: number, high: number] = [1e-3, 1e6]): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  return rounded !== 0 && (size < plain[0] || size >= plain[1]) ? rounded.toExponential().replace('e+', 'e') : String(rounded);
}

/** A share as a percentage: 0.5213 → '52.1 %'; '–' where there is no such share. */
export function formatPercent(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(decimals)} %` : '–';
}

/** A whole number in groups of three: 1,234,567; '–' where it is not finite. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',') : '–';
}

/** The value of a metric by name: an accuracy in percent, others as numbers; '–' where there is none. */
export function formatMetric(metric: string, value = Number.NaN): string {
  return metric === 'accuracy' ? formatPercent(value) : formatShort(value);
}
