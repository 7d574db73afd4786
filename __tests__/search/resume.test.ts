import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DecisionEvent, SearchEvent, SearchStart } from '../../lib/search/events';
import { readJournal } from '../../lib/search/journal';
import type { JournalEntry } from '../../lib/search/records';
import { resumeSearch, search } from '../../lib/search/search';
import { requestStop } from '../../lib/runFolder/runControl';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { tinyData } from '../support/data/tinyData';
import { listen, ofType, resultOf, tinySearch } from '../support/data/tinySearch';

const runs = temporaryFolder();
const data = tinyData();
let count = 0;

/** What a journal says that does not depend on the clock. */
const sayings = (folder: string): unknown[] =>
  readJournal(folder).entries
    .filter(({ type }) => type !== 'resume' && type !== 'begun')
    .map(({ elapsed: _, ...entry }) => ({ ...entry, seconds: 0, ...('runs' in entry && { runs: entry.runs.map((run) => basename(run)) }) }));
const countOf = (folder: string, type: JournalEntry['type']): number => readJournal(folder).entries.filter((entry) => entry.type === type).length;

/** Every trial once, every unit once, and an end to each trial. */
function expectWhole(folder: string, trials: number): void {
  const { entries } = readJournal(folder);
  const named = (type: JournalEntry['type'], name: (entry: never) => string): string[] =>
    entries.filter((entry) => entry.type === type).map((entry) => name(entry as never));
  const units = named('unit', ({ trial, rung, replicate }: { trial: number; rung: number; replicate: number }) => [trial, rung, replicate].join('/'));
  expect(new Set(units).size).toBe(units.length);
  expect(named('trial', ({ trial }: { trial: number }) => String(trial))).toEqual(Array.from({ length: trials }, (_, i) => String(i)));
  const ends = new Map(entries.flatMap((entry) => (entry.type === 'decision' ? [[entry.trial, entry.what] as const] : [])));
  expect([...ends.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: trials }, (_, i) => i));
  expect([...ends.values()]).not.toContain('promoted' satisfies DecisionEvent['what']);
}

test('a request to stop in its folder ends it as it would end by itself, one that was made before says nothing, and it goes on', async () => {
  const spec = tinySearch({ trials: 400 });
  let folder = '';
  const events = await listen(search(spec, { runs, name: 'asked', data, workers: 1 }), (event) => {
    if (event.type === 'start') ({ folder } = event);
    if (event.type === 'decision' && event.trial === 3) requestStop(folder);
  });
  expect(resultOf(events)).toMatchObject({ ended: 'stopped' });
  expect(resultOf(events).trials).toBeLessThan(400);
  const more = await listen(resumeSearch(folder, { data, trials: resultOf(events).trials + 2 }));
  expect(resultOf(more)).toMatchObject({ ended: 'finished', trials: resultOf(events).trials + 2 });
});

test('a search that stopped after any of its events ends as one that did not', async () => {
  const spec = tinySearch({ trials: 6 });
  const whole = await listen(search(spec, { runs, name: 'whole', data, workers: 1 }));
  for (let stopAt = 0; stopAt < whole.length - 1; stopAt += 4) {
    const name = `stop${String(stopAt)}`;
    let heard = 0;
    const stopped = await listen(search(spec, { runs, name, data, workers: 1 }), (_, run) => {
      if (heard++ === stopAt) run.stop();
    });
    expect(resultOf(stopped)).toMatchObject({ type: 'result', ended: 'stopped' });
    const resumed = await listen(resumeSearch(join(runs, name), { data }));
    expect(resumed[0]).toMatchObject({ resumed: { trials: ofType(stopped, 'trial').length, units: ofType(stopped, 'unit').length } });
    expect(sayings(join(runs, name))).toEqual(sayings(join(runs, 'whole')));
    expect(resultOf(resumed).best).toMatchObject({ trial: resultOf(whole).best!.trial, valAccuracy: resultOf(whole).best!.valAccuracy });
  }
});

