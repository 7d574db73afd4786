import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, EditAnswer, RunEntry } from '../../lib/dashboard/api';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { acquireLock, waitSync } from '../../lib/files';
import { evaluationEvent, linesOf, startEvent } from '../support/events';
import { searchHead } from '../support/data/tinySearch';
import { temporaryFolder } from '../support/folder';

const root = temporaryFolder();
let runs: string;
let number = 0;
let dashboard: Dashboard;

function makeRun(name: string, files: Record<string, string> = {}): void {
  mkdirSync(join(runs, name), { recursive: true });
  for (const [file, contents] of Object.entries({ 'spec.json': '{"seed":3}', 'metrics.jsonl': linesOf(startEvent(), evaluationEvent(20)), ...files })) writeFileSync(join(runs, name, file), contents);
}

beforeEach(async () => {
  runs = join(root, `runs-${String(number++)}`);
  for (const name of ['one', 'two']) makeRun(name);
  dashboard = await startDashboard({ runs });
});
afterEach(() => dashboard.close());

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; answer: EditAnswer & { message?: string } }> {
  const response = await fetch(`${dashboard.url}api/${path}`, { method: 'POST', headers: { origin: new URL(dashboard.url).origin, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { status: response.status, answer: (await response.json()) as EditAnswer };
}
const label = (run: string, change: object): ReturnType<typeof post> => post('labels', { changes: [{ run, change }] });
const list = async (since = ''): Promise<Catalogue> => (await fetch(`${dashboard.url}api/runs${since}`)).json() as Promise<Catalogue>;
const find = async (name: string): Promise<RunEntry> => (await list()).entries.find((entry) => entry.name === name) as RunEntry;
const refusal = ({ answer }: Awaited<ReturnType<typeof post>>): string => answer.refused.map(({ message }) => message).join();

describe('labels', () => {
  test('are replaced one by one, and removed by null; what a later version wrote stays', async () => {
    makeRun('one', { 'labels.json': '{"later":[1]}' });
    await label('one', { title: 'First', tags: ['a', 'b', 'a'] });
    await label('one', { note: 'n', archived: true });
    expect(JSON.parse(readFileSync(join(runs, 'one', 'labels.json'), 'utf8'))).toEqual({ later: [1], title: 'First', tags: ['a', 'b'], note: 'n', archived: true });
    expect((await find('one')).labels).toMatchObject({ title: 'First', tags: ['a', 'b'], note: 'n', archived: true });
    await label('one', { title: null, note: '', tags: [], archived: false });
    expect(JSON.parse(readFileSync(join(runs, 'one', 'labels.json'), 'utf8'))).toEqual({ later: [1] });
    expect(readdirSync(join(runs, 'one')).sort()).toEqual(['labels.json', 'metrics.jsonl', 'spec.json']);
  });

  test.each<[object, RegExp]>([
    [{ tags: 'a' }, /Expected a list for tags in the labels/],
    [{ tags: [''] }, /Expected a tag of 1 to 100 characters for tags\[0\]/],
    [{ tags: ['x'.repeat(101)] }, /Expected a tag of 1 to 100 characters/],
    [{ tags: Array.from({ length: 51 }, (_, i) => String(i)) }, /Expected at most 50 tags/],
    [{ title: 5 }, /Expected a text for title/],
    [{ note: 'x'.repeat(10_001) }, /Expected a note of 1 to 10000 characters/],
    [{ archived: 'yes' }, /Expected true or false for archived/],
    [{ learningRate: 1 }, /Expected title, tags, note or archived for a label but received 'learningRate'/],
  ])('%j are refused in words', async (change, message) => {
    expect(refusal(await label('one', change))).toMatch(message);
    expect(existsSync(join(runs, 'one', 'labels.json'))).toBe(false);
  });

  test('of several runs are written for those that can be', async () => {
    const { answer } = await post('labels', { changes: ['one', 'nothing', '../one', 'two'].map((run) => ({ run, change: { tags: ['x'] } })) });
    expect(answer.done).toEqual([{ run: 'one' }, { run: 'two' }]);
    expect(answer.refused.map(({ run }) => run)).toEqual(['nothing', '../one']);
  });

  test.each<[string, () => void]>([
    ['no JSON', () => { makeRun('one', { 'labels.json': '{' }); }],
    ['another shape', () => { makeRun('one', { 'labels.json': '{"tags":{"a":1}}' }); }],
    ['a link', () => { symlinkSync(join(runs, 'two', 'spec.json'), join(runs, 'one', 'labels.json')); }],
    ['a FIFO', () => { expect(spawnSync('mkfifo', [join(runs, 'one', 'labels.json')]).status).toBe(0); }],
    ['a folder', () => { mkdirSync(join(runs, 'one', 'labels.json')); }],
    ['a huge file', () => { makeRun('one', { 'labels.json': JSON.stringify({ note: 'x'.repeat(2 ** 21) }) }); }],
  ])('that are %s are named, and neither followed nor replaced', async (_, make) => {
    make();
    const before = lstatSync(join(runs, 'one', 'labels.json'));
    expect(await find('one')).toMatchObject({ state: 'unfinished', labels: {}, badLabels: expect.stringContaining('labels.json') });
    expect(refusal(await label('one', { tags: ['x'] }))).toContain('labels.json');
    expect(lstatSync(join(runs, 'one', 'labels.json'))).toMatchObject({ ino: before.ino, size: before.size });
    expect(readFileSync(join(runs, 'two', 'spec.json'), 'utf8')).toBe('{"seed":3}');
  });
});

describe('what is deleted', () => {
  test('lies in the trash and is restored as it was', async () => {
    const { answer: { done: [deleted] } } = await post('delete', { runs: ['one'] });
    expect(readdirSync(runs).sort()).toEqual(['.trash', 'two']);
    expect(await (await fetch(`${dashboard.url}api/trash`)).json()).toEqual([{ id: deleted!.id, name: 'one', deletedAt: expect.stringMatching(/^\d{4}-.*Z$/) }]);
    expect((await post('restore', { ids: [deleted!.id] })).answer.done).toEqual([{ run: 'one', id: deleted!.id }]);
    expect(readdirSync(join(runs, 'one')).sort()).toEqual(['metrics.jsonl', 'spec.json']); // no lock of ours
    expect(readdirSync(join(runs, '.trash'))).toEqual([]);
  });

  test('is not put in the place of another', async () => {
    const { answer: { done: [deleted] } } = await post('delete', { runs: ['one'] });
    makeRun('one');
    expect(refusal(await post('restore', { ids: [deleted!.id] }))).toMatch(/Expected a name that is free for what to restore but received 'one'/);
    expect(refusal(await post('restore', { ids: ['..', '../one', '', '2026'] }))).toMatch(/Expected something in the trash/);
    expect(existsSync(join(runs, '.trash', deleted!.id!, 'one', 'spec.json'))).toBe(true);
  });

  test('is no run, search or trial that a process writes to, and no trial', async () => {
    const lock = waitSync(acquireLock(join(runs, 'one', 'lock')));
    makeRun('search-1', { 'journal.jsonl': linesOf({ elapsed: 0, ...searchHead }) });
    makeRun('search-1/trial-000');
    mkdirSync(join(runs, 'search-1', 'locks'));
    const trial = waitSync(acquireLock(join(runs, 'search-1', 'locks', 'trial-000.lock')));
    makeRun('torn-lock', { lock: 'x' });
    const { answer: { done, refused } } = await post('delete', { runs: ['one', 'search-1', 'search-1/trial-000', 'torn-lock', 'nothing', '..', '.trash'] });
    expect(done).toEqual([]);
    expect(refused.map(({ message }) => message)).toEqual([
      'Expected a run that no process writes to for what is deleted but received one, which is running',
      'Expected a run that no process writes to for what is deleted but received search-1, which is running',
      expect.stringMatching(/Expected a run with a folder of its own .* a trial of a search/),
      expect.stringMatching(/a lock of somebody else/),
      expect.stringMatching(/Expected a run for/), expect.stringMatching(/Expected a run for/), expect.stringMatching(/Expected a run for/),
    ]);
    expect(existsSync(join(runs, 'one', 'lock'))).toBe(true);
    lock.release();
    trial.release();
    expect((await post('delete', { runs: ['one', 'search-1'] })).answer.done.map(({ run }) => run)).toEqual(['one', 'search-1']);
  });

  test('does not leave the folder of runs through a link', async () => {
    mkdirSync(join(root, `elsewhere-${String(number)}`));
    symlinkSync(join(root, `elsewhere-${String(number)}`), join(runs, '.trash'));
    expect(refusal(await post('delete', { runs: ['one'] }))).toMatch(/Expected a folder, and no link to one, for the trash/);
    symlinkSync(join(runs, 'two'), join(runs, 'linked'));
    expect(refusal(await post('delete', { runs: ['linked'] }))).toMatch(/Expected a run/);
    expect(refusal(await label('linked', { note: 'x' }))).toMatch(/Expected a run/);
    expect(readdirSync(runs).sort()).toEqual(['.trash', 'linked', 'one', 'two']);
  });
});

describe('a request that changes something', () => {
  test.each<[string, Record<string, string>]>([
    ['another site', { origin: 'http://evil.example' }], ['a sandboxed frame', { origin: 'null' }], ['a page on another port', { 'sec-fetch-site': 'same-site' }],
  ])('of %s is refused', async (_, headers) => {
    for (const [path, body] of [['labels', { changes: [{ run: 'one', change: { note: 'x' } }] }], ['delete', { runs: ['one'] }], ['restore', { ids: [] }]] as const) {
      expect((await post(path, body, headers)).status).toBe(403);
    }
    expect(readdirSync(runs).sort()).toEqual(['one', 'two']);
  });

  test('needs the token, and POST', async () => {
    const url = new URL(dashboard.url);
    const wrong = await fetch(`${url.origin}/${'x'.repeat(24)}/api/delete`, { method: 'POST', headers: { origin: url.origin }, body: '{"runs":["one"]}' });
    expect(wrong.status).toBe(403);
    expect((await fetch(`${dashboard.url}api/delete`)).status).toBe(404);
  });

  test.each<[string, RegExp]>([
    ['', /Expected an object for the request/], ['{', /Expected valid JSON for the request/], ['[]', /Expected an object/], ['{"runs":"one"}', /Expected a list for runs in the request/],
    ['{"runs":[5]}', /Expected a text for runs\[0\]/], [JSON.stringify({ runs: ['x'.repeat(2 ** 20)] }), /Expected at most 1048576 bytes for a request/], ['['.repeat(5000), /Expected/],
  ])('that is %.20s is refused in words', async (body, message) => {
    const { status, answer } = await post('delete', body);
    expect([status, answer.message]).toEqual([409, expect.stringMatching(message)]);
  });
});

describe('the list', () => {
  test('sends what has changed since it was last asked for, and what went', async () => {
    const first = await list();
    expect(first.entries.map(({ name }) => name).sort()).toEqual(['one', 'two']);
    expect(first.defaults).toMatchObject({ optimizer: 'sgd', layers: '3072-50-10' });
    expect((first.entries[0] as RunEntry).keys).toEqual({ seed: 3 });
    expect(await list(`?since=${String(first.revision)}`)).toMatchObject({ entries: [], gone: [], revision: first.revision });
    await label('two', { note: 'changed' });
    const second = await list(`?since=${String(first.revision)}`);
    expect(second.entries.map(({ name }) => name)).toEqual(['two']);
    expect(second.defaults).toBeUndefined();
    rmSync(join(runs, 'one'), { recursive: true });
    makeRun('three');
    const third = await list(`?since=${String(second.revision)}`);
    expect([third.entries.map(({ name }) => name), third.gone]).toEqual([['three'], ['one']]);
    expect((await list(`?since=${String(first.revision)}`)).entries.map(({ name }) => name).sort()).toEqual(['three', 'two']);
  });

  test('of runs that nobody owns reads again what changes in their folders', async () => {
    const old = new Date(Date.now() - 3_600_000);
    const age = (): void => {
      for (const path of [join(runs, 'one', 'metrics.jsonl'), join(runs, 'one')]) utimesSync(path, old, old);
    };
    age();
    expect((await find('one')).state).toBe('unfinished');
    writeFileSync(join(runs, 'one', 'spec.json'), '{"seed":4}'); // in place, which no run does: it is not noticed
    age();
    expect((await find('one')).keys).toEqual({ seed: 3 });
    await label('one', { note: 'new' });
    expect(await find('one')).toMatchObject({ keys: { seed: 4 }, labels: { note: 'new' } });
    age();
    expect((await find('one')).labels).toEqual({ note: 'new' });
    const lock = waitSync(acquireLock(join(runs, 'one', 'lock')));
    expect((await find('one')).state).toBe('running');
    lock.release();
    expect((await find('one')).state).toBe('unfinished');
    appendFileSync(join(runs, 'one', 'metrics.jsonl'), linesOf(evaluationEvent(30)));
    expect((await find('one')).step).toBe(30);
  });
});
