import { count, listOf, numberOrNaN, objectOf, oneOf, optional, text } from '../files/shape';
import type { Histogram, HistogramsEvent, LayerHistograms } from './events';

// In a file of its own, without the recorder, as the dashboard's page and pictures read histograms too.

/** Bins in a factor of two. */
export const binsPerOctave = 4;

/**
 * The lower edge of bin k of magnitudes, 0 ≤ k ≤ 1020: the float32 whose leading bits, exponent and two bits of the mantissa, are k. The bin ends where the next one
 * begins; bin 1020 would begin at infinity.
 */
export function binEdge(k: number): number {
  const exponent = Math.floor(k / binsPerOctave);
  const mantissa = (k % binsPerOctave) / binsPerOctave;
  return exponent === 0 ? mantissa * 2 ** -126 : (1 + mantissa) * 2 ** (exponent - 127);
}

const histogram = objectOf<Histogram>({
  count, min: numberOrNaN, max: numberOrNaN, mean: numberOrNaN, std: numberOrNaN, first: count, middle: count, negative: listOf(count), positive: listOf(count),
  notFinite: optional(count),
});

/** Shape of a line of histograms.jsonl. */
export const histogramsShape = objectOf<HistogramsEvent>({
  type: oneOf('histograms'), step: count,
  layers: listOf(objectOf<LayerHistograms>({ layer: count, name: text, weights: histogram, gradients: optional(histogram), activations: histogram })),
});
