import type { Dataset, StoredDataset } from '../data/dataset';
import { train } from '../run/train';
import type { TrainingData } from '../run/train';
import type { TrainSpec } from '../spec/spec';
import { linearSpec, nameOfConstant, scoreConstant, scoreModel } from '../studies/fit/baselines';
import type { ScoredModel } from './fitReport';
import { follow } from './follow';

/** Scores what any model has to beat on some rows. */
export type Baselines = (rows: Dataset | StoredDataset) => readonly ScoredModel[];

/**
 * Trains a linear model on the rows of a training, without a folder and without a word, and takes what needs no features from them. Undefined where
 * Ctrl-C ended it.
 */
export async function trainBaselines(spec: TrainSpec, data: TrainingData, maxSeconds: number | null): Promise<Baselines | undefined> {
  const run = train(linearSpec(spec, data.train.size, maxSeconds), { data, name: 'linear' });
  const { result } = await follow(run, 'nothing');
  if (result.ended === 'stopped') return undefined;
  const linear = await run.model;
  return (rows) => [
    { model: 'linear', scores: scoreModel(linear, rows) },
    { model: nameOfConstant(spec), scores: scoreConstant(data.train, rows, spec) },
  ];
}
