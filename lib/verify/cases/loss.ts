import type { FloatArray } from '../../kernels/contract';
import { GUARDS } from '../draw';
import type { Draw } from '../draw';
import { boundEach, computeShapes, exact, exactLoop, indicesUpTo, memoryLengths, memoryShapes, shapeOf } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs } = Math;

/** Softmax p of a row in double, max − x and log Σ exp(x − max). */
function softmaxOf(row: FloatArray): { p: number[]; distance: number[]; logSum: number } {
  const maximum = Math.max(...row);
  const distance = Array.from(row, (value) => maximum - value);
  const powers = distance.map((value) => Math.exp(-value));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { p: powers.map((power) => power / sum), distance, logSum: Math.log(sum) };
}

/** Logits: ordinary ones, then rows on which a naive softmax fails. */
function* logits(draw: Draw): Generator<{ label: string; m: number; n: number; x: FloatArray }> {
  for (const [m, n] of computeShapes) yield { label: shapeOf(m, n), m, n, x: draw.uniform(m * n, 5) };
  const hostileRows: readonly (readonly [string, readonly number[]])[] = [
    ['all equal', [3, 3, 3, 3]],
    ['one far above', [-1e4, 0, 1e4, 0]],
    ['underflow', [0, -80, -95, -104, -120, -708, -740, -746]],
    ['about the smallest normal', draw.dtype === 'float32'
      ? [0, -87, -87.336, -87.3365, -87.33653, -87.33654022216797, -88]
      : [0, -708, -708.39, -708.3935, -708.396, -708.3964185322641, -709]],
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

/** m rows from `make`, which is called at most 64 times; later rows repeat the first. */
function rowsOf(draw: Draw, m: number, n: number, make: () => readonly number[]): FloatArray {
  const drawn = draw.of(indicesUpTo(Math.min(m, 64)).flatMap(make));
  return draw.of(boundEach(m * n, (at) => drawn[at % drawn.length]!));
}

/** Rows of probabilities, some of them one-hot, and class weights, some of them zero. */
function softTargets(draw: Draw, m: number, n: number): { targets: FloatArray; weights: FloatArray } {
  const targets = rowsOf(draw, m, n, () => {
    const hot = n === 0 ? 0 : draw.random.randint(0, n);
    return draw.pick([true, false]) ? indicesUpTo(n).map((j) => (j === hot ? 1 : 0)) : softmaxOf(draw.uniform(n, 3)).p;
  });
  return { targets, weights: draw.of(indicesUpTo(n).map(() => draw.pick([0, 1, 0.3, 7]))) };
}

/** Weights of rows, some of them zero. */
const rowWeights = (draw: Draw, m: number): FloatArray => draw.of(boundEach(m, () => draw.pick([0, 1, 1, 0.3, 7])));

/** Quantiles of one level and of three, on both sides of their targets and on them. */
function* quantiles(draw: Draw) {
  for (const [m, n] of memoryShapes) {
    for (const levels of [[0.5], [0.1, 0.6, 0.95]]) {
      const k = levels.length;
      const targets = draw.uniform(m * n);
      const x = draw.uniform(m * n * k, 2).map((value, at) => (at % 5 === 0 ? targets[Math.floor(at / k)]! : value));
      yield { label: `${shapeOf(m, n)} levels=${k}`, m, n, k, x, targets, levels: draw.of(levels), weights: rowWeights(draw, m) };
    }
  }
}

/**
 * The cases of a loss with weights of rows that writes a function of x. Both sides compute in double, by functions that are off by a unit in the
 * last place or so, and round what they write once; terms have at most eight roundings, and the sum m·n.
 */
function rowLoss(
  kernel: 'sigmoidCrossEntropyForward' | 'poissonForward', magnitudes: readonly number[],
  { output, size }: { readonly output: (x: number) => number; readonly size: (x: number, target: number) => number },
): (draw: Draw) => Generator<VerifyCase> {
  return function* (draw) {
    for (const [m, n] of computeShapes) {
      for (const magnitude of magnitudes) {
        const [x, targets, weights] = [draw.uniform(m * n, magnitude), draw.of(draw.random.uniform(0, 1, m * n)), rowWeights(draw, m)];
        const total = indicesUpTo(m * n).reduce((sum, at) => sum + weights[Math.floor(at / n)]! * size(x[at]!, targets[at]!), 0);
        yield {
          label: `${shapeOf(m, n)} of ${magnitude}`,
          run: (kernels) => {
            const out = draw.output(m * n);
            const loss = kernels[kernel](m, n, x, targets, weights, out);
            return [out, [loss]];
          },
          bounds: [boundEach(m * n, (at) => draw.functionBound(8, output(x[at]!))), [(m * n + 16) * 2 ** -52 * total]],
        };
      }
    }
  };
}

export const lossCases: CaseMakers<'loss'> = {
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

  /** dx = y·(dy − Σ dy·y): a sum of n + 1 terms, times y. */
  *softmaxBackward(draw) {
    for (const [m, n] of memoryShapes) {
      const y = rowsOf(draw, m, n, () => softmaxOf(draw.uniform(n, 5)).p);
      const dy = draw.uniform(m * n);
      const sums = boundEach(m, (i) => indicesUpTo(n).reduce((total, j) => total + abs(y[i * n + j]! * dy[i * n + j]!), 0));
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
    for (const [m, n] of memoryShapes) {
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

  /**
   * Each term of a row is a·(log Σ + distance), with the error of a loss on either side; a has at most four roundings in double, and the
   * sum, which both sides take in the same order, has m + n.
   */
  *softCrossEntropyForward(draw) {
    for (const { label, m, n, x } of logits(draw)) {
      for (const smoothing of [0, 0.125]) {
        const { targets, weights } = softTargets(draw, m, n);
        const lossBounds = boundEach(m, (i) => {
          const { distance, logSum } = softmaxOf(x.subarray(i * n, (i + 1) * n));
          return distance.reduce((total, far, j) => {
            const a = weights[j]! * ((1 - smoothing) * targets[i * n + j]! + smoothing / n);
            return a === 0 ? total : total + a * (draw.lossBound(n, logSum + far) + (m + n + 8) * 2 ** -52 * (logSum + far));
          }, 0);
        });
        yield {
          label: `${label} smoothing=${smoothing}`,
          run: (kernels) => {
            const probs = draw.output(m * n);
            const loss = kernels.softCrossEntropyForward(m, n, smoothing, x, targets, weights, probs);
            return [probs, [loss]];
          },
          bounds: [softmaxBounds(draw, m, n, x), [lossBounds.reduce((total, bound) => total + bound, 0)]],
        };
      }
    }
  },

  /** Computed in double, in a fixed order, and rounded once. */
  *softCrossEntropyBackward(draw) {
    for (const [m, n] of memoryShapes) {
      const probs = draw.of(draw.random.uniform(0, 1, m * n));
      const { targets, weights } = softTargets(draw, m, n);
      for (const smoothing of [0, 0.1]) {
        yield exact(`${shapeOf(m, n)} smoothing=${smoothing}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.softCrossEntropyBackward(m, n, 1 / 3, smoothing, probs, targets, weights, out);
          return [out];
        });
      }
    }
  },

  *squaredErrorForward(draw) {
    for (const n of memoryLengths) {
      for (const magnitude of [1e-3, 1, 1e6]) {
        const [x, targets] = [draw.uniform(n, magnitude), draw.uniform(n)];
        yield exact(`n=${n} of ${magnitude}`, (kernels) => [[kernels.squaredErrorForward(n, x, targets)]]);
      }
    }
  },

  squaredErrorBackward: exactLoop('squaredErrorBackward', { scale: [2 / 3] }),

  *huberForward(draw) {
    for (const [m, n] of memoryShapes) {
      const [x, targets, weights] = [draw.uniform(m * n, 3), draw.uniform(m * n), rowWeights(draw, m)];
      for (const delta of [1, Infinity]) yield exact(`${shapeOf(m, n)} delta=${delta}`, (kernels) => [[kernels.huberForward(m, n, delta, x, targets, weights)]]);
    }
  },

  *huberBackward(draw) {
    for (const [m, n] of memoryShapes) {
      const weights = rowWeights(draw, m);
      for (const [label, x, targets] of [['', draw.uniform(m * n, 3), draw.uniform(m * n)], [' hostile', draw.hostile(m * n), draw.hostile(m * n)]] as const) {
        const delta = draw.pick([0.3, Infinity]);
        yield exact(`${shapeOf(m, n)}${label} delta=${delta}`, (kernels) => {
          const out = draw.output(m * n);
          kernels.huberBackward(m, n, 2 / 3, delta, x, targets, weights, out);
          return [out];
        });
      }
    }
  },

  *pinballForward(draw) {
    for (const { label, m, n, k, x, targets, levels, weights } of quantiles(draw)) {
      yield exact(label, (kernels) => [[kernels.pinballForward(m, n, k, x, targets, levels, weights)]]);
    }
  },

  *pinballBackward(draw) {
    for (const { label, m, n, k, x, targets, levels, weights } of quantiles(draw)) {
      yield exact(label, (kernels) => {
        const out = draw.output(m * n * k);
        kernels.pinballBackward(m, n, k, 2 / 3, x, targets, levels, weights, out);
        return [out];
      });
    }
  },

  sigmoidCrossEntropyForward: rowLoss('sigmoidCrossEntropyForward', [5, 800], {
    output: (x) => { const power = Math.exp(-abs(x)); return x >= 0 ? 1 / (1 + power) : power / (1 + power); },
    size: (x, target) => abs(x) + abs(x * target) + Math.log1p(Math.exp(-abs(x))),
  }),

  poissonForward: rowLoss('poissonForward', [5, 60], { output: Math.exp, size: (x, target) => Math.exp(x) + abs(target * x) }),

  *argmax(draw) {
    for (const [m, n] of memoryShapes) {
      if (m > 0 && n === 0) continue; // An empty row has no maximum.
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
