import { join } from 'node:path';
import { foldsOf } from '../build/folds';
import { loadTrainingData } from '../build/loadTrainingData';
import type { TrainingData } from '../build/buildTraining';
import { csvLine } from '../files/csvLine';
import type { LoadedData } from '../data/sources';
import { expected } from '../errors';
import type { Model } from '../inference/model';
import { checkPlaceArgument, isTaken, nextName } from '../runFolder/ownedFolder';
import type { RunPlace } from '../runFolder/ownedFolder';
import type { TrainSpec } from '../spec/spec';
import { scoreModel } from './fit/baselines';
import type { Scores } from './fit/baselines';
import { spreadOf } from './seeds';

/** One of the runs of a cross-validation. */
export interface FoldRun {
  /** From 1. */
  readonly fold: number;
  readonly data: TrainingData;
  readonly place: RunPlace & { readonly name: string };
}

/** The runs of a cross-validation, and the CSV of its out-of-fold predictions. */
export interface FoldRuns {
  readonly runs: readonly FoldRun[];
  readonly predictionsFile: string;
}

/**
 * The runs of a cross-validation of a spec on the training and validation rows of its data, which are loaded where they are not given: NAME-fold1, NAME-fold2, … Folds follow from
 * `splitSeed`, see {@link foldsOf}. Throws ERR_CONFIG for one fold, a spec with several seeds or rows sorted by time, and names that are taken; what loading throws.
 */
export function foldRuns(spec: TrainSpec, folds: number, place: RunPlace, loaded?: LoadedData): FoldRuns {
  checkPlaceArgument(place);
  if (!(Number.isSafeInteger(folds) && folds >= 2)) throw expected('ERR_CONFIG', 'an integer of at least 2', 'folds', folds, { path: 'folds' });
  if (spec.seeds > 1) throw expected('ERR_CONFIG', '1, as each fold is a run,', 'seeds', spec.seeds, { path: 'seeds' });
  if (spec.timeColumn !== null) throw expected('ERR_CONFIG', 'null, as folds mix times,', 'timeColumn', spec.timeColumn, { path: 'timeColumn' });
  const { train, validation, origin } = loaded ?? loadTrainingData(spec);
  const { runs } = place;
  const base = 'name' in place ? place.name : nextName(runs, place.base);
  const predictionsFile = join(runs, `${base}-folds.csv`);
  const all = foldsOf({ train, validation, origin }, folds, spec.splitSeed).map((data, i) => ({ fold: i + 1, data, place: { runs, name: `${base}-fold${String(i + 1)}` } }));
  for (const path of [predictionsFile, ...all.map(({ place: { name } }) => join(runs, name))]) {
    if (isTaken(path)) throw expected('ERR_CONFIG', `names that ${runs} does not hold yet`, 'the runs', path, { path: 'name' });
  }
  return { runs: all, predictionsFile };
}

/** The model of a fold on the rows that it was not trained on. */
export interface FoldResult {
  readonly fold: number;
  readonly run: string;
  readonly rows: number;
  readonly scores: Scores;
  /** A line of CSV for each of these rows, by their number in the table. */
  readonly lines: readonly (readonly [row: number, line: string])[];
}

/** Scores a fold's model on its validation rows. */
export function foldResult({ fold, data: { validation }, place: { name } }: FoldRun, model: Model): FoldResult {
  const predictions = model.outputs(validation);
  const { size, labels, targets, classNames, rowNumbers } = validation;
  const width = predictions.length / size;
  const lines = Array.from({ length: size }, (_, i): readonly [number, string] => {
    const own = Array.from(predictions.subarray(i * width, (i + 1) * width), String);
    const truth = targets === undefined ? [classNames[labels[i]!]!] : Array.from(targets.subarray(i * (targets.length / size), (i + 1) * (targets.length / size)), String);
    const row = rowNumbers?.[i] ?? i;
    return [row, csvLine([row, fold, ...truth, ...own])];
  });
  return { fold, run: name, rows: size, scores: scoreModel(model, validation), lines };
}

/** Out-of-fold predictions as CSV (RFC 4180, with line feeds): each row's number in the table, its fold, the target and what the model of that fold says of it. */
export function predictionsCsv({ runs }: FoldRuns, results: readonly FoldResult[]): string {
  const { targets, targetNames, classNames, size } = runs[0]!.data.validation;
  const width = targets === undefined ? 1 : targets.length / size;
  const names = Array.from({ length: width }, (_, j) => targetNames?.[j] ?? (width === 1 ? 'target' : `target ${String(j)}`));
  const predicted = targets === undefined ? classNames.map((name) => `probability of ${name}`) : names.map((name) => `${name} predicted`);
  const lines = results.flatMap((result) => result.lines).sort(([a], [b]) => a - b).map(([, line]) => line);
  return [csvLine(['row', 'fold', ...names, ...predicted]), ...lines].map((line) => `${line}\n`).join('');
}

/** The mean of each score over the folds, and its standard error: their standard deviation, n − 1 in the denominator, over √n. */
export function meanOverFolds(results: readonly Pick<FoldResult, 'scores'>[]): Scores {
  return Object.fromEntries(Object.keys(results[0]!.scores).map((name) => {
    const { mean, std } = spreadOf(results.map(({ scores }) => scores[name]!.value));
    return [name, { value: mean, error: std / Math.sqrt(results.length) }];
  }));
}
