import type { Dtype, FloatArray, Kernels } from '../kernels/contract';
import type { Dataset, Rows } from './dataset';
import { badFile } from './files';
import { scaleTarget } from './targetScale';
import type { TargetScale } from './targetScale';

/** Mixup of a batch: row i becomes λ·row i + (1 − λ)·row partners[i]. */
export interface Mixing {
  readonly isMixing: boolean;
  readonly lambda: number;
  readonly partners: Int32Array;
}

/** The parts of a data set that targets are read from. */
type TargetRows = Pick<Dataset, 'labels' | 'targets' | 'weights' | 'size' | 'classNames'>;

/** Largest rounding error accepted in a column, as a share of its range max − min. */
export const maxRoundingError = 1 / 200;

/**
 * Throws ERR_DATA, naming row and column, for numeric targets that overflow the dtype they will be converted to, or that it rounds by
 * more than {@link maxRoundingError} of their range, so that their differences would be lost.
 */
export function refuseLostTargets({ targets, size, name, split }: Rows, dtype: Dtype): void {
  if (targets === undefined || size === 0) return;
  const width = targets.length / size;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  const refuse = (what: string, at: number): Error => badFile(
    what, `${name}, ${split} row ${String(Math.floor(at / width))}, target ${String(at % width)},`, String(targets[at]), { row: Math.floor(at / width) },
  );
  for (let column = 0; column < width; column++) {
    let [min, max, maxError, worst] = [Infinity, -Infinity, 0, column];
    for (let at = column; at < targets.length; at += width) {
      const target = targets[at]!;
      if (!Number.isFinite(rounded(target))) throw refuse(`a target that ${dtype} holds`, at);
      min = Math.min(min, target);
      max = Math.max(max, target);
      const error = Math.abs(rounded(target) - target);
      if (error > maxError) [maxError, worst] = [error, at];
    }
    if (max > min && maxError > maxRoundingError * (max - min)) {
      throw refuse(`targets that ${dtype} tells apart (dtype=float64 does, or targets less their mean, in units of their spread)`, worst);
    }
  }
}

/**
 * Reads the targets of a batch: class labels, numbers for a regression, or with mixup class probabilities mixed like the inputs.
 * Allocates on construction only.
 */
export class TargetReader {
  /** [maxBatch], labels of the rows read last; undefined contents for a regression. */
  readonly labels: Int32Array;
  /** [maxBatch, targets], the numbers read last, where they are read. */
  readonly numbers: FloatArray | undefined;
  /** [maxBatch], how much the rows read last count, where the data set says so. */
  readonly weights: FloatArray | undefined;
  private readonly width: number;
  /** Numbers, or one-hot labels, before mixing. */
  private readonly unmixed: FloatArray | undefined;

  /**
   * @param mixing in training only.
   * @param scale what numbers are divided and moved by, where they are.
   */
  constructor(
    private readonly kernels: Kernels,
    private readonly data: TargetRows,
    maxBatch: number,
    private readonly mixing?: Mixing,
    private readonly scale?: TargetScale | null,
  ) {
    const { targets, size, classNames } = data;
    const mixes = mixing?.isMixing === true;
    this.labels = new Int32Array(maxBatch);
    this.width = targets === undefined ? classNames.length : targets.length / size;
    if (targets !== undefined || mixes) this.numbers = kernels.allocate(maxBatch * this.width);
    this.weights = data.weights && kernels.allocate(maxBatch);
    if (mixes) this.unmixed = kernels.allocate(maxBatch * this.width);
  }

  /**
   * Labels [m], or numbers [m, width] in the kernels' dtype, of rows[0 … m). With mixup, read the inputs of the batch first, as that
   * draws λ and the partners. Overwritten by the next call.
   */
  read(m: number, rows: Int32Array): Int32Array | FloatArray {
    const { kernels, labels, numbers, weights, unmixed, width, data, mixing, scale } = this;
    if (weights !== undefined) for (let i = 0; i < m; i++) weights[i] = data.weights![rows[i]!]!;
    for (let i = 0; i < m; i++) labels[i] = data.labels[rows[i]!]!;
    if (numbers === undefined) return labels;
    const own = unmixed ?? numbers;
    if (data.targets === undefined) {
      own.fill(0, 0, m * width);
      for (let i = 0; i < m; i++) own[i * width + labels[i]!] = 1;
    } else {
      for (let i = 0; i < m; i++) {
        const from = rows[i]! * width;
        if (scale) for (let j = 0; j < width; j++) own[i * width + j] = scaleTarget(data.targets[from + j]!, j, scale);
        else for (let j = 0; j < width; j++) own[i * width + j] = data.targets[from + j]!;
      }
    }
    if (unmixed !== undefined) kernels.mixRows(m, width, mixing!.lambda, mixing!.partners, unmixed, numbers);
    return numbers;
  }
}
