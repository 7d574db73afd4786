import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeLabels } from '../../../lib/runFolder/labels';
import { writeDepthReport } from '../../../lib/studies/depth';
import type { DepthResult } from '../../../lib/studies/depth';
import type { TestResult } from '../../../lib/inference/ledger';
import { printPdf } from '../../../lib/report/drawing/pdf';
import { pdfDestinations } from '../../../lib/report/drawing/pdfDestinations';
import { blastrain, jsonLines } from '../../support/cli';
import { chromiumPath, openFile } from '../../support/browser';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const small = ['data=synthetic', 'trainRows=400', 'validationRows=100', 'testRows=100', 'batchSize=50'];

beforeAll(async () => {
  const runs = [
    ['--name', 'plain', '--set', ...small, 'layers=3072,6,10', 'steps=20', 'evaluateEvery=5'],
    ['--name', 'tuned', '--set', ...small, 'layers=3072,12,10', 'norm=batch', 'epochs=4', 'init=he'],
  ];
  for (const run of runs) expect(await blastrain(['train', 'two-layer-tuned', ...run], { cwd })).toMatchObject({ status: 0 });
  expect(await blastrain(['test', 'tuned'], { cwd })).toMatchObject({ status: 0 });
});

describe('the report of a run', () => {
  const page = join(cwd, 'tuned.html');
  beforeAll(async () => {
    const { status, stdout, stderr } = await blastrain(['report', 'tuned', '--baseline', 'plain', '--out', 'tuned.html', '--json'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(jsonLines(stdout)).toEqual([{ type: 'report', files: ['tuned.html'] }]);
  });

  test.each([1000, 390])('stands alone in a browser %i pixels wide: nothing is requested, nothing is wrong, nothing runs over', async (width) => {
    const wrong = await openFile(page, width, async (open) => {
      const seen = await open.evaluate<{ charts: string[]; fonts: number; images: number }>(`({
        sections: [...document.querySelectorAll('h2')].map((heading) => heading.textContent.replace(/\\s+/g, ' ')),
        widest: document.documentElement.scrollWidth,
        broken: [...document.images].filter((image) => image.naturalWidth === 0 || image.alt === '').length,
        images: document.images.length,
        charts: [...document.querySelectorAll('figure > svg')].map((svg) => svg.querySelector('title').textContent + svg.querySelector('desc').textContent),
        uncaptioned: [...document.querySelectorAll('figure')].filter((figure) => !figure.querySelector('figcaption')?.textContent).length,
        confusion: [...document.querySelectorAll('.confusion td.cell')].reduce((sum, cell) => sum + Number(cell.textContent), 0),
        formula: getComputedStyle(document.querySelector('.katex')).fontFamily,
        fonts: [...document.fonts].filter((font) => font.family === 'KaTeX_Main' && font.status === 'loaded').length,
      })`);
      expect(seen).toMatchObject({
        sections: [
          '1 Data', '2 Model', '3 Training', '4 Results', '5 What the first layer looks for', '6 Before and after tuning',
          '7 Looks at the test split', '8 Environment', 'A The gradients, derived', 'B The whole spec',
        ],
        widest: width, broken: 0, uncaptioned: 0, confusion: 100,
        formula: expect.stringMatching(/^KaTeX_Main/) as string,
      });
      expect(seen.fonts).toBeGreaterThan(0);
      expect(seen.images).toBeGreaterThanOrEqual(5);
      expect(seen.charts.length).toBeGreaterThanOrEqual(4);
      expect(seen.charts.every((text) => text.length > 60)).toBe(true);
    });
    expect(wrong).toEqual([]);
  });

  test('says what was trained on what, with uncertainty, and how often the test was looked at', () => {
    const text = readFileSync(page, 'utf8');
    const { record } = JSON.parse(readFileSync(join(cwd, 'runs', 'tuned', 'spec.json'), 'utf8')) as { record: { dataDigest: string } };
    // One by one and by name: a failed comparison would print the whole page.
    const found = {
      digest: text.includes(record.dataDigest),
      uncertainty: /\d\u00a0±\u00a0\d\.\d\u00a0% of 100 validation rows/.test(text),
      looks: text.includes('It was looked at once.'),
      layers: ['batch-norm', '3072 → 12'].every((part) => text.includes(part)),
      scriptOrLink: /<script|https?:\/\/(?!www\.w3\.org)/.test(text),
    };
    expect(found).toEqual({ digest: true, uncertainty: true, looks: true, layers: true, scriptOrLink: false });
  });

  test('leaves the run\'s folder and the ledger as they were', () => {
    expect(existsSync(join(cwd, 'runs', 'tuned', 'report.html'))).toBe(false);
    expect(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  test.each([['letter', [612, 792]], ['a4', [595, 842]]] as const)('is printed by an installed browser on %s, with an outline, a two-layer net on 8 pages', async (paper, size) => {
    const [html, file] = ['report.html', 'report.pdf'].map((name) => join('runs', 'plain', name)) as [string, string];
    if (paper === 'letter') {
      const { status, stdout, stderr } = await blastrain(['report', 'plain', '--pdf', '--paper', paper], { cwd, env: { CHROME_PATH: chromiumPath } });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toBe(`  ${html}\n  ${file}\n`);
    } else printPdf(join(cwd, html), join(cwd, file), undefined, { CHROME_PATH: chromiumPath });
    const pdf = readFileSync(join(cwd, 'runs', 'plain', 'report.pdf'), 'latin1');
    expect(pdf.startsWith('%PDF-')).toBe(true);
    const pages = [...pdf.matchAll(/\/Type \/Page\b/g)].length;
    expect(pages).toBeGreaterThan(4);
    expect(pages).toBeLessThanOrEqual(8);
    const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf)!;
    expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual(size);
    expect(pdf).toMatch(/\/Outlines/);
    // What the numbers in its contents are made of: each part begins on a page, in their order.
    const parts = [...pdfDestinations(Buffer.from(pdf, 'latin1'))].filter(([name]) => name.startsWith('part-'));
    expect(parts.map(([name]) => name).sort()).toEqual(['1', '2', '3', '4', '5', '6', '7', 'A', 'B'].map((number) => `part-${number}`));
    expect(parts.map(([, page]) => page)).toEqual(parts.map(([, page]) => page).sort((a, b) => a - b));
    expect(parts[0]).toEqual(['part-1', 1]);
    expect(parts.at(-1)![1]).toBeLessThanOrEqual(pages);
  });

  test('--paper names one that there is', async () => {
    const { status, stderr } = await blastrain(['report', 'plain', '--paper', 'a5'], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "blastrain: Expected one of a4, letter for --paper but received 'a5' [ERR_CONFIG]\n" });
  });
});

test.each([
  ['no browser', { CHROME_PATH: '', PATH: '/nowhere' }, /installed Chromium or Chrome for --pdf.*none of chromium.*apt-get install chromium.*\[ERR_CONFIG\]/],
  ['another program', { CHROME_PATH: '/bin/false' }, /a PDF from \/bin\/false.*exit status 1.*\[ERR_IO\]/],
])('with %s, --pdf is refused in one sentence, and the page is there', async (_, env, message) => {
  const { status, stderr } = await blastrain(['report', 'plain', '--pdf'], { cwd, env });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) as string });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(existsSync(join(cwd, 'runs', 'plain', 'report.html'))).toBe(true);
});

