import { lineChart } from '../../lib/report/charts';
import type { LineChart } from '../../lib/report/drawing/lineChart';
import { linearTicks, logTickFormat, logTicks, tickFormat, ticksWithin } from '../../lib/report/drawing/ticks';
import { centredMeans, thin } from '../../lib/report/drawing/thin';
import type { Curve, Point } from '../../lib/report/drawing/thin';
import { parseXml, textsOf } from '../support/xml';
import type { Element } from '../support/xml';

const blue = '#0072b2';
const vermillion = '#d55e00';
const falling = (count: number): Point[] => Array.from({ length: count }, (_, i) => [i + 1, 2 * Math.exp(-i / count)]);
const chart = (over: Partial<LineChart> = {}): LineChart => ({
  title: 'Loss', xLabel: 'step', yLabel: 'loss', series: [{ name: 'train', points: falling(100) }], ...over,
});
const elementsOf = (over: Partial<LineChart> = {}): Element[] => parseXml(lineChart(chart(over)));

/** The vertices of the curve in a colour, in pixels; each part that hangs together is one list. */
function curves(elements: readonly Element[], stroke: string): [number, number][][] {
  return elements
    .filter(({ name, attributes }) => name === 'path' && attributes['stroke'] === stroke && attributes['stroke-linejoin'])
    .flatMap(({ attributes }) => attributes['d']!.split('M').slice(1))
    .map((part) => part.split('L').map((pair) => pair.trim().split(' ').map(Number) as [number, number]));
}

