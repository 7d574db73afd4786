import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { defaultThreads } from '../../lib/machine';
import { join } from 'node:path';
import { evaluateRun } from '../../lib/inference/evaluateRun';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { runTraining } from '../../lib/run/run';
import { parseSpec } from '../../lib/spec/spec';
import type { TrainSpec } from '../../lib/spec/spec';
import type { ResultEvent, TrainEvent } from '../../lib/train/events';
import type { JournalEntry, SearchReport } from '../../lib/search/records';
import { nextAction } from '../../lib/search/plan';
import { resumeSearch, search } from '../../lib/search/search';
import { specOf } from '../../lib/search/space';
import { scoreOf, SearchState } from '../../lib/search/state';
import { SearchHistory } from '../../lib/history/searchHistory';
import { temporaryFolder } from '../support/folder';
import { drive, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';
import { listen, ofType, resultOf, tinySearch } from '../support/data/tinySearch';

const runs = temporaryFolder();
const data = tinyData();
let count = 0;
const options = (more: object = {}) => ({ runs, name: `s${String(++count)}`, data, workers: 2, ...more });

const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(runs, ...path), 'utf8'));
const metricsOf = (run: string): TrainEvent[] =>
  readFileSync(join(runs, run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as TrainEvent);
const digestOf = (run: string): string => {
  const events = metricsOf(run);
  return (events[events.length - 1] as ResultEvent).parametersDigest;
};
/** The digest of the parameters that an uninterrupted run of a spec ends with. */
function trained(spec: TrainSpec, name: string): string {
  const folder = RunFolder.create({ runs, name });
  try {
    return drive(runTraining(spec, data, name, folder)).result.parametersDigest;
  } finally {
    folder.close();
  }
}

test('a second loop over a search is refused', async () => {
  const run = search(tinySearch({ trials: 1 }), { runs, name: 'looped', data: tinyData() });
  await listen(run);
  await expect(run[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});

test('a search begins with what it is about to do and ends with the best of it', async () => {
  const spec = tinySearch();
  const events = await listen(search(spec, options()));
  const name = `s${String(count)}`;
  expect(events[0]).toMatchObject({
    type: 'start', name, folder: join(runs, name), sampler: 'random', pruner: 'asha', parameters: ['learningRate', 'width1'],
    rungs: [1 / 9, 1 / 3, 1], folds: 1, seeds: 1, workers: 2, trials: 9, budget: null, data: data.origin.description, dataDigest: data.origin.digest,
  });
  const trials = ofType(events, 'trial');
  expect(trials.map(({ trial, runs: names, steps }) => [trial, names, steps])).toEqual(
    Array.from({ length: 9 }, (_, i) => [i, [`${name}/trial-00${String(i)}`], [3, 9, 27]]));
  const result = resultOf(events);
  const finished = ofType(events, 'decision').filter(({ what }) => what === 'finished');
  expect(result).toMatchObject({ type: 'result', name, ended: 'finished', trials: 9, finished: finished.length, failed: 0, pruned: 9 - finished.length });
  expect(result.best!.valAccuracy).toBe(Math.max(...finished.map(({ score }) => score!)));
  expect(result.best!.spec).toEqual(specOf(spec.space, result.best!.assignment));
  expect(parseSpec(readJson(name, 'best.json'))).toEqual(result.best!.spec);
  expect(readJson(name, 'search.json')).toMatchObject({ ...result, ranking: expect.any(Array) as unknown, failures: [] });
  expect(trained(parseSpec(readJson(name, 'best.json')), `${name}-best`)).toBe(digestOf(result.best!.run));
});

test.each([1, 2])('with %d workers, scores and rungs are those of one run after the other', async (workers) => {
  const spec = tinySearch({ pruner: 'none', trials: 5 });
  const events = await listen(search(spec, options({ workers })));
  for (const { trial, assignment, runs: [run] } of ofType(events, 'trial')) {
    expect({ trial, digest: digestOf(run!) }).toEqual({ trial, digest: trained(specOf(spec.space, assignment), run!.replace("/", "-")) });
  }
});

test.each(['random', 'grid'])('%s proposes the same trials whatever the number of workers', async (sampler) => {
  const proposals = async (workers: number) =>
    ofType(await listen(search(tinySearch({ sampler, trials: sampler === 'grid' ? null : 9 }), options({ workers }))), 'trial').map(({ assignment }) => assignment);
  expect(await proposals(1)).toEqual(await proposals(3));
});

test('with one worker, TPE and its halving repeat themselves', async () => {
  const decisions = async () => {
    const events = await listen(search(tinySearch({ sampler: 'tpe', trials: 14 }), options({ workers: 1 })));
    return [...ofType(events, 'trial').map(({ assignment }) => assignment), ...ofType(events, 'decision')];
  };
  expect(await decisions()).toEqual(await decisions());
});

describe.each([
  ['plain', {}],
  ['restoreBest', { restoreBest: true }],
  ['momentum buffers, an average and dropout', { optimizer: 'adamw', momentum: 0, l2: 0, emaDecay: 0.9, dropout: 0.2, schedule: 'one-cycle' }],
])('with %s', (_, base) => {
  test('a promoted trial is to the bit a run without a pause', async () => {
    const spec = tinySearch({}, base);
    const events = await listen(search(spec, options()));
    const promoted = ofType(events, 'decision').filter(({ what, rung }) => what === 'finished' && rung === 2);
    expect(promoted.length).toBeGreaterThan(0);
    for (const { trial } of promoted) {
      const { assignment, runs: [run] } = ofType(events, 'trial')[trial]!;
      const whole = `${run!.replace('/', '-')}-whole`;
      expect(digestOf(run!)).toBe(trained(specOf(spec.space, assignment), whole));
      const evaluations = (name: string) => withoutTimes(metricsOf(name).filter(({ type }) => type === 'evaluation'));
      expect(evaluations(run!)).toEqual(evaluations(whole));
    }
  });
});

test('scores of several seeds are means with their deviation', async () => {
  const events = await listen(search(tinySearch({ seeds: 2, trials: 3, pruner: 'none' }), options()));
  const name = `s${String(count)}`;
  expect(ofType(events, 'trial')[1]!.runs).toEqual([`${name}/trial-001-seed0`, `${name}/trial-001-seed1`]);
  for (const { trial, score, std } of ofType(events, 'decision')) {
    const [a, b] = ofType(events, 'unit').filter((unit) => unit.trial === trial).map((unit) => unit.score) as [number, number];
    expect(score).toBeCloseTo((a + b) / 2, 12);
    expect(std).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
  }
  expect([0, 1].map((seed) => (readJson(name, `trial-001-seed${String(seed)}`, 'spec.json') as TrainSpec).seed)).toEqual([3, 4]);
});

test('the report says what matters, and whether the best is better than the next', async () => {
  const spec = tinySearch({ trials: 20, space: { learningRate: { type: 'log-uniform', low: 1e-4, high: 0.3 }, width1: { type: 'integer', low: 4, high: 16 } } });
  const result = resultOf(await listen(search(spec, options())));
  const report = readJson(result.name, 'search.json') as SearchReport;
  expect(report.importances).toMatchObject({ rung: 0, trials: 20, method: 'permutation importance in a random forest' });
  expect(report.importances!.parameters.map(({ name }) => name)).toContain('width1');
  const [first, second] = report.ranking;
  expect(report.significance).toMatchObject({ winner: result.best!.trial, runnerUp: second!.trial, rows: data.validation.size });
  // The models are those that were scored: their rows say what their scores say.
  expect(report.significance!.difference).toBeCloseTo(first!.score - second!.score, 12);
});

test.each([
  [null, 1, defaultThreads()],
  [1, 1, 1],
  [1000, 1, defaultThreads()],
])('threads %p of the base, with %d worker', async (threads, workers, used) => {
  const [start] = await listen(search(tinySearch({ set: { threads }, trials: 1, pruner: 'none' }), options({ workers })));
  expect(start).toMatchObject({ type: 'start', workers, threads: used });
});

test('folds share training and validation rows out anew', async () => {
  const events = await listen(search(tinySearch({ folds: 3, trials: 2, pruner: 'none' }), options()));
  const name = `s${String(count)}`;
  expect(ofType(events, 'trial')[0]!.runs).toEqual([1, 2, 3].map((fold) => `${name}/trial-000-fold${String(fold)}`));
  expect(ofType(events, 'unit')).toHaveLength(6);
  // The data's own validation rows are training rows of most folds.
  const fold = `${name}/trial-000-fold1`;
  expect(() => evaluateRun(join(runs, fold), fold, 'validation')).toThrow(/^Expected test, as .* fold 1 of 3, for the split but received 'validation'/);
  expect(resultOf(events).best!.valAccuracyStd).toEqual(expect.any(Number));
  const { ranking: [first, second], significance } = readJson(name, 'search.json') as SearchReport;
  expect(significance).toMatchObject({ rows: data.train.size + data.validation.size });
  expect(significance!.difference).toBeCloseTo(first!.score - second!.score, 12);
});

test('a diverging trial is recorded with its reason, and the search goes on', async () => {
  const spec = tinySearch({ space: { learningRate: { type: 'choice', values: [0.05, 1e30] } }, sampler: 'grid', trials: null });
  const events = await listen(search(spec, options()));
  const failed = ofType(events, 'decision').filter(({ what }) => what === 'failed');
  expect(failed).toMatchObject([{ rung: 0, reason: { code: 'ERR_DIVERGED', message: expect.stringMatching(/^Expected/) as unknown } }]);
  expect(resultOf(events)).toMatchObject({ trials: 2, finished: 1, failed: 1, best: { assignment: { learningRate: 0.05 } } });
  expect(readJson(`s${String(count)}`, 'search.json')).toMatchObject({ failures: [{ assignment: { learningRate: 1e30 }, code: 'ERR_DIVERGED' }] });
});

test('a search in which every trial fails has no best', async () => {
  const spec = tinySearch({ space: { learningRate: { type: 'choice', values: [1e29, 1e30] } }, sampler: 'grid', trials: null });
  const result = resultOf(await listen(search(spec, options())));
  expect(result).toMatchObject({ best: null, finished: 0, failed: 2 });
  expect(existsSync(join(runs, result.name, 'best.json'))).toBe(false);
});

test('a search whose trials all fail gives up', async () => {
  const spec = tinySearch({ trials: 1000 }, { layers: [11, 8, 3] });
  await expect(listen(search(spec, options()))).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('ERR_SHAPE') as unknown });
});

test('a budget ends a search that has no other end', async () => {
  const result = resultOf(await listen(search(tinySearch({ trials: null }), options({ budget: 1.5 }))));
  expect(result.ended).toBe('budget');
  expect(result.seconds).toBeGreaterThanOrEqual(1.5);
  expect(result.best).not.toBeNull();
});

test('checkpoints of trials that cannot be promoted any more are gone, and models stay', async () => {
  const events = await listen(search(tinySearch({ trials: 12 }), options()));
  const ends = new Map(ofType(events, 'decision').map(({ trial, what }) => [trial, what]));
  const kept = ofType(events, 'trial').filter(({ runs: [run] }) => existsSync(join(runs, run!, 'checkpoint.safetensors')));
  expect(kept.length).toBeLessThan(6);
  for (const [trial, what] of ends) if (what === 'finished') expect(kept.map((one) => one.trial)).toContain(trial);
});

test.each([
  ['workers', { workers: 0 }, 'ERR_CONFIG'],
  ['budget', { budget: -1 }, 'ERR_CONFIG'],
  ['test rows to select on', { data: { ...data, validation: data.test } }, 'ERR_DATA'],
  ['test rows to train on', { data: { ...data, train: data.test } }, 'ERR_DATA'],
])('refuses %s at once', (_, more, code) => {
  expect(() => search(tinySearch(), options(more))).toThrow(expect.objectContaining({ code }) as Error);
});

test.each([
  ['a name that is taken', 's1', 'ERR_CONFIG'],
  ['a name that is no name', '../s', 'ERR_CONFIG'],
])('refuses %s', async (_, name, code) => {
  await expect(listen(search(tinySearch(), options({ name })))).rejects.toMatchObject({ code });
});

test('a journal that cannot be written is an error before anything is trained', async () => {
  const file = join(runs, 'a-file');
  writeFileSync(file, '');
  await expect(listen(search(tinySearch(), { ...options(), runs: file }))).rejects.toMatchObject({ code: 'ERR_IO', message: expect.stringContaining(file) as unknown });
});

test('an error of the system ends the search, which can then go on', async () => {
  const { name, ...rest } = options({ workers: 1 });
  // A file where the second trial's folder is to be made.
  const run = search(tinySearch({ trials: 3 }), { ...rest, name });
  await expect(listen(run, ({ type }) => {
    if (type === 'start') mkdirSync(join(runs, name, 'trial-001', 'spec.json'), { recursive: true });
  })).rejects.toMatchObject({ code: 'ERR_IO' });
  rmSync(join(runs, name, 'trial-001'), { recursive: true });
  expect(resultOf(await listen(resumeSearch(join(runs, name), { data })))).toMatchObject({ ended: 'finished', trials: 3, failed: 0 });
});

test('when time runs out, what is left of it goes to the best that wait', () => {
  const state = new SearchState([1 / 9, 1 / 3, 1]);
  const halving = { rungs: 3, eta: 3 };
  [0.3, 0.5].forEach((score, trial) => {
    state.apply({ elapsed: 0, type: 'trial', trial, assignment: {}, runs: [`s/trial-00${String(trial)}`], steps: [3, 9, 27] });
    state.apply({ elapsed: 0, type: 'unit', trial, rung: 0, replicate: 0, score, step: 3, seconds: 1 });
  });
  const move = (closing: boolean, trials = 9) => nextAction(state, halving, trials, { take: () => true, closing });
  expect(move(false)).toEqual({ what: 'propose' });
  expect(move(true)).toMatchObject({ what: 'promote', trial: { trial: 1 } });
  expect(move(false, 2)).toMatchObject({ what: 'promote', trial: { trial: 1 } });
});

describe('the score of a trial is the share of all rows of its folds', () => {
  /** A trial of two replicates, as the journal tells it. */
  const told = (...rows: readonly (number | undefined)[]): JournalEntry[] => [
    { elapsed: 0, type: 'trial', trial: 0, assignment: {}, runs: ['s/a', 's/b'], steps: [3] },
    ...[1, 0.5].map((score, replicate): JournalEntry => {
      const known = rows[replicate];
      return { elapsed: 0, type: 'unit', trial: 0, rung: 0, replicate, score, ...(known !== undefined && { rows: known }), step: 3, seconds: 1 };
    }),
  ];

  test.each([
    ['folds of one and two rows', [1, 2], 2 / 3], ['folds of the same size', [3, 3], 0.75], ['a journal of an earlier version', [], 0.75],
  ])('%s', (_, rows, score) => {
    const [state, summaries] = [new SearchState([1]), new SearchHistory()];
    for (const entry of told(...rows)) {
      state.apply(entry);
      if (entry.type === 'trial' || entry.type === 'unit') summaries.apply(entry);
    }
    expect(scoreOf(state.trials[0]!, 0)).toEqual({ score, std: Math.sqrt(0.125) });
    expect(summaries.trials[0]!.score).toBe(score);
  });

  test('workers tell how many rows they are of', async () => {
    const events = await listen(search(tinySearch({ trials: 1, folds: 7, sampler: 'random', pruner: 'none' }), options({ workers: 1 })));
    const units = ofType(events, 'unit');
    expect(units.map(({ rows }) => rows).sort()).toEqual([17, 17, 17, 17, 17, 17, 18]);
    const right = units.reduce((sum, { score, rows }) => sum + Math.round(score * rows!), 0);
    expect(resultOf(events).best!.valAccuracy).toBeCloseTo(right / 120, 12);
  });
});

test('a search without validation rows is refused before it begins', async () => {
  const none = { ...data, validation: { ...data.validation, size: 0, features: new Uint8Array(0), labels: new Int32Array(0) } };
  await expect(listen(search(tinySearch({ trials: 1 }), { ...options({ workers: 1 }), data: none }))).rejects.toMatchObject({
    code: 'ERR_CONFIG', details: { path: 'validationRows' },
  });
});
