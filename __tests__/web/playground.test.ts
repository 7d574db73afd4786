/// <reference lib="dom" />
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readTable } from '../../lib/web/playground/table';
import { eachPage, launchBrowser } from '../support/browser';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { serveFolders } from '../support/webServer';

const folder = temporaryFolder();
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let server: Awaited<ReturnType<typeof serveFolders>>;
let page: Page;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-playground.js'), folder]);
  server = await serveFolders({ playground: folder });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
eachPage(() => browser.context, (opened) => { page = opened; }, (url) => url.startsWith(server.url) || url === 'data:,');
beforeEach(async () => {
  await page.goto(`${server.url}/playground/index.html`);
});

/** The text of a place once it has these words. */
async function textOf(id: string, words: RegExp): Promise<string> {
  const place = page.locator(`#${id}`, { hasText: words });
  await place.waitFor();
  return (await place.textContent())!;
}
const lossOf = (status: string): number => Number(/validation loss is ([\d.e-]+)/.exec(status)![1]);

test('a net learns the points in a worker, and curve, boundary and weights show it', async () => {
  await page.fill('#epochs', '150');
  await page.click('#train');
  const text = await textOf('status', /^Finished/);
  expect(text).toMatch(/^Finished after 1200 steps in [\d.]+ s on wasm: accuracy (100\.0|9\d\.\d) % in training/);
  expect(page.workers()).toHaveLength(1);
  expect(lossOf((await page.getAttribute('#loss', 'aria-label'))!)).toBeLessThan(0.2);
  expect(await page.locator('#loss path.validation').getAttribute('d')).toMatch(/^M.*L/);
  expect(await page.locator('#weights .unit').count()).toBe(16);
  expect(await page.getAttribute('#plane', 'aria-label')).toContain('200 points, 100 of class A, and where the net decides');
});

test('gradients are checked in the page, on both kinds of kernels', async () => {
  for (const backend of ['wasm', 'typescript']) {
    await page.selectOption('#backend', backend);
    await page.click('#check');
    const text = await textOf('gradients', new RegExp(`\\(${backend}, float64\\)`));
    expect(text).toMatch(/^Gradients are right/);
    expect(Number(/by ([\d.e-]+) at most/.exec(text)![1])).toBeLessThan(1e-6);
  }
});

test('the page answers while the net learns, and a training can be stopped', async () => {
  await page.fill('#epochs', '100000');
  await page.click('#train');
  await textOf('status', /^Step \d+/);
  await page.focus('#plane');
  for (const key of ['ArrowRight', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
  expect(await page.getAttribute('#plane', 'aria-label')).toMatch(/^201 points, 101 of class A/);
  await page.click('#stop');
  expect(await textOf('status', /^Stopped/)).toMatch(/^Stopped after \d+ steps/);
});

test('a table that is pasted is learnt, and what cannot be learnt is said in one sentence', async () => {
  await page.click('summary');
  const rows = Array.from({ length: 60 }, (_, i) => `${String(i % 10)},${i % 3 === 0 ? 'red' : 'blue'},${i % 10 > 4 ? 'large' : 'small'}`);
  await page.fill('#table', ['size,colour,kind', ...rows].join('\n'));
  await page.click('#train');
  expect(await textOf('status', /^(Finished|Expected)/)).toMatch(/^Finished after \d+ steps in .* accuracy 100\.0 % in training/);
  expect(await page.isVisible('#plane')).toBe(false);
  await page.fill('#table', 'size,kind\n1,large\n2,\n3,small');
  await page.click('#train');
  expect(await textOf('status', /^Expected/)).toMatch(/^Expected .* but received /);
});

test.each([[1400, 'light'], [800, 'dark'], [390, 'light'], [390, 'dark']] as const)('nothing is cut at %i pixels, %s, and every field has a label', async (width, colorScheme) => {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  expect(await page.evaluate(() => Array.from(document.querySelectorAll('input, select, textarea')).filter((field) => (field as HTMLInputElement).labels?.length !== 1).length)).toBe(0);
});

test('cells are divided by tabs, semicolons or commas, quoted where they hold one', () => {
  expect(readTable('a;b\n1,5;"x;""y"""\n;z\n')).toEqual([{ a: '1,5', b: 'x;"y"' }, { a: null, b: 'z' }]);
  expect(readTable('1,2\n3,x')).toEqual([{ 'column 1': 1, 'column 2': '2' }, { 'column 1': 3, 'column 2': 'x' }]);
});
