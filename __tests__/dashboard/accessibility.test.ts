/// <reference lib="dom" />
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { launchBrowser } from '../support/browser';
import { blastrain } from '../support/cli';
import { searchHead } from '../support/data/tinySearch';
import { depthReport, evaluationEvent, linesOf, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';
import { searchEvents, searchSpace } from '../support/searchEvents';

const cwd = temporaryFolder();
const runs = join(cwd, 'runs');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
let browser: Awaited<ReturnType<typeof launchBrowser>>;
let dashboard: Dashboard;

beforeAll(async () => {
  const small = ['data=synthetic', 'trainRows=200', 'validationRows=60', 'testRows=20', 'steps=40', 'batchSize=50', 'evaluateEvery=10', 'threads=1'];
  // A learning rate so small that most rows are taken for few classes, whose cells are dark.
  for (const [name, rate] of [['pictures', '0.02'], ['other', '1e-9']]) {
    const { status } = await blastrain(['train', 'two-layer-tuned', '--name', name!, '--json', '--set', ...small, `learningRate=${rate!}`], { cwd });
    expect(status).toBe(0);
  }
  expect((await blastrain(['report', 'pictures', '--out', 'report.html'], { cwd })).status).toBe(0);
  mkdirSync(join(runs, 'diverged'));
  writeFileSync(join(runs, 'diverged', 'spec.json'), '{"loss":"cross-entropy","l2":0}');
  writeFileSync(join(runs, 'diverged', 'metrics.jsonl'), linesOf(startEvent(), evaluationEvent(1)));
  writeFileSync(join(runs, 'diverged', 'status.json'), JSON.stringify({ state: 'failed', code: 'ERR_DIVERGED', message: 'Expected a finite loss for step 3 but received NaN' }));
  mkdirSync(join(runs, 'made-1'));
  const head = { ...searchHead, name: 'made-1', spec: { ...searchHead.spec, space: searchSpace }, elapsed: 0 };
  writeFileSync(join(runs, 'made-1', 'journal.jsonl'), linesOf(head, ...searchEvents(30).filter(({ type }) => type !== 'start').map((event) => ({ ...event, elapsed: 12 }))));
  mkdirSync(join(runs, 'depth-1'));
  writeFileSync(join(runs, 'depth-1', 'depth.json'), JSON.stringify(depthReport({ pictures: 0.4, other: 0.5 })));
  dashboard = await startDashboard({ runs });
  browser = await launchBrowser();
}, 240_000);
afterAll(async () => {
  await browser.close();
  await dashboard.close();
});

const views = ['#/run/other', '#/run/diverged', '#/compare/pictures/other', '#/search/made-1', '#/depth/depth-1', 'report'];

describe.each([1400, 390])('%i pixels wide', (width) => {
  test.each(['light', 'dark'] as const)('in %s colours, no view has serious findings of axe-core', async (colorScheme) => {
    const found: string[] = [];
    const page = await browser.context.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const view of views) {
      await page.goto('about:blank');
      await page.goto(view === 'report' ? pathToFileURL(join(cwd, 'report.html')).href : dashboard.url + view);
      await page.waitForSelector('h1');
      const examine = page.getByRole('button', { name: 'Examine the model' });
      if (view.startsWith('#/run') && !view.endsWith('diverged')) {
        await examine.click();
        await page.locator('table.confusion').waitFor({ timeout: 30_000 });
      }
      for (const summary of await page.locator('details > summary:visible').all()) await summary.click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run: (root: Document, options: object) => Promise<AxeResults> } }).axe.run(document, { resultTypes: ['violations'] }));
      for (const { impact, id, nodes } of violations) {
        if (impact === 'serious' || impact === 'critical') found.push(`${view}: ${id}, ${nodes.map(({ target, any: [first] }) => `${target.join(' ')} (${first?.message ?? ''})`).join('; ')}`);
      }
    }
    await page.close();
    expect(found).toEqual([]);
  }, 120_000);
});
