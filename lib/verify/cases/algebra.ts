import type { FloatArray } from '../../kernels/contract';
import type { Draw } from '../draw';
import { boundEach, exact, memoryLengths, memoryShapes, products, shapeOf, termSizes } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, sqrt } = Math;

const transposes = [[false, false], [false, true], [true, false], [true, true]] as const;
/**
 * Products that exceed a block of the TypeScript ones in m, n and k; two of which native threads divide the rows of C, or the columns; and
 * one so shallow that C is its largest matrix.
 */
const large = [[129, 131, 259], [203, 67, 300], [37, 131, 200], [331, 307, 3]] as const;
/**
 * A·Bᵀ with n, m and k larger than NC, MC and KC of native/gemm/gemm_nt.h, and one with k so large that threads divide it, and the addition of their sums; then with
 * the blocks and panels of native/gemm/gemm_outer.h: more than NC and KC, and a remainder of rows and of columns.
 */
const blocked = [[5, 531, 1029], [133, 9, 1029], [182, 182, 1460], [601, 208, 530], [29, 50, 33], [95, 75, 18]] as const;
/** Enough rows and columns for native kernels with AMX to split float32 into bfloat16, and more depth than one of their segments. */
const split = [250, 241, 1050] as const;
/** How its factors are transposed, and beta: weights are scaled before they are split only if it is not 0. */
const splitVariants = [[false, true, 0], [false, false, 0], [true, false, 0.5]] as const;
/** Products of more multiplications than this get fewer cases. */
const costly = 1e6;

type ProductSizes = readonly [transA: boolean, transB: boolean, m: number, n: number, k: number];
const nameOf = (transA: boolean, transB: boolean): string => `${transA ? 'T' : 'N'}${transB ? 'T' : 'N'}`;

/** Ordinary numbers; then the same with a NaN or an infinity in A and in B. */
function* roundedProducts(draw: Draw, sizes: ProductSizes, betas?: readonly number[]): Generator<VerifyCase> {
  const [transA, transB, m, n, k] = sizes;
  const isCostly = m * n * k > costly;
  betas ??= isCostly ? [0.5] : [0, 1, 0.5];
  for (const beta of betas) {
    // A CPU multiplies into subnormal numbers many times more slowly than into others: they are tried in smaller products.
    const magnitude = draw.pick(isCostly ? draw.magnitudes.slice(1) : draw.magnitudes);
    const alpha = draw.pick([1, 1, -0.75]);
    const [a, b] = [draw.uniform(m * k, magnitude), draw.uniform(k * n, magnitude)];
    const c = beta === 0 ? undefined : draw.uniform(m * n, magnitude * magnitude);
    const bounds = [termSizes(...sizes, a, b).map((sum, at) => draw.sumBound(k + 1, abs(alpha) * sum + abs(beta * (c?.[at] ?? 0))))];
    const label = `${nameOf(transA, transB)} ${shapeOf(m, n, k)} beta=${beta}`;
    yield { label, run: product(draw, sizes, alpha, a, b, beta, c), bounds };
    if (beta !== betas[0]) continue;
    yield { label: `${label} special`, run: product(draw, sizes, alpha, draw.withSpecial(a), draw.withSpecial(b), beta, c), bounds };
  }
}

/** Integers, whose sums are exact; and alpha = 0, with which A and B are not read. */
function* exactProducts(draw: Draw, sizes: ProductSizes): Generator<VerifyCase> {
  const [transA, transB, m, n, k] = sizes;
  const label = `${nameOf(transA, transB)} ${shapeOf(m, n, k)}`;
  const [a, b, c] = [draw.integers(m * k, 8), draw.integers(k * n, 8), draw.integers(m * n, 100)];
  for (const [alpha, beta] of m * n * k > costly ? [[-0.75, -0.5]] as const : [[1, 0], [0.5, 1], [-0.75, -0.5]] as const) {
    // The same numbers, but for the sign of zeros: where terms cancel, it depends on when alpha is applied.
    const run = product(draw, sizes, alpha, a, b, beta, beta === 0 ? undefined : c);
    yield { label: `${label} integers alpha=${alpha} beta=${beta}`, run, bounds: [new Float64Array(m * n)] };
  }
  const [nanA, nanB, hostile] = [a.slice().fill(NaN), b.slice().fill(NaN), draw.hostile(m * n)];
  for (const beta of [0, 1, 0.3]) {
    yield exact(`${label} alpha=0 beta=${beta}`, product(draw, sizes, 0, nanA, nanB, beta, beta === 0 ? undefined : hostile));
  }
}

function product(
  draw: Draw, sizes: ProductSizes, alpha: number, a: FloatArray, b: FloatArray, beta: number, c: FloatArray | undefined,
): VerifyCase['run'] {
  const [, , m, n] = sizes;
  return (kernels) => {
    const out = draw.output(m * n, c);
    kernels.gemm(...sizes, alpha, a, b, beta, out);
    return [out];
  };
}

