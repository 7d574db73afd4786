import {
  formatBytes, formatClock, formatCount, formatDuration, formatPercent, formatSignificant,
} from '../../lib/cli/terminal/format';
import { renderPlot, sparkline } from '../../lib/cli/terminal/plot';
import { ProgressLine, progressBar } from '../../lib/cli/terminal/progress';
import { coloursOf, terminalOf, textWidth, truncate } from '../../lib/cli/terminal/style';
import type { Terminal } from '../../lib/cli/terminal/style';
import { renderTable } from '../../lib/cli/terminal/table';
import { TrainingProgress } from '../../lib/cli/terminal/trainingProgress';
import type { TrainEvent } from '../../lib/train/events';
import { Pipe, Screen, utf8 } from '../support/screen';

const terminal = (over: Partial<Terminal> = {}): Terminal => ({
  isTTY: true, columns: 80, colour: false, unicode: true, ...over,
});
const linesOf = (text: string): string[] => text.trimEnd().split('\n');
const widest = (text: string): number => Math.max(...linesOf(text).map(textWidth));

describe('what a stream can show', () => {
  test.each([
    ['a pipe', {}, {}, { isTTY: false, columns: 80, colour: false, unicode: false }],
    ['a window', { isTTY: true, columns: 120 }, utf8, { isTTY: true, columns: 120, colour: true, unicode: true }],
    ['a window of unknown size', { isTTY: true, columns: 0 }, utf8, { columns: 80 }],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, { colour: false }],
    ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, { colour: true }],
    ['TERM=dumb', { isTTY: true }, { TERM: 'dumb' }, { colour: false }],
    ['FORCE_COLOR into a pipe', {}, { FORCE_COLOR: '1', NO_COLOR: '1' }, { colour: true }],
    ['FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, { colour: false }],
    ['LC_ALL before LANG', { isTTY: true }, { LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, { unicode: false }],
    ['NO_UNICODE', { isTTY: true }, { ...utf8, NO_UNICODE: '1' }, { unicode: false }],
    ['the Linux console', { isTTY: true }, { ...utf8, TERM: 'linux' }, { unicode: false }],
  ])('%s', (_, stream, env, shown) => {
    expect(terminalOf({ write: () => true, ...stream }, env)).toMatchObject(shown);
  });

  test('colours wrap text, or leave it alone', () => {
    expect(coloursOf({ colour: true }).red('x')).toBe('\x1b[31mx\x1b[39m');
    expect(coloursOf({ colour: false }).red('x')).toBe('x');
  });

  test.each([
    ['softmax', 7, true, 'softmax'],
    ['softmax', 4, true, 'sof…'],
    ['softmax', 5, false, 'so...'],
    ['softmax', 2, false, '..'],
    ['softmax', 0, true, ''],
  ])('truncates %s to %i (unicode %s)', (text, width, unicode, cut) => {
    expect(truncate(text, width, unicode)).toBe(cut);
  });
});

describe('numbers', () => {
  test.each([
    [formatPercent(0.5213), '52.1 %'],
    [formatPercent(NaN), '–'],
    [formatCount(4000), '4,000'],
    [formatCount(1234567), '1,234,567'],
    [formatCount(999), '999'],
    [formatSignificant(1.48234), '1.482'],
    [formatSignificant(0.02), '0.02000'],
    [formatSignificant(9.99996, 4), '10.00'],
    [formatSignificant(1.3e-9, 2), '1.3e-9'],
    [formatSignificant(123456, 4), '123456'],
    [formatSignificant(-2.5e12, 3), '-2.50e12'],
    [formatSignificant(0), '0'],
    [formatSignificant(NaN), 'NaN'],
    [formatDuration(0.0123), '12 ms'],
    [formatDuration(0.9999), '1.0 s'],
    [formatDuration(4.21), '4.2 s'],
    [formatDuration(59.97), '1m 00s'],
    [formatDuration(83), '1m 23s'],
    [formatDuration(3725), '1h 02m'],
    [formatClock(3.2), '0:04'],
    [formatClock(750), '12:30'],
    [formatClock(3723), '1:02:03'],
    [formatBytes(512), '512 B'],
    [formatBytes(170_052_171), '170.1 MB'],
    [formatBytes(999_999), '1.0 MB'],
  ])('%s reads %s', (formatted, expected) => {
    expect(formatted).toBe(expected);
  });
});

