import { checkList, checkObject, checkOptions } from '../arguments';
import { expected } from '../errors';
import { unitRoundoff } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Parameter } from '../model/arena';
import { isLabels } from '../model/loss';
import type { Targets } from '../model/loss';
import { RandomState } from '../random';
import type { Objective } from './objective';

/** All optional; for the defaults see {@link gradientCheckDefaults}. */
export interface GradientCheckOptions {
  /** h of the central difference (J̃(θ+h) − J̃(θ−h)) / 2h. */
  readonly step?: number;
  /** Largest relative error |a − n| / max(1e-8, |a| + |n|) that passes without regard to rounding and truncation. */
  readonly tolerance?: number;
  /** Number of elements of each parameter to check, drawn without replacement; all when absent. */
  readonly samples?: number;
  /** Seed of that draw. */
  readonly seed?: number;
}

export const gradientCheckDefaults = { step: 1e-5, tolerance: 1e-8, seed: 0 } as const;

/** One element of a parameter: gradient a by backpropagation and n by central difference. */
export interface GradientElement {
  /** Position in the parameter's shape: [row, column] of a weight matrix. */
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
}

export interface GradientReport {
  readonly passed: boolean;
  readonly loss: number;
  readonly step: number;
  readonly tolerance: number;
  /** Estimated standard deviation of the loss's rounding errors. */
  readonly noise: number;
  readonly parameters: readonly ParameterReport[];
}

/** A step that straddles a kink is retried at these fractions of itself. */
const STEP_FRACTIONS = [1, 0.1, 0.01];
const RELATIVE_FLOOR = 1e-8;
/** Evaluations from which the noise of the loss is estimated. */
const NOISE_SAMPLES = 16;
/** Allowed error of the difference of two losses, in σ: six for each. */
const NOISE_FACTOR = 12;

/**
 * Compares the gradient of J̃ that backpropagation computes on m rows x[m, inputSize] with central differences of the
 * loss, parameter by parameter. Needs a float64 model. Layers are in training mode: every evaluation uses the dropout masks
 * of the next step, and batch normalisation the batch's statistics. Parameters, running statistics and random generators are
 * left unchanged; the arena's gradients hold ∂J̃/∂θ afterwards.
 *
 * The quotient n has errors of its own, which dominate where the gradient is tiny. An element passes when |a − n| is within
 * `tolerance` of max(1e-8, |a| + |n|), or within the error of n:
 * - rounding: a loss has an error of standard deviation σ (see {@link lossNoise}), so that the difference of two over 2h has
 *   σ/(√2·h); allowed is NOISE_FACTOR·σ/2h.
 * - truncation: n(h) = ∂J̃ + c·h² + O(h⁴), hence c·h² = 4/3·(n(h) − n(h/2)).
 *
 * Neither depends on a, so that neither can hide a gradient that is wrong by more than the resolution of the check (see
 * docs/backpropagation.md, section 7).
 *
 * ReLU has no derivative at 0, and a quotient across its kink does not estimate one. A step is used only where every piecewise
 * linear layer stays in its linear region at θ; otherwise smaller steps are tried, then the element is skipped and counted as a kink.
 *
 * Throws ERR_CONFIG for a float32 model or an option out of range, ERR_SHAPE for x and targets that do not fit, and what
 * the kernels throw.
 */
export function checkGradients(
  objective: Objective,
  m: number,
  x: FloatArray,
  targets: Targets,
  options: GradientCheckOptions = {},
): GradientReport {
  checkObject(objective, 'objective', 'an Objective', ['model', 'lossAndGradient']);
  checkList(x, 'x', 'numbers', true);
  checkList(targets, 'targets', 'labels or numbers', true);
  checkOptions(options);
  const { step, tolerance, seed, samples } = { ...gradientCheckDefaults, ...options };
  validate(objective, m, x, targets, step, tolerance, samples);
  const { model } = objective;
  const random = new RandomState(seed);
  const masks = model.getRandomStates();
  const buffers = model.buffers.map(({ value }) => value.slice());
  const evaluate = (): number => {
    model.setRandomStates(masks);
    return objective.loss(m, x, targets);
  };

  try {
    const noise = lossNoise(evaluate, model.arena.values, random);
    model.setRandomStates(masks);
    const loss = objective.lossAndGradient(m, x, targets);
    objective.addPenaltyGradient();
    const regions = model.linearRegions(m);
    const smooth = (): boolean => sameRegions(regions, model.linearRegions(m));

    const parameters = model.arena.parameters.map((parameter) => {
      const { length } = parameter.value;
      const elements = samples === undefined || samples >= length
        ? Array.from({ length }, (_, i) => i)
        : Array.from(random.choice(length, samples, false)).sort((a, b) => a - b);
      const checks = elements.map((i) => checkElement(parameter, i, evaluate, smooth, step, tolerance, noise));
      return summarise(parameter, checks);
    });
    return { passed: parameters.every((parameter) => parameter.passed), loss, step, tolerance, noise, parameters };
  } finally {
    model.setRandomStates(masks);
    model.buffers.forEach(({ value }, i) => {
      value.set(buffers[i]!);
    });
  }
}