test('names that mean harm are text', async () => {
  const file = join(cwd, 'evil.csv');
  const classes = ['<img src=x onerror=alert(1)>', '"><script>alert(2)</script>'];
  writeFileSync(file, `a,b,class\n${Array.from({ length: 120 }, (_, i) => `${i % 2},${i % 7},"${classes[i % 2]!.replaceAll('"', '""')}"`).join('\n')}\n`);
  const train = await blastrain(['train', 'two-layer-tuned', '--name', 'evil', '--set', 'data=csv', `dataFile=${file}`, 'layers=2,4,2', 'batchSize=20', 'epochs=2'], { cwd });
  expect(train).toMatchObject({ status: 0 });
  expect(await blastrain(['report', 'evil'], { cwd })).toMatchObject({ status: 0 });
  const page = join(cwd, 'runs', 'evil', 'report.html');
  const wrong = await openFile(page, 800, async (open) => {
    expect(await open.evaluate('document.scripts.length + document.querySelectorAll("[onerror]").length')).toBe(0);
    expect(await open.textContent('main')).toContain(classes[1]);
  });
  expect(wrong).toEqual([]);
});

test('what was written about a run stands above everything else', async () => {
  changeLabels(join(cwd, 'runs', 'plain'), { title: 'A small net', tags: ['baseline', 'table 2'], note: 'First line.\nSecond line.' });
  try {
    expect(await blastrain(['report', 'plain', '--out', 'labelled.html'], { cwd })).toMatchObject({ status: 0 });
    const wrong = await openFile(join(cwd, 'labelled.html'), 390, async (open) => {
      expect(await open.evaluate('[".given", ".tags", ".remark"].map((part) => document.querySelector(`header ${part}`).innerText.trim())')).toEqual(['A small net', 'baseline table 2', 'First line.\nSecond line.']);
      expect(await open.evaluate('document.documentElement.scrollWidth')).toBe(390);
    });
    expect(wrong).toEqual([]);
  } finally {
    rmSync(join(cwd, 'runs', 'plain', 'labels.json'));
  }
});

test('a run that diverged says so first, with what to do, and has no score in its headline', async () => {
  const train = await blastrain(['train', 'two-layer-default', '--name', 'diverged', '--set', ...small, 'learningRate=100', 'steps=30', 'evaluateEvery=1'], { cwd });
  expect(train).toMatchObject({ status: 1, stderr: expect.stringMatching(/ERR_DIVERGED\]\nTry learningRate=10, a tenth,/) as string });
  expect(await blastrain(['report', 'diverged'], { cwd })).toMatchObject({ status: 0 });
  const wrong = await openFile(join(cwd, 'runs', 'diverged', 'report.html'), 800, async (open) => {
    const header = (await open.textContent('header'))!;
    expect(header).toMatch(/^Training run diverged\s*Diverged\s*Expected a finite loss for step \d+ but received .*\[ERR_DIVERGED\]\s*Try learningRate=10/);
    expect(header).not.toMatch(/%|rightly/);
    expect(await open.textContent('main')).not.toContain('The training doctor found nothing');
    const [red, green] = await open.evaluate<number[]>('getComputedStyle(document.querySelector(".outcome strong")).color.match(/\\d+/g).map(Number)');
    expect(red).toBeGreaterThan(2 * green!);
  });
  expect(wrong).toEqual([]);
  expect((await blastrain(['show', 'diverged'], { cwd })).stdout).toMatch(/^Diverged\nExpected a finite loss/);
  const { status, stderr } = await blastrain(['report', 'diverged', '--out', 'nowhere/x.html'], { cwd });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/a file in a folder that exists for --out/) as string });
});