describe('tables', () => {
  const columns = [{ header: 'kernel' }, { header: 'dtype' }, { header: 'error / bound' }, { header: 'verdict' }];
  const rows = [
    ['softmaxCrossEntropyForward', 'float32', 0.17, 'within its bound'],
    ['gemm', 'float64', '1.3e-2', 'within its bound'],
  ];

  test('aligns numbers to the right and text to the left', () => {
    expect(renderTable(columns, rows, terminal())).toBe(
      [
        'kernel                      dtype    error / bound  verdict',
        '─'.repeat(26 + 7 + 13 + 16 + 6),
        'softmaxCrossEntropyForward  float32           0.17  within its bound',
        'gemm                        float64         1.3e-2  within its bound',
        '',
      ].join('\n'),
    );
  });

  test.each([40, 50, 60, 80, 200])('is at most %i wide and keeps its numbers whole', (width) => {
    const text = renderTable(columns, rows, terminal({ columns: width }));
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text).toContain('0.17');
    expect(text).toContain('1.3e-2');
  });

  test('cuts text with an ellipsis before it gives up the table', () => {
    const text = renderTable(columns, rows, terminal({ columns: 60 }));
    expect(linesOf(text)).toHaveLength(4);
    expect(text).toMatch(/^softmaxCross\w*… {2}float32/m);
  });

  test('becomes records where a table does not fit', () => {
    const wide = Array.from({ length: 9 }, (_, c) => ({ header: `column ${String(c)}` }));
    const text = renderTable(wide, [wide.map((_, c) => 1000 + c)], terminal({ columns: 40 }));
    expect(linesOf(text)).toHaveLength(9);
    expect(linesOf(text)[8]).toBe('column 8  1008');
  });

  test('cuts nothing and uses ASCII in a plain pipe', () => {
    const long = 'x'.repeat(300);
    const text = renderTable([{ header: 'a' }, { header: 'b' }], [[long, 1]], terminal({ isTTY: false, unicode: false }));
    expect(text).toContain(long);
    expect(linesOf(text)[1]).toBe('-'.repeat(303));
  });

  test('colour does not change the layout', () => {
    const painted = columns.map((column) => ({ ...column, paint: (text: string) => `\x1b[32m${text}\x1b[39m` }));
    const text = renderTable(painted, rows, terminal({ colour: true }));
    // eslint-disable-next-line no-control-regex -- escape sequences are what this removes
    expect(text.replace(/\x1b\[\d+m/g, '')).toBe(renderTable(columns, rows, terminal()));
  });

  test('shows its header when there is no row', () => {
    expect(linesOf(renderTable(columns, [], terminal()))[0]).toBe('kernel  dtype  error / bound  verdict');
  });
});

