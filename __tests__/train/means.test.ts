import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingData } from '../../lib/build/buildTraining';
import { RunFolder, runFiles } from '../../lib/runFolder/runFolder';
import { decodeTensors, encodeTensors } from '../../lib/train/safetensors';
import type { EpochEvent, EvaluationEvent, StepEvent, TrainEvent, WarningEvent } from '../../lib/train/events';
import { temporaryFolder } from '../support/folder';
import { resume, run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

const folder = temporaryFolder();
const of = <Type extends TrainEvent['type']>(events: readonly TrainEvent[], type: Type): Extract<TrainEvent, { type: Type }>[] =>
  events.filter((event): event is Extract<TrainEvent, { type: Type }> => event.type === type);

/** The mean of steps' losses, each by what it weighs. */
function meanOf(steps: readonly StepEvent[]): number {
  const weighing = steps.filter(({ weight }) => weight! > 0);
  return weighing.reduce((sum, { loss, weight }) => sum + weight! * loss, 0) / weighing.reduce((sum, { weight }) => sum + weight!, 0);
}

const regression = (): TrainingData => {
  const data = tinyData();
  const part = (rows: TrainingData['train']): TrainingData['train'] => ({
    ...rows, classNames: [], targets: Float32Array.from({ length: 2 * rows.size }, (_, i) => Math.sin(i)),
  });
  return { ...data, train: part(data.train), validation: part(data.validation) };
};

describe('the losses of an epoch and of an evaluation are means over rows', () => {
  test.each([
    ['a short last batch', { batchSize: 89 }, undefined],
    ['rows that divide', { batchSize: 30 }, undefined],
    ['accumulated batches', { batchSize: 20, accumulate: 2 }, undefined],
    ['drawn with replacement', { batchSize: 40, sampling: 'replacement' }, undefined],
    ['class weights', { batchSize: 7, classWeights: [1, 5, 0.2] }, undefined],
    ['classes that weigh nothing, in batches of them alone', { batchSize: 2, classWeights: [0, 0, 3] }, undefined],
    ['a regression', { batchSize: 89, layers: [12, 8, 2], loss: 'mse', learningRate: 0.01 }, regression()],
  ])('%s', (_, spec, data) => {
    const { events } = run({ steps: undefined, epochs: 3, evaluateEvery: 2, logEvery: 1, ...spec }, data && { data });
    const [steps, epochs, evaluations] = [of(events, 'step'), of(events, 'epoch'), of(events, 'evaluation')];
    expect(epochs).toHaveLength(3);
    const between = (from: number, to: number): StepEvent[] => steps.filter(({ step }) => step > from && step <= to);
    const check = (ends: readonly (EpochEvent | EvaluationEvent)[]): void => {
      ends.forEach(({ step, trainLoss, trainAccuracy }, i) => {
        const own = between(ends[i - 1]?.step ?? 0, step);
        const mean = meanOf(own); // NaN where nothing weighs
        expect(trainLoss).toEqual(Number.isNaN(mean) ? NaN : expect.closeTo(mean, 10));
        if (data === undefined) {
          const right = own.reduce((sum, { batchAccuracy, rows }) => sum + batchAccuracy! * rows!, 0);
          expect(trainAccuracy).toBeCloseTo(right / own.reduce((sum, { rows }) => sum + rows!, 0), 10);
        }
      });
    };
    check(epochs);
    check(evaluations);
  });

  test('a batch that weighs nothing has no loss, and changes nothing', () => {
    const spec = { batchSize: 1, classWeights: [0, 0, 1], momentum: 0, l2: 0, steps: 90, logEvery: 1 };
    const { events } = run(spec);
    const steps = of(events, 'step');
    expect(steps.filter(({ weight }) => weight === 0)).toHaveLength(60);
    expect(steps.every(({ weight, loss }) => Number.isNaN(loss) === (weight === 0))).toBe(true);
    const data = tinyData();
    const only = { ...data, train: { ...data.train, size: 1, features: data.train.features.subarray(0, 12), labels: data.train.labels.subarray(0, 1) } };
    const [before, after] = [0, 5].map((more) => run({ ...spec, steps: 1 + more, normalization: 'scale', classWeights: [1e-9, 1, 0] }, { data: only }));
    expect(before!.result.parametersDigest).not.toBe(after!.result.parametersDigest); // it weighs little, but its mean is its own
    expect(() => run({ ...spec, classWeights: [0, 1, 1] }, { data: only })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(/^Expected a weight above 0 .* for classWeights but received \[0,1,1\]$/) as string }),
    );
  });
});

