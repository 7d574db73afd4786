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
