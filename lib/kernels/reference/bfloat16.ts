import type { FloatArray } from '../contract';
import type { FamilyKernels } from '../signatures';

/** Room for one rounded factor, seen as numbers and as their bits. */
interface Room {
  numbers: Float32Array;
  bits: Uint32Array;
}

/** The same kernels, but that `gemm` and `linearForward` multiply float32 matrices whose elements are rounded to bfloat16 first. */
export function bfloat16Algebra(algebra: FamilyKernels<'algebra'>): FamilyKernels<'algebra'> {
  const [left, right] = [room(0), room(0)];
  return {
    ...algebra,
    gemm(transA, transB, m, n, k, alpha, a, b, beta, c) {
      // α = 0 leaves A and B unread.
      const inner = alpha === 0 ? 0 : k;
      algebra.gemm(transA, transB, m, n, inner, alpha, rounded(m * inner, a, left), rounded(inner * n, b, right), beta, c);
    },
    linearForward(m, n, k, x, w, bias, y) {
      algebra.linearForward(m, n, k, rounded(m * k, x, left), rounded(n * k, w, right), bias, y);
    },
  };
}

function room(length: number): Room {
  const numbers = new Float32Array(length);
  return { numbers, bits: new Uint32Array(numbers.buffer) };
}

/**
 * The first `length` elements of x, rounded to the nearest bfloat16, of two to the even one: the upper half of a float's bits.
 * What is below the normal numbers becomes 0, as in the instructions of CPUs that round so.
 */
function rounded(length: number, x: FloatArray, kept: Room): Float32Array {
  if (kept.numbers.length < length) Object.assign(kept, room(length));
  const { numbers, bits } = kept;
  for (let i = 0; i < length; i++) {
    numbers[i] = x[i]!;
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    if (magnitude < 0x00800000) bits[i] = word & 0x80000000;
    else if (magnitude <= 0x7f800000) bits[i] = word + 0x7fff + ((word >>> 16) & 1) & 0xffff0000;
  }
  return numbers;
}