export const algebraCases: CaseMakers<'algebra'> = {
  *gemm(draw) {
    for (const shape of draw.products([...products, ...large])) {
      for (const transposed of transposes) {
        yield* roundedProducts(draw, [...transposed, ...shape]);
        yield* exactProducts(draw, [...transposed, ...shape]);
      }
    }
    for (const shape of draw.products(blocked)) {
      yield* exactProducts(draw, [false, true, ...shape]);
      if (shape[0] >= 24) yield* exactProducts(draw, [false, false, ...shape]);
    }
    for (const shape of draw.products([split])) {
      for (const [transA, transB, beta] of splitVariants) yield* roundedProducts(draw, [transA, transB, ...shape], [beta]);
    }
  },

  *axpy(draw) {
    for (const n of memoryLengths) {
      for (const magnitude of draw.magnitudes) {
        const alpha = draw.pick([1, -0.3, magnitude]);
        const [x, y] = [draw.uniform(n, magnitude), draw.uniform(n, magnitude)];
        const axpy = (label: string, factor: number, from: FloatArray, to: FloatArray): VerifyCase => ({
          label: `n=${n} alpha=${factor.toPrecision(2)}${label}`,
          run: (kernels) => {
            const out = draw.output(n, to);
            kernels.axpy(n, factor, from, out);
            return [out];
          },
          bounds: factor === 0 ? [] : [boundEach(n, (i) => draw.sumBound(2, abs(factor * x[i]!) + abs(y[i]!)))],
        });
        yield axpy('', alpha, x, y);
        yield axpy(' special', alpha, draw.withSpecial(x), draw.withSpecial(y));
        yield axpy(' hostile', 0, draw.hostile(n), draw.hostile(n));
      }
    }
  },

  /** A single operation, correctly rounded: the result is unique. */
  *scal(draw) {
    for (const n of memoryLengths) {
      for (const alpha of [1, -0.3, 0, draw.magnitudes[0]!]) {
        const x = draw.hostile(n);
        yield exact(`n=${n} alpha=${alpha.toPrecision(2)}`, (kernels) => {
          const out = draw.output(n, x);
          kernels.scal(n, alpha, out);
          return [out];
        });
      }
    }
  },

  *dot(draw) {
    for (const n of memoryLengths) {
      for (const magnitude of draw.magnitudes) {
        const [x, y] = [draw.uniform(n, magnitude), draw.uniform(n, magnitude)];
        const bounds = [[draw.sumBound(n, termSizes(false, true, 1, 1, n, x, y)[0]!)]];
        const label = `n=${n} of ${magnitude.toPrecision(2)}`;
        yield { label, run: (kernels) => [[kernels.dot(n, x, y)]], bounds };
        const [integersX, integersY] = [draw.integers(n, 8), draw.integers(n, 8)];
        yield exact(`${label} integers`, (kernels) => [[kernels.dot(n, integersX, integersY)]]);
        const [specialX, specialY] = [draw.withSpecial(x), draw.pick([y, draw.withSpecial(y)])];
        yield exact(`${label} special`, (kernels) => [[kernels.dot(n, specialX, specialY)]]);
      }
    }
  },

  /** The root halves the relative error of the sum and adds one rounding. Squares of the first and last magnitudes leave the range. */
  *nrm2(draw) {
    for (const n of memoryLengths) {
      for (const magnitude of draw.dtype === 'float32' ? [2 ** -100, 1, 2 ** 100] : [2 ** -700, 1, 2 ** 700]) {
        const x = draw.uniform(n, magnitude);
        let squares = 0;
        for (const value of x) squares += (value / magnitude) ** 2;
        const norm = magnitude * sqrt(squares);
        const label = `n=${n} of ${magnitude.toPrecision(2)}`;
        yield { label, run: (kernels) => [[kernels.nrm2(n, x)]], bounds: [[draw.sumBound(n, norm)]] };
        const special = draw.withSpecial(draw.withSpecial(x));
        yield exact(`${label} special`, (kernels) => [[kernels.nrm2(n, special)]]);
      }
    }
  },

  /** Products as of gemm, whose kernels compute it: ordinary numbers, some that are not, and integers, whose sums are exact. */
  *linearForward(draw) {
    for (const shape of draw.products([...products, ...large, ...blocked])) {
      const [m, n, k] = shape;
      const run = (x: FloatArray, w: FloatArray, bias: FloatArray): VerifyCase['run'] => (kernels) => {
        const out = draw.output(m * n);
        kernels.linearForward(m, n, k, x, w, bias, out);
        return [out];
      };
      const label = shapeOf(m, n, k);
      yield exact(`${label} integers`, run(draw.integers(m * k, 8), draw.integers(n * k, 8), draw.integers(n, 100)));
      if (m * n * k > costly) continue;
      const [x, w, bias] = [draw.uniform(m * k), draw.uniform(n * k), draw.uniform(n)];
      const bounds = [termSizes(false, true, m, n, k, x, w).map((sum, at) => draw.sumBound(k + 2, sum + abs(bias[at % n]!)))];
      yield { label, run: run(x, w, bias), bounds };
      yield { label: `${label} special`, run: run(draw.withSpecial(x), draw.withSpecial(w), draw.withSpecial(bias)), bounds };
    }
  },

  *biasForward(draw) {
    for (const [m, n] of memoryShapes) {
      const bias = draw.hostile(n);
      const y = draw.hostile(m * n);
      yield exact(shapeOf(m, n), (kernels) => {
        const out = draw.output(m * n, y);
        kernels.biasForward(m, n, bias, out);
        return [out];
      });
    }
  },

  /** The contract fixes the order of the sum. */
  *biasBackward(draw) {
    for (const [m, n] of memoryShapes) {
      for (const beta of [0, 1, 0.5]) {
        const dy = draw.uniform(m * n);
        const dbias = beta === 0 ? undefined : draw.uniform(n);
        yield exact(`${shapeOf(m, n)} beta=${beta}`, (kernels) => {
          const out = draw.output(n, dbias);
          kernels.biasBackward(m, n, dy, beta, out);
          return [out];
        });
      }
    }
  },
};
