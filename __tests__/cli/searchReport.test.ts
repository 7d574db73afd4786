import { renderSearch, sealText, searchHeading, significanceText } from '../../lib/cli/terminal/searchReport';
import type { Terminal } from '../../lib/cli/terminal/style';
import { SearchHistory } from '../../lib/history/searchHistory';
import type { SearchStart } from '../../lib/search/events';
import type { SearchReport } from '../../lib/search/records';
import { searchEvents, searchSpace } from '../support/searchEvents';

const terminal: Terminal = { isTTY: true, columns: 80, colour: false, unicode: true };
const told = new SearchHistory();
const events = searchEvents(40);
for (const event of events) told.apply(event);
const [best] = told.ranking;
const significance: NonNullable<SearchReport['significance']> = {
  method: 'paired bootstrap', rows: 1000, resamples: 10_000, winner: best!.trial, runnerUp: 7, difference: 0.004, interval: [-0.018, 0.026], pValue: 0.7123,
};
const report: SearchReport = {
  type: 'result', name: 'made-1', ended: 'finished', trials: 40, finished: 3, pruned: 36, failed: 1, seconds: 83,
  best: { trial: best!.trial, score: best!.score, valAccuracy: best!.score, assignment: best!.assignment, spec: searchSpace.base, run: best!.runs[0]!, runs: best!.runs },
  ranking: [], failures: [], significance,
  importances: {
    method: 'permutation importance in a random forest', trees: 200, trials: 39, rung: 0, r2: 0.62,
    parameters: [
      { name: 'learningRate', importance: 0.8 }, { name: 'depth', importance: 0.1 }, { name: 'width1', importance: 0.06 },
      { name: 'width2', importance: 0.02 }, { name: 'width3', importance: 0.01 }, { name: 'dropout', importance: 0.01 }, { name: 'batchSize', importance: 0 },
    ],
  },
};
const render = (over: Partial<SearchReport> = {}, looks = 0): string => renderSearch({ ...report, ...over }, told.ranking, 3, looks, terminal);
const flat = (text: string): string => text.replace(/\s+/g, ' ');

test('ranks trials, names what matters and by which method, and keeps within 80 columns', () => {
  const text = render();
  expect(text).toMatch(/^Searched 40 trials in 1m 23s: 3 trained to the end, 36 left behind, 1 failed\n/);
  expect(text.split('\n').filter((line) => /^ +\d+ +\d\d\.\d % +\d\/3 (done|left) /.test(line))).toHaveLength(10);
  expect(text).toMatch(/^learningRate +0\.0\d+ +80 %$/m);
  expect(text).toMatch(/^batchSize +\d00 +0 %$/m);
  expect(flat(text)).toContain(
    'Importance: permutation importance in a random forest, from the scores of 39 trials after rung 1 (of trials that it has not seen it foretells 62 % of the variance).',
  );
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('without a terminal nothing is cut', () => {
  expect(renderSearch(report, told.ranking, 3, 0, { ...terminal, isTTY: false })).not.toContain('…');
});

test('a parameter that the best has not is named with a dash', () => {
  const { depth } = best!.assignment as { depth: number };
  const missing = render().split('\n').filter((line) => /^\w+ +– /.test(line)).map((line) => line.split(' ')[0]);
  expect(missing).toEqual(['width2', 'width3'].slice(depth - 2));
});

test('importances that are none are left out, and worthless ones called so', () => {
  expect(render({ importances: null })).not.toContain('mportance');
  expect(render({ importances: null })).toMatch(/^learningRate +0\.0\d+$/m);
  expect(flat(render({ importances: { ...report.importances!, r2: -0.2 } }))).toContain('do not rely on it');
});

test.each([
  [0.7123, 'p = 0.712 (paired bootstrap): that may be chance.'],
  [0.0312, `p = 0.031 (paired bootstrap): trial ${String(best!.trial)} is better.`],
  [0.0001, 'p < 0.001 (paired bootstrap)'],
])('says whether the winner is better than the runner-up, p = %d', (pValue, part) => {
  const text = significanceText({ ...significance, pValue });
  expect(text).toContain('It leads trial 7 by 0.4 points on 1000 validation rows, 95 % interval -1.8 to 2.6,');
  expect(text).toContain(part);
  expect(flat(render({ significance: { ...significance, pValue } }))).toContain(text);
});

test.each([[0, 'No look at the test split'], [1, 'looked at once:'], [3, 'looked at 3 times:']])('says that the test split has been looked at %i times', (looks, part) => {
  expect(sealText(looks)).toContain(part);
  expect(flat(render({}, looks))).toContain(sealText(looks));
});

test('a search without any score says so', () => {
  const text = renderSearch({ ...report, best: null, finished: 0, pruned: 0, failed: 40 }, [], 3, 0, terminal);
  expect(text).toBe('Searched 40 trials in 1m 23s: 0 trained to the end, 40 failed\nNo trial has a score.\n');
});

test('the heading tells how and on what, in lines of at most 80 characters', () => {
  const start = { ...(events[0] as SearchStart), folds: 5, seeds: 2, resumed: { trials: 7, units: 9, seconds: 61, leftOut: [] } };
  expect(flat(searchHeading(start, terminal))).toBe(
    'made-1: random, ASHA with 3 rungs, 7 parameters, 5 folds, 2 seeds, 2 workers, 1 BLAS thread each, going on after 7 trials and 1m 01s synthetic ',
  );
  expect(Math.max(...searchHeading(start, terminal).split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
