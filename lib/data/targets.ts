import { allocate } from '../kernels/contract';
import type { Dtype, FloatArray, Kernels } from '../kernels/contract';
import type { Dataset, Rows } from './dataset';
import { badFile } from './files';

/** How the rows of a batch are mixed: each becomes λ·row + (1 − λ)·row of its partner. */
export interface Mixing {
  readonly isMixing: boolean;
  readonly lambda: number;
  readonly partners: Int32Array;
}

/** What is read of a data set. */
type TargetRows = Pick<Dataset, 'labels' | 'targets' | 'size' | 'classNames'>;

/** The part of the range of a column that rounding its numbers may move them by. */
export const maxMoved = 1 / 200;

/**
 * Refuses numeric targets that are not finite in the dtype that they will be converted to, or that it rounds so coarsely that what tells
 * them apart is lost. Throws ERR_DATA, naming row and column.
 */
export function refuseLostTargets({ targets, size, name, split }: Rows, dtype: Dtype): void {
  if (targets === undefined || size === 0) return;
  const width = targets.length / size;
  const rounded = dtype === 'float32' ? Math.fround : Number;
  const refuse = (what: string, at: number): Error => badFile(
    what, `${name}, ${split} row ${String(Math.floor(at / width))}, target ${String(at % width)},`, String(targets[at]), { row: Math.floor(at / width) },
  );
  for (let column = 0; column < width; column++) {
    let [least, most, moved, worst] = [Infinity, -Infinity, 0, column];
    for (let at = column; at < targets.length; at += width) {
      const target = targets[at]!;
      if (!Number.isFinite(rounded(target))) throw refuse(`a target that ${dtype} holds`, at);
      least = Math.min(least, target);
      most = Math.max(most, target);
      const by = Math.abs(rounded(target) - target);
      if (by > moved) [moved, worst] = [by, at];
    }
    if (most > least && moved > maxMoved * (most - least)) {
      throw refuse(`targets that ${dtype} tells apart (dtype=float64 does, or targets less their mean, in units of their spread)`, worst);
    }
  }
}

/**
 * What the rows of a batch should give: their labels; the numbers of a data set that has some; or, where rows are mixed, class
 * probabilities that are mixed alike. Memory is allocated on construction alone.
 */
export class TargetReader {
  /** Labels of the last rows read [m]; without meaning where the data set has numbers instead. */
  readonly labels: Int32Array;
  private readonly width: number;
  private readonly numbers: FloatArray | undefined;
  /** Numbers, or one-hot labels, before they are mixed. */
  private readonly unmixed: FloatArray | undefined;

  /** @param mixing given in training only. */
  constructor(
    private readonly kernels: Kernels,
    private readonly data: TargetRows,
    maxBatch: number,
    private readonly mixing?: Mixing,
  ) {
    const { targets, size, classNames } = data;
    const mixes = mixing?.isMixing === true;
    this.labels = new Int32Array(maxBatch);
    this.width = targets === undefined ? classNames.length : targets.length / size;
    if (targets !== undefined || mixes) this.numbers = allocate(kernels.dtype, maxBatch * this.width);
    if (mixes) this.unmixed = allocate(kernels.dtype, maxBatch * this.width);
  }

  /**
   * Labels [m], or numbers [m, width] in the kernels' dtype, of rows[0 … m). In training after the inputs of the same
   * batch were read, which draws how they mix. The array is overwritten by the next call.
   */
  read(m: number, rows: Int32Array): Int32Array | FloatArray {
    const { kernels, labels, numbers, unmixed, width, data, mixing } = this;
    for (let i = 0; i < m; i++) labels[i] = data.labels[rows[i]!]!;
    if (numbers === undefined) return labels;
    const own = unmixed ?? numbers;
    if (data.targets === undefined) {
      own.fill(0, 0, m * width);
      for (let i = 0; i < m; i++) own[i * width + labels[i]!] = 1;
    } else {
      for (let i = 0; i < m; i++) {
        const from = rows[i]! * width;
        for (let j = 0; j < width; j++) own[i * width + j] = data.targets[from + j]!;
      }
    }
    if (unmixed !== undefined) kernels.mixRows(m, width, mixing!.lambda, mixing!.partners, unmixed, numbers);
    return numbers;
  }
}