describe('line charts', () => {
  test('are self-contained, well-formed and described in words', () => {
    const svg = lineChart(chart({ title: 'A < B & "C"', series: [{ name: 'λ = 1', points: [[1, 2.5], [5, 0.25]] }] }));
    const elements = parseXml(svg);
    expect(elements[0]).toMatchObject({ name: 'svg', attributes: { role: 'img', width: '720', height: '420' } });
    expect(elements[1]).toMatchObject({ name: 'title', text: 'A < B & "C"' });
    expect(elements[2]).toMatchObject({
      name: 'desc', text: 'Line chart of loss against step. λ = 1: from 2.5 at 1 to 0.25 at 5, between 0.25 and 2.5.',
    });
    expect(textsOf(elements)).toEqual(expect.arrayContaining(['A < B & "C"', 'step', 'loss']));
    expect(elements.map(({ name }) => name)).not.toContain('script');
    expect(elements.map(({ name }) => name)).not.toContain('style');
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  test('the same chart is the same file', () => {
    expect(lineChart(chart())).toBe(lineChart(chart()));
  });

  test('draw each series in its colour and name it in the legend', () => {
    const points = falling(100);
    const elements = elementsOf({
      series: [
        { name: 'train, raw', points, style: 'faint', colour: 0 },
        { name: 'train', points, colour: 0 },
        { name: 'validation', points: [[10, 1], [90, 0.5]], style: 'dashed' , colour: 1 },
      ],
    });
    expect(curves(elements, blue)).toHaveLength(2);
    expect(curves(elements, vermillion)).toHaveLength(1);
    expect(textsOf(elements)).toEqual(expect.arrayContaining(['train, raw', 'train', 'validation']));
    expect(elements.filter(({ attributes }) => attributes['stroke-dasharray']).length).toBe(2);
  });

  test('one series needs no legend', () => {
    expect(textsOf(elementsOf())).not.toContain('train');
  });

  test('the curve runs to scale between the ticks', () => {
    const [curve] = curves(elementsOf({ series: [{ name: 'line', points: [[0, 0], [50, 5], [100, 10]] }] }), blue);
    const [first, middle, last] = curve!;
    expect(middle![0]).toBeCloseTo((first![0] + last![0]) / 2, 0);
    expect(middle![1]).toBeCloseTo((first![1] + last![1]) / 2, 0);
    expect(last![0]).toBeGreaterThan(first![0] + 500);
    expect(last![1]).toBeLessThan(first![1] - 200);
  });

  test('a logarithmic axis makes an exponential straight', () => {
    const points = Array.from({ length: 5 }, (_, i): Point => [i, 10 ** -i]);
    const elements = elementsOf({ yScale: 'log', series: [{ name: 'line', points }] });
    const heights = curves(elements, blue)[0]!.map(([, y]) => y);
    const drops = heights.slice(1).map((y, i) => y - heights[i]!);
    for (const drop of drops) expect(Math.abs(drop - drops[0]!)).toBeLessThan(0.5);
    expect(textsOf(elements)).toEqual(expect.arrayContaining(['1', '0.1', '0.01', '0.001', '0.0001']));
  });

  test('a logarithmic x-axis spaces decades evenly, and says so', () => {
    const points = [1e-4, 1e-3, 1e-2, 1e-1].map((x): Point => [x, 1]);
    const elements = elementsOf({ xScale: 'log', xLabel: 'rate', series: [{ name: 'line', points }] });
    const places = curves(elements, blue)[0]!.map(([x]) => x);
    const gaps = places.slice(1).map((x, i) => x - places[i]!);
    for (const gap of gaps) expect(Math.abs(gap - gaps[0]!)).toBeLessThan(0.5);
    expect(textsOf(elements)).toEqual(expect.arrayContaining(['0.0001', '0.001', '0.01', '0.1']));
    expect(elements[2]!.text).toContain('against rate, logarithmic.');
  });

  test('shares read as percentages', () => {
    const elements = elementsOf({ yFormat: 'percent', series: [{ name: 'a', points: [[0, 0.2], [9, 0.6]] }] });
    expect(textsOf(elements)).toEqual(expect.arrayContaining(['20 %', '60 %']));
    expect(elements[2]!.text).toContain('from 20 % at 0 to 60 % at 9');
  });

  test.each([
    ['no series', []],
    ['an empty series', [{ name: 'train', points: [] }]],
    ['nothing finite', [{ name: 'train', points: [[1, NaN], [2, Infinity]] as const }]],
  ])('say so when there is %s', (_, series) => {
    for (const yScale of ['linear', 'log'] as const) {
      const elements = elementsOf({ series, yScale });
      expect(textsOf(elements)).toContain('No values to draw');
      expect(curves(elements, blue)).toHaveLength(0);
    }
  });

  test('what is not finite leaves a gap and is counted', () => {
    const points: Point[] = [[0, 1], [1, 2], [2, NaN], [3, 2], [4, 1]];
    const elements = elementsOf({ series: [{ name: 'train', points }] });
    expect(curves(elements, blue)).toHaveLength(2);
    expect(elements[2]!.text).toContain('1 values missing');
  });

  test('what is not positive leaves a gap on a logarithmic axis', () => {
    const points: Point[] = [[0, 1], [1, 0.1], [2, 0], [3, -1], [4, 0.1], [5, 1]];
    expect(curves(elementsOf({ yScale: 'log', series: [{ name: 'a', points }] }), blue)).toHaveLength(2);
  });

  test('one point and a constant get room around them', () => {
    for (const points of [[[3, 5]], [[3, 5], [8, 5]]] as Point[][]) {
      const text = elementsOf({ series: [{ name: 'a', points }] }).filter(({ name }) => name === 'text');
      expect(text.length).toBeGreaterThan(5);
    }
  });

  test('long series stay below 100 kB and keep their spikes', () => {
    const points = falling(200_000).map(([x, y]): Point => [x, x === 123_456 ? 40 : y + (x % 7) / 50]);
    const series = Array.from({ length: 8 }, (_, s) => ({ name: `run ${String(s)}`, points }));
    const svg = lineChart(chart({ series }));
    expect(Buffer.byteLength(svg)).toBeLessThan(100_000);
    const [curve] = curves(parseXml(svg), blue);
    expect(Math.max(...curve!.map(([, y]) => y)) - Math.min(...curve!.map(([, y]) => y))).toBeGreaterThan(150);
  });

  test('a legend of many lines makes the picture higher, and long texts are cut', () => {
    const series = Array.from({ length: 30 }, (_, s) => ({ name: `${'long '.repeat(30)}${String(s)}`, points: falling(5) }));
    const elements = elementsOf({ title: 'word '.repeat(60), series, width: 400 });
    expect(Number(elements[0]!.attributes['height'])).toBeGreaterThan(700);
    for (const text of textsOf(elements)) expect(text.length).toBeLessThan(60);
    expect(elements[1]!.text).toBe('word '.repeat(60).trim());
  });

  test('control characters do not reach the file', () => {
    expect(elementsOf({ title: 'a\u0000b\nc' })[1]!.text).toBe('a\\x00b\\nc');
  });
});

describe('ticks', () => {
  test('are the numbers that they read as, so that an axis ends at its last tick', () => {
    expect(linearTicks(0.387, 0.593, 5)).toEqual([0.35, 0.4, 0.45, 0.5, 0.55, 0.6]);
    const points = [[245, 0.387], [1715, 0.593]] as const;
    expect(lineChart({ title: 't', xLabel: 'step', yLabel: 'share', series: [{ name: 'train', points }] })).toContain('0.60');
  });

  test.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.5, 2.6, 5, [0.5, 1, 1.5, 2, 2.5, 3]],
    [-3, 8, 5, [-5, 0, 5, 10]],
    [1000, 1001, 2, [1000, 1000.5, 1001]],
  ])('linear, %d to %d in %i', (low, high, count, ticks) => {
    const found = linearTicks(low, high, count);
    expect(found).toHaveLength(ticks.length);
    found.forEach((tick, i) => {
      expect(tick).toBeCloseTo(ticks[i]!, 9);
    });
  });

  test('of a range lie in it, two or more of them, so that their distance says how many decimals they need', () => {
    expect(ticksWithin(0.387, 0.593, 5)).toEqual([0.4, 0.45, 0.5, 0.55]);
    for (let span = 1; span < 10; span += 0.01) {
      for (const low of [-span / 2, 0, 0.37, 1e4 / 3]) {
        const found = ticksWithin(low, low + span, 5);
        expect(found.length).toBeGreaterThan(1);
        expect(found.filter((tick) => tick < low || tick > low + span)).toEqual([]);
      }
    }
  });

  test.each([
    [0.021, 1.3, [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]],
    [1, 10, [1, 2, 5, 10]],
    [3, 3.1, [2, 5]],
    [6, 7, [5, 10]],
    [1e-4, 1, [1e-4, 1e-3, 1e-2, 1e-1, 1]],
  ])('logarithmic, %d to %d', (low, high, ticks) => {
    const found = logTicks(low, high);
    expect(found).toHaveLength(ticks.length);
    found.forEach((tick, i) => {
      expect(tick / ticks[i]!).toBeCloseTo(1, 12);
    });
  });

  test.each([[1e-300, 1e300], [1e-12, 1], [5, 5000], [0.9, 2000]])('logarithmic, %d to %d, are few and enclose', (low, high) => {
    const ticks = logTicks(low, high);
    expect(ticks.length).toBeLessThanOrEqual(11);
    expect(ticks[0]).toBeLessThanOrEqual(low);
    expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(high);
  });

  test.each([
    [tickFormat([0, 0.5, 1])(0.5), '0.5'],
    [tickFormat([0, 500, 1000])(500), '500'],
    [tickFormat([0, 2e6, 4e6])(2e6), '2e6'],
    [tickFormat([0, 1e-7])(1e-7), '1e-7'],
    [logTickFormat(5 * 1e-4), '0.0005'],
    [logTickFormat(1e-9), '1e-9'],
    [logTickFormat(1e7), '1e7'],
    [logTickFormat(200), '200'],
  ])('%s reads %s', (formatted, expected) => {
    expect(formatted).toBe(expected);
  });
});

