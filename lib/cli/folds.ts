import { join } from 'node:path';
import type { LoadedData } from '../data/sources';
import { replaceFile } from '../files';
import { train } from '../run/train';
import type { RunPlace } from '../runFolder/runFolder';
import { foldResult, foldRuns, meanOverFolds, predictionsCsv } from '../studies/folds';
import type { FoldResult } from '../studies/folds';
import type { TrainSpec } from '../spec/spec';
import { jsonLine } from '../text';
import { complete, statusOf } from './completeRun';
import type { Output } from './completeRun';
import { renderScored } from './fitReport';
import { fileLines, terminalOf } from './terminal/style';
import { sayWaiting } from './waiting';

/** Trains one run after the other of a cross-validation, then prints the mean of their scores and writes the out-of-fold predictions. */
export async function trainFolds(spec: TrainSpec, folds: number, place: RunPlace, output: Output, loaded?: LoadedData): Promise<number> {
  const all = foldRuns(spec, folds, place, loaded);
  const results: FoldResult[] = [];
  for (const one of all.runs) {
    const run = train(spec, { data: one.data, place: one.place, onWait: sayWaiting() });
    const result = await complete(run, (name) => join(one.place.runs, name), output);
    if (result.ended === 'stopped') return statusOf(result);
    results.push(foldResult(one, await run.model));
  }
  replaceFile(all.predictionsFile, predictionsCsv(all, results));
  const mean = meanOverFolds(results);
  if (output.json) {
    const models = results.map(({ fold, run, rows, scores }) => ({ fold, run, rows, scores }));
    process.stdout.write(jsonLine({ type: 'folds', runs: models, mean, predictions: all.predictionsFile }));
  } else {
    const models = [...results.map(({ run, scores }) => ({ model: run, scores })), { model: 'mean over folds', scores: mean }];
    process.stdout.write(`\n${renderScored('on rows not trained on', models, terminalOf(process.stdout))}${fileLines([all.predictionsFile])}`);
  }
  return 0;
}
