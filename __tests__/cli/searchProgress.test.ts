import { LiveBlock } from '../../lib/cli/terminal/liveBlock';
import { SearchProgress } from '../../lib/cli/terminal/searchProgress';
import { renderTrials, scoreText, valueText } from '../../lib/cli/terminal/searchTable';
import { SearchHistory } from '../../lib/history/searchHistory';
import type { SearchEvent } from '../../lib/search/events';
import { Pipe, Screen, utf8 } from '../support/screen';
import { searchEvents } from '../support/searchEvents';

const progress: SearchEvent = {
  type: 'progress', seconds: 72, secondsLeft: 108,
  running: [{ trial: 40, rung: 1, replicate: 0, step: 150, until: 300 }, { trial: 41, rung: 0, replicate: 0, step: 20, until: 100 }],
};
const result: SearchEvent = {
  type: 'result', name: 'made-1', ended: 'finished', best: null, trials: 40, finished: 1, pruned: 1, failed: 1, seconds: 80,
};

describe('lines that are rewritten in place', () => {
  const block = (screen: Screen): LiveBlock => new LiveBlock({ stream: screen, env: utf8, interval: 0 });

  test('fewer lines leave nothing of more', () => {
    const screen = new Screen(20);
    const live = block(screen);
    live.update(() => ['first', 'second', 'third']);
    live.update(() => ['1st']);
    expect(screen.lines).toEqual(['1st', '']);
    live.clear();
    expect(screen.lines).toEqual(['']);
  });

  test('what is logged stays above', () => {
    const screen = new Screen(20);
    const live = block(screen);
    live.log('before');
    live.update(() => ['a', 'b']);
    live.log('message');
    expect(screen.lines).toEqual(['before', 'message', 'a', 'b', '']);
  });

  test('leaves nothing behind when the window becomes narrower, and counts no colour as width', () => {
    const screen = new Screen(40);
    const live = block(screen);
    live.update(() => ['\x1b[31mx\x1b[39m'.padEnd(40, 'x'), 'short']);
    screen.resize(16);
    live.update(() => ['new']);
    expect(screen.lines).toEqual(['new', '']);
  });

  test('is no higher than the window', () => {
    const screen = new Screen(20, 5);
    block(screen).update(() => Array.from({ length: 9 }, (_, i) => String(i)));
    expect(screen.lines).toEqual(['0', '1', '2', '3', '']);
  });

  test('writes at most once per interval', () => {
    const screen = new Screen(20);
    let time = 0;
    const live = new LiveBlock({ stream: screen, env: utf8, now: () => time });
    for (; time < 1000; time++) live.update(() => [String(time)]);
    expect(screen.writes).toBe(10);
  });

  test.each([
    ['a pipe', new Pipe(), utf8],
    ['continuous integration', Object.assign(new Pipe(), { isTTY: true }), { ...utf8, CI: 'true' }],
    ['a dumb terminal', Object.assign(new Pipe(), { isTTY: true }), { ...utf8, TERM: 'dumb' }],
  ])('writes nothing but what is logged into %s', (_, stream, env) => {
    const live = new LiveBlock({ stream, env, interval: 0 });
    live.update(() => ['a']);
    live.log('message');
    live.clear();
    expect(stream.text).toBe('message\n');
  });
});

