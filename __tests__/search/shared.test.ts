import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lib/files';
import { thisProcess } from '../../lib/files/process';
import { halvingOf, lastPromotion, nextPromotion, rungShares } from '../../lib/search/asha';
import type { SearchEvent } from '../../lib/search/events';
import { readJournal } from '../../lib/search/journal';
import { Leases } from '../../lib/search/leases';
import { readSearchReport } from '../../lib/search/report';
import { resumeSearch, search } from '../../lib/search/search';
import { parseSearch } from '../../lib/search/searchSpec';
import type { SearchSpec } from '../../lib/search/searchSpec';
import { SearchState } from '../../lib/search/state';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { tinyData } from '../support/data/tinyData';
import { listen, ofType, resultOf, tinySearch } from '../support/data/tinySearch';

const runs = temporaryFolder();
const data = tinyData();
let count = 0;

/** Several processes' parts of one search, here in one process. */
const together = (spec: SearchSpec, name: string, workers: number): Promise<SearchEvent[][]> =>
  Promise.all(Array.from({ length: workers }, () => listen(search(spec, { runs, name, data, workers: 1, shared: true }))));
const rankingIn = (name: string) => readSearchReport(join(runs, name))!.ranking.map(({ trial, assignment, rung, step, score }) => ({ trial, assignment, rung, step, score }));

/** Each trial proposed once and in order, each unit done once, no line left out, no lock left. */
function expectWhole(name: string, trials: number): void {
  const folder = join(runs, name);
  const { entries, leftOut } = readJournal(folder);
  expect(leftOut).toEqual([]);
  expect(entries.flatMap((entry) => (entry.type === 'trial' ? [entry.trial] : []))).toEqual(Array.from({ length: trials }, (_, trial) => trial));
  const units = entries.flatMap((entry) => (entry.type === 'unit' ? [`${String(entry.trial)} ${String(entry.rung)} ${String(entry.replicate)}`] : []));
  expect(new Set(units).size).toBe(units.length);
  expect(entries.filter(({ type }) => type === 'ended')).toHaveLength(1);
}

describe('processes that share a search and are killed', () => {
  const spec = {
    base: { layers: [3072, 8, 10], data: 'synthetic', trainRows: 200, validationRows: 100, testRows: 100, batchSize: 20, steps: 400, evaluateEvery: 10, epochs: null, threads: 1 },
    space: { learningRate: { type: 'log-uniform', low: 1e-4, high: 0.1 } }, sampler: 'random', pruner: 'none', trials: 8,
  };
  const folder = join(runs, 'killed');
  const start = (): ChildProcess => spawn(
    process.execPath, [join(root, '__tests__', 'support', 'searchProcess.js'), runs, 'killed', JSON.stringify(spec), 'shared'], { stdio: ['ignore', 'ignore', 'inherit'] });
  /** The trial that a process has begun and not done. */
  const trialOf = ({ pid }: ChildProcess): number | undefined => {
    const file = join(folder, 'journal.jsonl');
    if (!existsSync(file) || !readFileSync(file, 'utf8').includes('\n')) return undefined;
    const { entries } = readJournal(folder);
    const last = entries.findLast((entry) => entry.type === 'begun' && entry.pid === pid);
    return last?.type === 'begun' && !entries.some((entry) => entry.type === 'unit' && entry.trial === last.trial) ? last.trial : undefined;
  };
  /** Evaluations of a trial so far; each but the last is known to be followed by a checkpoint. */
  const evaluationsOf = (trial: number): number => {
    const file = join(folder, nameOf(trial), 'metrics.jsonl');
    return existsSync(file) ? readFileSync(file, 'utf8').split('"type":"evaluation"').length - 1 : 0;
  };
  const nameOf = (trial: number): string => `trial-${String(trial).padStart(3, '0')}`;

  test('lose no trial, run none twice, go on from checkpoints and rank as one worker does', async () => {
    const workers = Array.from({ length: 4 }, start);
    const killed: number[] = [];
    // Whichever is in the midst of a trial, as on a fast machine the others may have nothing left to do.
    while (killed.length < 5 && workers.some((worker) => worker.exitCode === null)) {
      await sleep(2);
      const trials = workers.map((worker) => (worker.exitCode === null ? trialOf(worker) : undefined));
      const index = trials.findIndex((trial) => trial !== undefined && evaluationsOf(trial) >= 3);
      if (index < 0 || !workers[index]!.kill('SIGKILL')) continue;
      killed.push(trials[index]!);
      await once(workers[index]!, 'close');
      workers[index] = start();
    }
    const statuses = await Promise.all(workers.map(async (worker) => (worker.exitCode === null ? (await once(worker, 'close') as [number])[0] : worker.exitCode)));
    expect(statuses).toEqual(workers.map(() => 0));
    expect(killed.length).toBeGreaterThan(3);
    expectWhole('killed', 8);
    expect(readdirSync(join(folder, 'locks')).filter((name) => name.startsWith('journal'))).toEqual([]);
    const resumedAt = killed.map((trial) => (JSON.parse(readFileSync(join(folder, nameOf(trial), 'spec.json'), 'utf8')) as { record: { resumed?: { step: number }[] } }).record.resumed?.[0]?.step);
    expect(resumedAt.filter((step) => step !== undefined && step > 0).length).toBeGreaterThan(killed.length / 2);
    await listen(search(parseSearch(spec), { runs, name: 'alone', workers: 1 }));
    expect(rankingIn('killed')).toEqual(rankingIn('alone'));
  }, 60_000);
});

