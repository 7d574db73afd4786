/// <reference lib="dom" />
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { exportSite } from '../../lib/dashboard/exportSite';
import { loadData } from '../../lib/data/sources';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import { eachPage, eventually, launchBrowser } from '../support/browser';
import { blastrain, jsonLines } from '../support/cli';
import { searchHead } from '../support/data/tinySearch';
import { depthReport, evaluationEvent, linesOf, resultEvent, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';
import { drive } from '../support/run';
import { searchEvents, searchSpace } from '../support/searchEvents';

const cwd = temporaryFolder();
// With a space, at which a path in a text seems to end.
const home = join(cwd, 'jane doe');
const runs = join(home, 'runs');
const site = join(cwd, 'site');
const hostile = '</script><img src=x onerror="window.broken=1">';

function writeRun(name: string, spec: object, events: readonly object[]): void {
  mkdirSync(join(runs, name), { recursive: true });
  writeFileSync(join(runs, name, 'spec.json'), JSON.stringify({ loss: 'cross-entropy', l2: 0, ...spec }));
  writeFileSync(join(runs, name, 'metrics.jsonl'), linesOf(...events));
}

const steps = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ type: 'step', step: i + 1, epoch: i / 100, loss: i === 7777 ? 99 : 1 + 1 / (i + 1), batchAccuracy: 0.5, learningRate: 0.1 }));

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let page: Page;
let wrong: string[];

beforeAll(async () => {
  mkdirSync(runs, { recursive: true });
  const spec = parseSpec({ data: 'synthetic', trainRows: 200, validationRows: 60, testRows: 20, layers: [3072, 10, 10], learningRate: 0.03, batchSize: 50, steps: 40, evaluateEvery: 10, threads: 1 });
  const place = RunFolder.create({ runs, name: 'trained' });
  drive(runTraining(spec, loadData(dataRequest(spec)), 'trained', place));
  place.close();
  writeRun('long', { dataFile: join(home, 'houses.csv') }, [
    startEvent({ steps: 30_000, data: `table ${join(home, 'houses.csv')}` }), ...steps(30_000), { type: 'warning', code: 'X', message: `see ${join(home, 'a b')}/c.txt and /var/lib/x.bin`, step: 5 },
    evaluationEvent(30_000), resultEvent({ steps: 30_000 }),
  ]);
  writeRun(hostile.replaceAll('/', ''), { data: hostile }, [startEvent({ data: hostile }), evaluationEvent(10)]);
  mkdirSync(join(runs, 'made-1'));
  const head = { ...searchHead, name: 'made-1', spec: { ...searchHead.spec, space: searchSpace }, data: join(home, 'made.csv'), elapsed: 0 };
  writeFileSync(join(runs, 'made-1', 'journal.jsonl'), linesOf(head, ...searchEvents(30).filter(({ type }) => type !== 'start').map((event) => ({ ...event, elapsed: 12 }))));
  writeRun('made-1/trial-000', {}, [startEvent(), evaluationEvent(40), resultEvent()]);
  mkdirSync(join(runs, 'depth-1'));
  writeFileSync(join(runs, 'depth-1', 'depth.json'), JSON.stringify(depthReport({ trained: 0.4, long: 0.5 })));
  const summary = await exportSite({ runs, folder: site, examine: true });
  expect(summary).toMatchObject({ entries: 5, files: 4 + readdirSync(join(site, 'data')).length });
  browser = await launchBrowser();
});
afterAll(() => browser.close());

eachPage(() => browser.context, (opened, complaints) => { [page, wrong] = [opened, complaints]; });

/** What a web server that knows nothing of the page serves. */
async function serve(): Promise<{ url: string; asked: string[]; close: () => void }> {
  const asked: string[] = [];
  const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
  const server = createServer(({ url = '' }, response) => {
    const name = url.slice(1).split('?')[0]! || 'index.html';
    asked.push(name);
    response.writeHead(200, { 'content-type': `${types[name.split('.').pop()!] ?? 'text/plain'}; charset=iso-8859-1` }).end(readFileSync(join(site, name)));
  });
  await new Promise<void>((settle) => { server.listen(0, '127.0.0.1', settle); });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, asked, close: () => { server.close(); server.closeAllConnections(); } };
}

