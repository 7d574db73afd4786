import type { LayerHealth } from './events';
import type { WeightedLayer } from './layers';

/** State of an examination, the measurement of all layers over one or more batches: plain data, as checkpoints hold it. */
export interface Examination {
  /** The step before its first. */
  readonly after: number;
  /** Whether it lasts until the next evaluation, so that both can be judged together; else it ends after enough rows. */
  untilEvaluation: boolean;
  steps: number;
  batches: number;
  rows: number;
  /** Steps whose weights were measured. */
  measured: number;
  /** Degrees of freedom of the variances: differences between rows that they consist of. */
  differences: number;
  /** By layer: Σ over batches of rows · variance of the outputs, the mean over its units. */
  readonly variances: Float64Array;
  /** The last row of outputs, all layers concatenated. */
  readonly last: Float64Array;
  /** 1 for each unit that was above 0 on some row, all layers concatenated. */
  readonly active: Uint8Array;
  /** By layer: sums over the measured steps. */
  readonly weightRms: Float64Array;
  readonly gradientRms: Float64Array;
  readonly updateRatio: Float64Array;
}

/** Begins an examination of layers after the step `after`. */
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
 * Adds a batch of m rows, whose activations the layers hold. A batch of one row has no variance; half its squared difference from the
 * previous row is used instead, whose expectation is the variance, as the updates in between change the outputs little.
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

/** The measurements, layer by layer. */
export function concludeExamination(seen: Examination, layers: readonly WeightedLayer[]): LayerHealth[] {
  const { batches, rows, differences, measured } = seen;
  let from = 0;
  return layers.map(({ number, weights, units, reluOutput }, l): LayerHealth => {
    const active = seen.active.subarray(from, (from += units));
    return {
      layer: number,
      weights: weights.name,
      // For a single batch the variance of its rows; for several the estimate for all training rows.
      activationStd: Math.sqrt(seen.variances[l]! / (batches === 1 ? rows : differences)),
      ...(reluOutput && { deadUnits: active.reduce((dead, one) => dead + (one === 0 ? 1 : 0), 0) / units }),
      weightRms: seen.weightRms[l]! / measured,
      gradientRms: seen.gradientRms[l]! / measured,
      updateRatio: seen.updateRatio[l]! / measured,
    };
  });
}
