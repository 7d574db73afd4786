import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Draw } from '../verifyDraw';
import { boundEach, products, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const { abs, floor } = Math;

/** The sizes of products, and some at which the native tiles begin: panels that come out even and ragged ones. */
const shapes = [...products, [200, 50, 96], [64, 12, 512], [33, 25, 1037]] as const;

/** What follows the inputs among a step's arguments. */
type After<Step> =
  Step extends (m: number, n: number, k: number, dy: FloatArray, x: FloatArray, ...rest: infer Rest) => void ? Rest : never;

/** Rows dy[m,n] and inputs [m,k] of a layer, of which one column each is zero, as the kernels take them. */
interface Drawn {
  /** For each weight, Σ|terms| of its gradient, and how far this may be off. */
  readonly sums: readonly number[];
  readonly errors: readonly number[];
  readonly sgd: (kernels: Kernels, ...rest: After<Kernels['sgdLinearStep']>) => void;
  readonly adam: (kernels: Kernels, ...rest: After<Kernels['adamLinearStep']>) => void;
}

type Drawing = (from: Draw, m: number, n: number, k: number) => Drawn;

const blank = (columns: number) => (value: number, i: number): number => (i % columns === 0 ? 0 : value);

/** Σ over rows of |dy|·size of the input, for each weight. */
function sumsOf(m: number, n: number, k: number, dy: FloatArray, inputSize: DrawnBytes['size']): number[] {
  return boundEach(n * k, (at) => {
    const [i, j] = [floor(at / k), at % k];
    let sum = 0;
    for (let row = 0; row < m; row++) sum += abs(dy[row * n + i]!) * inputSize(row, j);
    return sum;
  });
}

/** Of floats. */
const floats: Drawing = (from, m, n, k) => {
  const dy = from.uniform(m * n).map(blank(n));
  const x = from.uniform(m * k).map(blank(k));
  const sums = sumsOf(m, n, k, dy, (row, j) => abs(x[row * k + j]!));
  return {
    sums,
    errors: sums.map((sum) => from.sumBound(m + 4, sum + 3)),
    sgd: (kernels, ...rest) => { kernels.sgdLinearStep(m, n, k, dy, x, ...rest); },
    adam: (kernels, ...rest) => { kernels.adamLinearStep(m, n, k, dy, x, ...rest); },
  };
};

/** Bytes [m,k] and what they stand for, and how large the terms that make such a number may be. */
interface DrawnBytes {
  readonly x: Uint8Array;
  readonly scale: FloatArray;
  readonly shift: FloatArray;
  readonly size: (row: number, j: number) => number;
}

/** About as large as the floats above. */
function drawBytes(from: Draw, m: number, k: number): DrawnBytes {
  const x = Uint8Array.from(from.random.randint(0, 256, m * k));
  const scale = from.uniform(k, 1 / 128).map(blank(k));
  const shift = from.uniform(k).map(blank(k));
  return { x, scale, shift, size: (row, j) => abs(scale[j]!) * (abs(x[row * k + j]! - 128) + 128) + abs(shift[j]!) };
}

/**
 * Of bytes. Terms are the larger, of scale·(x − 128) and of shift + 128·scale, that either way of computing them adds; each goes
 * through three roundings more than a product's, for being put together and apart.
 */
const bytes: Drawing = (from, m, n, k) => {
  const dy = from.uniform(m * n).map(blank(n));
  const { x, scale, shift, size } = drawBytes(from, m, k);
  const sums = sumsOf(m, n, k, dy, size);
  return {
    sums,
    errors: sums.map((sum) => from.sumBound(m + 7, sum + 3)),
    sgd: (kernels, ...rest) => { kernels.sgdByteLinearStep(m, n, k, dy, x, scale, shift, ...rest); },
    adam: (kernels, ...rest) => { kernels.adamByteLinearStep(m, n, k, dy, x, scale, shift, ...rest); },
  };
};

/** What the gradient is off by, the velocity is; and the weight by less, as lr (1 + momentum) is below 1. */
function* sgdCases(from: Draw, drawing: Drawing): Generator<VerifyCase> {
  for (const [m, n, k] of shapes) {
    for (const [momentum, nesterov] of [[0, false], [0.9, false], [0.9, true]] as const) {
      const w = from.uniform(n * k);
      const v = momentum === 0 ? undefined : from.uniform(n * k);
      const { errors, sgd } = drawing(from, m, n, k);
      yield {
        label: `${shapeOf(m, n, k)} momentum=${momentum}${nesterov ? ' nesterov' : ''}`,
        run: (kernels) => {
          const [weights, velocity] = [from.output(n * k, w), from.output(n * k, v)];
          sgd(kernels, 0.1, momentum, 0.01, nesterov, from.output(n * k).subarray(0, n * k), weights, velocity);
          return [weights, velocity];
        },
        bounds: [errors, momentum === 0 ? [] : errors],
      };
    }
  }
}

/**
 * With d the gradient's error: m is off by d/10 and v by 2·|g|·d/100. As v starts at 1 or above, so does its root, nearly; it is
 * off by |g|·d/100 at most, and m over it by d/10 + |m|·|g|·d/100, below (1 + |g|)²·d.
 */
function* adamCases(from: Draw, drawing: Drawing): Generator<VerifyCase> {
  for (const [rows, n, k] of shapes) {
    for (const [weightDecay, keep] of [[0, 1], [0.1, 1], [0, 1 - 1e-4]] as const) {
      const w = from.uniform(n * k);
      const m = from.uniform(n * k);
      const v = from.uniform(n * k).map((value) => 1 + abs(value));
      const { sums, errors, adam } = drawing(from, rows, n, k);
      yield {
        label: `${shapeOf(rows, n, k)} weightDecay=${weightDecay} keep=${keep}`,
        run: (kernels) => {
          const outputs = [w, m, v].map((values) => from.output(n * k, values)) as [FloatArray, FloatArray, FloatArray];
          adam(kernels, 0.01, 0.9, 0.99, 1, 1e-8, weightDecay, keep, from.output(n * k).subarray(0, n * k), ...outputs);
          return outputs;
        },
        bounds: [
          errors.map((error, i) => error * (1 + 0.01 * (1 + sums[i]!) ** 2)),
          errors,
          errors.map((error, i) => error * (1 + sums[i]!)),
        ],
      };
    }
  }
}

export const linearCases: CaseMakers<'linear'> = {
  sgdLinearStep: (from) => sgdCases(from, floats),
  adamLinearStep: (from) => adamCases(from, floats),
};

export const byteCases: CaseMakers<'bytes'> = {
  /** As the errors of the gradients of bytes. */
  *byteLinearForward(from) {
    for (const [m, n, k] of shapes) {
      const { x, scale, shift, size } = drawBytes(from, m, k);
      const w = from.uniform(n * k).map(blank(k));
      yield {
        label: shapeOf(m, n, k),
        run: (kernels) => {
          const y = from.output(m * n);
          kernels.byteLinearForward(m, n, k, x, scale, shift, w, y);
          return [y];
        },
        bounds: [boundEach(m * n, (at) => {
          const [row, i] = [floor(at / n), at % n];
          let sum = 0;
          for (let j = 0; j < k; j++) sum += abs(w[i * k + j]!) * size(row, j);
          return from.sumBound(k + 4, sum);
        })],
      };
    }
  },

  *byteLinearBackward(from) {
    for (const [m, n, k] of shapes) {
      const dy = from.uniform(m * n).map(blank(n));
      const { x, scale, shift, size } = drawBytes(from, m, k);
      yield {
        label: shapeOf(m, n, k),
        run: (kernels) => {
          const dw = from.output(n * k);
          kernels.byteLinearBackward(m, n, k, dy, x, scale, shift, dw);
          return [dw];
        },
        bounds: [sumsOf(m, n, k, dy, size).map((sum) => from.sumBound(m + 4, sum))],
      };
    }
  },

  sgdByteLinearStep: (from) => sgdCases(from, bytes),
  adamByteLinearStep: (from) => adamCases(from, bytes),
};