test('a grid gives the same ranking whoever works on it, in replicates too', async () => {
  const spec = tinySearch({ sampler: 'grid', pruner: 'none', trials: null, seeds: 2, set: { threads: 1 }, space: { learningRate: { type: 'choice', values: [0.01, 0.1] }, momentum: { type: 'choice', values: [0, 0.9] } } });
  const heard = await together(spec, 'grid', 3);
  for (const events of heard) expect(resultOf(events)).toMatchObject({ ended: 'finished', trials: 4, finished: 4 });
  for (const events of heard) expect(ofType(events, 'unit')).toHaveLength(8);
  expectWhole('grid', 4);
  await listen(search(spec, { runs, name: 'grid-alone', data, workers: 1 }));
  expect(rankingIn('grid')).toEqual(rankingIn('grid-alone'));
});

test('promotions are those of successive halving on what the journal holds, and no proposal is made twice', async () => {
  const spec = tinySearch({ sampler: 'tpe', trials: 24, set: { threads: 1 }, space: { learningRate: { type: 'log-uniform', low: 1e-3, high: 0.3 }, width1: { type: 'choice', values: [4, 8, 16] } } });
  await together(spec, 'halved', 3);
  expectWhole('halved', 24);
  const { entries } = readJournal(join(runs, 'halved'));
  const halving = halvingOf(spec);
  const state = new SearchState(rungShares(halving));
  const promoted: unknown[] = [];
  for (const entry of entries) {
    if (entry.type === 'decision' && entry.what === 'promoted') {
      const standings = state.standings();
      promoted.push((nextPromotion(standings, halving) ?? lastPromotion(standings, halving))?.trial === entry.trial);
    }
    state.apply(entry);
  }
  expect(promoted.length).toBeGreaterThan(5);
  expect(promoted).not.toContain(false);
  const assignments = state.trials.map(({ assignment }) => JSON.stringify(assignment));
  expect(new Set(assignments).size).toBe(assignments.length);
});

test('whoever comes later joins, also after the end, and may ask for more trials', async () => {
  const spec = tinySearch({ trials: 4, pruner: 'none' });
  const [first] = await together(spec, 'later', 1);
  expect(first![0]).not.toHaveProperty('resumed');
  const [again] = await together(spec, 'later', 1);
  expect(again![0]).toMatchObject({ resumed: { trials: 4, units: 4, leftOut: [] } });
  expect(resultOf(again!).best).toEqual(resultOf(first!).best);
  const more = await listen(resumeSearch(join(runs, 'later'), { data, trials: 6 }));
  expect(resultOf(more)).toMatchObject({ trials: 6, ended: 'finished' });
  expect(resultOf((await together(spec, 'later', 1))[0]!)).toMatchObject({ trials: 6 });
});

