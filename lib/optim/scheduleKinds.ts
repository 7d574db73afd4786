import { choice, integer, isNumber, number, orNull, withDefaults } from '../fields';
import type { Field } from '../fields';
import { constant, coslog4, cosine, exponentialDecay, flatCosine, oneCycle, ReduceOnPlateau, stepDecay, warmUp } from './schedules';
import type { PlateauOptions, Schedule } from './schedules';

/** Options of schedules, as keys of a spec. */
export interface ScheduleOptions {
  decay: number;
  decayEvery: number | null;
  milestones: readonly number[] | null;
  minLearningRate: number;
  warmupSteps: number;
  patience: number | null;
}

/** Schedules of a factor, by name; null for a constant 1. */
export const factorSchedules = {
  'constant': () => null,
  'flat-cosine': flatCosine,
} as const satisfies Readonly<Record<string, (steps: number) => Schedule | null>>;

export type FactorScheduleName = keyof typeof factorSchedules;

/** Keys of a spec that name a schedule of a factor. */
export interface FactorScheduleOptions {
  dropoutSchedule: FactorScheduleName;
  weightDecaySchedule: FactorScheduleName;
}

export const factorScheduleOptions: { readonly [Key in keyof FactorScheduleOptions]: Field } = {
  dropoutSchedule: choice('constant', Object.keys(factorSchedules), 'factor on the rates of dropout over the training'),
  weightDecaySchedule: choice('constant', Object.keys(factorSchedules), 'factor on weightDecay over the training'),
};

export const scheduleOptions: { readonly [Key in keyof ScheduleOptions]: Field } = {
  decay: number(1, 'in (0, 1]', (value) => value > 0 && value <= 1, 'factor on the learning rate after each decayEvery steps, at milestones or on a plateau,'),
  decayEvery: orNull(integer(0, 1, 'steps between decays, null is an epoch,')),
  milestones: orNull({
    help: 'epochs, or steps where the length is given in steps, at which the learning rate decays,',
    default: null,
    what: 'ascending positive numbers',
    list: true,
    accepts: (value) => Array.isArray(value) && value.length > 0 &&
      value.every((milestone, i) => isNumber(milestone) && milestone > ((value as number[])[i - 1] ?? 0)),
  }),
  minLearningRate: number(0, '≥ 0', (value) => value >= 0, 'lowest learning rate'),
  warmupSteps: integer(0, 0, 'steps over which the learning rate rises linearly to the schedule\'s,'),
  patience: orNull(integer(0, 0, 'evaluations without improvement before the decay,')),
};

/** A schedule, and for `plateau` the object that takes the validation losses, or another metric. */
export interface ScheduleInUse {
  readonly schedule: Schedule;
  readonly plateau: ReduceOnPlateau | null;
}

/** Length of a training. */
export interface Length {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

export interface ScheduleKind {
  /** The options that apply to it, with their defaults; null where the default follows from the training's length. */
  readonly options: Readonly<Partial<Record<keyof ScheduleOptions, number | null>>>;
  /** Requirements on its options beside their ranges. */
  readonly requires?: readonly { readonly option: keyof ScheduleOptions; readonly what: string; readonly holds: (options: ScheduleOptions) => boolean }[];
  /** @param options with milestones in steps. */
  readonly make: (rate: number, options: ScheduleOptions & { readonly patience: number }, length: Length, plateau?: PlateauOptions) => Schedule | ReduceOnPlateau;
}

const decays = { option: 'decay', what: 'a decay below 1', holds: ({ decay }: ScheduleOptions) => decay < 1 } as const;

/** The schedules by name. Spec keys, their help and cross-field rules follow from this table. A module of one's own adds to it, see `registerParts`. */
export const schedules = {
  constant: { options: { warmupSteps: 0 }, make: constant },
  step: {
    options: { decay: 1, milestones: null, warmupSteps: 0 },
    requires: [{ option: 'milestones', what: 'milestones', holds: ({ milestones }) => milestones !== null }, decays],
    make: (rate, { decay, milestones }) => stepDecay(rate, decay, milestones!),
  },
  exponential: {
    options: { decay: 1, decayEvery: null, warmupSteps: 0 },
    make: (rate, { decay, decayEvery }, { stepsPerEpoch }) => exponentialDecay(rate, decay, decayEvery ?? stepsPerEpoch),
  },
  cosine: {
    options: { minLearningRate: 0, warmupSteps: 0 },
    // Over the steps after the warm-up.
    make: (rate, { minLearningRate, warmupSteps }, { steps }) => cosine(rate, minLearningRate, warmupSteps, steps),
  },
  'one-cycle': { options: {}, make: (rate, _, { steps }) => oneCycle(rate, steps) },
  'coslog4': { options: {}, make: (rate, _, { steps }) => coslog4(rate, steps) },
  plateau: {
    options: { decay: 1, minLearningRate: 0, warmupSteps: 0, patience: 10 },
    requires: [decays],
    make: (rate, { decay, patience, minLearningRate }, _, plateau) => new ReduceOnPlateau(rate, decay, patience, minLearningRate, plateau),
  },
} as const satisfies Readonly<Record<string, ScheduleKind>>;

export type ScheduleName = keyof typeof schedules;

/**
 * Makes the schedule of that name, with warm-up where `warmupSteps` > 0.
 * @param rate the initial learning rate; the maximum of `one-cycle` and `coslog4`.
 * @param options with milestones in steps.
 * @param onPlateau what `plateau` takes for an improvement.
 */
export function makeSchedule(name: ScheduleName, rate: number, options: ScheduleOptions, length: Length, onPlateau?: PlateauOptions): ScheduleInUse {
  const { make, options: defaults }: ScheduleKind = schedules[name];
  const made = make(rate, withDefaults(options, defaults) as ScheduleOptions & { readonly patience: number }, length, onPlateau);
  const { schedule, plateau } = typeof made === 'function' ? { schedule: made, plateau: null } : { schedule: made.schedule, plateau: made };
  return { schedule: options.warmupSteps > 0 ? warmUp(schedule, options.warmupSteps) : schedule, plateau };
}

/** Requirements of a schedule on its options. */
export function scheduleRequirements(name: ScheduleName): NonNullable<ScheduleKind['requires']> {
  const { requires = [] }: ScheduleKind = schedules[name];
  return requires;
}
