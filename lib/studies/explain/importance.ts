import { checkInteger, checkList, checkObject, checkOptions } from '../../arguments';
import { monitorOfSpec } from '../../build/buildOptimizer';
import { expected } from '../../errors';
import type { Dataset, StoredDataset } from '../../data/dataset';
import { evaluateInFull } from '../../inference/evaluateRun';
import type { Model } from '../../inference/model';
import { RandomState } from '../../random';
import { scoreFacts } from '../../train/scores';
import { spreadOf } from '../seeds';
import type { Spread } from '../seeds';
import { featuresNamed, ownRows } from './rows';

/** How permutation importances are computed, all optional. */
export interface ImportanceOptions {
  /** `accuracy`, `loss`, `rmse` or a score by name; by default what the training went by. */
  readonly score?: string;
  /** How often each column is shuffled. Default 10. */
  readonly repeats?: number;
  /** Seed of the shuffles. Default 0. */
  readonly seed?: number;
  /** Names of the columns, of features without names their numbers; by default all. */
  readonly columns?: readonly string[];
}

/** By how much a score falls where a column says nothing of its row, over the repeats: mean and standard deviation. */
export interface ColumnImportance extends Spread {
  readonly column: string;
}

/** Permutation importances, the largest first. */
export interface ImportanceReport {
  readonly score: string;
  readonly better: 'higher' | 'lower';
  /** The score of the rows as they are. */
  readonly baseline: number;
  readonly rows: number;
  readonly repeats: number;
  readonly seed: number;
  readonly columns: readonly ColumnImportance[];
}

/**
 * Permutation importance (Breiman 2001, "Random Forests", section 10; for any model Fisher, Rudin & Dominici 2019): how much worse a model scores on rows where the cells of one column are shuffled
 * among the rows. A column of categories is shuffled as a whole, whatever inputs it becomes. A repeat shuffles all columns alike, so that their
 * importances are of the same draws. The rows should be such as the model was not trained on. Of columns that tell the same each may be dispensable, and have an importance near 0.
 *
 * Throws ERR_CONFIG for an unknown column or score and for fewer than one repeat, ERR_DATA for no rows and what `Model.evaluate` refuses.
 */
export function permutationImportance(model: Model, data: Dataset | StoredDataset, options: ImportanceOptions = {}): ImportanceReport {
  checkObject(model, 'model', 'a model', ['spec', 'classNames']);
  checkObject(data, 'data', 'a data set', ['name', 'labels', 'classNames']);
  checkOptions(options);
  const { repeats = 10, seed = 0, columns: asked } = options;
  checkInteger(repeats, 'repeats', 1);
  checkInteger(seed, 'seed', 0);
  if (asked !== undefined) checkList(asked, 'columns', 'names of columns');
  const { rows, features } = ownRows(model, data);
  const named = featuresNamed(rows, asked);
  const { score, better } = scoreNamed(model, options.score);
  const baseline = scoreOf(model, rows, score);
  const sign = better === 'higher' ? 1 : -1;
  const random = new RandomState(seed);
  const { size, featureSize } = rows;
  const drops = named.map((): number[] => []);
  const own = new Float64Array(size);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const order = random.permutation(size);
    named.forEach(({ place }, c) => {
      for (let i = 0; i < size; i++) own[i] = features[i * featureSize + place]!;
      for (let i = 0; i < size; i++) features[i * featureSize + place] = own[order[i]!]!;
      drops[c]!.push(sign * (baseline - scoreOf(model, rows, score)));
      for (let i = 0; i < size; i++) features[i * featureSize + place] = own[i]!;
    });
  }
  const importances = named.map(({ name }, c): ColumnImportance => ({ column: name, ...spreadOf(drops[c]!) }));
  return { score, better, baseline, rows: size, repeats, seed, columns: importances.sort((a, b) => b.mean - a.mean) };
}

const evaluated: Readonly<Record<string, 'higher' | 'lower'>> = { accuracy: 'higher', loss: 'lower', rmse: 'lower' };

function scoreNamed({ spec }: Model, asked: string | undefined): { score: string; better: 'higher' | 'lower' } {
  const score = asked ?? monitorOfSpec(spec).metric;
  const better = Object.hasOwn(evaluated, score) ? evaluated[score]! : scoreFacts(score)?.better;
  if (better === undefined) throw expected('ERR_CONFIG', 'accuracy, loss, rmse or the name of a score', 'score', asked, { path: 'score' });
  return { score, better };
}

/** Throws ERR_CONFIG for a score that the model has not. */
function scoreOf(model: Model, rows: Dataset, score: string): number {
  const value = Object.hasOwn(evaluated, score)
    ? ({ ...model.evaluate(rows) } as Readonly<Partial<Record<string, number>>>)[score]
    : (evaluateInFull(model, rows).scores as Readonly<Partial<Record<string, number>>>)[score];
  if (value === undefined) throw expected('ERR_CONFIG', `a score that ${model.classNames.length === 0 ? 'a regression' : 'a model of classes'} has`, 'score', score, { path: 'score' });
  return value;
}
