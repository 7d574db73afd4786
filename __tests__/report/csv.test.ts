import { RunSeries } from '../../lib/history/curves/runSeries';
import { metricsCsv } from '../../lib/report/csv';
import type { TrainEvent } from '../../lib/train/events';

function csvOf(...events: readonly TrainEvent[]): string {
  const series = new RunSeries();
  for (const event of events) series.apply(event);
  return metricsCsv(series.tables.steps, series.history.evaluations);
}

test('steps and evaluations are joined by step, and what is not there is an empty cell', () => {
  const csv = csvOf(
    { type: 'step', step: 2, epoch: 0.5, loss: 1.5, batchAccuracy: 0.25, learningRate: 1e-7 },
    { type: 'evaluation', step: 3, epoch: 0.75, trainAccuracy: 0.5, trainLoss: 1, valAccuracy: 0.4, valLoss: 2 },
    { type: 'step', step: 4, epoch: 1, loss: NaN, batchAccuracy: 0.5, learningRate: 0.1 },
    { type: 'evaluation', step: 4, epoch: 1, trainAccuracy: 0.6, trainLoss: 1, valAccuracy: 0.5, valLoss: 3 },
  );
  expect(csv).toBe(
    'step,epoch,loss,batchAccuracy,learningRate,trainLoss,trainAccuracy,valLoss,valAccuracy\n' +
      '2,0.5,1.5,0.25,1e-7,,,,\n' +
      '3,0.75,,,,1,0.5,2,0.4\n' +
      '4,1,,0.5,0.1,1,0.6,3,0.5\n',
  );
});

test('of a regression there are no accuracies, and errors instead', () => {
  const csv = csvOf({ type: 'evaluation', step: 1, epoch: 1, trainAccuracy: NaN, trainLoss: 1, valAccuracy: NaN, valLoss: 4, valRmse: 2 });
  expect(csv).toBe('step,epoch,trainLoss,valLoss,valRmse\n1,1,1,4,2\n');
});

test('a run that has said nothing has a header only', () => {
  expect(csvOf()).toBe('step\n');
});
