import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Catalogue, CurvesAnswer, RunEntry } from '../../lib/dashboard/api';
import { acquireLock, waitSync } from '../../lib/files';
import { thisProcess } from '../../lib/files/process';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { depthReport, evaluationEvent, linesOf, resultEvent, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';
import { searchHead } from '../support/data/tinySearch';

const root = temporaryFolder();
const runs = join(root, 'runs');
let dashboard: Dashboard;
let base: URL;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** fetch() would not let a test choose Host and Origin, and would tidy paths up. */
function ask(path: string, options: { method?: string; headers?: OutgoingHttpHeaders; host?: string } = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, host = '127.0.0.1' } = options;
  return new Promise((settle, reject) => {
    const asked = request({ host, port: base.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        settle({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const get = (path: string): Promise<Answer> => ask(base.pathname + path);
const json = async <T>(path: string): Promise<T> => JSON.parse((await get(path)).body.toString('utf8')) as T;
const query = (values: Record<string, string>): string => new URLSearchParams(values).toString();

function makeRun(name: string, files: Record<string, string>): void {
  mkdirSync(join(runs, name), { recursive: true });
  for (const [file, contents] of Object.entries(files)) writeFileSync(join(runs, name, file), contents);
}

const start = linesOf(startEvent());
const evaluation = linesOf(evaluationEvent(20));
const result = (ended: 'finished' | 'stopped'): string => linesOf(resultEvent({ ended }));
const hostile = '<img src=x onerror="alert(1)">';

beforeAll(async () => {
  makeRun('finished', { 'spec.json': '{"layers":[4,2],"record":{"startedAt":"2026-01-05T00:00:00Z"}}', 'metrics.jsonl': start + evaluation + result('finished') });
  makeRun('stopped', { 'spec.json': '{}', 'metrics.jsonl': start + evaluation + result('stopped') });
  makeRun('failed', { 'spec.json': '{}', 'metrics.jsonl': start, 'status.json': '{"state":"failed","at":"x","code":"ERR_DIVERGED","message":"too high"}' });
  makeRun('running', { 'spec.json': '{}', 'metrics.jsonl': start + evaluation });
  waitSync(acquireLock(join(runs, 'running', 'lock')));
  makeRun('killed', {
    'spec.json': '{}', 'metrics.jsonl': `${start + evaluation}{"type":"st`, 'lock': `${JSON.stringify({ ...thisProcess(), pid: 4194303, since: 'x', token: 'x' })}\n1\n`,
  });
  makeRun('torn', { 'spec.json': '{', 'metrics.jsonl': 'no json\nnull\n5\n[]\n"x"\n', 'status.json': 'null' });
  makeRun('torn-depth', { 'depth.json': '{"results":5}' });
  makeRun(hostile, { 'spec.json': '{}' });
  makeRun('depth-1', { 'depth.json': JSON.stringify(depthReport({ finished: 0.5 })) });
  makeRun('search-1', { 'journal.jsonl': linesOf({ elapsed: 0, ...searchHead, startedAt: '2026-01-06T00:00:00Z' }) });
  makeRun('search-1/trial-000', { 'spec.json': '{}', 'metrics.jsonl': start });
  mkdirSync(join(runs, 'no-run'));
  writeFileSync(join(runs, 'ledger.jsonl'), '');
  writeFileSync(join(root, 'metrics.jsonl'), 'secret');
  writeFileSync(join(runs, 'metrics.jsonl'), 'secret');
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'other', 'metrics.jsonl'), 'secret');
  writeFileSync(join(root, 'other', 'spec.json'), '{"secret":1}');
  mkdirSync(join(runs, '.hidden'));
  writeFileSync(join(runs, '.hidden', 'metrics.jsonl'), 'secret');
  symlinkSync(join(root, 'other'), join(runs, 'link'));
  makeRun('linked-file', { 'spec.json': '{}' });
  symlinkSync(join(root, 'other', 'metrics.jsonl'), join(runs, 'linked-file', 'metrics.jsonl'));
  dashboard = await startDashboard({ runs });
  base = new URL(dashboard.url);
});
afterAll(() => dashboard.close());

test('curves are asked for by run, and of no file elsewhere', async () => {
  const { state, tables } = await json<CurvesAnswer>(`api/curves?${query({ run: 'finished' })}`);
  expect(state).toMatchObject({ step: 40, result: { ended: 'finished' }, lastEvaluation: { step: 20 } });
  expect(tables.evaluations).toMatchObject({ count: 1, stride: 1, columns: { step: [20], valLoss: [1.5] } });
  expect((await json<CurvesAnswer>(`api/curves?${query({ run: 'torn', tables: 'steps' })}`)).tables).toMatchObject({ steps: { count: 0 } });
  for (const run of ['..', '', 'link', 'no-run/../../other', '.hidden', 'linked-file']) {
    const { status, body } = await get(`api/curves?${query({ run })}`);
    expect({ run, status: status >= 400, secret: body.toString().includes('secret') }).toEqual({ run, status: true, secret: false });
  }
});

describe('who is answered', () => {
  const own = (): OutgoingHttpHeaders => ({ host: base.host });

  test('a browser of this machine, with the token', async () => {
    const { status, headers, body } = await get('');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(body.toString()).toContain('page.js');
    expect((await ask(base.pathname, { headers: { host: `localhost:${base.port}` } })).status).toBe(200);
    expect((await ask(base.pathname, { headers: { host: 'localhost:8080', origin: 'http://localhost:8080' } })).status).toBe(200); // an ssh tunnel
  });

  test.each<[string, () => Parameters<typeof ask>]>([
    ['no token', () => ['/', { headers: own() }]],
    ['no token, the interface', () => ['/api/runs', { headers: own() }]],
    ['another token', () => [base.pathname.replace(/.\/$/, '_/'), { headers: own() }]],
    ['a part of the token', () => [base.pathname.slice(0, 8), { headers: own() }]],
    ['a name that points here', () => [base.pathname, { headers: { host: `evil.example:${base.port}` } }]],
    ['a name that looks like ours', () => [base.pathname, { headers: { host: 'localhost.evil.example' } }]],
    ['another site', () => [base.pathname, { headers: { ...own(), origin: 'http://evil.example' } }]],
    ['another port of this machine', () => [base.pathname, { headers: { ...own(), origin: 'http://127.0.0.1:1' } }]],
    ['a sandboxed frame', () => [base.pathname, { headers: { ...own(), origin: 'null' } }]],
    ['an image on another site', () => [`${base.pathname}api/runs`, { headers: { ...own(), 'sec-fetch-site': 'cross-site' } }]],
    ['a page on another port', () => [`${base.pathname}api/runs`, { headers: { ...own(), 'sec-fetch-site': 'same-site' } }]],
    ['a change that names no origin', () => [`${base.pathname}api/stop?run=running`, { method: 'POST', headers: own() }]],
    ['a change from elsewhere', () => [`${base.pathname}api/stop?run=running`, { method: 'POST', headers: { ...own(), origin: 'http://evil.example' } }]],
  ])('%s is refused', async (_, what) => {
    const { status, body } = await ask(...what());
    expect(status).toBe(403);
    expect(body.toString()).not.toContain('finished');
    expect(existsSync(join(runs, 'running', 'stop'))).toBe(false);
  });

  test.each(['PUT', 'DELETE', 'OPTIONS', 'POST'])('%s finds nothing', async (method) => {
    expect((await ask(`${base.pathname}api/runs`, { method, headers: { ...own(), origin: base.origin } })).status).toBe(404);
  });

  test('only the loopback interface is listened on', async () => {
    const others = Object.values(networkInterfaces()).flat().filter((address) => address?.internal === false && address.family === 'IPv4');
    for (const { address } of others as { address: string }[]) {
      await expect(ask(base.pathname, { host: address, headers: own() })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    expect(base.hostname).toBe('127.0.0.1');
  });

  test('tokens are long and not repeated', async () => {
    const other = await startDashboard({ runs });
    await other.close();
    expect(base.pathname).toMatch(/^\/[\w-]{24}\/$/);
    expect(new URL(other.url).pathname).not.toBe(base.pathname);
  });

  test.each(['', 'page.js', 'page.css', 'api/runs', 'api/nothing'])('%j comes with headers that allow the page nothing from elsewhere', async (path) => {
    const { headers } = await get(path);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
  });
});

describe('what can be read', () => {
  test.each([
    '..', '../other', '.', '', '/', 'finished/..', 'finished/../../other', '../runs/finished', 'search-1/../finished', 'a/b/c', '.hidden', 'link',
    '/etc', 'finished\0', '..\\other', 'ledger.jsonl', 'nothing',
  ])('no run %j', async (run) => {
    for (const path of [`api/tail?${query({ run, file: 'metrics.jsonl', from: '0' })}`, `api/file?${query({ run, file: 'spec.json' })}`]) {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(body.toString()).not.toContain('secret');
    }
    expect((await get(`api/examine?${query({ run })}`)).status).toBe(404);
  });

  test.each(['../metrics.jsonl', 'checkpoint.safetensors', '/etc/passwd', '', 'status.json'])('no file %j', async (file) => {
    for (const path of ['tail', 'file']) expect((await get(`api/${path}?${query({ run: 'finished', file })}`)).status).toBe(404);
  });

  test('a symbolic link in a run\'s folder is not followed', async () => {
    const { body } = await get(`api/tail?${query({ run: 'linked-file', file: 'metrics.jsonl', from: '0' })}`);
    expect(body.toString()).toMatch(/Expected a regular file for .* but received a symbolic link/);
    expect(body.toString()).not.toContain('secret');
  });

  test.each(['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', 'constructor', '__proto__', 'api/toString'])('no path %j', async (path) => {
    expect((await get(path)).status).toBeGreaterThanOrEqual(403);
  });
});

describe('the list', () => {
  const find = async (name: string): Promise<RunEntry> => {
    const { entries } = await json<Catalogue>('api/runs');
    return entries.find((entry) => entry.name === name) as RunEntry;
  };

  test('holds every kind of entry, the last started first, whatever lies between', async () => {
    const { entries, folder } = await json<Catalogue>('api/runs');
    expect(folder).toBe(runs);
    expect(entries.map(({ name }) => name).slice(0, 3)).toEqual(['search-1', 'depth-1', 'finished']);
    expect(entries.map(({ name }) => name).sort()).toEqual(
      ['search-1', 'finished', hostile, 'depth-1', 'failed', 'killed', 'linked-file', 'running', 'stopped', 'torn', 'torn-depth'].sort(),
    );
    expect(entries.find(({ name }) => name === 'depth-1')).toEqual({
      kind: 'depth', name: 'depth-1', state: 'done', startedAt: '2026-01-05T00:00:00Z', runs: ['finished'], done: 1, best: 'finished', valAccuracy: 0.5, testAccuracy: 0.4, testLoss: 1, labels: {}, failure: null,
    });
  });

  test.each<[string, Partial<RunEntry>]>([
    ['finished', { state: 'finished', step: 40, steps: 40, valAccuracy: 0.45, valLoss: 1.25, startedAt: '2026-01-05T00:00:00Z', stoppable: false }],
    ['stopped', { state: 'stopped', step: 40 }],
    ['failed', { state: 'failed', valAccuracy: null, valLoss: null, failure: { code: 'ERR_DIVERGED', message: 'too high' } }], // no score to go by
    ['running', { state: 'running', stoppable: true, step: 20, valAccuracy: 0.4 }],
    ['killed', { state: 'unfinished', stoppable: false, step: 20 }],
    [hostile, { state: 'unfinished', step: 0, steps: null, valAccuracy: null }],
  ])('knows how %s stands', async (name, expected) => {
    expect(await find(name)).toMatchObject(expected);
  });

  test('sees what has changed', async () => {
    makeRun('growing', { 'spec.json': '{}', 'metrics.jsonl': start });
    expect(await find('growing')).toMatchObject({ step: 0, valAccuracy: null });
    appendFileSync(join(runs, 'growing', 'metrics.jsonl'), evaluation);
    expect(await find('growing')).toMatchObject({ state: 'unfinished', step: 20, valAccuracy: 0.4 });
    rmSync(join(runs, 'growing'), { recursive: true });
    expect(await find('growing')).toBeUndefined();
  });

  test('finds the last evaluation however many steps follow, and reads what is added', async () => {
    const step = (at: number): string => `${JSON.stringify({ type: 'step', step: at, epoch: 1, loss: 1, learningRate: 0.1 })}\n`;
    const steps = Array.from({ length: 3000 }, (_, i) => step(21 + i)).join('');
    expect(steps.length).toBeGreaterThan(2 ** 17);
    makeRun('sparse', { 'spec.json': '{}', 'metrics.jsonl': start + evaluation + steps });
    expect(await find('sparse')).toMatchObject({ step: 3020, valAccuracy: 0.4 });
    appendFileSync(join(runs, 'sparse', 'metrics.jsonl'), step(3021).slice(0, 20));
    expect(await find('sparse')).toMatchObject({ step: 3020, valAccuracy: 0.4 });
    appendFileSync(join(runs, 'sparse', 'metrics.jsonl'), step(3021).slice(20));
    expect(await find('sparse')).toMatchObject({ step: 3021, valAccuracy: 0.4 });
    writeFileSync(join(runs, 'sparse', 'metrics.jsonl'), start + step(5));
    expect(await find('sparse')).toMatchObject({ step: 5, valAccuracy: null });
    rmSync(join(runs, 'sparse'), { recursive: true });
  });

  test('has the looks at the test split, and depth experiments that have not ended', async () => {
    const look = { run: 'finished', when: '2026-01-06T00:00:00Z', testAccuracy: 0.375, testLoss: 1, testRows: 8, dataDigest: 'd', look: 1 };
    writeFileSync(join(runs, 'test-ledger.jsonl'), `${JSON.stringify(look)}\n`);
    makeRun('depth-7', {});
    makeRun('depth-7-2layers', { 'spec.json': JSON.stringify({ record: { startedAt: '2026-01-01T00:00:00Z' } }), 'metrics.jsonl': start });
    expect(await find('finished')).toMatchObject({ testAccuracy: 0.375 });
    expect(await find('depth-7')).toEqual({
      kind: 'depth', name: 'depth-7', state: 'unfinished', startedAt: '2026-01-01T00:00:00Z', runs: ['depth-7-2layers'], done: null, best: null, valAccuracy: null, labels: {}, failure: null,
    });
    for (const name of ['test-ledger.jsonl', 'depth-7', 'depth-7-2layers']) rmSync(join(runs, name), { recursive: true });
  });

  test('of a search holds its trials', async () => {
    const { entries } = await json<Catalogue>('api/runs?search=search-1');
    expect(entries.map(({ name }) => name)).toEqual(['search-1/trial-000']);
    expect((await get('api/runs?search=..')).status).toBe(404);
  });

  test('of a folder that is not there yet is empty', async () => {
    const early = await startDashboard({ runs: join(root, 'later') });
    const response = await fetch(`${early.url}api/runs`);
    expect(await response.json()).toMatchObject({ entries: [] });
    await early.close();
  });
});

describe('a file that grows', () => {
  const file = join(runs, 'tail', 'metrics.jsonl');
  const read = async (from: number, check = ''): Promise<{ text: string; from: number; size: number }> => {
    const { headers, body } = await get(`api/tail?${query({ run: 'tail', file: 'metrics.jsonl', from: String(from), check })}`);
    return { text: body.toString(), from: Number(headers['x-from']), size: Number(headers['x-size']) };
  };
  const hex = (text: string): string => Buffer.from(text).subarray(-32).toString('hex');
  beforeEach(() => {
    makeRun('tail', { 'spec.json': '{}', 'metrics.jsonl': 'one\ntwo\n' });
  });

  test('is read on from where the reader stands', async () => {
    expect(await read(0)).toEqual({ text: 'one\ntwo\n', from: 0, size: 8 });
    expect(await read(8, hex('one\ntwo\n'))).toEqual({ text: '', from: 8, size: 8 });
    appendFileSync(file, 'three\n');
    expect(await read(8, hex('one\ntwo\n'))).toEqual({ text: 'three\n', from: 8, size: 14 });
  });

  test('is read anew when it was cut, also when it has grown since', async () => {
    truncateSync(file, 4);
    expect(await read(8, hex('one\ntwo\n'))).toMatchObject({ text: 'one\n', from: 0 });
    appendFileSync(file, 'other\n');
    expect(await read(8, hex('one\ntwo\n'))).toMatchObject({ text: 'one\nother\n', from: 0 });
  });

  test.each([NaN, -1, 1.5, 1e300, 9])('is read anew from %p', async (from) => {
    expect(await read(from, hex('one\ntwo\n'))).toMatchObject({ text: 'one\ntwo\n', from: 0 });
  });

  test('comes in pieces when it is long', async () => {
    const long = `${'x'.repeat(2 ** 22)}end\n`;
    writeFileSync(file, long);
    const { text, size } = await read(0);
    expect([text.length, size]).toEqual([2 ** 22, long.length]);
    expect(await read(2 ** 22, hex(text))).toMatchObject({ text: 'end\n' });
  });
});

describe('a request to stop', () => {
  const stop = (run: string): Promise<Answer> => ask(`${base.pathname}api/stop?${query({ run })}`, { method: 'POST', headers: { host: base.host, origin: base.origin } });

  test('reaches a run that is being trained', async () => {
    expect((await stop('running')).status).toBe(200);
    expect(readFileSync(join(runs, 'running', 'stop'), 'utf8')).toBe('');
  });

  test('never writes through a link', async () => {
    const other = join(root, 'other', 'precious');
    writeFileSync(other, 'precious');
    rmSync(join(runs, 'running', 'stop'));
    symlinkSync(other, join(runs, 'running', 'stop'));
    expect((await stop('running')).status).toBe(200);
    expect(readFileSync(other, 'utf8')).toBe('precious');
    expect(readFileSync(join(runs, 'running', 'stop'), 'utf8')).toBe('');
  });

  test.each(['finished', 'failed', 'killed', '../other', 'link', 'search-1'])('is refused for %s', async (run) => {
    expect((await stop(run)).status).toBeGreaterThanOrEqual(404);
    expect(existsSync(join(runs, run, 'stop'))).toBe(false);
  });
});

test('a port that is taken is said so', async () => {
  await expect(startDashboard({ runs, port: Number(base.port) })).rejects.toMatchObject({ code: 'ERR_IO', message: expect.stringContaining(base.port) });
});
