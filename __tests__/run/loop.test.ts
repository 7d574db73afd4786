import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../lib/inference/model';
import { modelFile, RunFolder } from '../../lib/runFolder/runFolder';
import type { TrainingData } from '../../lib/build/buildTraining';
import { sliceRows } from '../../lib/data/dataset';
import type { Dataset } from '../../lib/data/dataset';
import { RandomState } from '../../lib/random';
import type { EpochEvent, EvaluationEvent, TrainEvent } from '../../lib/train/events';
import { backends } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { resume, run } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const runs = temporaryFolder();
const tiny = tinyData();

/** Labels that say nothing: to be learnt by heart, and of no use on validation rows. */
function hopeless(): TrainingData {
  const random = new RandomState(11);
  return { ...tiny, train: { ...tiny.train, labels: random.randint(0, 3, tiny.train.size) } };
}

function into<T>(name: string, work: (place: RunFolder) => T): T {
  const place = RunFolder.create({ runs, name });
  try {
    return work(place);
  } finally {
    place.close();
  }
}

const evaluations = (events: readonly TrainEvent[]): EvaluationEvent[] =>
  events.filter((event): event is EvaluationEvent => event.type === 'evaluation');

describe('early stopping', () => {
  const spec = { steps: 10_000, evaluateEvery: 4, earlyStopping: 3, learningRate: 0.02 };

  test('ends after so many evaluations without a better one', () => {
    const { events, result } = run(spec, { data: hopeless() });
    expect(result).toMatchObject({ ended: 'earlyStopping', steps: result.bestStep + 3 * 4, modelStep: result.steps });
    const best = Math.max(...evaluations(events).map(({ valAccuracy }) => valAccuracy!));
    expect(result.bestValAccuracy).toBe(best);
    // Of equals, the first.
    expect(evaluations(events).find(({ valAccuracy }) => valAccuracy === best)!.step).toBe(result.bestStep);
  });

  test('with restoreBest leaves the best model, in the folder too', () => {
    const { result, checkpoint } = into('restored', (place) => run({ ...spec, restoreBest: true }, { data: hopeless(), place }));
    expect(result).toMatchObject({ modelStep: result.bestStep, valAccuracy: result.bestValAccuracy });
    expect(result.modelStep).toBeLessThan(result.steps);
    const bytes = Model.load(checkpoint, { name: 'memory' });
    const file = Model.load(modelFile(join(runs, 'restored')));
    for (const model of [bytes, file]) expect(model.evaluate(tiny.validation).accuracy).toBe(result.bestValAccuracy);
    // The last model stays too, for a run that is to go on.
    expect(Model.load(join(runs, 'restored', 'checkpoint.safetensors')).evaluate(tiny.validation).loss).not.toBe(result.valLoss);
  });

  test('with restoreBest leaves the best model where the batch size follows from the rows', () => {
    const { result } = into('restored-batches', (place) => run({ ...spec, batchSize: null, restoreBest: true }, { data: hopeless(), place }));
    expect(result).toMatchObject({ modelStep: result.bestStep, valAccuracy: result.bestValAccuracy });
    expect(result.modelStep).toBeLessThan(result.steps);
    expect(Model.load(modelFile(join(runs, 'restored-batches'))).evaluate(tiny.validation).loss).toBe(result.valLoss);
  });

  test('without a folder restores just the same', () => {
    const [one, other] = [run({ ...spec, restoreBest: true }, { data: hopeless() }), run(spec, { data: hopeless() })];
    expect(one.result).toMatchObject({ modelStep: other.result.bestStep, valAccuracy: other.result.bestValAccuracy });
  });

  test('goes on when it is lifted', () => {
    const data = hopeless();
    const { result } = into('lifted', (place) => run(spec, { data, place }));
    const longer = resume(join(runs, 'lifted'), { earlyStopping: null, steps: result.steps + 5 }, { data });
    expect(longer.result).toMatchObject({ ended: 'finished', steps: result.steps + 5 });
    expect(longer.result.parametersDigest).toBe(run({ ...spec, earlyStopping: null, steps: result.steps + 5 }, { data }).result.parametersDigest);
  });

  test('goes by the loss in a regression', () => {
    const random = new RandomState(5);
    const numbers = (data: Dataset): Dataset => ({
      ...data, classNames: [], labels: new Int32Array(data.size), targets: Float32Array.from(random.randn(3 * data.size)),
    });
    const data = { ...tiny, train: numbers(tiny.train), validation: numbers(tiny.validation) };
    const { events, result } = run({ ...spec, loss: 'mse' }, { data });
    const losses = evaluations(events).map(({ valLoss }) => valLoss);
    expect(result.ended).toBe('earlyStopping');
    expect(evaluations(events).find(({ step }) => step === result.bestStep)!.valLoss).toBe(Math.min(...losses));
  });
});

