import { Course, LineReader, Pace } from '../../lib/dashboard/page/runHistory';
import { numberOrNaN, objectOf, optional, text } from '../../lib/files/shape';
import type { EvaluationEvent, StartEvent, StepEvent, TrainEvent } from '../../lib/train/events';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const step = (at: number, loss = 1): StepEvent => ({ type: 'step', step: at, epoch: at / 10, loss, batchAccuracy: 0.5, learningRate: 0.1 });
const evaluation = (at: number, valAccuracy: number, valLoss = 1): EvaluationEvent =>
  ({ type: 'evaluation', step: at, epoch: at / 10, trainAccuracy: 0.5, trainLoss: 1, valAccuracy, valLoss });
const start = { type: 'start', run: 'x', steps: 100, stepsPerEpoch: 10 } as unknown as StartEvent;

function courseOf(...events: TrainEvent[]): Course {
  const course = new Course();
  for (const event of events) course.handle(event);
  return course;
}

test('lines are put together from pieces that end anywhere, within a letter too', () => {
  const all = bytes('{"a":"é"}\n{"b":null}\nbroken\n{"a":1}\n{"c":3}\n');
  for (let at = 0; at <= all.length; at++) {
    const reader = new LineReader(objectOf<{ a?: string | undefined; b?: number | undefined }>({ a: optional(text), b: optional(numberOrNaN) }));
    expect([...reader.read(all.subarray(0, at)), ...reader.read(all.subarray(at))]).toEqual([{ a: 'é' }, { b: NaN }, { c: 3 }]);
  }
});

test('what a run that goes on says again takes the place of what it said', () => {
  const course = courseOf(start, step(10, 3), evaluation(10, 0.4), step(20, 2), evaluation(20, 0.5), start, step(15, 9), evaluation(15, 0.6));
  expect(course.steps.map(({ step: at, loss }) => [at, loss])).toEqual([[10, 3], [15, 9]]);
  expect(course.evaluations.map(({ step: at }) => at)).toEqual([10, 15]);
  expect(course.step).toBe(15);
});

test('a warning that is told again after a start stands once', () => {
  const warning: TrainEvent = { type: 'warning', code: 'HEALTH_X', message: 'm', step: 3 };
  expect(courseOf(start, warning, start, warning).warnings).toHaveLength(1);
});

test('the best is the first of the highest accuracies, of a regression the lowest loss', () => {
  expect(courseOf(evaluation(1, 0.3), evaluation(2, 0.5), evaluation(3, 0.5), evaluation(4, 0.4)).best?.step).toBe(2);
  const regression = courseOf(evaluation(1, NaN, 3), evaluation(2, NaN, 1), evaluation(3, NaN, 2));
  expect(regression.isRegression).toBe(true);
  expect(regression.best?.step).toBe(2);
});

test('an empty course has neither steps nor a best', () => {
  const course = courseOf(start, step(5));
  course.clear();
  expect(course).toMatchObject({ step: 0, best: undefined, isRegression: false, start: undefined });
});

describe('the time left', () => {
  test('follows from the steps seen over the last seconds', () => {
    let time = 0;
    const pace = new Pace(() => time, 10_000);
    const course = courseOf(start, step(10));
    expect(pace.secondsLeft(course)).toBeNaN();
    for (const at of [20, 30, 40]) {
      time += 2000;
      course.handle(step(at));
    }
    pace.secondsLeft(course);
    expect(pace.secondsLeft(course)).toBeCloseTo(60 / (30 / 6));
    time += 6000; // nothing new for a while: the pace falls
    expect(pace.secondsLeft(course)).toBeCloseTo(60 / (30 / 12));
  });

  test('follows from the last epoch before that', () => {
    const course = courseOf(start, { type: 'epoch', step: 10, epoch: 1, trainLoss: 1, trainAccuracy: 0.5, seconds: 4, samplesPerSecond: 100 });
    expect(new Pace(() => 0).secondsLeft(course)).toBeCloseTo(36);
  });
});