describe('a search on a terminal', () => {
  const play = (stream: Screen | Pipe, events: readonly SearchEvent[], now: () => number = () => 0): SearchProgress => {
    const shown = new SearchProgress({ stream, env: utf8, interval: 0, now });
    for (const event of events) shown.handle(event);
    return shown;
  };

  test('shows the best trials, what the workers do and the time left', () => {
    const screen = new Screen(80, 40);
    const events = searchEvents(40);
    let time = 0;
    const shown = play(screen, [...events, progress], () => time);
    // The clock goes on between two progress events.
    time = 3000;
    shown.handle(events[1]!);
    const { lines } = screen;
    expect(lines[0]).toBe('trial 3 failed: ERR_DIVERGED, Expected a finite loss but received NaN');
    expect(lines[1]).toMatch(/^trial +validation +rung +parameters$/);
    const trials = lines.slice(3, 11);
    expect(trials[0]).toMatch(/^ *\d+ +\d\d\.\d % +3\/3 done +learningRate 0\.0\d+ +batchSize \d00 +depth \d .*…$/);
    const scores = trials.filter((line) => line.includes('3/3')).map((line) => Number(/(\d+\.\d) %/.exec(line)![1]));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(lines[12]).toBe('trial 40, rung 2/3  ██████████░░░░░░░░░░  step 150');
    expect(lines[13]).toBe('trial 41, rung 1/3  ████░░░░░░░░░░░░░░░░  step 20');
    expect(lines[14]).toMatch(/^40\/40 trials: \d+ done, \d+ left, 1 failed {2}1:15 gone {2}1:45 left$/);
    expect(lines.slice(15)).toEqual(['']);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  });

  test('leaves the screen to the result', () => {
    const screen = new Screen(80, 40);
    play(screen, [...searchEvents(10), progress, result]);
    expect(screen.lines).toEqual(['trial 3 failed: ERR_DIVERGED, Expected a finite loss but received NaN', '']);
  });

  test.each([40, 60, 200])('fits into %i columns at any moment', (columns) => {
    const screen = new Screen(columns, 100);
    const shown = new SearchProgress({ stream: screen, env: utf8, interval: 0 });
    for (const event of [...searchEvents(20), progress]) {
      shown.handle(event);
      for (const line of screen.lines.filter((text) => !text.includes('failed'))) expect(line.length).toBeLessThan(columns);
    }
  });

  test('says a line for each trial that ends where there is no terminal, and cuts none', () => {
    const pipe = new Pipe();
    const events = searchEvents(40);
    play(pipe, [...events, progress, result]);
    const lines = pipe.text.trimEnd().split('\n');
    expect(lines).toHaveLength(40);
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(80);
    expect(lines.filter((line) => line.includes('…'))).toEqual([]);
    expect(lines[0]).toMatch(/^trial 0: \d\d\.\d %, left after rung 1, best so far; learningRate /);
    expect(lines[3]).toBe('trial 3 failed: ERR_DIVERGED, Expected a finite loss but received NaN');
    expect(lines.filter((line) => /^trial \d+: \d\d\.\d %, done/.test(line)).length).toBeGreaterThan(1);
    const best = new SearchHistory();
    for (const event of events) best.apply(event);
    const announced = lines.filter((line) => line.includes('best so far'));
    expect(announced.pop()).toContain(`trial ${String(best.ranking[0]!.trial)}:`);
  });
});

describe('the table of trials', () => {
  test('is cut on a terminal, and whole into a pipe', () => {
    const trials = new SearchHistory();
    for (const event of searchEvents(30, 2)) trials.apply(event);
    const [text, whole] = [true, false].map((isTTY) => renderTrials(trials.ranking, 3, { isTTY, columns: 80, colour: false, unicode: true })) as [string, string];
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(80);
    expect(whole).not.toContain('…');
    expect(text).toMatch(/\d\d\.\d ± 1\.0 % +3\/3 done/);
  });

  test.each([
    [0.0231456, '0.0231'], [400, '400'], ['he', 'he'], [null, 'null'], [true, 'true'], [[3072, 100, 10], '3072-100-10'], [1.5e-6, '1.50e-6'],
  ])('%j reads %s', (value, text) => {
    expect(valueText(value)).toBe(text);
  });

  test('different values read differently, however near they are', () => {
    const trials = new SearchHistory();
    const rates = [0.100001, 0.100002, 0.05, 0.1, 2];
    rates.forEach((learningRate, trial) => {
      trials.apply({ type: 'trial', trial, assignment: { learningRate, dropout: 0.25 }, runs: [`run-${String(trial)}`], steps: [10] });
      trials.apply({ type: 'unit', trial, rung: 0, replicate: 0, score: 0.5, step: 10, seconds: 1 });
    });
    const text = renderTrials(trials.ranking, 1, { isTTY: false, columns: 80, colour: false, unicode: true });
    expect([...text.matchAll(/learningRate (\S+) {2}dropout (\S+)/g)].map(([, rate, share]) => [rate, share])).toEqual(
      ['0.100001', '0.100002', '0.0500000', '0.100000', '2'].map((rate) => [rate, '0.250']),
    );
  });

  test('a score reads with its spread where there are replicates', () => {
    expect(scoreText({ score: 0.5213, metric: 'accuracy' })).toBe('52.1 %');
    expect(scoreText({ score: 0.5213, std: 0.008, metric: 'accuracy' })).toBe('52.1 ± 0.8 %');
    expect(scoreText({ score: 12.3456, std: 0.5, metric: 'rmse' })).toBe('rmse 12.35 ± 0.5');
  });
});
