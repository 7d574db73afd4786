/** Digits with a point anywhere, or none: 1, 0.5, .5, 1. */
export const digitsPattern = String.raw`(?:\d+\.?\d*|\.\d+)`;
const pattern = new RegExp(String.raw`^\s*[+-]?${digitsPattern}(?:[eE][+-]?\d+)?\s*$`);

/** The finite number that a text holds (1, -0.5, .1, 1., +0.1, 1e-3), or undefined: JavaScript would take '' and hexadecimal too. */
export function parseNumber(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Σ weight · value / Σ weight, bit for bit the plain mean where all weigh the same. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  if (weights.every((weight) => weight === weights[0])) return values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / weights.reduce((sum, weight) => sum + weight, 0);
}
