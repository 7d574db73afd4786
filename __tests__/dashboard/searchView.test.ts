/// <reference lib="dom" />
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { acquireLock, waitSync } from '../../lib/files';
import { eachPage, eventually, launchBrowser } from '../support/browser';
import { searchHead } from '../support/data/tinySearch';
import { evaluationEvent, linesOf, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';
import { searchEvents, searchSpace } from '../support/searchEvents';

const runs = temporaryFolder();
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let dashboard: Dashboard;
let page: Page;

/** The journal of a search of so many trials, whose segments have the curves of their evaluations. */
function writeSearch(name: string, trials: number, hosts: readonly string[] = []): void {
  mkdirSync(join(runs, name));
  const head = { ...searchHead, name, spec: { ...searchHead.spec, space: searchSpace }, elapsed: 0 };
  const lines = searchEvents(trials).filter(({ type }) => type !== 'start').flatMap((event, i): object[] => {
    const renamed = JSON.parse(JSON.stringify(event).replaceAll('made-1/', `${name}/`)) as typeof event;
    if (renamed.type !== 'unit') return [{ ...renamed, elapsed: i }];
    const { trial, rung, replicate, step, score } = renamed;
    const host = hosts[trial % hosts.length];
    return [
      { type: 'begun', trial, rung, replicate, elapsed: i, ...(host !== undefined && { host, pid: 7 }) },
      { ...renamed, elapsed: i, curve: [[step - 20, score / 2], [step, score]] },
    ];
  });
  writeFileSync(join(runs, name, 'journal.jsonl'), linesOf(head, ...lines));
}

beforeAll(async () => {
  writeSearch('many', 60);
  writeSearch('few', 5);
  writeSearch('shared', 20, ['alpha', 'beta']);
  mkdirSync(join(runs, 'shared', 'locks'));
  waitSync(acquireLock(join(runs, 'shared', 'locks', 'trial-001.lock')));
  mkdirSync(join(runs, 'many', 'trial-000'));
  writeFileSync(join(runs, 'many', 'trial-000', 'spec.json'), '{"learningRate":0.1}');
  writeFileSync(join(runs, 'many', 'trial-000', 'metrics.jsonl'), linesOf(startEvent(), evaluationEvent(10)));
  dashboard = await startDashboard({ runs });
  browser = await launchBrowser(1400);
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterAll(async () => {
  await browser.close();
  await dashboard.close();
});

eachPage(() => browser.context, (opened) => { page = opened; });

async function open(name: string): Promise<void> {
  await page.goto(`${dashboard.url}#/search/${name}`);
  await page.locator('.parallel polyline').first().waitFor();
}

const shownRows = (): Promise<number> => page.locator('.values tbody tr:visible').count();

test('the importances put the parameter first that decides, and warn where they rest on little', async () => {
  await open('many');
  expect(await page.locator('.importances tr th').first().textContent()).toBe('learningRate');
  const shares = (await page.locator('.importances tr td:last-child').allTextContents()).map(parseFloat);
  expect(shares[0]).toBeGreaterThan(50);
  expect(shares.reduce((sum, share) => sum + share)).toBeGreaterThan(95);
  await open('shared');
  await page.getByText(/From \d+ trials only|too little to trust/).waitFor();
  await open('few');
  await page.getByText('it takes at least 10 trials').waitFor();
});

test('trials have curves over their training, pruned ones end in a cross, and one that is pointed at stands out everywhere', async () => {
  await open('many');
  expect(await page.locator('.trial-curves .trial').count()).toBe(59); // one failed before its first score
  expect(await page.locator('.trial-curves .pruned path').count()).toBe(await page.locator('.trial-curves .pruned').count());
  expect(await page.locator('.trial-curves .best').count()).toBe(1);
  const points = (await page.locator('.trial-curves .best polyline').getAttribute('points'))!.split(' ');
  expect(points).toHaveLength(6); // two evaluations on each of three rungs
  await page.locator('.values tbody tr').nth(2).hover();
  for (const picture of ['.parallel polyline.chosen', '.trial-curves .chosen']) expect(await page.locator(picture).count()).toBe(1);
});

test('a range of an axis is kept by dragging or by sliders, and let go', async () => {
  await open('many');
  expect(await page.locator('.parallel .scale').allTextContents()).toEqual([...Array.from({ length: 4 }, () => 'log scale'), 'higher is better']);
  const strip = page.locator('.parallel .strip').first();
  await strip.scrollIntoViewIfNeeded();
  const { x, y, height } = (await strip.boundingBox())!;
  await page.mouse.move(x + 12, y + 6);
  await page.mouse.down();
  await page.mouse.move(x + 12, y + height / 2, { steps: 4 });
  await page.mouse.up();
  const upper = await shownRows();
  expect(upper).toBeGreaterThan(3);
  expect(upper).toBeLessThan(57);
  await page.getByText(`${String(upper)} of 60 trials lie in the ranges`).waitFor();
  expect(await page.locator('.parallel polyline.out').count()).toBeGreaterThan(3);
  await page.getByText('Filter by values').click();
  const from = page.getByRole('slider', { name: 'learningRate from' });
  expect(Number(await from.inputValue())).toBeCloseTo(0.5, 1);
  await from.focus();
  await page.keyboard.press('End');
  expect(await shownRows()).toBeLessThan(upper);
  expect(await from.getAttribute('aria-valuetext')).toBe('0.3');
  await page.getByRole('button', { name: 'Show all trials' }).click();
  expect(await shownRows()).toBe(60);
  expect(await page.locator('.parallel polyline.out').count()).toBe(0);
});

test('the best trial has its values, and commands that are copied', async () => {
  await open('many');
  const heading = (await page.getByRole('heading', { name: /^The best so far: trial \d+, accuracy [\d.]+ %$/ }).textContent())!;
  const trial = /trial (\d+)/.exec(heading)![1]!.padStart(3, '0');
  expect(await page.locator('.values tbody th').first().textContent()).toBe(`trial ${String(Number(trial))}`);
  expect(await page.locator('.assignment th').first().textContent()).toBe('learningRate');
  await page.getByRole('button', { name: 'Copy the command: trains it again' }).click();
  await page.getByText('copied', { exact: true }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`npx blastrain train ${runs}/many/trial-${trial}/spec.json --name many-best --runs ${runs}`);
  expect(await page.locator('.command').allTextContents()).toContainEqual(expect.stringContaining('search --resume many'));
});

test('a search on several machines says which processes work on it, and is asked to stop', async () => {
  await open('shared');
  await page.getByText('2 hosts, 2 processes').waitFor();
  const [alpha, beta] = await page.locator('.processes tbody tr').allTextContents();
  expect([alpha, beta]).toEqual([expect.stringMatching(/^alpha7\d+\d+/), expect.stringMatching(/^beta7/)]);
  await page.locator('.state.running').first().waitFor();
  await page.getByRole('button', { name: 'Stop this search' }).click();
  await eventually(async () => {
    expect(await page.locator('.stop').textContent()).toBe('Stopping …');
    expect(existsSync(join(runs, 'shared', 'stop'))).toBe(true);
  });
  await open('many');
  expect(await page.locator('.stop').isVisible()).toBe(false);
});
