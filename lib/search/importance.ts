import { isDeepStrictEqual } from 'node:util';
import { RandomState } from '../random';
import { axisOf } from './domain';
import { growTree } from './forest';
import type { Column } from './forest';
import type { Assignment, Parameter, Space } from './types';

/** Below this no tree is worth growing. */
const minTrials = 10;
const defaultTrees = 200;

/** Which parameters the scores of a search depend on. */
export interface Importances {
  readonly method: 'permutation importance in a random forest';
  readonly trees: number;
  readonly trials: number;
  /** Share of the scores' variance that the forest predicts of trials it has not seen: near or below 0, the importances say nothing. */
  readonly r2: number;
  /** The most important first; the shares add up to 1, or are all 0. */
  readonly parameters: readonly { readonly name: string; readonly importance: number }[];
}

/** A trial and its score; scores to compare are of the same budget. */
export interface ScoredTrial {
  readonly assignment: Assignment;
  readonly score: number;
}

export interface ImportanceOptions {
  readonly seed?: number;
  readonly trees?: number;
}

/**
 * Permutation importance (Breiman, "Random forests", 2001, section 10): a random forest learns the scores, and a parameter is as
 * important as the forest's squared error grows on trials that a tree has not seen, when their values of the parameter are
 * exchanged. Values are exchanged among trials that had the parameter, so a conditional one counts by what it changes where it is there.
 * Undefined for fewer than 10 trials and where all have the same score.
 */
export function parameterImportances(
  { parameters }: Pick<Space, 'parameters'>, trials: readonly ScoredTrial[], { seed = 0, trees = defaultTrees }: ImportanceOptions = {},
): Importances | undefined {
  const n = trials.length;
  const scores = Float64Array.from(trials, ({ score }) => score);
  const centre = scores.reduce((sum, score) => sum + score, 0) / n;
  const variance = scores.reduce((sum, score) => sum + (score - centre) ** 2, 0);
  if (n < minTrials || variance === 0) return undefined;

  const random = new RandomState(seed);
  const columns = parameters.map((parameter) => columnOf(parameter, trials));
  const growth = new Float64Array(parameters.length);
  const predicted = Array.from({ length: n }, () => ({ sum: 0, trees: 0 }));
  for (let i = 0; i < trees; i++) {
    const sample = random.randint(0, n, n);
    const tree = growTree(columns, scores, sample, random);
    const seen = new Set(sample);
    const unseen = Array.from(scores.keys()).filter((row) => !seen.has(row));
    for (const row of unseen) {
      predicted[row]!.sum += tree((feature) => columns[feature]!.values[row]!);
      predicted[row]!.trees++;
    }
    const error = (exchanged: number, rowOf: (row: number) => number): number => unseen.reduce((sum, row) =>
      sum + (tree((feature) => columns[feature]!.values[feature === exchanged ? rowOf(row) : row]!) - scores[row]!) ** 2, 0);
    const before = error(-1, (row) => row);
    parameters.forEach(({ name }, p) => {
      const having = unseen.filter((row) => Object.hasOwn(trials[row]!.assignment, name));
      const shuffled = [...having];
      random.shuffle(shuffled);
      const exchange = new Map(having.map((row, j) => [row, shuffled[j]!]));
      growth[p]! += error(p, (row) => exchange.get(row) ?? row) - before;
    });
  }

  const error = predicted.reduce((sum, { sum: votes, trees: voters }, row) => sum + (voters === 0 ? 0 : (votes / voters - scores[row]!) ** 2), 0);
  const total = growth.reduce((sum, value) => sum + Math.max(0, value), 0);
  return {
    method: 'permutation importance in a random forest',
    trees,
    trials: n,
    r2: 1 - error / variance,
    parameters: parameters
      .map(({ name }, p) => ({ name, importance: total === 0 ? 0 : Math.max(0, growth[p]!) / total }))
      .sort((a, b) => b.importance - a.importance),
  };
}

/**
 * A parameter as a feature: places on the line of a range, numbers of a choice's values. Trials without it have the middle of the
 * range, so that a tree asks the parameter itself little where it should ask the condition, or a category of their own.
 */
function columnOf({ name, domain }: Parameter, trials: readonly ScoredTrial[]): Column {
  const isCategory = domain.type === 'choice';
  const axis = isCategory ? undefined : axisOf(domain);
  const values = Float64Array.from(trials, ({ assignment }) => {
    if (!Object.hasOwn(assignment, name)) return isCategory ? -1 : (axis!.low + axis!.high) / 2;
    return isCategory ? domain.values.findIndex((value) => isDeepStrictEqual(value, assignment[name])) : axis!.at(assignment[name] as number);
  });
  return { values, isCategory };
}
