import type { KernelName } from '../experiment/verify';

/** What a call of a kernel comes to. */
export interface Cost {
  /** Its sizes, as they read in a table. */
  readonly shape: string;
  /** Of products; elementwise arithmetic is cheaper than the memory that it reads, and counts nothing. */
  readonly flops: number;
  /** What must be read and written at least, each element once for each way. */
  readonly bytes: number;
}

/** How many of a call's first arguments are sizes, and how many numbers of the kernel's format they make it move. */
interface Rule {
  readonly sizes: 1 | 2;
  readonly moves: (m: number, n: number) => number;
}

const vector = (arrays: number): Rule => ({ sizes: 1, moves: (n) => arrays * n });
/** So many matrices [m, n] and vectors [n]. */
const matrix = (matrices: number, vectors = 0): Rule => ({ sizes: 2, moves: (m, n) => matrices * m * n + vectors * n });

/** Kernels whose cost is not a number of arrays of one shape. */
type Irregular = 'gemm' | 'sgdLinearStep' | 'adamLinearStep'
  | 'byteLinearForward' | 'byteLinearBackward' | 'sgdByteLinearStep' | 'adamByteLinearStep'
  | 'gatherRows' | 'gatherImages' | 'standardizeRows' | 'standardizeImages' | 'gatherBytes' | 'gatherByteImages' | 'byteMoments' | 'maskScale';

const rules: Readonly<Record<Exclude<KernelName, Irregular>, Rule>> = {
  axpy: vector(3), scal: vector(2), dot: vector(2), nrm2: vector(1),
  biasForward: matrix(2, 1), biasBackward: matrix(1, 1),
  reluForward: vector(2), reluBackward: vector(3),
  leakyReluForward: vector(2), leakyReluBackward: vector(3),
  tanhForward: vector(2), tanhBackward: vector(3),
  sigmoidForward: vector(2), sigmoidBackward: vector(3),
  geluForward: vector(2), geluBackward: vector(3),
  add: vector(3),
  batchNormForward: matrix(2, 8), batchNormEvaluate: matrix(2, 4), batchNormBackward: matrix(3, 5),
  layerNormForward: matrix(2, 2), layerNormBackward: matrix(3, 3),
  softmaxForward: matrix(2), softmaxBackward: matrix(3),
  softmaxCrossEntropyForward: matrix(2), softmaxCrossEntropyBackward: matrix(2),
  softCrossEntropyForward: matrix(3, 1), softCrossEntropyBackward: matrix(3, 1),
  squaredErrorForward: vector(2), squaredErrorBackward: vector(3),
  argmax: matrix(1),
  sgdStep: vector(5), adamStep: vector(7), rmspropStep: vector(5), lionStep: vector(5),
  lerp: vector(3), mixRows: matrix(3),
};

/** What a call of `kernel` with these arguments costs, its numbers having `width` bytes. */
export function costOf(kernel: KernelName, args: readonly unknown[], width: number): Cost {
  const numbers = args.map((arg) => (typeof arg === 'number' ? arg : NaN));
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers;
  const sourceWidth = (source: unknown): number => (source as Uint8Array).BYTES_PER_ELEMENT;
  switch (kernel) {
    case 'gemm': {
      const [m, n, k] = numbers.slice(2, 5) as [number, number, number];
      return {
        shape: `${args[0] === true ? 'T' : 'N'}${args[1] === true ? 'T' : 'N'} ${shapeOf([m, n, k])}`,
        flops: 2 * m * n * k,
        bytes: width * (m * k + k * n + (args[8] === 0 ? 1 : 2) * m * n),
      };
    }
    case 'sgdLinearStep':
    case 'adamLinearStep':
      return layer(numbers, width, width, weightsMoved[kernel]);
    case 'byteLinearForward':
    case 'byteLinearBackward':
    case 'sgdByteLinearStep':
    case 'adamByteLinearStep':
      return layer(numbers, width, 1, weightsMoved[kernel]);
    case 'gatherRows':
      return { shape: shapeOf([first, second]), flops: 0, bytes: first * second * (sourceWidth(args[3]) + width) + 2 * width * second };
    case 'gatherImages': {
      const columns = second * third * fourth;
      return { shape: shapeOf([first, second, third, fourth]), flops: 0, bytes: first * columns * (sourceWidth(args[6]) + width) + 2 * width * columns };
    }
    case 'standardizeRows':
      return { shape: shapeOf([first, second]), flops: 0, bytes: first * second * (sourceWidth(args[3]) + width) + 16 * second };
    case 'standardizeImages': {
      const columns = second * third * fourth;
      return { shape: shapeOf([first, second, third, fourth]), flops: 0, bytes: first * columns * (sourceWidth(args[6]) + width) + 16 * columns };
    }
    case 'gatherBytes':
      return { shape: shapeOf([first, second]), flops: 0, bytes: 2 * first * second };
    case 'gatherByteImages':
      return { shape: shapeOf([first, second, third, fourth]), flops: 0, bytes: 2 * first * second * third * fourth };
    case 'byteMoments':
      return { shape: shapeOf([first, second]), flops: 0, bytes: first * second + 8 * second };
    case 'maskScale':
      return { shape: shapeOf([first]), flops: 0, bytes: first * (2 * width + 1) };
    default: {
      const { sizes, moves } = rules[kernel];
      return { shape: shapeOf(numbers.slice(0, sizes)), flops: 0, bytes: width * moves(first, second) };
    }
  }
}

/** How often a layer's weights, or what has their shape, are read or written. */
const weightsMoved = {
  sgdLinearStep: 4, adamLinearStep: 6, byteLinearForward: 1, byteLinearBackward: 1, sgdByteLinearStep: 4, adamByteLinearStep: 6,
} as const;

/** A product of a linear layer, m x n x k, whose inputs have `inputWidth` bytes. */
function layer([m, n, k]: readonly number[], width: number, inputWidth: number, weights: number): Cost {
  return {
    shape: shapeOf([m!, n!, k!]),
    flops: 2 * m! * n! * k!,
    bytes: width * (m! * n! + weights * n! * k!) + inputWidth * m! * k!,
  };
}

function shapeOf(sizes: readonly number[]): string {
  return sizes.join('x');
}
