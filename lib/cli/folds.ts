import { join } from 'node:path';
import type { LoadedData } from '../data/sources';
import { replaceFile } from '../files';
import { train } from '../run/train';
import type { TrainingData } from '../run/train';
import type { RunPlace } from '../runFolder/runFolder';
import { foldResult, foldRuns, meanOverFolds, predictionsCsv } from '../studies/folds';
import type { FoldResult } from '../studies/folds';
import type { TrainSpec } from '../spec/spec';
import { jsonLine } from '../text';
import type { Baselines } from './baselines';
import { complete, statusOf } from './completeRun';
import type { Output } from './completeRun';
import { renderScored } from './fitReport';
import type { ScoredModel } from './fitReport';
import { stoppedStatus } from './interrupt';
import { fileLines, terminalOf } from './terminal/style';
import { sayWaiting } from './waiting';

/** Trains what runs have to beat on the rows of a fold; `of` is how many folds are left. Undefined where Ctrl-C ended it. */
export type FoldBaselines = (data: TrainingData, of: number) => Promise<Baselines | undefined>;

/**
 * Trains one run after the other of a cross-validation, then prints the mean of their scores, beside those of baselines on the same folds where these are
 * asked for, and writes the out-of-fold predictions.
 */
export async function trainFolds(spec: TrainSpec, folds: number, place: RunPlace, output: Output, loaded?: LoadedData, baselinesOf?: FoldBaselines): Promise<number> {
  const all = foldRuns(spec, folds, place, loaded);
  const results: FoldResult[] = [];
  const others: (readonly ScoredModel[])[] = [];
  for (const one of all.runs) {
    const run = train(spec, { data: one.data, place: one.place, onWait: sayWaiting() });
    const result = await complete(run, (name) => join(one.place.runs, name), output);
    if (result.ended === 'stopped') return statusOf(result);
    results.push(foldResult(one, await run.model));
    if (baselinesOf === undefined) continue;
    const baselines = await baselinesOf(one.data, folds - results.length + 1);
    if (baselines === undefined) return stoppedStatus();
    others.push(baselines(one.data.validation));
  }
  replaceFile(all.predictionsFile, predictionsCsv(all, results));
  const mean = meanOverFolds(results);
  const baselines = (others[0] ?? []).map(({ model }, j) => {
    const own = others.map((some) => some[j]!);
    return { model, mean: meanOverFolds(own), folds: own.map(({ scores }) => scores) };
  });
  if (output.json) {
    const models = results.map(({ fold, run, rows, scores }) => ({ fold, run, rows, scores }));
    process.stdout.write(jsonLine({ type: 'folds', runs: models, mean, ...(baselinesOf && { baselines }), predictions: all.predictionsFile }));
  } else {
    const models = [
      ...results.map(({ run, scores }) => ({ model: run, scores })), { model: 'mean over folds', scores: mean },
      ...baselines.map((one) => ({ model: `${one.model}, mean`, scores: one.mean })),
    ];
    process.stdout.write(`\n${renderScored('on rows not trained on', models, terminalOf(process.stdout))}${fileLines([all.predictionsFile])}`);
  }
  return 0;
}
