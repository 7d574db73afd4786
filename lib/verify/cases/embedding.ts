import type { FloatArray } from '../../kernels/contract';
import type { Draw } from '../draw';
import { exact, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { PI, abs } = Math;

/**
 * Roundings of a native cosine or sine, in units of u, beside those of the angle in turns, which both sides round alike: half of π of 2π
 * times the rest, as much of its product and 6 of a Taylor series whose terms are at most ½·(π/2)²; the same again for the reference's.
 */
const CIRCLE = 16;

interface Periodic {
  readonly sizes: readonly [m: number, n: number, k: number, size: number, passed: number, after: number, outputsAfter: number];
  readonly x: FloatArray;
  readonly frequency: FloatArray;
  readonly phase: FloatArray;
  readonly weight: FloatArray;
  readonly inputs: number;
  readonly outputs: number;
}

/** More than a block of frequencies and of outputs, fewer, and none; the last is enough for three threads, by rows and by numbers. */
const periodicSizes: readonly Periodic['sizes'][] = [
  [0, 2, 3, 2, 1, 0, 0], [3, 0, 4, 2, 2, 1, 0], [1, 1, 1, 1, 0, 0, 0], [2, 3, 0, 2, 1, 0, 1], [4, 2, 5, 0, 0, 2, 0], [5, 3, 16, 3, 2, 1, 4], [7, 2, 37, 10, 0, 0, 0],
  [331, 19, 16, 3, 2, 1, 4],
];

function* periodicInputs(draw: Draw): Generator<Periodic & { readonly label: string }> {
  for (const sizes of periodicSizes) {
    const [m, n, k, size, passed, after, outputsAfter] = sizes;
    const [inputs, outputs] = [n + passed + after, n * size + n + passed + outputsAfter];
    for (const magnitude of [1, 100]) {
      yield {
        label: `${shapeOf(...sizes)} of ${String(magnitude)}`, sizes, inputs, outputs,
        x: draw.uniform(m * inputs, magnitude), frequency: draw.uniform(n * k), phase: draw.uniform(n * k, PI), weight: draw.uniform(n * k * size),
      };
    }
  }
}

/** Magnitudes of weightᵀ·dy at number j and frequency l of row i. */
function backMagnitude({ sizes: [, , k, size], weight, outputs }: Periodic, dy: FloatArray, i: number, j: number, l: number): number {
  let sum = 0;
  for (let o = 0; o < size; o++) sum += abs(weight[(j * size + o) * k + l]! * dy[i * outputs + j * (size + 1) + 1 + o]!);
  return sum;
}

/** The bounds of a backward pass: sums over rows of terms that go through the sine, and those over outputs before and frequencies behind it. */
function backwardBounds(draw: Draw, given: Periodic, dy: FloatArray): Float64Array[] {
  const { sizes: [m, n, k, size], x, frequency, inputs, outputs } = given;
  const [dfrequency, dphase, dweight, dbias, dx] = [n * k, n * k, n * size * k, n * size, m * inputs].map((length) => new Float64Array(length)) as
    [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const own = i * outputs + j * (size + 1);
      const at = i * inputs + j;
      let slope = 0;
      for (let l = 0; l < k; l++) {
        const back = backMagnitude(given, dy, i, j, l);
        dphase[j * k + l]! += back;
        dfrequency[j * k + l]! += 2 * PI * abs(x[at]!) * back;
        slope += abs(frequency[j * k + l]!) * back;
        for (let o = 0; o < size; o++) dweight[(j * size + o) * k + l]! += abs(dy[own + 1 + o]!);
      }
      for (let o = 0; o < size; o++) dbias[j * size + o]! += abs(dy[own + 1 + o]!);
      dx[at] = draw.sumBound(k + size + CIRCLE, 2 * PI * slope + (k * size > 0 ? abs(dy[own]!) : 0));
      if (k * size === 0) dx[at] = 0;
    }
  }
  const bounded = (sums: Float64Array): Float64Array => sums.map((sum) => draw.sumBound(m + size + CIRCLE, sum));
  return [bounded(dfrequency), bounded(dphase), bounded(dweight), bounded(dbias), dx];
}