test('leaving the loop leaves the search to be gone on with', async () => {
  const name = `left${String(++count)}`;
  for await (const event of search(tinySearch(), { runs, name, data, workers: 2 })) if (event.type === 'unit') break;
  const events = await listen(resumeSearch(join(runs, name), { data }));
  expectWhole(join(runs, name), 9);
  expect(resultOf(events).ended).toBe('finished');
});

/** Runs the search of searchProcess.js, and kills it behind so many lines of output. */
async function kill(name: string, behind: number): Promise<boolean> {
  const spec = JSON.stringify({
    base: { layers: [3072, 8, 10], data: 'synthetic', trainRows: 200, validationRows: 100, testRows: 100, batchSize: 20, steps: 27, evaluateEvery: 3, epochs: null },
    space: { learningRate: { type: 'log-uniform', low: 1e-4, high: 0.1 } }, sampler: 'random', trials: 5,
  });
  const child = spawn(process.execPath, [join(root, '__tests__', 'support', 'searchProcess.js'), runs, name, spec], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > behind) child.kill('SIGKILL');
  });
  const [status, signal] = await once(child, 'close') as [number | null, string | null];
  if (status !== 0 && signal !== 'SIGKILL') throw new Error(`the search ended with status ${String(status)}`);
  return status === 0;
}

test('a search killed with -9 again and again loses no trial and runs none twice', async () => {
  const folder = join(runs, 'killed');
  let kills = 0;
  // Each life tells the journal again first, so it is to say more than the last before it is killed.
  while (!await kill('killed', existsSync(join(folder, 'journal.jsonl')) ? 4 + countOf(folder, 'trial') + countOf(folder, 'unit') + countOf(folder, 'decision') : 2)) kills++;
  expect(kills).toBeGreaterThan(3);
  expectWhole(folder, 5);
  while (!await kill('calm', Infinity)) throw new Error('the search did not end');
  const scores = (name: string) => readJournal(join(runs, name)).entries
    .flatMap((entry) => (entry.type === 'unit' && entry.rung === 0 ? [[entry.trial, entry.score] as const] : []))
    .sort(([a], [b]) => a - b);
  expect(scores('killed')).toEqual(scores('calm'));
});

/** A search that was stopped after its first units. */
async function stoppedSearch(changes: object = {}): Promise<{ folder: string; events: SearchEvent[] }> {
  const name = `stopped${String(++count)}`;
  const events = await listen(search(tinySearch(changes), { runs, name, data, workers: 1 }), (event, run) => {
    if (event.type === 'unit' && event.trial === 2) run.stop();
  });
  return { folder: join(runs, name), events };
}

test('what a kill left of a file in the folder of a trial is removed, also where the trial is not opened again', async () => {
  const { folder } = await stoppedSearch();
  const leftover = join(folder, 'trial-000', 'best.safetensors.elsewhere-1-1.abc.tmp');
  writeFileSync(leftover, 'half');
  await listen(resumeSearch(folder, { data }));
  expect(existsSync(leftover)).toBe(false);
});

test('a torn journal goes on from its last whole line', async () => {
  const { folder } = await stoppedSearch();
  const file = join(folder, 'journal.jsonl');
  truncateSync(file, readFileSync(file).length - 25);
  await listen(resumeSearch(folder, { data }));
  expectWhole(folder, 9);
});

