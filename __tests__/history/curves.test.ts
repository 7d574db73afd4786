import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CurvesAnswer } from '../../lib/dashboard/api';
import { curvesOf, curvesRequest } from '../../lib/dashboard/curves/curvesOf';
import { MetricsReader } from '../../lib/dashboard/curves/metricsReader';
import { Columns } from '../../lib/history/curves/columns';
import { RunSeries } from '../../lib/history/curves/runSeries';
import { RunHistory } from '../../lib/history/runHistory';
import type { StepEvent, TrainEvent } from '../../lib/train/events';
import { evaluationEvent, linesOf, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const step = (at: number, loss = 1, weight = 1): StepEvent => ({ type: 'step', step: at, epoch: at / 10, loss, batchAccuracy: 0.5, learningRate: 0.1, rows: 1, weight });

describe('columns', () => {
  test('are summed up by buckets, weighted, without values that are not finite', () => {
    const table = new Columns('step', ['loss', 'weight', 'late']);
    [3, 5, NaN, 1, Infinity, NaN, 8].forEach((loss, i) => { table.push({ step: i, loss, weight: i === 0 ? 3 : 1 }); });
    expect(table.bucketed('loss', 0, 7, 2, 'weight')).toEqual({ mean: [3.5, 1, NaN, 8], low: [3, 1, NaN, 8], high: [5, 1, NaN, 8] });
    expect(table.sums('weight', 0, 7, 4)).toEqual([6, 3]);
  });

  test('hold a mean of values whose sum is not finite within their range', () => {
    const table = new Columns('step', ['loss', 'weight', 'late']);
    for (const loss of [1e308, 1.5e308]) table.push({ step: 0, loss });
    const { mean: [mean] } = table.bucketed('loss', 0, 2, 2);
    expect(mean).toBeGreaterThanOrEqual(1e308);
    expect(mean).toBeLessThanOrEqual(1.5e308);
  });

  test('grow, are cut, and get new ones that are NaN before', () => {
    const table = new Columns('step', ['loss', 'weight', 'late']);
    for (let i = 0; i < 1000; i++) table.push({ step: i, ...(i >= 600 && { late: i }) });
    expect([table.length, table.column('late')[599], table.column('late')[600], table.indexOf(599.5)]).toEqual([1000, NaN, 600, 600]);
    expect([table.cut(1000), table.cut(700), table.length]).toEqual([false, true, 700]);
    table.push({ step: 700 });
    expect(table.column('late')[700]).toBeNaN(); // and not what stood there
  });
});

test('a series holds the rows that a history holds as objects, whatever is said again', () => {
  const at = (s: number): TrainEvent[] => [
    step(s), evaluationEvent(s), { type: 'epoch', step: s, epoch: s / 10, trainLoss: 1, seconds: 1, samplesPerSecond: 9 },
    { type: 'health', step: s, layers: [{ layer: 1, weights: 'W1', activationStd: 1, weightRms: 1, gradientRms: 1, updateRatio: s }] }, { type: 'checkpoint', step: s, file: 'f', best: false },
  ];
  for (const more of [[], [step(20)], [evaluationEvent(15)], at(15), [startEvent({ resumedFrom: 10 }), step(12)], [step(9000), step(21)]]) {
    const [series, history] = [new RunSeries(), new RunHistory()];
    for (const event of [startEvent(), ...at(10), ...at(20), ...more]) {
      series.apply(event);
      history.apply(event);
    }
    for (const name of ['steps', 'evaluations', 'epochs', 'health'] as const) expect([...series.tables[name].column('step')]).toEqual(history[name].map((event) => event.step));
    expect(series.step).toBe(history.step);
    expect(series.history.best).toEqual(history.best);
  }
});

describe('the curves of a file', () => {
  const file = join(folder, 'metrics.jsonl');
  const ask = (reader: MetricsReader, query: Record<string, string> = {}): CurvesAnswer => {
    do reader.advance();
    while (reader.hasMore);
    return curvesOf(reader, curvesRequest(new URLSearchParams(query)));
  };
  const known = ({ version, tables: { steps } }: CurvesAnswer): Record<string, string> => ({
    version, known: `steps:${String(steps!.stride)}:${String(Math.min(steps!.count, steps!.first + steps!.columns['step']!.length * steps!.stride))}`,
  });
  const write = (count: number): void => { writeFileSync(file, linesOf(startEvent(), ...Array.from({ length: count }, (_, i) => step(i + 1, i === 700 ? 99 : 1)))); };

  test('are few points with their extremes, finer in a range, and only what was added', () => {
    write(1000);
    const reader = new MetricsReader(file);
    const whole = ask(reader, { points: '100' });
    expect(whole).toMatchObject({ hasMore: false, state: { step: 1000, start: startEvent() } });
    const { stride, first, columns, ranges, count, ends } = whole.tables.steps!;
    expect({ stride, first, count, ends }).toEqual({ stride: 16, first: 0, count: 1000, ends: { step: [1, 1000], epoch: [0.1, 100] } });
    expect(columns['step']!.slice(0, 2)).toEqual([8.5, 24.5]);
    expect(Math.max(...ranges['loss']!.high as number[])).toBe(99);
    expect(Math.max(...columns['loss'] as number[])).toBeCloseTo((99 + 15) / 16);
    expect(columns['weight']![0]).toBe(16);
    const part = ask(reader, { points: '100', low: '690', high: '710' }).tables.steps!;
    expect(part).toMatchObject({ stride: 1, ranges: {} });
    expect(part.columns['step']).toEqual(Array.from({ length: 23 }, (_, i) => 689 + i)); // with those beside it
    appendFileSync(file, linesOf(step(1001), step(1002)));
    const added = ask(reader, { points: '100', ...known(whole) }).tables.steps!;
    expect({ first: added.first, points: added.columns['step']!.length }).toEqual({ first: 992, points: 1 }); // the last point was of fewer rows
    expect(added.columns['step']).toEqual([997.5]);
  });

  test('begin anew once a run went on from an earlier step, was cut or replaced, and end where its folder is gone', () => {
    write(100);
    const reader = new MetricsReader(file);
    const before = ask(reader);
    appendFileSync(file, linesOf(startEvent({ resumedFrom: 50 }), step(51, 7)));
    const resumed = ask(reader, known(before));
    expect(resumed.version).not.toBe(before.version);
    expect(resumed.tables.steps).toMatchObject({ first: 0, count: 51 });
    truncateSync(file, 2000);
    appendFileSync(file, `\n${linesOf(step(500, 3))}`);
    const cut = ask(reader, known(resumed));
    expect(cut.version).not.toBe(resumed.version);
    expect(cut.state.step).toBe(500);
    expect(ask(new MetricsReader(join(folder, 'nothing.jsonl')))).toMatchObject({ hasMore: false, size: 0, state: { step: 0 } });
  });

  test('leave out damaged, torn and endless lines', () => {
    writeFileSync(file, `${linesOf(step(1))}broken\n${'x'.repeat(2 ** 20)}\n${linesOf(step(2))}{"type":"step","st`);
    const reader = new MetricsReader(file);
    expect(ask(reader).tables.steps!.columns['step']).toEqual([1, 2]);
    writeFileSync(file, `${linesOf(step(1))}{"type":"st`);
    expect(ask(reader).tables.steps!.columns['step']).toEqual([1]);
    appendFileSync(file, linesOf(step(2)).slice(11));
    expect(ask(reader).tables.steps!.columns['step']).toEqual([1, 2]);
  });

  test('are read for a moment at a time', () => {
    write(30_000);
    const reader = new MetricsReader(file);
    let time = 0;
    reader.advance(() => (time += 1000));
    expect(reader.hasMore).toBe(true);
    expect(reader.read).toBeGreaterThan(0);
    expect(reader.read).toBeLessThan(reader.size);
  });

  test('are refused numbers that are none', () => {
    expect(() => curvesRequest(new URLSearchParams({ low: 'x' }))).toThrow('Expected a number for low but received x');
    expect(curvesRequest(new URLSearchParams({ points: '1e9', tables: 'steps,foreign' }))).toMatchObject({ points: 10_000, names: ['steps'] });
  });
});
