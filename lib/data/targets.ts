import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import type { Dataset } from './dataset';

/** How the rows of a batch are mixed: each becomes λ·row + (1 − λ)·row of its partner. */
export interface Mixing {
  readonly isMixing: boolean;
  readonly lambda: number;
  readonly partners: Int32Array;
}

/** What is read of a data set. */
type TargetRows = Pick<Dataset, 'labels' | 'targets' | 'size' | 'classNames'>;

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
