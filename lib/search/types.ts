import type { TrainSpec } from '../spec/spec';

/** A value that a parameter takes in a trial; a choice may be any JSON value, such as a list of widths. */
export type ParameterValue = string | number | boolean | null | readonly ParameterValue[];

/** The values of a trial's parameters by name; a parameter whose condition does not hold is absent. */
export type Assignment = Readonly<Record<string, ParameterValue>>;

/** The values that a parameter may take. Bounds are inclusive. */
export type Domain =
  | { readonly type: 'uniform' | 'log-uniform'; readonly low: number; readonly high: number }
  | { readonly type: 'integer' | 'log-integer'; readonly low: number; readonly high: number; readonly step: number }
  | { readonly type: 'choice'; readonly values: readonly ParameterValue[] };

/** One parameter of a space. */
export interface Parameter {
  /** A key of the spec, or `depth` or `width1`, `width2`, …, from which `layers` is made. */
  readonly name: string;
  readonly domain: Domain;
  /** Number of values that a grid takes from a range. */
  readonly points: number;
  /** Condition: the parameter is drawn only where each of these earlier parameters has one of the listed values. */
  readonly when: Readonly<Record<string, readonly ParameterValue[]>>;
}

/** A search space: the spec that all trials share, and the parameters over it in the order in which they are drawn. */
export interface Space {
  readonly base: TrainSpec;
  readonly parameters: readonly Parameter[];
}

/** A trial with its score on the last rung that it has finished; samplers learn from these. */
export interface Observation {
  readonly assignment: Assignment;
  /** What trials are compared by, higher being better; 0 for trials that failed or diverged. */
  readonly score: number;
  /** Share of the full length of training at that rung: scores of larger budgets rank first. */
  readonly budget: number;
}

/** Proposes trials. */
export interface Sampler {
  readonly name: 'grid' | 'random' | 'tpe';
  /** Number of trials that it can propose: finite for a grid, else Infinity. */
  readonly size: number;
  /** The assignment of trial number `trial`, from 0. Grid and random depend on seed and number alone. */
  propose(trial: number, observations: readonly Observation[]): Assignment;
}
