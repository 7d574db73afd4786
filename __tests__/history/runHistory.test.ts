import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineReader } from '../../lib/dashboard/page/lineReader';
import { Pace } from '../../lib/history/pace';
import { readRunHistory } from '../../lib/history/readRunHistory';
import { RunHistory } from '../../lib/history/runHistory';
import { numberOrNaN, objectOf, optional, text } from '../../lib/files/shape';
import type { EvaluationEvent, StartEvent, StepEvent, TrainEvent } from '../../lib/train/events';
import { linesOf, resultEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const step = (at: number, loss = 1): StepEvent => ({ type: 'step', step: at, epoch: at / 10, loss, batchAccuracy: 0.5, learningRate: 0.1 });
const evaluation = (at: number, valAccuracy: number, valLoss = 1): EvaluationEvent =>
  ({ type: 'evaluation', step: at, epoch: at / 10, trainAccuracy: 0.5, trainLoss: 1, valAccuracy, valLoss });
const start = { type: 'start', run: 'x', steps: 100, stepsPerEpoch: 10 } as unknown as StartEvent;

function historyOf(...events: TrainEvent[]): RunHistory {
  const history = new RunHistory();
  for (const event of events) history.apply(event);
  return history;
}

test('lines are put together from pieces that end anywhere, within a letter too', () => {
  const all = bytes('{"a":"é"}\n{"b":null}\nbroken\n{"a":1}\n{"c":3}\n');
  for (let at = 0; at <= all.length; at++) {
    const reader = new LineReader(objectOf<{ a?: string | undefined; b?: number | undefined }>({ a: optional(text), b: optional(numberOrNaN) }));
    expect([...reader.read(all.subarray(0, at)), ...reader.read(all.subarray(at))]).toEqual([{ a: 'é' }, { b: NaN }, { c: 3 }]);
  }
});

test('what a run that goes on says again takes the place of what it said', () => {
  const history = historyOf(start, step(10, 3), evaluation(10, 0.4), step(20, 2), evaluation(20, 0.5), start, step(15, 9), evaluation(15, 0.6));
  expect(history.steps.map(({ step: at, loss }) => [at, loss])).toEqual([[10, 3], [15, 9]]);
  expect(history.evaluations.map(({ step: at }) => at)).toEqual([10, 15]);
  expect(history.step).toBe(15);
});

test('a warning that is told again after a start stands once', () => {
  const warning: TrainEvent = { type: 'warning', code: 'HEALTH_X', message: 'm', step: 3 };
  expect(historyOf(start, warning, start, warning).warnings).toHaveLength(1);
});

test('the best is the first of the highest accuracies, of a regression the lowest loss', () => {
  expect(historyOf(evaluation(1, 0.3), evaluation(2, 0.5), evaluation(3, 0.5), evaluation(4, 0.4)).best?.step).toBe(2);
  const regression = historyOf(evaluation(1, NaN, 3), evaluation(2, NaN, 1), evaluation(3, NaN, 2));
  expect(regression.isRegression).toBe(true);
  expect(regression.best?.step).toBe(2);
});

test('an emptied history has neither steps nor a best', () => {
  const history = historyOf(start, step(5));
  history.clear();
  expect(history).toMatchObject({ step: 0, best: undefined, isRegression: false, start: undefined });
});

describe('a run that is resumed', () => {
  const at = (step: number) => ({
    health: { type: 'health', step, layers: [] }, warning: { type: 'warning', code: 'HEALTH_X', message: String(step), step },
    epoch: { type: 'epoch', step, epoch: step / 10, trainLoss: 1, trainAccuracy: 0.5, seconds: 1, samplesPerSecond: 9 },
    checkpoint: { type: 'checkpoint', step, file: 'f', best: false },
  } as const);
  const early: TrainEvent = { type: 'warning', code: 'RESUME_X', message: 'm' };
  const upTo20 = [10, 20].flatMap((s): TrainEvent[] => [step(s), evaluation(s, 0.5), at(s).health, at(s).warning, at(s).epoch, at(s).checkpoint]);
  const result = resultEvent({ steps: 20 });
  const resumed = { ...start, resumedFrom: 10 };
  const stepsOf = (events: readonly { readonly step?: number }[]): (number | undefined)[] => events.map(({ step: s }) => s);

  test.each<[string, TrainEvent[], Record<string, (number | undefined)[]>, number]>([
    ['is cut back to its checkpoint by its start', [resumed], { all: [10], warnings: [undefined, 10] }, 10],
    ['keeps warnings of no step, and what it says after its start', [resumed, { ...early, message: 'n' }, step(15)],
      { all: [10], steps: [10, 15], warnings: [undefined, 10, undefined] }, 15],
    ['says a step again', [step(20)], { steps: [10, 20], evaluations: [10], health: [10], warnings: [undefined, 10], epochs: [10, 20], checkpoints: [10, 20] }, 20],
    ['says an evaluation of an earlier step', [evaluation(15, 0.6)], { all: [10], evaluations: [10, 15], warnings: [undefined, 10] }, 15],
    ['says an epoch again', [at(20).epoch], { all: [10, 20], warnings: [undefined, 10, 20] }, 20],
    ['says the same warnings again', [early, at(20).warning], { all: [10, 20], warnings: [undefined, 10, 20] }, 20],
    ['loses a step that was damaged as soon as the next comes', [step(9000), step(21)], { all: [10, 20], steps: [10, 20, 21], warnings: [undefined, 10, 20] }, 21],
  ])('%s', (_, events, { all, ...lists }, done) => {
    const history = historyOf(start, early, ...upTo20, result, ...events);
    for (const list of ['steps', 'evaluations', 'health', 'epochs', 'checkpoints', 'warnings'] as const) expect(stepsOf(history[list])).toEqual(lists[list] ?? all);
    expect(history.step).toBe(done);
    expect(history.result).toBeUndefined();
  });

  test('has the last of two results, and its scores', () => {
    const again = resultEvent({ steps: 30, valAccuracy: 0.9 });
    const history = historyOf(start, ...upTo20, result, resumed, step(30), again);
    expect(history).toMatchObject({ step: 30, result: again, scores: again, lastEvaluation: evaluation(10, 0.5) });
  });

  test('of which only the present state is kept holds one event of a kind', () => {
    const history = new RunHistory(1);
    for (const event of [start, ...upTo20]) history.apply(event);
    for (const list of ['steps', 'evaluations', 'health', 'epochs', 'checkpoints', 'warnings'] as const) expect(stepsOf(history[list])).toEqual([20]);
    expect(history).toMatchObject({ step: 20, scores: evaluation(20, 0.5), start });
    history.apply(resumed);
    expect(history).toMatchObject({ step: 10, scores: undefined });
  });
});

describe('metrics.jsonl', () => {
  const folder = temporaryFolder();
  const whole = linesOf(step(1), { ...evaluation(1, NaN), trainAccuracy: NaN }, step(2));

  test.each([
    ['whole', whole, [1, 2], []],
    ['torn', `${whole}{"type":"step","step":3,"lo`, [1, 2], ['torn while it was written']],
    ['damaged within', whole.replace('"step":2', '"step":"two"'), [1], ['line 3']],
    ['of a later version', `${whole}{"type":"later"}\n`, [1, 2], ['line 4']],
    ['empty', '', [], []],
  ])('%s', (_, text, steps, reasons) => {
    const file = join(folder, 'metrics.jsonl');
    writeFileSync(file, text);
    const history = readRunHistory(file);
    expect(history.steps.map(({ step: at }) => at)).toEqual(steps);
    expect(history.leftOut).toEqual(reasons.map((reason) => expect.stringContaining(reason) as string));
    // An accuracy that is not finite is null in the file.
    expect(history.lastEvaluation?.valAccuracy).toEqual(text === '' ? undefined : NaN);
    expect(history).toMatchObject({ isRegression: text !== '', hasAccuracy: false });
  });
});

describe('the time left', () => {
  test('follows from the steps seen over the last seconds', () => {
    let time = 0;
    const pace = new Pace(() => time, { span: 10_000 });
    const history = historyOf(start, step(10));
    expect(pace.secondsLeft(history)).toBeNaN();
    for (const at of [20, 30, 40]) {
      time += 2000;
      history.apply(step(at));
    }
    pace.secondsLeft(history);
    expect(pace.secondsLeft(history)).toBeCloseTo(60 / (30 / 6));
    time += 6000; // nothing new for a while: the pace falls
    expect(pace.secondsLeft(history)).toBeCloseTo(60 / (30 / 12));
  });

  test('follows from the last epoch before that', () => {
    const history = historyOf(start, { type: 'epoch', step: 10, epoch: 1, trainLoss: 1, trainAccuracy: 0.5, seconds: 4, samplesPerSecond: 100 });
    expect(new Pace(() => 0).secondsLeft(history)).toBeCloseTo(36);
  });

  test('is found anew after a run was resumed from an earlier step', () => {
    let time = 0;
    const pace = new Pace(() => time);
    pace.mark(50);
    time = 4000;
    const history = historyOf(start, step(20));
    expect(pace.secondsLeft(history)).toBeNaN();
    time = 8000;
    history.apply(step(40));
    expect(pace.secondsLeft(history)).toBeCloseTo(60 / 5);
    expect(pace.stepsPerSecond(40)).toBeCloseTo(5);
  });
});
