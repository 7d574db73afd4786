import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';
import type { Histogram, LayerHistograms } from './events';
import { binsPerOctave } from './histogramShape';
import { weightedLayers } from './layers';
import type { WeightedLayer } from './layers';

/** Bits of a float32 behind its sign, its exponent and the bits of the mantissa that number a bin. */
const dropped = 23 - Math.log2(binsPerOctave);
/** Bins of one sign; those from `infinite` on are infinities and NaN. */
const bins = 2 ** (31 - dropped);
const infinite = 255 * binsPerOctave;
/** Magnitudes below this many bins under the greatest are counted together: a factor of 2¹². */
const keptBins = 12 * binsPerOctave;

/** Counts weights, gradients and activations of the layers at single steps. What it counts with is allocated once. */
export class HistogramRecorder {
  private readonly layers: readonly WeightedLayer[];
  private readonly counts = new Uint32Array(2 * bins);
  private readonly number = new Float32Array(1);
  private readonly bits = new Uint32Array(this.number.buffer);
  private activations: readonly Histogram[] = [];

  constructor(model: Sequential) {
    this.layers = weightedLayers(model);
  }

  /** Counts the outputs of the layers on a batch of m rows, which the model holds; of the batches of a step the first. */
  observe(m: number): void {
    if (this.activations.length === 0) this.activations = this.layers.map(({ output, units }) => this.histogramOf(output, m * units));
  }

  /** After a step that was observed, whose gradients the model holds: its histograms. Those of frozen weights have no gradients. */
  take(): LayerHistograms[] {
    const { activations } = this;
    this.activations = [];
    return this.layers.map(({ number, weights: { name, value, gradient, isFrozen } }, l) => ({
      layer: number, name, weights: this.histogramOf(value), ...(!isFrozen && { gradients: this.histogramOf(gradient) }), activations: activations[l]!,
    }));
  }

  private histogramOf(values: FloatArray, length = values.length): Histogram {
    const { counts, number, bits } = this;
    counts.fill(0);
    let [sum, squares, min, max] = [0, 0, Infinity, -Infinity];
    // The range need not be known before: the leading bits of a float are the number of its bin, whatever the range of the others.
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      number[0] = value;
      counts[bits[0]! >>> dropped]!++;
      sum += value;
      squares += value * value;
    }
    // In a loop of its own, and without branches, this takes a tenth of the time.
    for (let i = 0; i < length; i++) {
      min = Math.min(min, values[i]!);
      max = Math.max(max, values[i]!);
    }
    const notFinite = total(counts, infinite, bins) + total(counts, bins + infinite, 2 * bins);
    const count = length - notFinite;
    if (notFinite > 0) [sum, squares, min, max] = sumsOfFinite(values, length);
    const mean = sum / count;
    let top = infinite - 1;
    while (top > 0 && counts[top] === 0 && counts[bins + top] === 0) top--;
    const first = Math.max(0, top + 1 - keptBins);
    return {
      count, min: short(min), max: short(max), mean: short(mean), std: short(Math.sqrt(Math.max(0, squares / count - mean * mean))),
      first, middle: total(counts, 0, first) + total(counts, bins, bins + first),
      negative: trimmed(counts.subarray(bins + first, bins + infinite)), positive: trimmed(counts.subarray(first, infinite)),
      ...(notFinite > 0 && { notFinite }),
    };
  }
}

function total(counts: Uint32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += counts[i]!;
  return sum;
}

/** Without the bins behind the last one that is not empty. */
function trimmed(counts: Uint32Array): number[] {
  let { length } = counts;
  while (length > 0 && counts[length - 1] === 0) length--;
  return Array.from(counts.subarray(0, length));
}

function sumsOfFinite(values: FloatArray, length: number): [sum: number, squares: number, min: number, max: number] {
  let [sum, squares, min, max] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(Math.fround(value))) continue;
    sum += value;
    squares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [sum, squares, min, max];
}

/** Six digits are enough to draw, and half of what JSON would write. */
function short(value: number): number {
  return Number(value.toPrecision(6));
}
