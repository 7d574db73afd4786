import type { FloatArray, Kernels } from '../../kernels/contract';
import { normalDensityTimes, normalDistribution } from '../../kernels/normal';
import type { Draw } from '../draw';
import { boundEach, computeLengths, exactLoop } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

/* Looked up once: inside a vm context, where Jest runs a suite, each look-up of a global costs some 100 ns. */
const { abs, exp, expm1, log1p, tanh } = Math;

/** Cases of a kernel of one input, with a bound for each element: ordinary, small, large and hostile numbers. */
function* elementwise(
  draw: Draw, run: (kernels: Kernels, n: number, x: FloatArray, y: FloatArray) => void, bound: (x: number) => number,
): Generator<VerifyCase> {
  const inputs = [1, 10, 100, 1e-3].map((magnitude) => [String(magnitude), (n: number) => draw.uniform(n, magnitude)] as const);
  for (const [label, make] of [...inputs, ['hostile', (n: number) => draw.hostile(n)] as const]) {
    for (const n of computeLengths) {
      const x = make(n);
      yield {
        label: `n=${n} of ${label}`,
        run: (kernels) => {
          const out = draw.output(n);
          run(kernels, n, x, out);
          return [out];
        },
        bounds: [boundEach(n, (i) => bound(x[i]!))],
      };
    }
  }
}

/**
 * Roundings of the native exp(x) − 1, x ≤ 0, computed as 2ᵏ·(exp r − 1) + (2ᵏ − 1): 4 of the series, times at most 1, and one of the sum.
 * exp itself has no more, as the series makes up less than 0.42 of its result.
 */
const EXP = 5;
/** e/(2 + e), e = exp(−2|x|) − 1 ≥ −1, at most doubles the relative error of e; two operations follow. */
const TANH = 2 * EXP + 2;
/** 1/(1 + p) and p/(1 + p) do not enlarge the relative error of p; two operations follow. */
const SIGMOID = EXP + 2;
/** exp(−x²/2): x²/2 multiplies the rounding of x². Beyond 800 the result is 0. */
const density = (x: number): number => Math.min((x * x) / 2, 800) + EXP;
/** Φ: those of the density, 3 of the polynomial and its argument, 3 operations; 1 − Φ(−x), at least a half, adds one. */
const distribution = (x: number): number => density(x) + 7;

/** exp x − 1 for x ≤ 0, times a rounded constant. */
const SELU = EXP + 2;
/** Numerator/denominator multiply the relative error of p = exp(−|x|) by at most 4/3; six operations follow. */
const MISH = 2 * EXP + 6;
/** p²·(1 + p)/denominator² multiply it by at most 3; nine operations follow. */
const MISH_SLOPE = 3 * EXP + 9;
const mishGate = (x: number): number => tanh(x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));
/** x·(1 − gate²)·σ(x); 0 where x² would overflow. */
const mishSlopeTimes = (x: number): number => (abs(x) > 800 ? 0 : x * (1 - mishGate(x) ** 2) / (1 + exp(-x)));

/** Where the native exp(−|x|) is 0 instead of subnormal, and Mish's terms with it: they may differ by all that they are. */
const flushed = (draw: Draw, x: number): boolean => abs(x) > (draw.dtype === 'float32' ? 87 : 708);

export const activationCases: CaseMakers<'activation'> = {
  reluForward: exactLoop('reluForward'),
  reluBackward: exactLoop('reluBackward'),
  leakyReluForward: exactLoop('leakyReluForward', { slope: [0.01, 0.3, 0] }),
  leakyReluBackward: exactLoop('leakyReluBackward', { slope: [0.01, 0.3, 0] }),

  *tanhForward(draw) {
    const bound = (x: number): number => draw.functionBound(TANH, abs(tanh(x)));
    yield* elementwise(draw, (kernels, n, x, y) => { kernels.tanhForward(n, x, y); }, bound);
  },

  tanhBackward: exactLoop('tanhBackward'),

  *sigmoidForward(draw) {
    const bound = (x: number): number => draw.functionBound(SIGMOID, 1 / (1 + exp(-x)));
    yield* elementwise(draw, (kernels, n, x, y) => { kernels.sigmoidForward(n, x, y); }, bound);
  },

  sigmoidBackward: exactLoop('sigmoidBackward'),

  *geluForward(draw) {
    const bound = (x: number): number => draw.functionBound(distribution(x) + 1, abs(x * normalDistribution(x)));
    yield* elementwise(draw, (kernels, n, x, y) => { kernels.geluForward(n, x, y); }, bound);
  },

  /** Φ and xφ cancel for x < 0, so the bound is proportional to their magnitudes. */
  *geluBackward(draw) {
    const dy = draw.uniform(computeLengths.at(-1)!);
    const bound = (x: number): number =>
      draw.functionBound(distribution(x) + 2, normalDistribution(x) + abs(normalDensityTimes(x)));
    yield* elementwise(draw, (kernels, n, x, dx) => { kernels.geluBackward(n, x, dy, dx); }, bound);
  },

  *mishForward(draw) {
    const bound = (x: number): number =>
      draw.functionBound(MISH + 1, abs(x * mishGate(x))) + (flushed(draw, x) && x < 0 ? abs(x * mishGate(x)) : 0);
    yield* elementwise(draw, (kernels, n, x, y) => { kernels.mishForward(n, x, y); }, bound);
  },

  /** The two terms cancel for some x < 0, so the bound is proportional to their magnitudes. */
  *mishBackward(draw) {
    const dy = draw.uniform(computeLengths.at(-1)!);
    const bound = (x: number): number => {
      const terms = abs(mishSlopeTimes(x)) + (x < 0 ? mishGate(x) : 0);
      return draw.functionBound(MISH_SLOPE + 3, mishGate(x) + abs(mishSlopeTimes(x))) + (flushed(draw, x) ? terms : 0);
    };
    yield* elementwise(draw, (kernels, n, x, dx) => { kernels.mishBackward(n, x, dy, dx); }, bound);
  },

  *seluForward(draw) {
    const bound = (x: number): number => draw.functionBound(SELU, x > 0 ? 0 : 1.76 * abs(expm1(x)));
    yield* elementwise(draw, (kernels, n, x, y) => { kernels.seluForward(n, x, y); }, bound);
  },

  seluBackward: exactLoop('seluBackward'),

  maskScale: exactLoop('maskScale', { scale: [1 / 0.7] }),
  add: exactLoop('add'),
};
