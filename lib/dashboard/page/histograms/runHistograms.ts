import type { HistogramsAnswer } from '../../api';
import type { Histogram, HistogramsEvent, LayerHistograms } from '../../../train/events';
import { binsOf, inEqualBins, quantile } from '../../../history/histograms';
import type { Bins } from '../../../history/histograms';
import { getJson } from '../client';

/** What of a layer is counted. */
export const counted = { weights: 'weights', gradients: 'gradients of the weights', activations: 'activations' } as const;
export type Counted = keyof typeof counted;

/** Values that are left out at either end, of all moments, where only the middle is shown. */
const leftOut = 0.001;

/** The histograms of a run, as far as the page has them. */
export class RunHistograms {
  moments: readonly HistogramsEvent[] = [];
  private version = '';
  private stride = 1;
  private isLastExtra = false;
  private readonly bins = new WeakMap<Histogram, Bins>();

  constructor(private readonly run: string) {}

  /** Asks for what is new; returns whether there was any. Throws {@link NoAnswer}. */
  async refresh(): Promise<boolean> {
    let isNew = false;
    for (let hasMore = true; hasMore;) {
      const kept = this.moments.length - Number(this.isLastExtra);
      const answer = await getJson<HistogramsAnswer>('api/histograms', { run: this.run, known: `${this.version}:${String(this.stride)}:${String(kept)}` });
      ({ hasMore } = answer);
      isNew = answer.version !== this.version || answer.stride !== this.stride || answer.moments[answer.moments.length - 1]?.step !== this.moments[this.moments.length - 1]?.step || isNew;
      this.moments = [...this.moments.slice(0, answer.first), ...answer.moments];
      ({ version: this.version, stride: this.stride, isLastExtra: this.isLastExtra } = answer);
    }
    return isNew;
  }

  /** The layers of the last moment that have a measure. */
  layers(measure: Counted): readonly LayerHistograms[] {
    return this.moments[this.moments.length - 1]?.layers.filter((layer) => layer[measure] !== undefined) ?? [];
  }

  /** Of a layer at each moment. */
  of(layer: number, measure: Counted): readonly (Histogram | undefined)[] {
    return this.moments.map(({ layers }) => layers.find((one) => one.layer === layer)?.[measure]);
  }

  /** The range of values of a layer at all moments: of all, or of all but a thousandth at either end. */
  range(layer: number, measure: Counted, isWhole: boolean): readonly [number, number] {
    let [low, high] = [Infinity, -Infinity];
    for (const histogram of this.of(layer, measure)) {
      if (histogram === undefined || histogram.count === 0) continue;
      const bins = this.binsOf(histogram);
      low = Math.min(low, isWhole ? histogram.min : quantile(bins, leftOut));
      high = Math.max(high, isWhole ? histogram.max : quantile(bins, 1 - leftOut));
    }
    if (low < high) return [low, high];
    return Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
  }

  /** How many values of a histogram lie in each of equal parts of a range. */
  counts(histogram: Histogram, [low, high]: readonly [number, number], parts: number): Float64Array {
    return inEqualBins(this.binsOf(histogram), low, high, parts);
  }

  binsOf(histogram: Histogram): Bins {
    const known = this.bins.get(histogram) ?? binsOf(histogram);
    this.bins.set(histogram, known);
    return known;
  }
}