test('a regression is written up in its own words, without the folders of this machine', async () => {
  const file = join(cwd, 'numbers.csv');
  writeFileSync(file, `a,b,y,z\n${Array.from({ length: 120 }, (_, i) => `${i % 11},${i % 7},${(i % 11) * 1.5},${i % 7}.25`).join('\n')}\n`);
  const train = await blastrain(['train', 'table', '--name', 'numbers', '--set', `dataFile=${file}`, 'target=y,z', 'loss=mse', 'epochs=2'], { cwd });
  expect(train).toMatchObject({ status: 0 });
  expect(await blastrain(['report', 'numbers'], { cwd })).toMatchObject({ status: 0 });
  const page = join(cwd, 'runs', 'numbers', 'report.html');
  expect(readFileSync(page, 'utf8').includes(cwd)).toBe(false);
  const wrong = await openFile(page, 800, async (open) => {
    // The spec's keys and their help are of every loss.
    const text = await open.evaluate<string>(`[...document.querySelectorAll('header, section')].filter((part) => !/whole spec/.test(part.textContent.slice(0, 40)))
      .map((part) => { const copy = part.cloneNode(true); for (const cell of copy.querySelectorAll('td:last-child')) if (cell.closest('tr').querySelector('th code')) cell.remove(); return copy.textContent; }).join(' ')`);
    expect(/softmax|cross-entropy|accuracy|classif|confusion/i.exec(text)?.[0]).toBeUndefined();
    for (const part of ['R²', 'mean absolute error', 'Each target on the validation rows', 'The mean squared error runs over examples and targets']) expect(text.includes(part)).toBe(true);
    const charts = await open.evaluate<string[]>('[...document.querySelectorAll("figure > svg title")].map((title) => title.textContent)');
    expect(charts).toEqual(expect.arrayContaining(['y: predicted against actual', 'y: residuals', 'z: predicted against actual', 'z: residuals']));
    // A dot for each of the twelve validation rows.
    expect(await open.evaluate('[...document.querySelectorAll("figure > svg")].find((svg) => /^y: residuals/.test(svg.querySelector("title").textContent)).querySelector("desc").textContent')).toMatch(/validation rows: from/);
  });
  expect(wrong).toEqual([]);
});