async function openRun(address: string, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${address}${hash}`);
  await page.waitForSelector('h1');
}

const chart = (title: string): ReturnType<Page['locator']> => page.locator('figure.chart', { hasText: title }).locator('.plot').first();

describe.each(['a disk', 'a web server'])('from %s', (where) => {
  let address = pathToFileURL(join(site, 'index.html')).href;
  let close = (): void => undefined;
  beforeAll(async () => {
    if (where === 'a disk') return;
    const server = await serve();
    ({ close } = server);
    address = server.url;
  });
  afterAll(() => { close(); });

  test('a run has its curves, pictures, spec and examination, and no button that needs a server', async () => {
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith('data:') && !url.startsWith(address.replace('index.html', '')) && url !== 'about:blank') wrong.push(`request ${url}`);
    });
    await openRun(address, '#/run/trained');
    await eventually(async () => {
      expect(await chart('Accuracy').getAttribute('aria-label')).toMatch(/validation [\d.]+ %/);
    });
    expect(await page.locator('#list li').count()).toBe(5);
    expect(await page.locator('.film').getAttribute('aria-label')).toMatch(/Weights of 10 units at step 40/);
    expect(await page.locator('.stop').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Examine the model' }).click();
    await page.locator('table.confusion').waitFor({ timeout: 5000 });
    await page.getByText('Spec and record').click();
    await page.getByRole('rowheader', { name: 'learningRate', exact: true }).waitFor();
    expect(await page.locator('.exported').textContent()).toMatch(/^as of /);
    expect(await page.locator('#message').textContent()).toBe('');
  });

  test('a long run keeps its extremes, and says no folder', async () => {
    await openRun(address, '#/run/long');
    await eventually(async () => {
      expect(await chart('Loss').getAttribute('aria-label')).toMatch(/train 1\b/);
    });
    await page.getByText('of 30,000').waitFor();
    expect(await page.locator('#view').textContent()).toContain('table …/houses.csv');
  });

  test('searches, their trials, depth experiments and comparisons are there, and names are only text', async () => {
    await openRun(address, '#/search/made-1');
    await page.locator('.parallel polyline').first().waitFor();
    await openRun(address, `#/run/${encodeURIComponent('made-1/trial-000')}`);
    await page.locator('.state.finished').first().waitFor();
    await openRun(address, '#/depth/depth-1');
    await page.locator('figure.chart').first().waitFor();
    await openRun(address, '#/compare/trained/long');
    await page.getByText('Differences of the specs').waitFor();
    await openRun(address, `#/run/${encodeURIComponent(hostile.replaceAll('/', ''))}`);
    expect(await page.locator('h1').textContent()).toBe(hostile.replaceAll('/', ''));
    expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
  });

  test('what is not there is said so', async () => {
    await openRun(address, '#/run/nothing').catch(() => undefined);
    await page.getByText('There is no run nothing').waitFor();
    await page.goto(`${address}#/run/${encodeURIComponent('nothing/trial-001')}`);
    await page.getByText('There is no run nothing/trial-001').waitFor();
  });
});

test('no file names a folder of this machine, all are ASCII, and long metrics are thinned', () => {
  for (const name of readdirSync(site, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const text = readFileSync(join(name.parentPath, name.name), 'utf8');
    expect([cwd, 'jane', '/var/lib'].filter((folder) => text.includes(folder))).toEqual([]);
    if (name.parentPath.endsWith('data')) expect(/^[\0-\x7e]*$/.test(text)).toBe(true);
  }
  const metrics = readdirSync(join(site, 'data')).map((name) => readFileSync(join(site, 'data', name), 'utf8')).find((text) => text.includes('30000') && text.includes('batchAccuracy'))!;
  expect(metrics.length).toBeLessThan(2e6);
  expect(metrics).toMatch(/"high.{1,200000}[[,]99,/);
});

describe('the folder', () => {
  test('of an earlier export is replaced, one with other things in it is not, and none is made for runs that are not there', async () => {
    const own = join(cwd, 'own');
    await exportSite({ runs, folder: own });
    const stale = join(own, 'data', '99999.js');
    writeFileSync(stale, '');
    await exportSite({ runs, folder: own });
    expect(existsSync(stale)).toBe(false);
    const foreign = join(cwd, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'site.js'), 'mine');
    await expect(exportSite({ runs, folder: foreign })).rejects.toMatchObject({ code: 'ERR_IO', message: expect.stringContaining('with site.js in it') as string });
    await expect(exportSite({ runs, folder: runs })).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(readdirSync(foreign)).toEqual(['site.js']);
    await expect(exportSite({ runs: join(cwd, 'nowhere'), folder: join(cwd, 'new') })).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    expect(existsSync(join(cwd, 'new'))).toBe(false);
    rmSync(own, { recursive: true });
  });

  test('is written by the command, which says where the page is', async () => {
    const { status, stdout, stderr } = await blastrain(['dashboard', runs, '--export', 'shared', '--json'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(jsonLines(stdout)).toEqual([{ type: 'dashboard-export', page: join('shared', 'index.html'), entries: 5, files: expect.any(Number) as number, bytes: expect.any(Number) as number }]);
    for (const [args, sentence] of [[['--examine'], '--export FOLDER for --examine'], [['--export', 'x', '--port', '1'], 'only one of them for --export and --port']] as const) {
      const refused = await blastrain(['dashboard', ...args], { cwd });
      expect({ status: refused.status, stderr: refused.stderr }).toEqual({ status: 1, stderr: expect.stringContaining(sentence) as string });
    }
  });
});