describe('plots', () => {
  const falling = { name: 'train', points: Array.from({ length: 500 }, (_, i) => [i, 2 * Math.exp(-i / 100)] as const) };
  const labels = { xLabel: 'step', yLabel: 'loss' };

  test.each([40, 80, 200])('fits %i columns and uses them', (columns) => {
    for (const unicode of [true, false]) {
      const text = renderPlot([falling], labels, terminal({ columns, unicode }));
      expect(widest(text)).toBe(columns);
      // eslint-disable-next-line no-control-regex -- ASCII is the claim
      if (!unicode) expect(text).toMatch(/^[\x00-\x7f]+$/);
    }
  });

  test('draws the curve from top left to bottom right, between labelled ticks', () => {
    const lines = linesOf(renderPlot([falling], { ...labels, height: 8 }, terminal({ columns: 40, unicode: false })));
    expect(lines[0]).toBe('loss');
    expect(lines[1]).toMatch(/^2\+\*/);
    expect(lines[8]).toMatch(/^0\+ .*\*$/);
    expect(lines[10]).toMatch(/^ {2}0 +step +499$/);
    const firstMarks = lines.slice(1, 9).map((line) => line.indexOf('*'));
    expect(firstMarks).toEqual([...firstMarks].sort((a, b) => a - b));
  });

  test('a straight line in braille lights one dot per column', () => {
    const points = Array.from({ length: 64 }, (_, i) => [i, i] as const);
    const text = renderPlot([{ name: 'line', points }], { ...labels, height: 4 }, terminal({ columns: 40 }));
    const dots = Array.from(text).filter((c) => c >= '\u2800' && c <= '\u28ff').map((c) => c.codePointAt(0)! - 0x2800);
    const lit = dots.reduce((sum, bits) => sum + bits.toString(2).replaceAll('0', '').length, 0);
    expect(Math.abs(lit - 2 * (40 - '100┤'.length))).toBeLessThanOrEqual(2);
  });

  test('a logarithmic axis has ticks at 1, 2 and 5 and leaves out what is not positive', () => {
    const points = [[0, 1], [1, 0.1], [2, 0], [3, -1], [4, 0.02]] as const;
    const text = renderPlot([{ name: 'train', points }], { ...labels, yScale: 'log' }, terminal());
    for (const tick of ['   1┤', ' 0.5┤', ' 0.2┤', ' 0.1┤', '0.05┤', '0.02┤']) expect(text).toContain(tick);
  });

  test('several curves get a legend and marks of their own where there is no colour', () => {
    const flat = { name: 'validation', points: [[0, 1.5], [499, 1.5]] as const };
    const text = renderPlot([falling, flat], labels, terminal());
    expect(text).toContain('* train  o validation');
    expect(linesOf(text).some((line) => (line.match(/o/g) ?? []).length > 40)).toBe(true);
  });

  test.each([
    ['nothing', []],
    ['only NaN', [[0, NaN], [1, Infinity]] as const],
  ])('says so when there is %s', (_, points) => {
    expect(renderPlot([{ name: 'train', points }], labels, terminal())).toBe('loss: no values to draw\n');
  });

  test('draws one point and a constant', () => {
    expect(renderPlot([{ name: 'a', points: [[1, 5]] }], labels, terminal({ unicode: false }))).toContain('*');
    const constant = renderPlot([{ name: 'a', points: [[1, 5], [9, 5]] }], labels, terminal({ unicode: false }));
    expect(linesOf(constant).filter((line) => /\*{70}/.test(line))).toHaveLength(1);
  });

  test.each([
    [[1, 2, 3, 4, 5, 6, 7, 8], 8, true, '▁▂▃▄▅▆▇█'],
    [[8, 8, 1, 1], 2, true, '█▁'],
    [[1, NaN, 2], 3, true, '▁ █'],
    [[3, 3], 5, false, '__'],
    [[], 5, true, ''],
  ])('sparkline of %j in %i', (values, width, unicode, line) => {
    expect(sparkline(values, width, unicode)).toBe(line);
  });

  test.each([[0, '....'], [0.5, '##..'], [1, '####'], [7, '####'], [NaN, '....']])('bar of %d', (share, bar) => {
    expect(progressBar(share, 4, false)).toBe(bar);
  });
});

describe('progress', () => {
  const fields = (step: number) => () => [
    { text: `step ${String(step)}`, rank: 3 },
    { text: 'loss 1.482', rank: 2 },
    { text: '0:04 left', rank: 1, live: true },
  ];

  test('rewrites one line, at most once per interval', () => {
    const screen = new Screen(80);
    let time = 0;
    const line = new ProgressLine({ stream: screen, env: utf8, now: () => time });
    for (let step = 1; step <= 1000; step++, time += 1) line.update(fields(step));
    expect(screen.lines).toEqual(['step 901  loss 1.482  0:04 left']);
    expect(screen.writes).toBeLessThanOrEqual(20);
    line.done();
    line.done();
    expect(screen.lines).toEqual(['step 1000  loss 1.482  0:04 left', '']);
  });

  test.each([
    [32, 'step 1  loss 1.482  0:04 left'],
    [28, 'step 1  loss 1.482'],
    [18, 'step 1  0:04 left'],
    [16, 'step 1'],
    [5, 'ste…'],
  ])('at %i columns the most important fields have their place first', (columns, shown) => {
    const screen = new Screen(columns);
    new ProgressLine({ stream: screen, env: utf8 }).update(fields(1));
    expect(screen.lines).toEqual([shown]);
  });

  test('leaves nothing behind when the window becomes narrower', () => {
    const screen = new Screen(80);
    const line = new ProgressLine({ stream: screen, env: utf8, interval: 0 });
    line.update(fields(1));
    screen.resize(20);
    expect(screen.lines).toHaveLength(2);
    line.update(fields(2));
    expect(screen.lines).toEqual(['step 2  loss 1.482']);
  });

  test('messages stand above the line', () => {
    const screen = new Screen(80);
    const line = new ProgressLine({ stream: screen, env: utf8 });
    line.update(fields(1));
    line.log('warning');
    line.done();
    expect(screen.lines).toEqual(['warning', 'step 1  loss 1.482  0:04 left', '']);
  });

  test.each([
    ['a pipe', new Pipe(), utf8],
    ['continuous integration', Object.assign(new Pipe(), { isTTY: true }), { ...utf8, CI: 'true' }],
    ['a dumb terminal', Object.assign(new Pipe(), { isTTY: true }), { ...utf8, TERM: 'dumb' }],
  ])('writes a whole line now and then into %s', (_, pipe, env) => {
    let time = 0;
    const line = new ProgressLine({ stream: pipe, env, quietInterval: 1000, now: () => time });
    for (let step = 1; step <= 2500; step++, time += 1) line.update(fields(step), step === 1700);
    line.done();
    expect(linesOf(pipe.text)).toEqual([1, 1001, 1700, 2500].map((step) => `step ${String(step)}  loss 1.482`));
  });

  test('an update that is not written does not build its fields', () => {
    const line = new ProgressLine({ stream: new Screen(80), env: utf8, now: () => 0 });
    line.update(fields(1));
    const build = jest.fn(fields(2));
    line.update(build);
    expect(build).not.toHaveBeenCalled();
  });
});