test('a depth experiment is told with its table and its best net', async () => {
  const result = (run: string, layers: number[], valAccuracy: number): DepthResult =>
    ({ run, depth: layers.length - 1, norm: 'none', layers, parameters: 1234, trainAccuracy: 0.5, valAccuracy, seconds: 1.5 });
  const [test] = jsonLines(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8')) as unknown as [TestResult];
  writeDepthReport(join(cwd, 'runs'), {
    type: 'depth', name: 'depth-1', results: [result('plain', [3072, 512, 10], 0.25), result('tuned', [3072, 512, 256, 10], 0.5)], best: 'tuned', test,
  });
  expect(await blastrain(['report', 'depth-1'], { cwd })).toMatchObject({ status: 0 });
  const text = readFileSync(join(cwd, 'runs', 'depth-1', 'report.html'), 'utf8');
  expect(/<title>.*<\/title>/.exec(text)![0]).toBe('<title>Depth experiment depth-1</title>');
  expect([...text.matchAll(/<th scope="row">3072-512-/g)]).toHaveLength(2);
  expect([...text.matchAll(/<strong>best<\/strong>/g)]).toHaveLength(1);
  expect([...text.matchAll(/25\.0\u00a0±\u00a04\.3\u00a0%/g)]).toHaveLength(1);
  expect(text.includes('leads the next by 25.0 points')).toBe(true);
  expect([...text.matchAll(/<title>Depth: validation accuracy of 2 to 5 layers<\/title>/g)]).toHaveLength(1);
});

test('several runs and experiments become one report, in their order, with the best in full', async () => {
  expect(await blastrain(['report', 'plain', 'tuned', 'depth-1', '--json'], { cwd })).toMatchObject({ status: 0, stdout: expect.stringMatching(/report\.html/) as string });
  const page = join(cwd, 'runs', 'report.html');
  const wrong = await openFile(page, 390, async (open) => {
    const seen = await open.evaluate<{ sections: string[]; widest: number }>(`({
      sections: [...document.querySelectorAll('h2')].map((heading) => heading.textContent.replace(/\\s+/g, ' ')), widest: document.documentElement.scrollWidth })`);
    expect(seen).toEqual({
      widest: 390,
      sections: [
        '1 What was trained', '2 Data', expect.stringMatching(/^3 Model of (plain|tuned)$/), '4 Run plain', '5 Run tuned', '6 Depth experiment depth-1', expect.stringMatching(/^7 The best: (plain|tuned)$/),
        '8 Looks at the test split', '9 Environment', 'A The gradients, derived', 'B The whole spec',
      ],
    });
  });
  expect(wrong).toEqual([]);
  const text = readFileSync(page, 'utf8').replaceAll(/<[^>]+>/g, '');
  expect(/On validation rows (plain|tuned) is ahead of (plain|tuned) by|Where their specs differ/.test(text)).toBe(true);
});

test('of several no baseline is taken', async () => {
  const { status, stderr } = await blastrain(['report', 'plain', 'tuned', '--baseline', 'plain'], { cwd });
  expect({ status, stderr }).toEqual({ status: 1, stderr: "blastrain: Expected no --baseline, as runs are compared in their order, for several subjects but received 'plain' [ERR_CONFIG]\n" });
});

describe('the report of a search', () => {
  const found = (text: string, parts: readonly string[]): string[] => parts.filter((part) => !text.includes(part));

  test('tells of the space, the trials and the best of them', async () => {
    const space = {
      learningRate: { type: 'log-uniform', low: 1e-3, high: 0.1 }, init: { type: 'choice', values: ['he', 'xavier'] },
      momentum: { type: 'uniform', low: 0, high: 0.9, when: { init: ['he'] } },
    };
    const spec = { base: 'two-layer-tuned', set: { data: 'synthetic', trainRows: 200, validationRows: 100, testRows: 100, layers: [3072, 4, 10], epochs: 1, batchSize: 50 }, space, sampler: 'random', pruner: 'none', trials: 3 };
    writeFileSync(join(cwd, 'space.json'), JSON.stringify(spec));
    expect(await blastrain(['search', 'space.json', '--name', 's1', '--workers', '1'], { cwd })).toMatchObject({ status: 0 });
    expect(await blastrain(['report', 's1'], { cwd })).toMatchObject({ status: 0 });
    const text = readFileSync(join(cwd, 'runs', 's1', 'report.html'), 'utf8');
    expect(found(text, [
      '<title>Search s1</title>', '0.001 to 0.1, logarithmic', 'he, xavier', 'init is he', 'random, seed 0', '3 trained to the end',
      'paired bootstrap', 'Training of the best trial', 's1: trials across their parameters', 'The gradients, derived',
    ])).toEqual([]);
    expect([...text.matchAll(/<th scope="row">\d<\/th>/g)]).toHaveLength(3);
    const wrong = await openFile(join(cwd, 'runs', 's1', 'report.html'), 390, async (open) => {
      expect(await open.evaluate('document.documentElement.scrollWidth')).toBe(390);
    });
    expect(wrong).toEqual([]);
  });

  test('waits for its end', async () => {
    cpSync(join(cwd, 'runs', 's1'), join(cwd, 'runs', 's2'), { recursive: true });
    rmSync(join(cwd, 'runs', 's2', 'search.json'));
    const { status, stderr } = await blastrain(['report', 's2'], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/a search that has ended.*\[ERR_CONFIG\]/) as string });
  });
});

test('what is neither is refused, naming the nearest', async () => {
  const { status, stderr } = await blastrain(['report', 'tuend'], { cwd });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/perhaps tuned.*\[ERR_CONFIG\]/) as string });
});
