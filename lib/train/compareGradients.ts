import { checkOptions } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import { RandomState } from '../random';
import { lossNoise } from './lossNoise';

/** All optional; for the defaults see {@link gradientCheckDefaults}. */
export interface GradientCheckOptions {
  /** h of the central difference (J̃(θ+h) − J̃(θ−h)) / 2h. */
  readonly step?: number;
  /** Largest relative error |a − n| / max(1e-8, |a| + |n|) that passes without regard to rounding and truncation. */
  readonly tolerance?: number;
  /** Number of elements of each parameter to check, drawn without replacement; all when absent. */
  readonly samples?: number;
  /** Seed of that draw, and of directions. */
  readonly seed?: number;
  /** Checks so many random directions through all parameters at once, in the place of their elements: two evaluations each, however large the model. */
  readonly directions?: number;
  /** Also checks that second derivatives are symmetric, uᵀ(Hv) = vᵀ(Hu) for random u and v with Hv by differences of gradients, which holds of a gradient alone. */
  readonly secondOrder?: boolean;
  /** Also reports every element, see {@link ParameterReport.elements}. */
  readonly elements?: boolean;
}

export const gradientCheckDefaults = { step: 1e-5, tolerance: 1e-8, seed: 0 } as const;

/** One element of a parameter: gradient a by backpropagation and n by central difference. */
export interface GradientElement {
  /** Position in the parameter's shape: [row, column] of a weight matrix; empty for a direction. */
  readonly index: readonly number[];
  readonly analytic: number;
  readonly numeric: number;
  /** |a − n| / max(1e-8, |a| + |n|). */
  readonly error: number;
  /** |a − n| divided by its limit; above 1 the element fails. */
  readonly ofLimit: number;
}

export interface ParameterReport {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers of elements: compared, failed, and skipped because a kink lies within every step tried. */
  readonly checked: number;
  readonly failed: number;
  readonly kinks: number;
  /** The element with the largest error, among the failed ones if any failed; null where none could be checked. */
  readonly worst: GradientElement | null;
  /** No element failed, and at least one was checked. */
  readonly passed: boolean;
  /** All elements that could be checked, where the options ask for them. */
  readonly elements?: readonly GradientElement[];
}

export interface GradientReport {
  /** Every entry of `parameters` passed, and `deterministic`. */
  readonly passed: boolean;
  /** Whether a second evaluation of loss and gradients gave the same bits. */
  readonly deterministic: boolean;
  readonly loss: number;
  readonly step: number;
  readonly tolerance: number;
  /** Estimated standard deviation of the loss's rounding errors. */
  readonly noise: number;
  /** Of each parameter, or of each direction; of second derivatives last. */
  readonly parameters: readonly ParameterReport[];
}

/** A step that straddles a kink is retried at these fractions of itself. */
const STEP_FRACTIONS = [1, 0.1, 0.01];
const RELATIVE_FLOOR = 1e-8;
/** Allowed error of the difference of two losses, in σ: six for each. */
const NOISE_FACTOR = 12;

/** An array that a function depends on, and where its gradient is found. */
export interface CheckedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: FloatArray;
  readonly gradient: FloatArray;
}

/** A function of arrays whose gradients are to be checked. */
export interface CheckedFunction {
  readonly arrays: readonly CheckedArray[];
  /** All values and gradients as the arrays that they lie in, which may hold several of `arrays`. */
  readonly values: readonly FloatArray[];
  readonly gradients: readonly FloatArray[];
  /** The loss at the present values; the same bits for the same values. */
  readonly loss: () => number;
  /** The same, and its gradients. */
  readonly lossAndGradient: () => number;
  /** The linear regions that the last evaluation lies in; empty where the function is smooth. */
  readonly regions: () => Uint8Array;
}

/** A line through the present values: sets them t away from it and returns the coordinate as represented; at 0 exactly the present values. */
type Line = (t: number) => number;

/** Options in range, with defaults. Throws ERR_CONFIG. */
export function checkOptionsOf(options: GradientCheckOptions): GradientCheckOptions & Required<Pick<GradientCheckOptions, keyof typeof gradientCheckDefaults>> {
  checkOptions(options);
  const all = { ...gradientCheckDefaults, ...options };
  const positive = { step: all.step, tolerance: all.tolerance, samples: all.samples ?? 1, directions: all.directions ?? 1 };
  for (const [path, value] of Object.entries(positive)) {
    if (!(value > 0 && Number.isFinite(value))) throw expected('ERR_CONFIG', 'a positive number', path, value, { path });
  }
  for (const path of ['samples', 'directions'] as const) {
    if (!Number.isInteger(positive[path])) throw expected('ERR_CONFIG', 'an integer', path, all[path], { path });
  }
  return all;
}