describe('without validation rows', () => {
  const without = (): TrainingData => {
    const data = tinyData();
    return { ...data, validation: { ...data.validation, size: 0, features: new Uint8Array(0), labels: new Int32Array(0) } };
  };

  test('a run trains, and has no figures of them and no best step', () => {
    const place = RunFolder.create({ runs: folder, name: 'without' });
    const { events, result } = run({}, { data: without(), place });
    place.close();
    expect(of(events, 'evaluation')).toHaveLength(3);
    for (const { valAccuracy, valLoss, trainLoss } of of(events, 'evaluation')) {
      expect([valAccuracy, valLoss]).toEqual([NaN, NaN]);
      expect(trainLoss).toBeGreaterThan(0);
    }
    expect(result).toMatchObject({ valAccuracy: NaN, valLoss: NaN, bestStep: 30, bestValAccuracy: NaN, modelStep: 30 });
    expect(result.trainAccuracy).toBeGreaterThan(0.9);
    expect(of(events, 'warning').map(({ code }) => code)).toEqual(['NO_VALIDATION']);
    expect(of(events, 'checkpoint').every(({ best }) => !best)).toBe(true);
    expect(run({}).result.parametersDigest).toBe(result.parametersDigest);
    expect(readFileSync(join(folder, 'without', runFiles.metrics), 'utf8')).toContain('"valAccuracy":null,"valLoss":null');
  });

  test('a regression too, and rows that were not wanted need no warning', () => {
    const data = regression();
    const empty = { ...data.validation, size: 0, features: new Uint8Array(0), labels: new Int32Array(0), targets: new Float32Array(0) };
    const { events, result } = run({ layers: [12, 8, 2], loss: 'mse', learningRate: 0.01, validationRows: 0 }, { data: { ...data, validation: empty } });
    expect(result).toMatchObject({ valLoss: NaN, valRmse: NaN });
    expect(result.trainRmse).toBeGreaterThan(0);
    expect(of(events, 'warning').map(({ code }) => code)).not.toContain('NO_VALIDATION');
  });

  test.each([
    ['restoreBest', { restoreBest: true }], ['earlyStopping', { earlyStopping: 3 }], ['schedule', { schedule: 'plateau', decay: 0.5 }],
  ])('%s is refused', (key, spec) => {
    expect(() => run(spec, { data: without() })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(`as ${key} goes by them`) as string, details: { path: key } }),
    );
  });

  test('an update that breaks the parameters is still a divergence', () => {
    expect(() => run({ learningRate: 1e38, momentum: 0, steps: 1, evaluateEvery: 1 }, { data: without() })).toThrow(
      expect.objectContaining({ code: 'ERR_DIVERGED', details: expect.objectContaining({ where: 'outputs', step: 1 }) as object }),
    );
  });
});

test('the layer of a divergence is found in whichever accumulated batch it was', () => {
  const data = tinyData();
  const features = Float32Array.from(data.train.features);
  features.fill(3e38, 0, 12);
  const broken: TrainingData = { ...data, train: { ...data.train, features } };
  for (let seed = 0; seed < 4; seed++) {
    expect(() => run({ normalization: 'none', init: 'normal', initStd: 10, l2: 0, batchSize: 10, accumulate: 9, seed }, { data: broken })).toThrow(
      expect.objectContaining({ code: 'ERR_DIVERGED', details: expect.objectContaining({ where: 'outputs', step: 1 }) as object }),
    );
  }
});

describe('going on', () => {
  const spec = { batchSize: 7, steps: 60, evaluateEvery: 8, keepEvery: 5 };
  const whole = run(spec);

  /** A run of that name that was stopped at a step, and goes on. */
  function stoppedAt(step: number, name: string, change: (state: string) => string = (state) => state): readonly TrainEvent[] {
    const place = RunFolder.create({ runs: folder, name });
    run(spec, { place, stopAt: step });
    place.close();
    const file = join(folder, name, runFiles.checkpoint);
    const { tensors, metadata } = decodeTensors(readFileSync(file), file);
    writeFileSync(file, encodeTensors({ tensors, metadata: { ...metadata, state: change(metadata['state']!) } }));
    return resume(join(folder, name)).events;
  }

  test.each([3, 13, 20, 51, 55])('from step %i, in the middle of an examination or not, is to the bit', (step) => {
    const events = stoppedAt(step, `at-${String(step)}`);
    const rest = (all: readonly TrainEvent[]): unknown[] =>
      withoutTimes(all.filter((event) => event.type !== 'checkpoint' && event.type !== 'result' && 'step' in event && event.step > step));
    expect(rest(events)).toEqual(rest(whole.events));
  });

  test('a checkpoint of a version with means over steps is read, with a sentence', () => {
    const old = (state: string): string => {
      const { progress, ...others } = JSON.parse(state) as { progress: Record<string, Record<string, unknown>> };
      for (const key of ['sinceEvaluation', 'inEpoch']) {
        const { weight, lossSum, ...sums } = progress[key] as { weight: number; lossSum: number };
        progress[key] = { ...sums, steps: 3, lossSum: weight === 0 ? 0 : (3 * lossSum) / weight };
      }
      progress['health'] = { examinedAt: 10, said: [] };
      return JSON.stringify({ progress, ...others });
    };
    const events = stoppedAt(20, 'old', old);
    expect((events.filter(({ type }) => type === 'warning') as WarningEvent[]).map(({ code }) => code)).toEqual(['RESUME_MEANS']);
    const [mine, theirs] = [of(events, 'epoch'), of(whole.events, 'epoch').filter(({ step }) => step > 20)];
    expect(mine.map(({ trainLoss }) => trainLoss)).toEqual(theirs.map(({ trainLoss }) => expect.closeTo(trainLoss, 6) as number));
  });
});