describe('thinning and smoothing', () => {
  const curveOf = (y: readonly number[]): Curve => ({ x: y.map((_, i) => i), y });
  const noisy = Array.from({ length: 10_000 }, (_, i) => Math.sin(i * i));

  test('thinning keeps order, ends, extremes and the limit', () => {
    const thinned = thin(curveOf(noisy), 500);
    const ys = thinned.map(([, y]) => y);
    expect(thinned.length).toBeLessThanOrEqual(500);
    expect(thinned[0]).toEqual([0, noisy[0]]);
    expect(thinned[thinned.length - 1]).toEqual([9999, noisy[9999]]);
    expect(thinned.map(([x]) => x)).toEqual([...new Set(thinned.map(([x]) => x))].sort((a, b) => a - b));
    expect(Math.max(...ys)).toBe(Math.max(...noisy));
    expect(Math.min(...ys)).toBe(Math.min(...noisy));
  });

  test('a short series is left alone, and a gap stays a gap', () => {
    const short = noisy.slice(0, 500);
    expect(thin(curveOf(short), 500)).toEqual(short.map((y, x): Point => [x, y]));
    const gapped = noisy.map((y, x) => (x === 5000 ? NaN : y));
    expect(thin(curveOf(gapped), 500).filter(([, y]) => Number.isNaN(y))).toEqual([[5000, NaN]]);
  });

  test('the centred mean leaves a line a line and takes what is there at the ends', () => {
    const line = Array.from({ length: 9 }, (_, i) => 3 * i);
    expect([...centredMeans(line, 5).slice(2, 7)]).toEqual(line.slice(2, 7));
    expect(centredMeans(line, 5)[0]).toBe(3);
    expect([...centredMeans([1, NaN, 3], 3)]).toEqual([1, 2, 3]);
    expect([...centredMeans([NaN], 3)]).toEqual([NaN]);
    expect([...centredMeans([1, 4], 3, [1, 2])]).toEqual([3, 3]);
    expect([...centredMeans([1, 4], 3, [NaN, 2])]).toEqual([3, 3]);
  });
});
