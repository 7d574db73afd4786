import type { TrainSpec } from '../spec/spec';

/** A value that a parameter takes in a trial; a choice may be any JSON value, such as a list of widths. */
export type ParameterValue = string | number | boolean | null | readonly ParameterValue[];

/** The values of a trial's parameters by name; a parameter whose condition does not hold is absent. */
export type Assignment = Readonly<Record<string, ParameterValue>>;

/** What a parameter may be. Bounds belong to the range. */
export type Domain =
  | { readonly type: 'uniform' | 'log-uniform'; readonly low: number; readonly high: number }
  | { readonly type: 'integer' | 'log-integer'; readonly low: number; readonly high: number; readonly step: number }
  | { readonly type: 'choice'; readonly values: readonly ParameterValue[] };

/** One parameter of a space. */
export interface Parameter {
  /** A key of the spec, or `depth` or `width1`, `width2`, … of which `layers` is made. */
  readonly name: string;
  readonly domain: Domain;
  /** How many values a grid takes of a range. */
  readonly points: number;
  /** It is drawn only where each of these earlier parameters has one of the values. */
  readonly when: Readonly<Record<string, readonly ParameterValue[]>>;
}

/** What is searched: the parameters, in the order in which they are drawn, and what all trials share. */
export interface Space {
  readonly base: TrainSpec;
  readonly parameters: readonly Parameter[];
}

/** What a sampler learns from: a trial whose score is known, at the largest budget it has reached. */
export interface Observation {
  readonly assignment: Assignment;
  /** Validation accuracy; what failed or diverged counts as 0. */
  readonly score: number;
  /** Steps that it was trained for: scores of larger budgets count for more. */
  readonly budget: number;
}

/** Proposes trials. */
export interface Sampler {
  readonly name: 'grid' | 'random' | 'tpe';
  /** How many trials there are in all; Infinity unless a grid ends. */
  readonly size: number;
  /** The assignment of trial number `trial`, from 0. Grid and random depend on seed and number alone. */
  propose(trial: number, observations: readonly Observation[]): Assignment;
}