test('a unit that was done, but not yet in the journal, is not trained again', async () => {
  const { folder } = await stoppedSearch();
  const file = join(folder, 'journal.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const last = lines.findLastIndex((line) => line.includes('"type":"unit"'));
  const unit = JSON.parse(lines[last]!) as { trial: number; score: number; step: number };
  truncateSync(file, Buffer.byteLength(`${lines.slice(0, last).join('\n')}\n`));
  const metrics = () => readFileSync(join(folder, `trial-00${String(unit.trial)}`, 'metrics.jsonl'), 'utf8');
  const before = metrics();
  const [again] = ofType(await listen(resumeSearch(folder, { data })), 'unit').filter(({ trial, step }) => trial === unit.trial && step === unit.step);
  expect(again!.score).toBe(unit.score);
  expect(metrics().startsWith(before)).toBe(true);
});

test('more trials than at first can be asked for', async () => {
  const { folder } = await stoppedSearch();
  expect(resultOf(await listen(resumeSearch(folder, { data, trials: 4, workers: 2 })))).toMatchObject({ trials: 4, ended: 'finished' });
  const more = await listen(resumeSearch(folder, { data, trials: 11 }));
  expect(more[0]).toMatchObject({ trials: 11, workers: 2 });
  expect(resultOf(more)).toMatchObject({ trials: 11, ended: 'finished' });
  expectWhole(folder, 11);
});

test('a search that is at its end says its result again', async () => {
  const name = `ended${String(++count)}`;
  const first = resultOf(await listen(search(tinySearch({ trials: 3 }), { runs, name, data })));
  const { seconds: _, ...again } = resultOf(await listen(resumeSearch(join(runs, name), { data })));
  expect(first).toMatchObject(again);
});

test('other data than before is refused, and nothing is lost', async () => {
  const { folder } = await stoppedSearch();
  const before = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
  const other = { ...data, origin: { ...data.origin, digest: 'e'.repeat(64) } };
  await expect(listen(resumeSearch(folder, { data: other }))).rejects.toMatchObject({ code: 'ERR_DATA' });
  expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(before);
});

test('a damaged line of a journal is named and left out, and no search is no search', async () => {
  const { folder } = await stoppedSearch();
  const file = join(folder, 'journal.jsonl');
  const text = readFileSync(file, 'utf8');
  truncateSync(file, Buffer.byteLength(text) - 25);
  appendFileSync(file, '\n{"elapsed":1,"type":"dropped","trial":0}\n');
  const events = await listen(resumeSearch(folder, { data }));
  expect(events[0]).toMatchObject({ resumed: { leftOut: [expect.stringMatching(/^Expected valid JSON for line \d+ of .*journal\.jsonl but .*; the line is left out$/)] } });
  expect(resultOf(events)).toMatchObject({ ended: 'finished', trials: 9 });
  await expect(listen(resumeSearch(join(runs, 'nowhere'), { data }))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});

test.each<[string, (lines: string[]) => void]>([
  ['repeats a trial', (lines) => { lines.splice(3, 0, lines[1]!); }],
  ['skips a trial', (lines) => { lines.splice(lines.findIndex((line) => line.includes('"trial":1')), 1); }],
  ['was written by two at once', (lines) => { lines.push(...lines.slice(1)); }],
  ['has a promotion beyond the last rung', (lines) => { lines.push('{"elapsed":1,"type":"decision","trial":0,"what":"promoted","rung":2,"score":0.5}'); }],
])('a search whose journal %s comes to its end all the same', async (_, change) => {
  const { folder } = await stoppedSearch();
  const file = join(folder, 'journal.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  change(lines);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const events = await listen(resumeSearch(folder, { data }));
  expect((events[0] as SearchStart).resumed!.leftOut.length).toBeGreaterThan(0);
  expect(resultOf(events)).toMatchObject({ ended: 'finished', trials: 9 });
  const numbers = ofType(events, 'trial').map(({ trial }) => trial);
  expect(numbers).toEqual(Array.from({ length: 9 }, (__, i) => i));
});

test('a search whose spec was altered into one that is refused is ERR_CHECKPOINT', async () => {
  const { folder } = await stoppedSearch();
  const file = join(folder, 'journal.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"batchSize":', '"batchSize":-'));
  await expect(listen(resumeSearch(folder, { data }))).rejects.toMatchObject({ code: 'ERR_CHECKPOINT', message: expect.stringContaining('batchSize') });
});