test('maxSeconds ends a run in time, and it can go on', () => {
  const { result } = into('timed', (place) => run({ steps: 1e9, evaluateEvery: 1e8, logEvery: 1e8, maxSeconds: 0.1 }, { place }));
  expect(result.ended).toBe('maxSeconds');
  expect(result.seconds).toBeGreaterThanOrEqual(0.1);
  expect(result.seconds).toBeLessThan(3);
  expect(Model.load(join(runs, 'timed', 'checkpoint.safetensors')).evaluate(tiny.validation).accuracy).toBe(result.valAccuracy);
  const more = resume(join(runs, 'timed'), { maxSeconds: null, steps: result.steps + 5 });
  expect(more.result).toMatchObject({ ended: 'finished', steps: result.steps + 5 });
});

test.each(backends)('overfitBatches on %s learns a few rows by heart, whatever their labels', (backend) => {
  const data = hopeless();
  const spec = { overfitBatches: 2, steps: 1500, evaluateEvery: 500, l2: 0, layers: [12, 64, 3], learningRate: 0.3, backend };
  const { result, checkpoint } = run(spec, { data });
  expect(result.trainAccuracy).toBe(1);
  const model = Model.load(checkpoint, { name: 'memory' });
  expect(model.evaluate(sliceRows(data.train, 'train', 0, 40)).loss).toBeLessThan(0.01);
  expect(model.evaluate(data.train).accuracy).toBeLessThan(0.8);
});

test('fastDevRun takes one step and goes through everything', () => {
  const { events, result } = into('quick', (place) =>
    run({ fastDevRun: true, steps: 1e6, restoreBest: true, earlyStopping: 1 }, { place }));
  expect(result).toMatchObject({ ended: 'finished', steps: 1 });
  expect(events.map(({ type }) => type)).toEqual(['start', 'step', 'histograms', 'evaluation', 'checkpoint', 'result']);
  expect(readdirSync(join(runs, 'quick')).sort()).toEqual([
    'best.safetensors', 'checkpoint.previous.safetensors', 'checkpoint.safetensors', 'checkpoints', 'histograms.jsonl', 'metrics.jsonl', 'spec.json',
  ]);
});

test('checkpoints are kept for good where asked', () => {
  const { events } = into('kept', (place) => run({ keepEvery: 8, evaluateEvery: 10 }, { place }));
  const folder = join(runs, 'kept', 'checkpoints');
  expect(readdirSync(folder)).toEqual(['step-000008.safetensors', 'step-000016.safetensors', 'step-000024.safetensors']);
  expect(events.flatMap((event) => (event.type === 'checkpoint' && event.kept !== undefined ? [event.kept] : []))).toEqual(
    readdirSync(folder).map((name) => join(folder, name)),
  );
  expect(existsSync(join(runs, 'kept', 'best.safetensors'))).toBe(true);
});

test('an epoch sums up its steps', () => {
  const { events } = run({ logEvery: 1 });
  const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
  const epochs = events.filter((event): event is EpochEvent => event.type === 'epoch');
  expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 5], [2, 10], [3, 15], [4, 20], [5, 25], [6, 30]]);
  epochs.forEach((event, i) => {
    const own = steps.slice(5 * i, 5 * i + 5);
    // Four batches of 20 rows and one of 10.
    expect(event.trainLoss).toBeCloseTo(own.reduce((sum, { loss }, j) => sum + loss * (j === 4 ? 10 : 20), 0) / 90, 12);
    expect(event.trainAccuracy).toBeCloseTo(own.reduce((sum, { batchAccuracy }, j) => sum + batchAccuracy! * (j === 4 ? 10 : 20), 0) / 90, 12);
    expect(event.seconds).toBeGreaterThan(0);
    expect(event.samplesPerSecond).toBeGreaterThan(0);
  });
});

describe('scores class by class', () => {
  test('agree with the plain evaluation', () => {
    const model = Model.load(run({ steps: 3 }).checkpoint, { name: 'memory' });
    const report = model.evaluateInDetail(tiny.validation, { k: 2 });
    expect(report).toMatchObject(model.evaluate(tiny.validation));
    expect(report.classes.map(({ className, support }) => [className, support])).toEqual([['a', 10], ['b', 10], ['c', 10]]);
    expect(report.topK).toMatchObject({ k: 2 });
    expect(report.topK.accuracy).toBeGreaterThanOrEqual(report.accuracy);
  });
});