describe('progress of a training run', () => {
  const start: TrainEvent = {
    type: 'start', run: 'r', layers: [3072, 50, 10], parameters: 154160, steps: 4000, stepsPerEpoch: 245, batchSize: 200,
    backend: 'native', dtype: 'float32', threads: 2, seed: 0, data: 'cifar10', dataDigest: '',
  };
  const step = (n: number): TrainEvent => ({
    type: 'step', step: n, epoch: n / 245, loss: 2 / Math.sqrt(n), batchAccuracy: 0.3, learningRate: 1e-4,
  });
  const evaluation: TrainEvent = {
    type: 'evaluation', step: 1240, epoch: 5, trainAccuracy: 0.6, trainLoss: 1.1, valAccuracy: 0.521, valLoss: 1.4,
  };

  function play(stream: Screen | Pipe): TrainingProgress {
    let time = 0;
    const progress = new TrainingProgress({ stream, env: utf8, now: () => time });
    progress.handle(start);
    for (let n = 1; n <= 1240; n++) {
      time = n * 1.6;
      progress.handle(step(n));
    }
    progress.handle(evaluation);
    return progress;
  }

  test('shows step, loss, accuracy, curve, rate and time left', () => {
    const screen = new Screen(120);
    play(screen);
    expect(screen.lines).toEqual([
      'step 1,240/4,000   31 %  loss 0.05680  val 52.1 %  █▃▂▂▁▁▁▁  625 steps/s  0:05 left',
    ]);
  });

  test.each([
    [40, 0], [60, 4], [80, 5], [120, 8], [200, 13],
  ])('stays on one line of %i columns, with a curve of %i characters', (columns, curve) => {
    const screen = new Screen(columns);
    play(screen);
    expect(screen.lines).toHaveLength(1);
    expect(screen.lines[0]).toContain('loss 0.05680');
    expect(screen.lines[0]!.match(/[▁-█]/g) ?? []).toHaveLength(curve);
    expect(textWidth(screen.lines[0]!)).toBeLessThan(columns);
  });

  test('the time left is gone once it ends, however it ends', () => {
    const screen = new Screen(120);
    play(screen).done();
    expect(screen.lines).toEqual(['step 1,240/4,000   31 %  loss 0.05680  val 52.1 %  █▃▂▂▁▁▁▁  625 steps/s', '']);
  });

  test('evaluations get a line of their own in a log; a result repeats nothing', () => {
    const pipe = new Pipe();
    const progress = play(pipe);
    progress.handle({ type: 'warning', code: 'W', message: 'slow disk' });
    progress.done();
    expect(linesOf(pipe.text)).toEqual([
      'step     1/4,000    0 %  loss 2.000',
      'step 1,240/4,000   31 %  loss 0.05680  val 52.1 %  625 steps/s',
      'warning slow disk',
    ]);
  });
});
