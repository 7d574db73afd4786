import type { LayerHealth } from './events';
import type { WeightedLayer } from './layers';

/** What an examination has seen so far: plain data and arrays, as a checkpoint may come before its end. */
export interface Examination {
  /** The step before the first that it saw. */
  readonly after: number;
  /** Whether it waits for an evaluation, so that what both see can be judged together; else it ends when it has seen enough rows. */
  untilEvaluation: boolean;
  steps: number;
  batches: number;
  rows: number;
  /** Steps whose weights were measured. */
  measured: number;
  /** Differences between rows that the variances are made of. */
  differences: number;
  /** By layer: Σ over batches of rows · variance of the outputs, the mean over its units. */
  readonly variances: Float64Array;
  /** The last row of outputs, layer behind layer. */
  readonly last: Float64Array;
  /** 1 for each unit that was above 0 on some row, layer behind layer. */
  readonly active: Uint8Array;
  /** By layer: sums over the measured steps. */
  readonly weightRms: Float64Array;
  readonly gradientRms: Float64Array;
  readonly updateRatio: Float64Array;
}

/** Begins an examination of these layers. */
export function beginExamination(layers: readonly WeightedLayer[], after: number, untilEvaluation: boolean): Examination {
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const perLayer = (): Float64Array => new Float64Array(layers.length);
  return {
    after, untilEvaluation, steps: 0, batches: 0, rows: 0, measured: 0, differences: 0,
    variances: perLayer(), last: new Float64Array(units), active: new Uint8Array(units),
    weightRms: perLayer(), gradientRms: perLayer(), updateRatio: perLayer(),
  };
}

/**
 * Adds a batch of m rows, whose activations the layers hold. A batch of one row has no variance: half its squared difference from the
 * row before it takes the place, whose mean is the variance too, and which the updates in between hardly touch.
 */
export function addBatch(seen: Examination, layers: readonly WeightedLayer[], m: number): void {
  const follows = m === 1 && seen.batches > 0;
  let from = 0;
  layers.forEach(({ units, output, reluOutput }, l) => {
    let sum = 0;
    for (let j = 0; j < units; j++) {
      let mean = 0;
      let square = 0;
      for (let at = j; at < m * units; at += units) {
        mean += output[at]!;
        square += output[at]! * output[at]!;
      }
      mean /= m;
      const lastRow = output[(m - 1) * units + j]!;
      sum += follows ? (lastRow - seen.last[from + j]!) ** 2 / 2 : Math.max(0, square / m - mean * mean);
      seen.last[from + j] = lastRow;
      if (reluOutput !== undefined && seen.active[from + j] === 0) {
        for (let at = j; at < m * units; at += units) {
          if (reluOutput[at]! > 0) {
            seen.active[from + j] = 1;
            break;
          }
        }
      }
    }
    seen.variances[l]! += (m * sum) / units;
    from += units;
  });
  seen.batches++;
  seen.rows += m;
  seen.differences += follows ? 1 : m - 1;
}

/** What came out, layer by layer. */
export function concludeExamination(seen: Examination, layers: readonly WeightedLayer[]): LayerHealth[] {
  const { batches, rows, differences, measured } = seen;
  let from = 0;
  return layers.map(({ number, weights, units, reluOutput }, l): LayerHealth => {
    const active = seen.active.subarray(from, (from += units));
    return {
      layer: number,
      weights: weights.name,
      // Of a single batch the variance of its own rows; of several that of the rows they stand for.
      activationStd: Math.sqrt(seen.variances[l]! / (batches === 1 ? rows : differences)),
      ...(reluOutput && { deadUnits: active.reduce((dead, one) => dead + (one === 0 ? 1 : 0), 0) / units }),
      weightRms: seen.weightRms[l]! / measured,
      gradientRms: seen.gradientRms[l]! / measured,
      updateRatio: seen.updateRatio[l]! / measured,
    };
  });
}
