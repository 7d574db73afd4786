import type { FloatArray } from '../../kernels/contract';
import type { LossKernels } from '../../kernels/reference/loss';
import { GUARDS } from '../verifyDraw';
import type { Draw } from '../verifyDraw';
import { boundEach, exact, indicesUpTo, shapeOf, shapes } from './shared';
import type { CaseMakers } from './shared';

/* Looked up once: inside a vm context, which is where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs } = Math;

/** Softmax of a row in double, with what the bounds need. */
function softmaxOf(row: FloatArray): { p: number[]; distance: number[]; logSum: number } {
  const maximum = Math.max(...row);
  const distance = Array.from(row, (value) => maximum - value);
  const powers = distance.map((value) => Math.exp(-value));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { p: powers.map((power) => power / sum), distance, logSum: Math.log(sum) };
}

/** Logits: ordinary ones, then rows where softmax is known to go wrong. */
function* logits(draw: Draw): Generator<{ label: string; m: number; n: number; x: FloatArray }> {
  for (const [m, n] of shapes) yield { label: shapeOf(m, n), m, n, x: draw.uniform(m * n, 5) };
  const hostileRows: readonly (readonly [string, readonly number[]])[] = [
    ['all equal', [3, 3, 3, 3]],
    ['one far above', [-1e4, 0, 1e4, 0]],
    ['underflow', [0, -80, -95, -104, -120, -708, -740, -746]],
    ['huge offset', [1e30, 1e30, 0.5e30, -1e30]],
    ['near ties', [1e4, 1e4 + 2 ** -9, 1e4 - 2 ** -9, 1e4]],
    ['-Infinity', [-Infinity, 1, 2, -Infinity]],
    ['only -Infinity', [-Infinity, -Infinity]],
    ['Infinity', [1, Infinity, 2]],
    ['NaN first', [NaN, 1, 2]],
    ['NaN last', [1, 2, NaN]],
  ];
  for (const [label, row] of hostileRows) yield { label, m: 1, n: row.length, x: draw.of(row) };
}

function softmaxBounds(draw: Draw, m: number, n: number, x: FloatArray): number[] {
  return indicesUpTo(m).flatMap((i) => {
    const { p, distance } = softmaxOf(x.subarray(i * n, (i + 1) * n));
    return p.map((value, j) => draw.softmaxBound(n, value, distance[j]!));
  });
}

const labelsOf = (draw: Draw, m: number, n: number): Int32Array =>
  n === 0 ? new Int32Array(m) : draw.random.randint(0, n, m);

export const lossCases: CaseMakers<keyof LossKernels> = {
  *softmaxForward(draw) {
    for (const { label, m, n, x } of logits(draw)) {
      yield {
        label,
        run: (kernels) => {
          const out = draw.output(m * n);
          kernels.softmaxForward(m, n, x, out);
          return [out];
        },
        bounds: [softmaxBounds(draw, m, n, x)],
      };
    }
  },

  /** dx = y·(dy − Σ dy·y): a sum of n + 1 terms with y in front. */
  *softmaxBackward(draw) {
    for (const [m, n] of shapes) {
      const rows = indicesUpTo(m).map(() => draw.of(softmaxOf(draw.uniform(n, 5)).p));
      const y = draw.of(rows.flatMap((row) => Array.from(row)));
      const dy = draw.uniform(m * n);
      const sums = rows.map((row, i) => Array.from(row).reduce((total, p, j) => total + abs(p * dy[i * n + j]!), 0));
      yield {
        label: shapeOf(m, n),
        run: (kernels) => {
          const out = draw.output(m * n);
          kernels.softmaxBackward(m, n, y, dy, out);
          return [out];
        },
        bounds: [boundEach(m * n, (at) => draw.sumBound(n + 1, y[at]! * (abs(dy[at]!) + sums[Math.floor(at / n)]!)))],
      };
    }
  },

  *softmaxCrossEntropyForward(draw) {
    for (const { label, m, n, x } of logits(draw)) {
      if (n === 0) continue; // no label is in [0, 0)
      const labels = labelsOf(draw, m, n);
      const lossBounds = boundEach(m, (i) => {
        const { distance, logSum } = softmaxOf(x.subarray(i * n, (i + 1) * n));
        const loss = logSum + distance[labels[i]!]!;
        return draw.lossBound(n, loss) + m * 2 ** -52 * loss; // both sides add up their rows in double
      });
      yield {
        label,
        run: (kernels) => {
          const probs = draw.output(m * n);
          const loss = kernels.softmaxCrossEntropyForward(m, n, x, labels, probs);
          return [probs, [loss]];
        },
        bounds: [softmaxBounds(draw, m, n, x), [lossBounds.reduce((total, bound) => total + bound, 0)]],
      };
    }
  },

  *softmaxCrossEntropyBackward(draw) {
    for (const [m, n] of shapes) {
      if (m > 0 && n === 0) continue;
      const probs = draw.of(draw.random.uniform(0, 1, m * n));
      const labels = labelsOf(draw, m, n);
      yield exact(shapeOf(m, n), (kernels) => {
        const out = draw.output(m * n);
        kernels.softmaxCrossEntropyBackward(m, n, 1 / 3, probs, labels, out);
        return [out];
      });
    }
  },

  *argmax(draw) {
    for (const [m, n] of shapes) {
      if (m > 0 && n === 0) continue; // an empty row has no maximum
      const ties = draw.of(draw.random.randint(0, 3, m * n));
      for (const [label, x] of [['', draw.uniform(m * n)], [' ties', ties], [' hostile', draw.hostile(m * n)]] as const) {
        yield exact(shapeOf(m, n) + label, (kernels) => {
          const out = new Int32Array(m + GUARDS).fill(-7);
          kernels.argmax(m, n, x, out);
          return [out];
        });
      }
    }
  },
};