interface Categories {
  readonly label: string;
  readonly sizes: readonly [m: number, n: number, k: number, rows: number, before: number, outputsBefore: number];
  readonly starts: Int32Array;
  readonly x: FloatArray;
}

/** Indices of rows of the table, and others: negative ones, beyond the category's last row, no integers, NaN. */
function* categoryInputs(draw: Draw): Generator<Categories> {
  for (const [m, n, k, before, outputsBefore] of [
    [0, 2, 3, 1, 0], [3, 0, 2, 1, 2], [1, 1, 1, 0, 0], [5, 3, 8, 0, 0], [7, 2, 5, 3, 4], [40, 5, 8, 1, 1], [2003, 7, 8, 2, 3], [13_001, 3, 3, 0, 0],
  ] as const) {
    for (const most of [1, 6]) {
      const counts = Array.from({ length: n }, (_, j) => 1 + ((j * 5) % most));
      const starts = Int32Array.from(counts, (_, j) => counts.slice(0, j).reduce((sum, count) => sum + count, 0));
      const rows = counts.reduce((sum, count) => sum + count, n === 0 ? 2 : 0);
      const x = draw.repeated(m * (before + n), (length) => draw.of(Array.from({ length }, () => draw.pick([0, 0, 1, 2, 3, 4, 5, 7, -1, 0.5, NaN, 1e30]))));
      const sizes = [m, n, k, rows, before, outputsBefore] as const;
      yield { label: shapeOf(...sizes), sizes, starts, x };
    }
  }
}

export const embeddingCases: CaseMakers<'embedding'> = {
  /** A sum of k products of weights and cosines, and a bias; what is copied has a bound of 0. */
  *periodicForward(draw) {
    for (const { label, sizes, x, frequency, phase, weight, outputs } of periodicInputs(draw)) {
      const [m, n, k, size] = sizes;
      const bias = draw.uniform(n * size);
      const bounds = new Float64Array(m * outputs);
      for (let i = 0; i < m; i++) {
        for (let o = 0; o < n * size; o++) {
          let sum = abs(bias[o]!);
          for (let l = 0; l < k; l++) sum += abs(weight[o * k + l]!);
          bounds[i * outputs + o + Math.floor(o / size) + 1] = draw.sumBound(k + 1 + CIRCLE, sum);
        }
      }
      yield {
        label,
        run: (kernels) => {
          const y = draw.output(m * outputs);
          kernels.periodicForward(...sizes, x, frequency, phase, weight, bias, y);
          return [y];
        },
        bounds: [bounds],
      };
    }
  },

  *periodicBackward(draw) {
    for (const given of periodicInputs(draw)) {
      const { label, sizes, x, frequency, phase, weight, outputs, inputs } = given;
      const [m, n, k, size] = sizes;
      const dy = draw.uniform(m * outputs);
      yield {
        label,
        run: (kernels) => {
          const [df, dp, dw, db, dx] = [n * k, n * k, n * size * k, n * size, m * inputs].map((length) => draw.output(length)) as
            [FloatArray, FloatArray, FloatArray, FloatArray, FloatArray];
          kernels.periodicBackward(...sizes, x, frequency, phase, weight, dy, df, dp, dw, db, dx);
          return [df, dp, dw, db, dx];
        },
        bounds: backwardBounds(draw, given, dy),
      } satisfies VerifyCase;
    }
  },

  *embeddingForward(draw) {
    for (const { label, sizes, starts, x } of categoryInputs(draw)) {
      const [m, n, k, rows, , outputsBefore] = sizes;
      const table = draw.hostile(rows * k);
      yield exact(label, (kernels) => {
        const y = draw.output(m * (outputsBefore + n * k));
        kernels.embeddingForward(...sizes, starts, x, table, y);
        return [y];
      });
    }
  },

  /** The contract fixes the order of the sum. */
  *embeddingBackward(draw) {
    for (const { label, sizes, starts, x } of categoryInputs(draw)) {
      const [m, n, k, rows, , outputsBefore] = sizes;
      const dy = draw.uniform(m * (outputsBefore + n * k));
      yield exact(label, (kernels) => {
        const dtable = draw.output(rows * k);
        kernels.embeddingBackward(...sizes, starts, x, dy, dtable);
        return [dtable];
      });
    }
  },
};