/** Compares the gradients of a function with its differences, see `checkGradients`. Values are left unchanged; gradients are those at them. */
export function compareGradients(f: CheckedFunction, options: GradientCheckOptions): GradientReport {
  const { step, tolerance, seed, samples, directions, secondOrder = false, elements: keeps = false } = checkOptionsOf(options);
  const random = new RandomState(seed);
  const noise = lossNoise(f.loss, f.values, random);
  f.lossAndGradient();
  const before = f.gradients.map((gradient) => gradient.slice());
  const loss = f.lossAndGradient();
  const deterministic = Object.is(f.loss(), f.loss()) && f.gradients.every((gradient, i) => gradient.every((value, j) => Object.is(value, before[i]![j])));
  const regions = f.regions();
  const smooth = (): boolean => sameRegions(regions, f.regions());
  const limits = { step, tolerance, noise };
  const all = { name: 'direction', shape: [f.values.reduce((sum, { length }) => sum + length, 0)] };
  const parameters = directions === undefined
    ? f.arrays.map((array) => summarise(array, elementsOf(array, samples, random).map((i) => compareAlong(elementLine(array.value, i), array.gradient[i]!, unravel(i, array.shape), f.loss, smooth, limits)), keeps))
    : Array.from({ length: directions }, (_, i) => {
        const v = unitDirection(f.values, random);
        return summarise({ ...all, name: `direction ${String(i + 1)}` }, [compareAlong(lineAlong(f.values, v), dot(f.gradients, v), [], f.loss, smooth, limits)], keeps);
      });
  if (secondOrder) parameters.push(summarise({ ...all, name: 'second order' }, [compareSecond(f, random, smooth, limits)], keeps));
  f.lossAndGradient();
  return { passed: deterministic && parameters.every(({ passed }) => passed), deterministic, loss, step, tolerance, noise, parameters };
}

function elementsOf({ value: { length } }: CheckedArray, samples: number | undefined, random: RandomState): number[] {
  return samples === undefined || samples >= length
    ? Array.from({ length }, (_, i) => i)
    : Array.from(random.choice(length, samples, false)).sort((a, b) => a - b);
}

function elementLine(value: FloatArray, i: number): Line {
  const centre = value[i]!;
  return (t) => value[i] = centre + t;
}

function lineAlong(arrays: readonly FloatArray[], direction: readonly Float64Array[]): Line {
  const saved = arrays.map((values) => values.slice());
  return (t) => {
    arrays.forEach((values, j) => {
      for (let i = 0; i < values.length; i++) values[i] = saved[j]![i]! + t * direction[j]![i]!;
    });
    return t;
  };
}

/** A random direction of length 1. */
function unitDirection(arrays: readonly FloatArray[], random: RandomState): Float64Array[] {
  const draws = arrays.map(({ length }) => random.randn(length));
  const norm = Math.sqrt(dot(draws, draws));
  return draws.map((draw) => draw.map((value) => value / norm));
}

function dot(a: readonly FloatArray[], b: readonly FloatArray[]): number {
  let sum = 0;
  a.forEach((values, j) => {
    for (let i = 0; i < values.length; i++) sum += values[i]! * b[j]![i]!;
  });
  return sum;
}

interface Limits {
  readonly step: number;
  readonly tolerance: number;
  readonly noise: number;
}

/** The central difference of a function along a line, or null where the loss is not smooth in between. */
function quotientAlong(line: Line, f: () => number, smooth: () => boolean, h: number): number | null {
  try {
    const high = line(h);
    const fHigh = f();
    if (!smooth()) return null;
    const low = line(-h);
    const fLow = f();
    // Divided by the step as represented, so that rounding of θ ± h adds no error.
    return smooth() ? (fHigh - fLow) / (high - low) : null;
  } finally {
    line(0);
  }
}