function validate(
  { model, evaluationLoss }: Objective, m: number, x: FloatArray, targets: Targets, step: number, tolerance: number, samples?: number,
): void {
  if (model.arena.dtype !== 'float64') throw expected('ERR_CONFIG', 'a float64 model', 'a gradient check', model.arena.dtype);
  const positive = { step, tolerance, samples: samples ?? 1 };
  for (const [path, value] of Object.entries(positive)) {
    if (!(value > 0 && Number.isFinite(value))) throw expected('ERR_CONFIG', 'a positive number', path, value, { path });
  }
  if (!Number.isInteger(positive.samples)) throw expected('ERR_CONFIG', 'an integer', 'samples', samples, { path: 'samples' });
  if (!(Number.isInteger(m) && m > 0 && m <= model.maxBatch)) {
    throw expected('ERR_SHAPE', `1 to ${String(model.maxBatch)} rows`, 'a gradient check', m);
  }
  const size = m * model.inputSize;
  if (x.length < size) throw expected('ERR_SHAPE', `${String(m)}×${String(model.inputSize)} numbers`, 'x', x);
  if (isLabels(targets)) {
    if (targets.length < m) throw expected('ERR_SHAPE', `${String(m)} labels`, 'labels', targets);
    return;
  }
  const width = model.outputSize / (evaluationLoss.levels?.length ?? 1);
  if (targets.length < m * width) throw expected('ERR_SHAPE', `${String(m)}×${String(width)} numbers`, 'targets', targets);
}

/**
 * Standard deviation of the rounding errors in a loss, after Moré & Wild, Estimating Computational Noise (SIAM J. Sci.
 * Comput. 33, 2011): along a line on which parameters change by a few hundred units in the last place, the exact
 * loss is linear, so that second differences consist of rounding errors alone, with variance (1 + 4 + 1)·σ². At least the
 * rounding of the result itself.
 */
function lossNoise(evaluate: () => number, values: FloatArray, random: RandomState): number {
  const saved = values.slice();
  const direction = random.uniform(-1, 1, values.length);
  const losses: number[] = [];
  try {
    for (let k = 0; k < NOISE_SAMPLES; k++) {
      for (let i = 0; i < values.length; i++) values[i] = saved[i]! * (1 + k * 2 ** -46 * direction[i]!);
      losses.push(evaluate());
    }
  } finally {
    values.set(saved);
  }
  let sum = 0;
  for (let k = 2; k < losses.length; k++) sum += (losses[k]! - 2 * losses[k - 1]! + losses[k - 2]!) ** 2;
  const measured = Math.sqrt(sum / (6 * (losses.length - 2)));
  return Math.max(measured, unitRoundoff('float64') * Math.abs(losses[0]!));
}

/** The comparison for element i, or null where a kink lies within every step. */
function checkElement(
  { value, gradient, shape }: Parameter, i: number,
  evaluate: () => number, smooth: () => boolean, step: number, tolerance: number, noise: number,
): GradientElement | null {
  const centre = value[i]!;
  /** The central difference, or null where the loss is not smooth in between. */
  const quotient = (h: number): number | null => {
    try {
      const high = centre + h;
      const low = centre - h;
      value[i] = high;
      const lossHigh = evaluate();
      if (!smooth()) return null;
      value[i] = low;
      const lossLow = evaluate();
      // Divided by the step as represented, so that rounding of θ ± h adds no error.
      return smooth() ? (lossHigh - lossLow) / (high - low) : null;
    } finally {
      value[i] = centre;
    }
  };

  const analytic = gradient[i]!;
  for (const fraction of STEP_FRACTIONS) {
    const h = step * fraction;
    const numeric = quotient(h);
    if (numeric === null) continue;
    const difference = Math.abs(analytic - numeric);
    const scale = Math.max(RELATIVE_FLOOR, Math.abs(analytic) + Math.abs(numeric));
    let limit = Math.max(tolerance * scale, (NOISE_FACTOR * noise) / (2 * h));
    if (difference > limit) limit += (4 / 3) * Math.abs(numeric - (quotient(h / 2) ?? numeric));
    return { index: unravel(i, shape), analytic, numeric, error: finite(difference / scale), ofLimit: finite(difference / limit) };
  }
  return null;
}

function summarise({ name, shape }: Parameter, checks: readonly (GradientElement | null)[]): ParameterReport {
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
  };
}

/** Why a parameter did not pass, in one line: index, analytic and numeric gradient of its worst element. */
export function failureText({ name, shape, checked, failed, kinks, worst }: ParameterReport): string {
  if (worst === null) return `${name} [${shape.join(', ')}]: nothing could be checked, all ${String(kinks)} elements lie at a kink`;
  const { index, analytic, numeric, error } = worst;
  return `${name}[${index.join(', ')}]: analytic ${String(analytic)}, numeric ${String(numeric)}, relative error ` +
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