describe('a process that does not fit the search is refused in a sentence', () => {
  const spec = tinySearch({ trials: 1, pruner: 'none' });
  beforeAll(() => together(spec, 'fits', 1));
  /** A search whose first line was changed after its start. */
  async function altered(change: (head: Record<string, unknown>) => object): Promise<string> {
    const name = `altered${String(++count)}`;
    await together(spec, name, 1);
    const file = join(runs, name, 'journal.jsonl');
    const [head, ...rest] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [JSON.stringify(change(JSON.parse(head!) as Record<string, unknown>)), ...rest].join('\n'));
    return name;
  }
  const other = { ...data, origin: { ...data.origin, digest: 'e'.repeat(64) } };

  test.each<[string, () => Promise<string> | string, object, SearchSpec, string, RegExp]>([
    ['another base', () => 'fits', {}, tinySearch({ trials: 1, pruner: 'none' }, { batchSize: 7 }), 'ERR_CONFIG', /^Expected \d+, as search fits has it, for space\.base\.batchSize but received 7/],
    ['another seed', () => 'fits', {}, tinySearch({ trials: 1, pruner: 'none', seed: 5 }), 'ERR_CONFIG', /^Expected 0, as search fits has it, for seed but received 5/],
    ['another number of trials', () => 'fits', {}, tinySearch({ trials: 2, pruner: 'none' }), 'ERR_CONFIG', /^Expected 1, as search fits has it, for trials but received 2/],
    ['other data', () => 'fits', { data: other }, spec, 'ERR_DATA', /^Expected the data that search fits began with/],
    ['another version', () => altered((head) => ({ ...head, version: '0.0.1' })), {}, spec, 'ERR_CONFIG', /^Expected "0\.0\.1", as search altered\d has it, for the version of blastrain but received/],
    ['another processor', () => altered((head) => ({ ...head, shared: { ...head['shared'] as object, isa: 'pdp11' } })), {}, spec, 'ERR_CONFIG', /^Expected "pdp11", as search altered\d has it, for isa but received/],
    ['no name', () => 'fits', { name: undefined }, spec, 'ERR_CONFIG', /^Expected a name, by which processes find the search that they share, for name but received undefined/],
  ])('%s', async (_, prepare, options, given, code, message) => {
    const name = await prepare();
    const before = readFileSync(join(runs, name, 'journal.jsonl'), 'utf8');
    await expect((async () => listen(search(given, { runs, name, data, workers: 1, shared: true, ...options })))()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readFileSync(join(runs, name, 'journal.jsonl'), 'utf8')).toBe(before);
  });

  test('a search with one owner cannot be shared, nor a shared one owned', async () => {
    await listen(search(spec, { runs, name: 'owned', data, workers: 1 }));
    await expect(together(spec, 'owned', 1)).rejects.toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('a search that was begun to be shared') });
    await expect(listen(search(spec, { runs, name: 'fits', data }))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });
});

test.each<[string, string, number]>([
  ['torn', '{"elapsed":3,"type":"dro', 1],
  ['whole but for its end', '{"elapsed":3,"type":"ended"}', 0],
])('a last line that a kill left %s is ended by the next process, which goes on behind it', async (_, line, leftOut) => {
  const spec = tinySearch({ trials: 3, pruner: 'none' });
  const name = `torn${String(++count)}`;
  await together(spec, name, 1);
  const file = join(runs, name, 'journal.jsonl');
  appendFileSync(file, line);
  const before = readFileSync(file, 'utf8');
  await listen(resumeSearch(join(runs, name), { data, trials: 5 }));
  expect(readFileSync(file, 'utf8').startsWith(`${before}\n`)).toBe(true);
  const contents = readJournal(join(runs, name));
  expect(contents.leftOut).toHaveLength(leftOut);
  expect(contents.entries.filter(({ type }) => type === 'unit')).toHaveLength(5);
});

describe('a lease', () => {
  /** A clock that tests set. */
  const clockAt = { now: 0 };
  const clock: Clock = { now: () => clockAt.now, sleep: () => undefined };
  /** A run of a shared search that a process on another host trains. */
  function elsewhere(): { folder: string; beat: (count: number, token?: string) => void } {
    const place = join(runs, `lease${String(++count)}`);
    mkdirSync(join(place, 'locks'), { recursive: true });
    const beat = (beats: number, token = 'a'): void => {
      const owner = { ...thisProcess(), host: 'elsewhere', since: '2026-01-01T00:00:00.000Z', token };
      writeFileSync(join(place, 'locks', 'trial-000.lock'), `${JSON.stringify(owner)}\n${String(beats).padStart(16, '0')}\n`);
    };
    return { folder: join(place, 'trial-000'), beat };
  }

  test('is kept by an owner elsewhere whose count grows, and lost when it has stood still for a minute', () => {
    const { folder, beat } = elsewhere();
    const leases = new Leases({ clock });
    for (let beats = 1; beats <= 30; beats++) {
      beat(beats);
      clockAt.now += 50_000;
      expect(leases.claim(folder)).toBeUndefined();
    }
    clockAt.now += 59_000;
    expect(leases.claim(folder)).toBeUndefined();
    clockAt.now += 61_000;
    const lock = leases.claim(folder)!;
    expect(leases.holds(lock)).toBe(true);
    beat(1, 'b');
    expect(leases.holds(lock)).toBe(false);
    leases.close();
  });

  test('belongs to one claim, and to the next when it is released', () => {
    const { folder } = elsewhere();
    const [one, two] = [new Leases(), new Leases()];
    const lock = one.claim(folder)!;
    expect(two.claim(folder)).toBeUndefined();
    expect(one.claim(folder)).toBeUndefined();
    one.release(lock);
    expect(one.holds(lock)).toBe(false);
    expect(two.holds(two.claim(folder)!)).toBe(true);
    two.close();
  });
});
