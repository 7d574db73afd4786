import { checkList, checkNumber } from '../arguments';
import { expected } from '../errors';

/** A learning rate as a function of the number of steps already done (0 at the first step). */
export type Schedule = (step: number) => number;

/** The same rate at every step. */
export function constant(rate: number): Schedule {
  checkNumber(rate, 'rate');
  return () => rate;
}

/** rate·decay^⌊step / every⌋: the course's decay, with `every` the steps of an epoch. decay = 1 keeps it constant. */
export function exponentialDecay(rate: number, decay: number, every: number): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(decay, 'decay');
  checkNumber(every, 'every');
  return (step) => rate * decay ** Math.floor(step / every);
}

/** Falls by the factor `decay` at each of the milestones, which count steps. PyTorch's MultiStepLR. */
export function stepDecay(rate: number, decay: number, milestones: readonly number[]): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(decay, 'decay');
  checkList(milestones, 'milestones', 'numbers', true);
  return (step) => rate * decay ** milestones.filter((milestone) => milestone <= step).length;
}

/**
 * Half a cosine from `rate` at step `from` down to `least`, which step `to` would have (Loshchilov & Hutter 2017, equation 5,
 * without restarts). PyTorch's CosineAnnealingLR with T_max = to − from.
 */
export function cosine(rate: number, least: number, from: number, to: number): Schedule {
  checkNumber(rate, 'rate');
  checkNumber(least, 'least');
  checkNumber(from, 'from');
  checkNumber(to, 'to');
  return (step) => anneal(rate, least, Math.min(1, Math.max(0, (step - from) / (to - from))));
}

/**
 * One cycle over all steps (Smith & Topin 2019): by cosines from peak/25 up to the peak in the first 30 %, then down to
 * peak/250,000 at the last step. PyTorch's OneCycleLR with its defaults, but for the momentum, which stays as it is.
 */
export function oneCycle(peak: number, steps: number): Schedule {
  checkNumber(peak, 'peak');
  checkNumber(steps, 'steps');
  const [start, end] = [peak / 25, peak / 25 / 1e4];
  const top = 0.3 * steps - 1;
  const last = steps - 1;
  return (step) => (step <= top ? anneal(start, peak, step / top) : anneal(peak, end, (step - top) / (last - top)));
}

function anneal(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
}

/** The schedule, times (step + 1)/steps during the first `steps` steps. */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  if (typeof schedule !== 'function') throw expected('ERR_CONFIG', 'a schedule', 'schedule', schedule, { path: 'schedule' });
  checkNumber(steps, 'steps');
  return (step) => (step < steps ? schedule(step) * ((step + 1) / steps) : schedule(step));
}

/** What {@link ReduceOnPlateau} remembers, as plain data for checkpoints. */
export interface PlateauState {
  readonly rate: number;
  readonly best: number;
  readonly badEvaluations: number;
}

/** An evaluation counts as better only where its loss is this part of the best below it. */
const THRESHOLD = 1e-4;
/** Reductions by less than this are not made. */
const LEAST_REDUCTION = 1e-8;

/**
 * Lowers the rate by a factor once the validation loss has not improved for more than `patience` evaluations in a row.
 * PyTorch's ReduceLROnPlateau with its defaults.
 */
export class ReduceOnPlateau {
  private state: PlateauState;

  constructor(
    rate: number,
    private readonly factor: number,
    private readonly patience: number,
    private readonly least: number,
  ) {
    for (const [name, value] of Object.entries({ rate, factor, patience, least })) checkNumber(value, name);
    this.state = { rate, best: Infinity, badEvaluations: 0 };
  }

  /** The rate as it stands, whatever the step. */
  readonly schedule: Schedule = () => this.state.rate;

  /** Takes note of a validation loss. */
  observe(loss: number): void {
    let { rate, best, badEvaluations } = this.state;
    if (loss < best * (1 - THRESHOLD)) {
      best = loss;
      badEvaluations = 0;
    } else if (++badEvaluations > this.patience) {
      const reduced = Math.max(rate * this.factor, this.least);
      if (rate - reduced > LEAST_REDUCTION) rate = reduced;
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
