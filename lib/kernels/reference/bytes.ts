import { allocate } from '../contract';
import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';
import { round } from './rounding';

/** What is taken from each byte: a bfloat16 then holds it without rounding. */
const middle = 128;

/** Products by `algebra`, which rounds their factors where the precision is bfloat16. */
export function bytesReference(
  single: boolean, { gemm }: FamilyKernels<'algebra'>, { sgdStep, adamStep }: FamilyKernels<'optimizer'>,
): FamilyKernels<'bytes'> {
  const dtype = single ? 'float32' : 'float64';
  const [centred, scaled] = [new Room(dtype), new Room(dtype)];

  /** x − 128 */
  const centre = (length: number, x: Uint8Array): FloatArray => {
    const to = centred.of(length);
    for (let i = 0; i < length; i++) to[i] = x[i]! - middle;
    return to;
  };

  const byteLinearBackward: FamilyKernels<'bytes'>['byteLinearBackward'] = (m, n, k, dy, x, scale, shift, dw) => {
    gemm(true, false, n, k, m, 1, dy, centre(m * k, x), 0, dw);
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let row = 0; row < m; row++) sum += dy[row * n + i]!;
      for (let j = 0; j < k; j++, at++) dw[at] = scale[j]! * dw[at]! + (shift[j]! + middle * scale[j]!) * sum;
    }
  };

  return {
    byteLinearForward(m, n, k, x, scale, shift, w, y) {
      const weights = scaled.of(n * k);
      for (let i = 0, at = 0; i < n; i++) {
        let offset = 0;
        for (let j = 0; j < k; j++, at++) {
          weights[at] = round(single, w[at]! * scale[j]!);
          offset += w[at]! * (shift[j]! + middle * scale[j]!);
        }
        for (let row = 0; row < m; row++) y[row * n + i] = offset;
      }
      gemm(false, true, m, n, k, 1, centre(m * k, x), weights, 1, y);
    },

    byteLinearBackward,

    sgdByteLinearStep(m, n, k, dy, x, scale, shift, lr, momentum, weightDecay, nesterov, dw, w, v) {
      byteLinearBackward(m, n, k, dy, x, scale, shift, dw);
      sgdStep(n * k, lr, momentum, weightDecay, nesterov, w, dw, v);
    },

    adamByteLinearStep(
      rows, n, k, dy, x, scale, shift, stepSize, beta1, beta2, epsilon, weightDecay, keep, dw, w, m, v,
    ) {
      byteLinearBackward(rows, n, k, dy, x, scale, shift, dw);
      adamStep(n * k, stepSize, beta1, beta2, epsilon, weightDecay, keep, w, dw, m, v);
    },
  };
}

/** An array that grows to what is asked of it. */
class Room {
  private array: FloatArray;

  constructor(private readonly dtype: Parameters<typeof allocate>[0]) {
    this.array = allocate(dtype, 0);
  }

  of(length: number): FloatArray {
    if (this.array.length < length) this.array = allocate(this.dtype, length);
    return this.array;
  }
}
