import type { TrainingRun } from '../run/train';
import { modelFile } from '../runFolder/runFolder';
import { jsonLine, printable } from '../text';
import type { EndReason, ResultEvent } from '../train/events';
import { follow } from './follow';
import { stoppedStatus } from './interrupt';
import { formatCount, formatDuration, formatKnown, formatMetric, formatPercent } from './terminal/format';
import { fileLines } from './terminal/style';

/** Where a run's events go. */
export interface Output {
  readonly json: boolean;
  readonly tensorboard: boolean;
}

const completed: ResultEvent[] = [];

/** The results of the runs that this process has followed to their end. */
export function completedResults(): readonly ResultEvent[] {
  return completed;
}

/** Follows a run to its end, then draws its figures and says what came of it. */
export async function complete(run: TrainingRun, folderOf: (name: string) => string, { json, tensorboard }: Output): Promise<ResultEvent> {
  const observer = tensorboard ? (await import('./tensorboard.js')).tensorBoardObserver(folderOf) : undefined;
  const { result } = await follow(run, json ? 'json' : 'progress', observer);
  completed.push(result);
  const folder = folderOf(result.run);
  const classifier = await run.model;
  const [layer, imageShape] = [classifier.firstLayer(), classifier.imageShape];
  const { writeRunFigures } = await import('../report/figures.js');
  const figures = writeRunFigures(folder, layer && imageShape && { ...layer, imageShape });
  if (!json) process.stdout.write(summary(result, [modelFile(folder), ...figures]));
  return result;
}

/** Says that a run has ended before, and what came of it. */
export function sayEnded(folder: string, result: ResultEvent, { json }: Pick<Output, 'json'>): void {
  process.stdout.write(json ? jsonLine(result) : `${printable(result.run)} has ended.\n${summary(result, [modelFile(folder)])}`);
}

/** The exit status of a run. */
export function statusOf({ ended }: ResultEvent): number {
  return ended === 'stopped' ? stoppedStatus() : 0;
}

const endings: Readonly<Record<EndReason, string>> = {
  finished: 'Trained', stopped: 'Stopped after', earlyStopping: 'Stopped early, after', maxSeconds: 'Ended by maxSeconds, after',
};

function summary(result: ResultEvent, files: readonly string[]): string {
  const { ended, steps, seconds, stepMilliseconds, trainAccuracy, valAccuracy = NaN, valLoss, bestStep, modelStep } = result;
  const { trainRmse, valRmse = NaN, monitored, temperature, uncalibratedValLoss = NaN } = result;
  const best = !Number.isFinite(valLoss) ? 'no validation rows'
    : bestStep === modelStep ? `step ${formatCount(bestStep)} was the best`
      : monitored === undefined || monitored.metric === 'loss' ? `the best was at step ${formatCount(bestStep)}` : `best ${formatMetric(monitored.metric, monitored.best)} at step ${formatCount(bestStep)}`;
  const followed = monitored === undefined || ['accuracy', 'loss', 'rmse'].includes(monitored.metric) ? ''
    : `Monitored ${monitored.metric}: validation ${formatMetric(monitored.metric, monitored.value)}\n`;
  return (
    `${endings[ended]} ${formatCount(steps)} steps in ${formatDuration(seconds)} (${stepMilliseconds.toFixed(2)} ms a step)\n` +
    (trainAccuracy !== undefined
      ? `Accuracy: train ${formatPercent(trainAccuracy)}, validation ${formatPercent(valAccuracy)} (${best})\n`
      : `${trainRmse === undefined ? 'Validation' : `Root mean squared error: train ${formatKnown(trainRmse)}, validation ${formatKnown(valRmse)}; validation`} ` +
        `loss ${formatKnown(valLoss)} (${best})\n`) + followed +
    (temperature === undefined ? ''
      : `Calibrated by the temperature ${formatKnown(temperature)}: validation loss ${formatKnown(valLoss)}, without it ${formatKnown(uncalibratedValLoss)}\n`) +
    fileLines(files)
  );
}
