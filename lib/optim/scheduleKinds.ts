import { integer, isNumber, number, orNull, withDefaults } from '../fields';
import type { Field } from '../fields';
import { constant, cosine, exponentialDecay, oneCycle, ReduceOnPlateau, stepDecay, warmUp } from './schedules';
import type { Schedule } from './schedules';

/** What schedules can be told, as keys of a spec. */
export interface ScheduleOptions {
  decay: number;
  decayEvery: number | null;
  milestones: readonly number[] | null;
  minLearningRate: number;
  warmupSteps: number;
  patience: number | null;
}

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
  patience: orNull(integer(0, 0, 'evaluations that may pass without a better one before the decay,')),
};

/** A schedule, and the plateau that decides it where validation losses do. */
export interface ScheduleInUse {
  readonly schedule: Schedule;
  readonly plateau: ReduceOnPlateau | null;
}

/** How long a training is. */
interface Length {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

interface ScheduleKind {
  /** The options that it has, each with its default; of null the training's length decides. */
  readonly options: Readonly<Partial<Record<keyof ScheduleOptions, number | null>>>;
  /** What else its options have to be. */
  readonly requires?: readonly { readonly option: keyof ScheduleOptions; readonly what: string; readonly holds: (options: ScheduleOptions) => boolean }[];
  /** @param options milestones among them in steps. */
  readonly make: (rate: number, options: ScheduleOptions & { readonly patience: number }, length: Length) => Schedule | ReduceOnPlateau;
}

const decays = { option: 'decay', what: 'a decay below 1', holds: ({ decay }: ScheduleOptions) => decay < 1 } as const;

/** The schedules by name: spec keys, their help and rules follow from this table. */
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
    // Over what the warm-up leaves of the steps.
    make: (rate, { minLearningRate, warmupSteps }, { steps }) => cosine(rate, minLearningRate, warmupSteps, steps),
  },
  'one-cycle': { options: {}, make: (rate, _, { steps }) => oneCycle(rate, steps) },
  plateau: {
    options: { decay: 1, minLearningRate: 0, warmupSteps: 0, patience: 10 },
    requires: [decays],
    make: (rate, { decay, patience, minLearningRate }) => new ReduceOnPlateau(rate, decay, patience, minLearningRate),
  },
} as const satisfies Readonly<Record<string, ScheduleKind>>;

export type ScheduleName = keyof typeof schedules;

/**
 * The schedule of a name, from a first rate on.
 * @param options milestones among them in steps.
 */
export function makeSchedule(name: ScheduleName, rate: number, options: ScheduleOptions, length: Length): ScheduleInUse {
  const { make, options: defaults }: ScheduleKind = schedules[name];
  const made = make(rate, withDefaults(options, defaults) as ScheduleOptions & { readonly patience: number }, length);
  const { schedule, plateau } = typeof made === 'function' ? { schedule: made, plateau: null } : { schedule: made.schedule, plateau: made };
  return { schedule: options.warmupSteps > 0 ? warmUp(schedule, options.warmupSteps) : schedule, plateau };
}

/** What the options of a schedule have to be beside each other. */
export function scheduleRequirements(name: ScheduleName): NonNullable<ScheduleKind['requires']> {
  const { requires = [] }: ScheduleKind = schedules[name];
  return requires;
}
