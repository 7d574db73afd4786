import { RandomState } from '../../random';
import { axisOf, isSame } from '../domain';
import { growTree } from './forest';
import type { Column } from './forest';
import type { Assignment, Parameter, Space } from '../types';

/** With fewer trials there are no importances. */
const minTrials = 10;
const defaultTrees = 200;

/** How strongly the scores of a search depend on each parameter. */
export interface Importances {
  readonly method: 'permutation importance in a random forest';
  readonly trees: number;
  readonly trials: number;
  /** R² of the forest on trials outside each tree's sample; near or below 0, the importances mean nothing. */
  readonly r2: number;
  /** The most important first; the shares add up to 1, or are all 0. */
  readonly parameters: readonly { readonly name: string; readonly importance: number }[];
}

/** A trial and its score; all scores must be of the same rung. */
export interface ScoredTrial {
  readonly assignment: Assignment;
  readonly score: number;
}

export interface ImportanceOptions {
  readonly seed?: number;
  readonly trees?: number;
}

/**
 * Permutation importance (Breiman, "Random forests", 2001, section 10): a random forest is fitted to the scores; the importance
 * of a parameter is the growth of the squared error on trials outside a tree's sample when their values of it are permuted. Values
 * are permuted among the trials that have the parameter, so a conditional one counts by its effect where it is active.
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
    const error = (permuted: number, rowOf: (row: number) => number): number => unseen.reduce((sum, row) =>
      sum + (tree((feature) => columns[feature]!.values[feature === permuted ? rowOf(row) : row]!) - scores[row]!) ** 2, 0);
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
 * A parameter as a feature: positions on a range's axis, or indices of a choice's values. Trials without the parameter get the middle
 * of the range, so that trees rather split by the condition itself, or a category of their own, -1.
 */
function columnOf({ name, domain }: Parameter, trials: readonly ScoredTrial[]): Column {
  const isCategory = domain.type === 'choice';
  const axis = isCategory ? undefined : axisOf(domain);
  const values = Float64Array.from(trials, ({ assignment }) => {
    if (!Object.hasOwn(assignment, name)) return isCategory ? -1 : (axis!.low + axis!.high) / 2;
    return isCategory ? domain.values.findIndex((value) => isSame(value, assignment[name])) : axis!.at(assignment[name] as number);
  });
  return { values, isCategory };
}
