/// <reference lib="dom" />
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { exportSite } from '../../lib/dashboard/exportSite';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { complaintsOf, eachPage, eventually, isLocal, launchBrowser } from '../support/browser';
import { evaluationEvent, linesOf, resultEvent, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';

const cwd = temporaryFolder();
const runs = join(cwd, 'runs');
const name = (seed: number): string => `wide-seed${String(seed)}`;
const long = `${'a-run-with-a-very-long-name-'.repeat(3)}\u202ezzz`;

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let dashboard: Dashboard;
let page: Page;

interface Made {
  readonly folder: string;
  readonly spec?: object;
  readonly resumed?: object;
  readonly loss: (step: number) => number;
  /** Seconds of a step. */
  readonly pace?: number | undefined;
  readonly steps?: readonly number[];
}

function writeRun({ folder, spec = {}, resumed, loss, pace, steps = [10, 20, 30, 40] }: Made): void {
  const path = join(runs, folder);
  mkdirSync(path);
  writeFileSync(join(path, 'spec.json'), JSON.stringify({ loss: 'cross-entropy', l2: 0, ...spec, record: { startedAt: '2026-03-01T10:00:00.000Z', ...resumed } }));
  const timed = (step: number): object => (pace === undefined ? {} : { seconds: pace * step });
  writeFileSync(join(path, 'metrics.jsonl'), linesOf(startEvent({ run: folder }), ...steps.flatMap((step) => [
    { type: 'step', step, epoch: step / 10, loss: loss(step), batchAccuracy: 0.5, learningRate: 0.1, ...timed(step) },
    { ...evaluationEvent(step, { valLoss: loss(step) }), ...timed(step) },
    { type: 'epoch', step, epoch: step / 10, trainLoss: 1, trainAccuracy: 0.5, seconds: 3, samplesPerSecond: 10 },
  ]), resultEvent({ run: folder })));
}

/** Numbers in the bins from 1 to 1.25, 1.25 to 1.5, …, and as many below 0. */
function histogram(counts: readonly number[]): object {
  const count = 2 * counts.reduce((sum, one) => sum + one, 0);
  return { count, min: -2, max: 2, mean: 0, std: 1, first: 508, middle: 0, negative: counts, positive: counts };
}

beforeAll(async () => {
  mkdirSync(runs);
  for (const seed of [0, 1, 2]) writeRun({ folder: name(seed), spec: { seed, learningRate: 0.1 }, loss: () => 1 + seed, pace: 2 });
  writeRun({ folder: 'narrow-seed0', spec: { seed: 0, learningRate: 0.2 }, loss: (step) => 1 / step, pace: 1, resumed: { resumed: [{ at: '2026-03-02T10:00:00.000Z', step: 20 }] } });
  writeRun({ folder: 'uneven-seed0', loss: () => 1, pace: 1 });
  writeRun({ folder: 'uneven-seed1', loss: () => 3, pace: 1, steps: [5, 15, 25], resumed: { startedAt: '2026-04-01T10:00:00.000Z' } });
  writeRun({ folder: 'old', loss: () => 1 });
  writeRun({ folder: 'exploding', loss: (step) => 10 ** step, pace: 1 });
  writeRun({ folder: long, loss: () => 2, pace: 1 });
  writeFileSync(join(runs, name(0), 'histograms.jsonl'), linesOf(...[10, 20, 30].map((step, i) => ({
    type: 'histograms', step, layers: [1, 2].map((layer) => ({
      layer, name: `W${String(layer)}`, weights: histogram([8, 4, 2, i]), ...(layer === 2 && { gradients: histogram([1]) }), activations: histogram([3, 3]),
    })),
  }))) + '{"type":"histograms","step":40,"layers":[{}]}\n{"type":"histograms","st');
  dashboard = await startDashboard({ runs });
  browser = await launchBrowser(1400);
});
afterAll(async () => {
  await browser.close();
  await dashboard.close();
});
eachPage(() => browser.context, (opened) => { page = opened; }, isLocal, /willReadFrequently/);

async function open(hash: string, url = dashboard.url): Promise<void> {
  await page.goto(url + hash);
  await page.waitForSelector('figure.chart .u-legend');
}

const figure = (title: string): ReturnType<Page['locator']> => page.locator('figure.chart', { hasText: title });
const legend = (title: string): Promise<string> => figure(title).locator('.u-legend').innerText().then((text) => text.replace(/\s+/g, ' '));
async function csv(title: string): Promise<string[]> {
  const waiting = page.waitForEvent('download');
  await figure(title).getByRole('button', { name: 'as CSV' }).click();
  return readFileSync(await (await waiting).path(), 'utf8').trimEnd().split('\n');
}

describe('x', () => {
  test('is what the address and the toolbar say, in charts, in files and for the next run', async () => {
    await open(`#/run/${name(0)}?x=relative`);
    expect(await page.getByRole('combobox', { name: /^over/ }).inputValue()).toBe('relative');
    expect(await legend('Learning rate')).toMatch(/^training time/);
    expect(await csv('Loss')).toEqual(['seconds,train,validation', '20,1,1', '40,1,1', '60,1,1', '80,1,1']);
    await page.getByRole('combobox', { name: /^over/ }).selectOption('epoch');
    expect(page.url()).toMatch(/\?x=epoch$/);
    expect((await csv('Loss'))[1]).toBe('1,1,1');
    await page.goto(`${dashboard.url}#/run/${name(1)}`);
    await page.locator('h1', { hasText: name(1) }).waitFor();
    expect(page.url()).toMatch(/\?x=epoch$/);
    await page.getByRole('combobox', { name: /^over/ }).selectOption('step');
    expect(page.url()).not.toContain('?');
  });

  test('is a date, with the pause before a run went on', async () => {
    await open('#/run/narrow-seed0?x=wall');
    const dates = ['2026-03-01T10:00:10.000Z', '2026-03-01T10:00:20.000Z', '2026-03-02T10:00:10.000Z', '2026-03-02T10:00:20.000Z'];
    await eventually(async () => {
      expect((await csv('Learning rate')).map((line) => line.split(',')[0])).toEqual(['time', ...dates]);
    });
  });

  test('of runs of earlier versions follows from their epochs', async () => {
    await open('#/run/old?x=relative');
    expect((await csv('Learning rate')).map((line) => line.split(',')[0])).toEqual(['seconds', '3', '6', '9', '12']);
  });

  test('is zoomed into by the steps of that time', async () => {
    const asked: string[] = [];
    await open(`#/run/${name(0)}?x=relative`);
    page.on('request', (request) => { asked.push(request.url()); });
    await figure('Learning rate').locator('.plot').focus();
    await page.keyboard.press('+');
    await eventually(async () => {
      expect(await legend('Learning rate')).toContain('training time');
    });
    expect(asked.every((url) => !url.includes('NaN'))).toBe(true);
  });
});

describe('compared runs', () => {
  const all = `#/compare/${[name(0), name(1), name(2), 'narrow-seed0'].join('/')}`;

  test('become means with bands of their groups, which the address keeps', async () => {
    await open(`${all}?group=prefix`);
    expect(await legend('Validation loss')).toMatch(/wide \(mean of 3, ± standard error\)2 ?narrow \(1 run\)0\.025/);
    expect((await csv('Validation loss'))[1]).toBe('10,2,0.1');
    await page.getByRole('combobox', { name: /^band/ }).selectOption('range');
    expect(await legend('Validation loss')).toContain('wide (mean of 3, least to greatest)');
    expect(page.url()).toMatch(/band=range/);
    await page.getByRole('combobox', { name: /^means by/ }).selectOption('learningRate');
    expect(await legend('Validation loss')).toMatch(/learningRate 0\.1 \(mean of 3.*learningRate 0\.2 \(1 run\)/);
    await page.getByRole('combobox', { name: /^means by/ }).selectOption('');
    expect(await legend('Validation loss')).toMatch(/wide-seed23/);
    expect(page.url()).not.toContain('group=');
    expect(await page.getByRole('combobox', { name: /^band/ }).isVisible()).toBe(false);
  });

  test('have means where all of a group go, so that none jumps where a run ends', async () => {
    await open('#/compare/uneven-seed0/uneven-seed1?group=prefix');
    expect(await legend('Validation loss')).toContain('uneven (mean of 2 as far as all go, ± standard error)2');
    expect(await csv('Validation loss')).toEqual(['step,"uneven (mean of 2 as far as all go, ± standard error)"', ...[10, 15, 20, 25].map((x) => `${String(x)},2`)]);
    await page.getByRole('combobox', { name: /^over/ }).selectOption('wall');
    await page.getByText('No mean over date and time is drawn of uneven (2 runs with no x in common).').waitFor();
    await page.getByRole('combobox', { name: /^over/ }).selectOption('relative');
    expect(await legend('Validation loss')).toContain('uneven (mean of 2 as far as all go');
  });

  test('take the groups of the table', async () => {
    await page.goto(`${dashboard.url}#/runs?group=prefix&sel=${name(0)},${name(1)}`);
    await page.getByRole('link', { name: 'Compare 2' }).click();
    await page.waitForSelector('figure.chart .u-legend');
    expect(await legend('Validation loss')).toContain('wide (mean of 2');
  });

  test('are not flattened by one that explodes, which is said and can be undone', async () => {
    await open(`#/compare/${name(0)}/${name(1)}/exploding`);
    expect(await figure('Validation loss').locator('figcaption').innerText()).toMatch(/outliers to 1e\+?40 not shown/);
    await page.getByLabel('ignore outliers').click();
    expect(await figure('Validation loss').locator('figcaption').innerText()).not.toContain('outliers');
    expect(page.url()).toMatch(/outliers=false/);
  });

  test('have their names whole as a hint, and isolated, where they are shortened', async () => {
    await open(`#/compare/${name(0)}/${encodeURIComponent(long)}`);
    const label = figure('Validation loss').locator('.u-label bdi').last();
    expect(await label.innerText()).toMatch(/^a-run-with.*….*zzz$/);
    expect((await label.innerText()).length).toBeLessThan(60);
    expect(await label.getAttribute('title')).toContain('a-run-with-a-very-long-name-a-run');
  });
});

describe('distributions', () => {
  const panel = (): ReturnType<Page['locator']> => page.locator('section.histograms');
  const label = (layer: number): Promise<string | null> => panel().locator('canvas.heat-map').nth(layer - 1).getAttribute('aria-label');

  async function look(): Promise<void> {
    await panel().waitFor();
    expect(await panel().locator('canvas.heat-map').count()).toBe(2);
    expect(await label(1)).toMatch(/^weights of layer 1 \(W1\) at 3 moments.*at step 30: mean 0, standard deviation 1, from -2 to 2, 32 values$/);
    await panel().getByLabel('Moment of the histograms').fill('0');
    expect(await label(2)).toMatch(/at step 10: .* 28 values$/);
    expect(await panel().locator('.bars-plot rect').count()).toBeGreaterThan(20);
    await panel().getByRole('combobox').selectOption('gradients');
    expect(await panel().locator('canvas.heat-map').count()).toBe(1);
    expect(await panel().locator('figcaption').innerText()).toContain('Layer 2 (W2)');
  }

  test('are shown by layer and moment, of what can be read', async () => {
    await open(`#/run/${name(0)}`);
    await look();
    const lines = await csv('Layer 2 (W2)');
    expect(lines.slice(0, 4)).toEqual(['step,from,to,count', '10,-1.25,-1,1', '10,-1,1,0', '10,1,1.25,1']);
    await panel().getByRole('combobox').selectOption('weights');
    const picture = (): Promise<string> => panel().locator('canvas.heat-map').first().evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const before = await picture();
    await panel().getByLabel('log counts').click();
    expect(await panel().locator('.bars-plot text').first().textContent()).toBe('1');
    expect(await picture()).not.toBe(before);
  });

  test('follow the pointer, and stay where it clicked', async () => {
    await open(`#/run/${name(0)}`);
    await panel().waitFor();
    await panel().scrollIntoViewIfNeeded();
    const { x, y, width } = (await panel().locator('canvas.heat-map').first().boundingBox())!;
    await page.mouse.move(x + 62 + (width - 72) * 0.02, y + 60);
    expect(await label(1)).toContain('at step 10:');
    await page.mouse.move(x + 62 + (width - 72) * 0.35, y + 60);
    expect(await label(1)).toContain('at step 20:');
    await page.mouse.click(x + 62 + (width - 72) * 0.35, y + 60);
    await page.mouse.move(0, 0);
    expect(await label(1)).toContain('at step 20:');
  });

  test('are not there where a run has none', async () => {
    await open('#/run/old');
    expect(await panel().isVisible()).toBe(false);
  });

  test('stand in an exported page too, with x and groups', async () => {
    const site = join(cwd, 'site');
    await exportSite({ runs, folder: site });
    page = await browser.context.newPage();
    const wrong = complaintsOf(page, (url) => url.startsWith(pathToFileURL(site).href) || url.startsWith('blob:'), /willReadFrequently/);
    await open(`#/run/${name(0)}?x=relative`, pathToFileURL(join(site, 'index.html')).href);
    expect((await csv('Loss'))[1]).toBe('20,1,1');
    await look();
    await page.goto(`${pathToFileURL(join(site, 'index.html')).href}#/compare/${name(0)}/${name(1)}?group=replicates`);
    await page.locator('h1', { hasText: '2 runs compared' }).waitFor();
    await eventually(async () => {
      expect(await legend('Validation loss')).toContain('(mean of 2, ± standard error)');
    });
    await page.close();
    expect(wrong).toEqual([]);
  });
});
