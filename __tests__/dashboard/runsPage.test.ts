/// <reference lib="dom" />
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { acquireLock, waitSync } from '../../lib/files';
import { specFields } from '../../lib/spec/spec';
import { eachPage, eventually, isLocal, launchBrowser } from '../support/browser';
import { evaluationEvent, linesOf, resultEvent, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';

/** In the order of the spec's help. */
const keys = Object.keys(specFields);
const runs = join(temporaryFolder(), 'runs');
const hostile = '<img src=x onerror="window.broken=1"> \u202etac';
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let dashboard: Dashboard;
let page: Page;

function writeRun(name: string, spec: object, accuracy: number, labels?: object): void {
  mkdirSync(join(runs, name), { recursive: true });
  const day = String(1 + (name.length + name.charCodeAt(name.length - 1)) % 28).padStart(2, '0');
  writeFileSync(join(runs, name, 'spec.json'), JSON.stringify({ ...spec, record: { startedAt: `2026-01-${day}T00:00:00Z` } }));
  writeFileSync(join(runs, name, 'metrics.jsonl'), linesOf(startEvent(), evaluationEvent(20, { valAccuracy: accuracy }), resultEvent({ valAccuracy: accuracy, bestValAccuracy: accuracy })));
  if (labels !== undefined) writeFileSync(join(runs, name, 'labels.json'), typeof labels === 'string' ? labels : JSON.stringify(labels));
}

beforeAll(async () => {
  for (let seed = 0; seed < 3; seed++) {
    writeRun(`fast-${String(seed)}`, { learningRate: 0.1, seed }, 0.5 + seed / 100);
    writeRun(`slow-${String(seed)}`, { learningRate: 0.001, seed, optimizer: 'adam' }, 0.3 + seed / 100);
  }
  writeRun(hostile, { dataFile: hostile }, 0.2, { title: hostile, tags: [hostile, 'baseline'], note: hostile });
  writeRun('torn-labels', {}, 0.1, '{"tags":5}' as unknown as object);
  for (let i = 0; i < 300; i++) writeRun(`many-${String(i)}`, { learningRate: 0.5, seed: i % 5 }, 0.01);
  writeRun('live', {}, 0.4);
  waitSync(acquireLock(join(runs, 'live', 'lock')));
  dashboard = await startDashboard({ runs });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await dashboard.close();
});
eachPage(() => browser.context, (opened) => { page = opened; }, isLocal);

async function open(hash: string): Promise<void> {
  await page.goto(dashboard.url + hash);
  await page.locator('.runs tbody tr.entry, .runs tbody tr.group').first().waitFor();
}
const query = (): ReturnType<Page['locator']> => page.getByRole('combobox', { name: 'Filter runs' });
const shownNames = (): Promise<string[]> => page.locator('.runs .entry th a').allTextContents();
const names = (expected: readonly string[]): Promise<void> => eventually(async () => {
  expect(await shownNames()).toEqual(expected);
});

test('filters by a query, sorts by columns, and keeps both in the address', async () => {
  await open('#/runs');
  await query().fill('lr == 0.1 || (optimizer == adam && best > 0.3)');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'best' }).click();
  await names(['fast-2', 'fast-1', 'fast-0', 'slow-2', 'slow-1']);
  await page.getByRole('button', { name: 'best' }).click();
  await names(['slow-1', 'slow-2', 'fast-0', 'fast-1', 'fast-2']);
  await page.reload();
  await names(['slow-1', 'slow-2', 'fast-0', 'fast-1', 'fast-2']);
  expect(await query().inputValue()).toBe('lr == 0.1 || (optimizer == adam && best > 0.3)');
  expect(await page.getByRole('columnheader', { name: 'best' }).getAttribute('aria-sort')).toBe('ascending');
  await page.getByRole('button', { name: 'learningRate' }).click();
  await page.getByRole('button', { name: 'run', exact: true }).click({ modifiers: ['Shift'] });
  await names(['slow-1', 'slow-2', 'fast-0', 'fast-1', 'fast-2']);
  expect(page.url()).toContain('sort=learningRate%2Cname');
});

test('says where a query is wrong and what was expected, and keeps what it showed', async () => {
  await open('#/runs?q=fast&sort=name');
  await names(['fast-0', 'fast-1', 'fast-2']);
  await query().fill('fast && lerningRate < 1');
  await page.getByRole('alert').getByText('Expected the name of a column, perhaps learningRate, at character 9 of the query but received lerningRate').waitFor();
  expect(await page.locator('.trouble mark').textContent()).toBe('lerningRate');
  expect(await query().getAttribute('aria-invalid')).toBe('true');
  await names(['fast-0', 'fast-1', 'fast-2']);
});