/** Compares a derivative along a line with its difference quotient; null where a kink lies within every step. */
function compareAlong(
  line: Line, analytic: number, index: readonly number[], loss: () => number, smooth: () => boolean, { step, tolerance, noise }: Limits,
): GradientElement | null {
  for (const fraction of STEP_FRACTIONS) {
    const h = step * fraction;
    const numeric = quotientAlong(line, loss, smooth, h);
    if (numeric === null) continue;
    const difference = Math.abs(analytic - numeric);
    const scale = Math.max(RELATIVE_FLOOR, Math.abs(analytic) + Math.abs(numeric));
    let limit = Math.max(tolerance * scale, (NOISE_FACTOR * noise) / (2 * h));
    if (difference > limit) limit += (4 / 3) * Math.abs(numeric - (quotientAlong(line, loss, smooth, h / 2) ?? numeric));
    return { index, analytic, numeric, error: finite(difference / scale), ofLimit: finite(difference / limit) };
  }
  return null;
}

/** uᵀ(Hv) beside vᵀ(Hu) for random u and v, both by central differences of gradients, whose errors are allowed for as those of losses are. */
function compareSecond(f: CheckedFunction, random: RandomState, smooth: () => boolean, { step, tolerance }: Limits): GradientElement | null {
  const [u, v] = [unitDirection(f.values, random), unitDirection(f.values, random)];
  const slope = (w: readonly Float64Array[]) => (): number => {
    f.lossAndGradient();
    return dot(f.gradients, w);
  };
  const noise = lossNoise(slope(u), f.values, random) + lossNoise(slope(v), f.values, random);
  const [alongU, alongV] = [lineAlong(f.values, u), lineAlong(f.values, v)];
  for (const fraction of STEP_FRACTIONS) {
    const h = step * fraction;
    const both = (at: number): readonly [number, number] | null => {
      const uHv = quotientAlong(alongV, slope(u), smooth, at);
      const vHu = uHv === null ? null : quotientAlong(alongU, slope(v), smooth, at);
      return uHv === null || vHu === null ? null : [uHv, vHu];
    };
    const pair = both(h);
    if (pair === null) continue;
    const [analytic, numeric] = pair;
    const difference = Math.abs(analytic - numeric);
    const scale = Math.max(RELATIVE_FLOOR, Math.abs(analytic) + Math.abs(numeric));
    let limit = Math.max(tolerance * scale, (NOISE_FACTOR * noise) / (2 * h));
    if (difference > limit) {
      const [a, b] = both(h / 2) ?? pair;
      limit += (4 / 3) * (Math.abs(analytic - a) + Math.abs(numeric - b));
    }
    return { index: [], analytic, numeric, error: finite(difference / scale), ofLimit: finite(difference / limit) };
  }
  return null;
}

function summarise({ name, shape }: Pick<CheckedArray, 'name' | 'shape'>, checks: readonly (GradientElement | null)[], keeps = false): ParameterReport {
  const elements = checks.filter((check) => check !== null);
  const failed = elements.filter(({ ofLimit }) => ofLimit > 1).length;
  // Failed elements first: one that passes because of rounding may have a larger error.
  const candidates = failed > 0 ? elements.filter(({ ofLimit }) => ofLimit > 1) : elements;
  let worst: GradientElement | null = null;
  for (const element of candidates) if (worst === null || element.error > worst.error) worst = element;
  return {
    name,
    shape,
    checked: elements.length,
    failed,
    kinks: checks.length - elements.length,
    worst,
    passed: failed === 0 && elements.length > 0,
    ...(keeps && { elements }),
  };
}

/** Why a parameter did not pass, in one line: index, analytic and numeric gradient of its worst element. */
export function failureText({ name, shape, checked, failed, kinks, worst }: ParameterReport): string {
  if (worst === null) return `${name} [${shape.join(', ')}]: nothing could be checked, all ${String(kinks)} elements lie at a kink`;
  const { index, analytic, numeric, error } = worst;
  return `${name}${index.length === 0 ? '' : `[${index.join(', ')}]`}: analytic ${String(analytic)}, numeric ${String(numeric)}, relative error ` +
    `${error.toExponential(2)}; ${String(failed)} of ${String(checked)} elements failed`;
}

/** Maps NaN to Infinity, so that a NaN gradient fails. */
function finite(ratio: number): number {
  return Number.isNaN(ratio) ? Infinity : ratio;
}

function sameRegions(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((region, i) => region === b[i]);
}

/** The multi-dimensional index of element i of a row-major array. */
function unravel(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = i;
  for (const extent of [...shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
