import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classificationReport } from '../../lib/train/metrics';

interface Golden {
  readonly name: string;
  readonly k: number;
  readonly bins: number;
  readonly probabilities: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly report: {
    readonly accuracy: number; readonly topK: number; readonly precision: number[]; readonly recall: number[];
    readonly f1: number[]; readonly support: number[]; readonly macro: number[]; readonly confusion: number[][];
    readonly ece: number; readonly bins: [number, number, number][];
  };
}

const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'metrics.json'), 'utf8')) as Golden[];
const names = (classes: number): string[] => Array.from({ length: classes }, (_, j) => `class ${String(j)}`);

test.each(golden.map((one) => [one.name, one] as const))('%s, as NumPy has it', (_, { k, bins, probabilities, labels, report }) => {
  const classNames = names(probabilities[0]!.length);
  const ours = classificationReport(probabilities.flat(), labels, classNames, { k, bins });
  const close = (actual: readonly number[], wanted: readonly number[]): void => {
    expect(actual).toHaveLength(wanted.length);
    actual.forEach((value, i) => { expect(value).toBeCloseTo(wanted[i]!, 12); });
  };
  expect(ours).toMatchObject({ rows: labels.length, confusion: report.confusion });
  expect(ours.classes.map(({ className, support }) => [className, support])).toEqual(
    classNames.map((name, j) => [name, report.support[j]]),
  );
  close([ours.accuracy, ours.topK.accuracy, ours.calibration.error], [report.accuracy, report.topK, report.ece]);
  for (const score of ['precision', 'recall', 'f1'] as const) close(ours.classes.map((one) => one[score]), report[score]);
  close([ours.macro.precision, ours.macro.recall, ours.macro.f1], report.macro);
  expect(ours.calibration.bins.map(({ rows }) => rows)).toEqual(report.bins.map(([rows]) => rows));
  close(ours.calibration.bins.map(({ confidence }) => confidence), report.bins.map(([, confidence]) => confidence));
  close(ours.calibration.bins.map(({ accuracy }) => accuracy), report.bins.map(([, , accuracy]) => accuracy));
});

test('bins join up, and hold a confidence of 0 and one that rounding carried beyond 1', () => {
  const { bins } = classificationReport([0, 0, 1.0000001, 0], [0, 0], ['a', 'b'], { bins: 4 }).calibration;
  expect(bins.map(({ from, to, rows }) => [from, to, rows])).toEqual([[0, 0.25, 1], [0.25, 0.5, 0], [0.5, 0.75, 0], [0.75, 1, 1]]);
});

test('the first of equally probable classes is the prediction, and comes first among the k', () => {
  const tie = (label: number): number[] => {
    const { accuracy, topK } = classificationReport([0.4, 0.4, 0.2], [label], names(3), { k: 1 });
    return [accuracy, topK.accuracy];
  };
  expect([tie(0), tie(1), tie(2)]).toEqual([[1, 1], [0, 0], [0, 0]]);
});

test('no rows leave no shares', () => {
  expect(classificationReport([], [], names(2))).toMatchObject({ rows: 0, accuracy: Number.NaN, confusion: [[0, 0], [0, 0]] });
});

test.each([
  ['too few probabilities', () => classificationReport([0.5], [0], names(2)), 'ERR_SHAPE'],
  ['a label out of range', () => classificationReport([0.5, 0.5], [2], names(2)), 'ERR_KERNEL_INDEX'],
  ['k above the classes', () => classificationReport([0.5, 0.5], [1], names(2), { k: 3 }), 'ERR_SHAPE'],
  ['no classes', () => classificationReport([], [], []), 'ERR_SHAPE'],
  ['no bins', () => classificationReport([0.5, 0.5], [1], names(2), { bins: 0 }), 'ERR_SHAPE'],
])('refuses %s', (_, call, code) => {
  expect(call).toThrow(expect.objectContaining({ code }));
});

test.each([
  ['NaN', Number.NaN], ['infinity', Infinity], ['a logit', 2.5], ['a negative number', -0.5], ['nothing', undefined], ['a text', '0.5'],
])('refuses %s for a probability, naming row and class', (_, value) => {
  expect(() => classificationReport([0.5, 0.5, 0.5, value as number], [0, 1], names(2))).toThrow(
    expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('row 1, class 1') as string, details: { row: 1, column: 1 } }),
  );
});

test.each([['NaN', Number.NaN], ['a half', 0.5], ['nothing', undefined], ['a text', '1'], ['a negative one', -1]])('refuses %s for a label', (_, label) => {
  expect(() => classificationReport([0.5, 0.5, 0.5, 0.5], [0, label as number], names(2))).toThrow(
    expect.objectContaining({ code: 'ERR_KERNEL_INDEX', message: expect.stringContaining('row 1') as string }),
  );
});