test('completes names, operators and values by keys', async () => {
  await open('#/runs?sort=name');
  await query().click();
  await page.keyboard.type('optim');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await query().inputValue()).toBe('optimizer ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await page.locator('.options [aria-selected=true]').textContent()).toMatch(/^adam3 runs/);
  await page.keyboard.press('Enter');
  expect(await query().inputValue()).toBe('optimizer == adam ');
  await names(['slow-0', 'slow-1', 'slow-2']);
});

test('has the columns that differ, and those that one chooses', async () => {
  await open('#/runs?q=fast or slow');
  const heads = (): Promise<string[]> => page.getByRole('columnheader').allTextContents();
  expect(await heads()).toEqual(['', 'run', 'state', 'best', 'validation loss', ...['optimizer', 'learningRate', 'seed', 'dataFile'].sort((a, b) => keys.indexOf(a) - keys.indexOf(b)), 'time', 'started']);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('searchbox', { name: 'Find a column' }).fill('momentum');
  await page.getByRole('checkbox', { name: 'momentum key', exact: true }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  expect((await heads()).at(-1)).toBe('momentum');
  expect(page.url()).toMatch(/cols=state.*momentum/);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('button', { name: 'What fits the runs' }).click();
  expect(page.url()).not.toContain('cols=');
});

test('groups replicates, and gives the mean of their scores with its standard error', async () => {
  await open('#/runs?q=fast or slow&group=replicates&sort=-best');
  const groups = page.locator('.runs .group');
  expect(await groups.count()).toBe(2);
  // 0.50, 0.51, 0.52: standard deviation 0.01, of the mean 0.01/√3.
  expect(await groups.first().locator('[data-label=best]').textContent()).toBe('51.0 ± 0.6 %');
  await groups.first().getByRole('button').click();
  expect(await shownNames()).toEqual(['fast-2', 'fast-1', 'fast-0']);
  await groups.first().getByRole('checkbox').check();
  await page.getByText('3 selected').waitFor();
  await page.getByRole('link', { name: 'Compare 3' }).click();
  await page.getByRole('heading', { name: '3 runs compared' }).waitFor();
  await page.goBack();
  await page.getByText('3 selected').waitFor();
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('prefix');
  expect(await page.locator('.runs .group').allTextContents()).toEqual([expect.stringContaining('fast'), expect.stringContaining('slow')]);
});

test('is quick with hundreds of runs, as only what is seen is drawn', async () => {
  await open('#/runs?sort=name');
  expect(await page.locator('.counts').textContent()).toMatch(/^309 of 309/);
  expect(await page.locator('.runs tbody tr').count()).toBeLessThan(80);
  expect(await page.locator('.runs').getAttribute('aria-rowcount')).toBe('310');
  await page.locator('.runs-scroll').evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await page.getByRole('link', { name: 'torn-labels' }).waitFor();
});

test('selects, pins, hides and colours, all of it in the address', async () => {
  await open('#/runs?q=fast or slow&sort=name');
  await page.getByRole('checkbox', { name: 'Select all' }).check();
  await page.getByText('6 selected').waitFor();
  await page.getByRole('button', { name: 'Select none' }).click();
  await page.getByRole('checkbox', { name: 'Select slow-1' }).check();
  await page.getByRole('button', { name: 'Pin', exact: true }).click();
  await names(['slow-1', 'fast-0', 'fast-1', 'fast-2', 'slow-0', 'slow-2']);
  await page.getByRole('button', { name: 'Actions for fast-1' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Hide' }).click();
  await page.getByRole('button', { name: 'Actions for fast-2' }).click();
  await page.getByRole('button', { name: 'Colour 4' }).click();
  await page.reload();
  await names(['slow-1', 'fast-0', 'fast-2', 'slow-0', 'slow-2']);
  expect(await page.locator('tr', { hasText: 'fast-2' }).locator('.chip').count()).toBe(1);
  expect(new URL(page.url()).hash).toMatch(/pin=slow-1&hide=fast-1&sel=slow-1&colours=fast-2%3A3/);
  await page.getByRole('button', { name: 'show them' }).click();
  await page.getByRole('link', { name: 'fast-1' }).waitFor();
});

test('is worked by keys', async () => {
  await open('#/runs?q=fast&sort=name');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('fast-1');
  await page.keyboard.press('x');
  await page.keyboard.press('k');
  await page.keyboard.press('x');
  await page.keyboard.press('p');
  await page.getByText('2 selected').waitFor();
  expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('fast-0');
  await page.keyboard.press('c');
  await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
  await page.goBack();
  await page.locator('.entry').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'fast-0' }).waitFor();
});

describe('what people write about a run', () => {
  const labelsOf = (name: string): unknown => JSON.parse(readFileSync(join(runs, name, 'labels.json'), 'utf8'));
  const act = async (name: string, action: string): Promise<void> => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('button', { name: action, exact: true }).click();
  };

  test('tags, notes and titles are kept in its folder, found by queries, and taken back', async () => {
    await open('#/runs?q=slow&sort=name');
    await page.getByRole('checkbox', { name: 'Select all' }).check();
    await page.getByRole('button', { name: 'Add a tag' }).click();
    await page.getByLabel('tag', { exact: true }).fill('baseline');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Tagged: 3 runs.').waitFor();
    expect(labelsOf('slow-2')).toEqual({ tags: ['baseline'] });
    await act('slow-0', 'Rename');
    await page.getByRole('textbox', { name: 'title' }).fill('The slow one');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'The slow one' }).waitFor();
    await act('The slow one', 'Note');
    await page.getByRole('textbox', { name: 'note' }).fill('as last year');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('img', { name: 'Note: as last year' }).waitFor();
    expect(labelsOf('slow-0')).toEqual({ tags: ['baseline'], title: 'The slow one', note: 'as last year' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => {
      expect(labelsOf('slow-0')).toEqual({ tags: ['baseline'], title: 'The slow one' });
      return Promise.resolve();
    });
    await query().fill('tag == baseline && slow && note == none');
    await names(['slow-1', 'slow-2', 'The slow one']);
  });

  test('archived runs are left out until they are asked for', async () => {
    await open('#/runs?q=fast&sort=name');
    await act('fast-2', 'Archive');
    await names(['fast-0', 'fast-1']);
    await page.getByRole('checkbox', { name: 'archived' }).check();
    await names(['fast-0', 'fast-1', 'fast-2']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Taken back for fast-2.').waitFor();
    await page.getByRole('checkbox', { name: 'archived' }).uncheck();
    await names(['fast-0', 'fast-1', 'fast-2']);
  });

  test('a deleted run is moved aside and comes back; a running one stays', async () => {
    await open('#/runs?q=fast or live&sort=name');
    await act('fast-1', 'Delete');
    await page.getByText('Deleted: fast-1.').waitFor();
    await names(['fast-0', 'fast-2', 'live']);
    expect(existsSync(join(runs, 'fast-1'))).toBe(false);
    await page.getByRole('button', { name: 'Undo' }).click();
    await names(['fast-0', 'fast-1', 'fast-2', 'live']);
    await act('live', 'Delete');
    await page.getByText('Expected a run that no process writes to for what is deleted but received live, which is running.').waitFor();
    expect(existsSync(join(runs, 'live', 'metrics.jsonl'))).toBe(true);
    await act('fast-0', 'Delete');
    await names(['fast-1', 'fast-2', 'live']);
    await page.getByRole('button', { name: 'Deleted' }).click();
    await page.getByRole('button', { name: 'Restore fast-0' }).click();
    await names(['fast-0', 'fast-1', 'fast-2', 'live']);
  });

  test('is text, whatever it says, and damaged labels are named and left as they are', async () => {
    await open(`#/runs?q=${encodeURIComponent('tag == baseline && best < 0.25 or torn-labels')}`);
    expect(await page.locator('.runs').textContent()).toContain('<img src=x onerror="window.broken=1"> \\u202etac');
    await page.getByRole('img', { name: /Expected a list for tags in .*labels.json/ }).waitFor();
    await act('torn-labels', 'Tags');
    await page.getByRole('textbox', { name: 'tags' }).fill('new');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.toast', { hasText: 'Expected a list for tags in' }).waitFor();
    expect(readFileSync(join(runs, 'torn-labels', 'labels.json'), 'utf8')).toBe('{"tags":5}');
    expect(await page.locator('.runs img').count()).toBe(0);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
  });
});

test.each([390, 800, 1400])('fits into %d pixels, and every control has a name', async (width) => {
  await page.setViewportSize({ width, height: 844 });
  for (const hash of ['#/runs?sel=fast-1', '#/runs?group=replicates&q=fast']) {
    await open(hash);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const nameless = await page.locator('button, input, select').evaluateAll((elements) => elements
      .filter((element) => (element.getAttribute('aria-label') ?? element.textContent).trim() === '' && element.closest('label') === null).map((element) => element.outerHTML));
    expect(nameless).toEqual([]);
  }
  if (width > 760) return;
  // What there are no heads of columns for.
  await open('#/runs?q=slow');
  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('name');
  expect(await page.locator('.runs .entry').first().evaluate((row) => getComputedStyle(row.querySelector('[data-label=best]')!, '::before').content)).toBe('"best "');
});
