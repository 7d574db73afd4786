import { checkList, checkNumber, checkOptions } from '../arguments';
import { expected } from '../errors';

/** A learning rate as a function of the number of steps already done (0 at the first step). */
export type Schedule = (step: number) => number;

/** A constant rate. */
export function constant(rate: number): Schedule {
  checkNumber(rate, 'rate');
  return () => rate;
}

/** rate·decay^⌊step / every⌋: the course's decay, where `every` is the steps of an epoch. Constant for decay = 1. */
export function exponentialDecay(rate: number, decay: number, every: number): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(decay, 'decay');
  checkNumber(every, 'every');
  return (step) => rate * decay ** Math.floor(step / every);
}

/** Multiplies the rate by `decay` at each milestone, a number of steps. PyTorch's MultiStepLR. */
export function stepDecay(rate: number, decay: number, milestones: readonly number[]): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(decay, 'decay');
  checkList(milestones, 'milestones', 'numbers', true);
  return (step) => rate * decay ** milestones.filter((milestone) => milestone <= step).length;
}

/**
 * Half a cosine from `rate` at step `from` down to `min` at step `to` (Loshchilov & Hutter 2017, equation 5, without restarts). PyTorch's
 * CosineAnnealingLR with T_max = to − from.
 */
export function cosine(rate: number, min: number, from: number, to: number): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(min, 'min');
  checkNumber(from, 'from');
  checkNumber(to, 'to');
  return (step) => anneal(rate, min, Math.min(1, Math.max(0, (step - from) / (to - from))));
}

/**
 * One cycle over all steps (Smith & Topin 2019): half a cosine from peak/25 up to the peak in the first 30 %, and one down to
 * peak/250,000 at the last step. PyTorch's OneCycleLR with its defaults, except that the momentum is constant.
 */
export function oneCycle(peak: number, steps: number): Schedule {
  checkNumber(peak, 'peak');
  checkNumber(steps, 'steps');
  const [start, end] = [peak / 25, peak / 25 / 1e4];
  const top = 0.3 * steps - 1;
  const last = steps - 1;
  return (step) => (step <= top ? anneal(start, peak, step / top) : anneal(peak, end, (step - top) / (last - top)));
}

/**
 * Cosines whose periods double, from 0 to `peak` and back four times: peak/2·(1 − cos(2π·log₂(1 + 15t))) with t = step/steps, coslog₄ of
 * RealMLP (Holzmüller et al. 2024, Better by Default, section 3).
 */
export function coslog4(peak: number, steps: number): Schedule {
  checkNumber(peak, 'peak');
  checkNumber(steps, 'steps');
  return (step) => anneal(0, peak, 2 * Math.log2(1 + (15 * step) / steps));
}

/**
 * A factor, 1 during the first half of the steps, then half a cosine down to 0: flat_cos of RealMLP (Holzmüller et al. 2024), which lowers
 * dropout and weight decay by it.
 */
export function flatCosine(steps: number): Schedule {
  checkNumber(steps, 'steps');
  return (step) => (2 * step < steps ? 1 : anneal(1, 0, Math.min(1, (2 * step) / steps - 1)));
}

function anneal(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
}

/** Linear warm-up: the schedule multiplied by (step + 1)/steps during the first `steps` steps. */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  if (typeof schedule !== 'function') throw expected('ERR_CONFIG', 'a schedule', 'schedule', schedule, { path: 'schedule' });
  checkNumber(steps, 'steps');
  return (step) => (step < steps ? schedule(step) * ((step + 1) / steps) : schedule(step));
}

/** State of {@link ReduceOnPlateau}, as plain data for checkpoints. */
export interface PlateauState {
  readonly rate: number;
  readonly best: number;
  readonly badEvaluations: number;
}

/** Relative improvement on the best loss by which an evaluation counts as better. */
const THRESHOLD = 1e-4;
/** Smaller reductions of the rate are not made. */
const MIN_REDUCTION = 1e-8;

/** What {@link ReduceOnPlateau} takes, beside its rates: the validation loss, by default. */
export interface PlateauOptions {
  /** Which values are better. Default lower. */
  readonly better?: 'higher' | 'lower';
  /** An improvement counts from more than this on; by default from 1/10,000 of the best value, as PyTorch's does. */
  readonly minDelta?: number;
}

/**
 * Multiplies the rate by a factor once the validation loss, or another metric, has not improved for more than `patience` consecutive
 * evaluations. PyTorch's ReduceLROnPlateau with its defaults.
 */
export class ReduceOnPlateau {
  private state: PlateauState;

  constructor(
    rate: number,
    private readonly factor: number,
    private readonly patience: number,
    private readonly min: number,
    private readonly options: PlateauOptions = {},
  ) {
    checkOptions(options);
    for (const [name, value] of Object.entries({ rate, factor, patience, min })) checkNumber(value, name);
    this.state = { rate, best: options.better === 'higher' ? -Infinity : Infinity, badEvaluations: 0 };
  }

  /** The current rate, at any step. */
  readonly schedule: Schedule = () => this.state.rate;

  /** Takes the validation loss, or other value, of an evaluation. */
  observe(value: number): void {
    let { rate, best, badEvaluations } = this.state;
    const { better = 'lower', minDelta } = this.options;
    const isImproved = better === 'lower' ? value < (minDelta === undefined ? best * (1 - THRESHOLD) : best - minDelta)
      : value > (minDelta === undefined ? best * (1 + THRESHOLD) : best + minDelta);
    if (isImproved) {
      best = value;
      badEvaluations = 0;
    } else if (++badEvaluations > this.patience) {
      const reduced = Math.max(rate * this.factor, this.min);
      if (rate - reduced > MIN_REDUCTION) rate = reduced;
      badEvaluations = 0;
    }
    this.state = { rate, best, badEvaluations };
  }

  getState(): PlateauState {
    return this.state;
  }

  setState(state: PlateauState): void {
    this.state = state;
  }
}
