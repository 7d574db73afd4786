/// <reference lib="dom" />
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startDashboard } from '../../lib/dashboard/server';
import type { Dashboard } from '../../lib/dashboard/server';
import { loadData } from '../../lib/data/sources';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import type { StepEvent } from '../../lib/train/events';
import { eachPage, eventually, isLocal, launchBrowser } from '../support/browser';
import { blastrain } from '../support/cli';
import { searchHead } from '../support/data/tinySearch';
import { depthReport, evaluationEvent, linesOf, resultEvent, startEvent } from '../support/events';
import { writeFlowers } from '../support/data/flowers';
import { temporaryFolder } from '../support/folder';
import { drive } from '../support/run';
import { searchEvents, searchSpace } from '../support/searchEvents';

const cwd = temporaryFolder();
const runs = join(cwd, 'runs');
const hostile = '<img src=x onerror="window.broken=1">';
const pictures = { data: 'synthetic', trainRows: 400, validationRows: 150, testRows: 50, layers: [3072, 40, 10], learningRate: 0.03, momentum: 0.9, batchSize: 50, evaluateEvery: 10, threads: 1 };

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let dashboard: Dashboard;
let page: Page;
/** What a page must not have: requests to elsewhere, and anything on its console. */
let wrong: string[];

function trainRun(name: string, input: object): void {
  const spec = parseSpec(input);
  const place = RunFolder.create({ runs, name });
  drive(runTraining(spec, loadData(dataRequest(spec)), name, place));
  place.close();
}

/** A run of which there are only the files that the page reads. */
function writeRun(name: string, spec: object, events: readonly object[], failure?: { code: string; message: string }): void {
  mkdirSync(join(runs, name));
  writeFileSync(join(runs, name, 'spec.json'), JSON.stringify({ loss: 'cross-entropy', l2: 0, ...spec }));
  writeFileSync(join(runs, name, 'metrics.jsonl'), events.map((event) => linesOf(event)).join('')); // of more events than a call takes arguments
  if (failure !== undefined) writeFileSync(join(runs, name, 'status.json'), JSON.stringify({ state: 'failed', ...failure }));
}

const stepEvent = (step: number, loss: number, learningRate: number): StepEvent => ({ type: 'step', step, epoch: step / 10, loss, batchAccuracy: 0.5, learningRate, rows: 10, weight: 10 });

beforeAll(async () => {
  trainRun('first', { ...pictures, steps: 40 });
  trainRun('second', { ...pictures, steps: 60, learningRate: 1e-3, layers: [3072, 20, 10], optimizer: 'adam', momentum: 0 });
  const flowers = writeFlowers(cwd);
  writeFileSync(flowers, readFileSync(flowers, 'utf8').replaceAll('setosa', hostile.replaceAll('"', '')));
  trainRun('table', { data: 'csv', dataFile: flowers, layers: [4, 8, 3], learningRate: 0.1, batchSize: 20, steps: 30 });
  const numbers = join(cwd, 'numbers.csv');
  writeFileSync(numbers, `a,b,y\n${Array.from({ length: 60 }, (_, i) => `${String(i)},${String(i % 3)},${String(0.2 * i)}`).join('\n')}\n`);
  trainRun('numbers', { data: 'csv', dataFile: numbers, loss: 'mse', layers: [2, 4, 1], batchSize: 20, steps: 30 });
  mkdirSync(join(runs, hostile));
  writeFileSync(join(runs, hostile, 'spec.json'), JSON.stringify({ data: hostile }));
  writeFileSync(join(runs, hostile, 'metrics.jsonl'), [
    { type: 'start', run: hostile, layers: [1, 2], parameters: 3, steps: 10, stepsPerEpoch: 5, batchSize: 1, backend: hostile, dtype: 'float32', threads: 1, seed: 0, data: hostile, dataDigest: '' },
    { type: 'warning', code: 'HEALTH_X', message: `${hostile} \u202etac\n\x1b[2J`, step: 3 },
    { type: 'evaluation', step: 'three' }, // damaged
  ].map((event) => `${JSON.stringify(event)}\n`).join(''));
  mkdirSync(join(runs, 'made-1'));
  const head = { ...searchHead, name: 'made-1', spec: { ...searchHead.spec, space: searchSpace }, data: 'made up', elapsed: 0 };
  const events = searchEvents(30).filter(({ type }) => type !== 'start').map((event) => ({ ...event, elapsed: 12 }));
  writeFileSync(join(runs, 'made-1', 'journal.jsonl'), [head, ...events].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  mkdirSync(join(runs, 'depth-1'));
  writeFileSync(join(runs, 'depth-1', 'depth.json'), JSON.stringify(depthReport({ first: 0.4, second: 0.5 })));
  const health = { type: 'health', step: 1, layers: [{ layer: 1, weights: 'W1', activationStd: 1, weightRms: 1, gradientRms: 1, updateRatio: 28 }] };
  const diverging = [startEvent(), stepEvent(1, 2.3, 40), evaluationEvent(1, { valAccuracy: 0.31 }), health, stepEvent(2, 1e29, 40)];
  writeRun('diverged', { learningRate: 40 }, diverging, { code: 'ERR_DIVERGED', message: 'Expected a finite loss for step 3 but received NaN' });
  writeRun('early', {}, diverging.slice(0, -1));
  writeRun('stopped', {}, [startEvent({ steps: 4000 }), stepEvent(10, 1, 0.1), evaluationEvent(10), resultEvent({ ended: 'stopped', steps: 12 })]);
  for (const [name, loss] of [['once-a', 1.5], ['once-b', 1.25]] as const) writeRun(name, {}, [startEvent(), evaluationEvent(40, { valLoss: loss }), resultEvent()]);
  dashboard = await startDashboard({ runs });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await dashboard.close();
});

// What the console may say is of the tests themselves, which read canvases.
eachPage(() => browser.context, (opened, complaints) => { [page, wrong] = [opened, complaints]; }, isLocal, /willReadFrequently/);

async function open(hash: string, url = dashboard.url): Promise<void> {
  await page.goto(url + hash);
  await page.waitForSelector('h1');
}

const chart = (title: string): ReturnType<Page['locator']> => page.locator('figure.chart', { hasText: title }).locator('.plot');
const says = (title: string): Promise<string | null> => chart(title).getAttribute('aria-label');

/** How many pixels of a chart have the colour of a line, about. */
function drawn(title: string, series: number): Promise<number> {
  return chart(title).locator('canvas').first().evaluate((canvas: HTMLCanvasElement, variable) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${variable})`;
    document.body.append(probe);
    const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g)!.map(Number) as [number, number, number];
    probe.remove();
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3]! > 200 && Math.abs(data[i]! - r) + Math.abs(data[i + 1]! - g) + Math.abs(data[i + 2]! - b) < 12) count++;
    return count;
  }, `--series${String(series)}`);
}

describe('a run that is being trained', () => {
  test('is shown as it goes beside its training, from the start after a reload, and ends when asked to', async () => {
    let said = '';
    let address: (url: string) => void;
    const url = new Promise<string>((settle) => {
      address = settle;
    });
    const training = blastrain(
      ['train', 'two-layer-tuned', '--name', 'live', '--dashboard', '--set', 'data=synthetic', 'trainRows=2000', 'validationRows=200', 'testRows=50', 'epochs=5000', 'threads=1', 'evaluateEvery=50'],
      {
        cwd,
        during: (child) => {
          child.stderr!.on('data', (text: Buffer) => {
            said += text.toString();
            const [found] = /http:\S+/.exec(said) ?? [];
            if (found !== undefined) address(found);
          });
        },
      },
    );
    await open('#/run/live', await url);
    await page.waitForSelector('.state.running >> nth=0');
    const stepNow = async (): Promise<number> => Number((await page.locator('.facts dd').first().textContent())!.split(' ')[0]!.replaceAll(',', ''));
    await eventually(async () => {
      expect(await stepNow()).toBeGreaterThan(0);
    });
    const before = await stepNow();
    await eventually(async () => {
      expect(await stepNow()).toBeGreaterThan(before);
    });
    await eventually(async () => {
      expect(await page.locator('.facts').textContent()).toMatch(/time left\d.* (s|min|h)/);
    });
    expect(await page.title()).toMatch(/^\d+ % live/);
    await page.reload();
    await page.waitForSelector('h1');
    await eventually(async () => {
      expect(await says('Loss')).toMatch(/train \d/);
    });
    await eventually(async () => {
      expect(await page.locator('.film').getAttribute('aria-label')).toMatch(/Weights of 36 units/);
    });

    await page.getByRole('button', { name: 'Stop this run' }).click();
    const { status, stdout } = await training;
    expect(status).toBe(130);
    expect(stdout).toMatch(/Stopped after/);
    await eventually(async () => {
      expect(await page.locator('#message').textContent()).toMatch(/server has ended/);
    });
    expect(await says('Loss')).toMatch(/train \d/); // what was loaded stays
    // The browser itself notes that nobody answers any more.
    wrong.splice(0, wrong.length, ...wrong.filter((line) => !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(line)));
    await open('#/run/live');
    expect(await page.locator('.state').first().textContent()).toMatch(/stopped/);
  });

  test('is told of by the browser when it ends, where that was asked for', async () => {
    await browser.context.grantPermissions(['notifications'], { origin: new URL(dashboard.url).origin });
    await page.addInitScript(() => {
      const told: string[] = [];
      Object.assign(window, { told, Notification: class extends Notification {
        constructor(title: string, options: NotificationOptions) {
          super(title, options);
          told.push(`${title}; ${options.body ?? ''}`);
        }
      } });
    });
    const folder = RunFolder.create({ runs, name: 'watched' });
    try {
      folder.writeSpec({});
      for (const event of [startEvent(), stepEvent(10, 1, 0.1), evaluationEvent(10)]) folder.appendEvent(event);
      await open('#/run/watched');
      await page.getByRole('button', { name: 'Tell me when it ends' }).click();
      expect(await page.getByRole('button', { name: 'You will be told when it ends' }).getAttribute('aria-pressed')).toBe('true');
      folder.appendEvent(resultEvent());
    } finally {
      folder.close();
    }
    const told = (): Promise<string[]> => page.evaluate(() => (window as unknown as { told: string[] }).told);
    await eventually(async () => { expect(await told()).toEqual([expect.stringMatching(/^watched: finished; best /)]); });
    expect(await page.locator('button.tell').isHidden()).toBe(true);
  });

  test('grows on the page, and shrinks when it goes on from an earlier checkpoint', async () => {
    const file = join(runs, 'growing', 'metrics.jsonl');
    mkdirSync(join(runs, 'growing'));
    writeFileSync(join(runs, 'growing', 'spec.json'), '{}');
    const say = (event: object): void => {
      appendFileSync(file, `${JSON.stringify(event)}\n`);
    };
    say({ type: 'start', run: 'growing', layers: [4, 2], parameters: 10, steps: 100, stepsPerEpoch: 10, batchSize: 5, backend: 'native', dtype: 'float32', threads: 1, seed: 0, data: 'x', dataDigest: '' });
    const length = readFileSync(file).length;
    const step = (at: number, loss: number): void => {
      say({ type: 'step', step: at, epoch: at / 10, loss, batchAccuracy: 0.5, learningRate: 0.1 });
    };
    step(10, 5);
    await open('#/run/growing');
    await eventually(async () => {
      expect(await says('Loss')).toContain('train 5');
    });
    step(20, 4);
    await eventually(async () => {
      expect(await says('Loss')).toContain('train 4');
    });
    truncateSync(file, length);
    step(15, 7);
    step(25, 6);
    await eventually(async () => {
      expect(await says('Loss')).toContain('train 6');
    });
    await page.locator('.facts').getByText('25 of 100').waitFor();
  });
});

describe('a finished run', () => {
  test('has curves, rates, throughput and health, drawn in their colours', async () => {
    await open('#/run/first');
    await eventually(async () => {
      expect(await says('Accuracy')).toMatch(/train, running [\d.]+ %, validation [\d.]+ %/);
    });
    expect(await drawn('Loss', 0)).toBeGreaterThan(100);
    expect(await drawn('Loss', 1)).toBeGreaterThan(50);
    expect(await drawn('Accuracy', 1)).toBeGreaterThan(50);
    for (const title of ['Learning rate', 'Throughput', 'Update ratio', 'Gradient', 'Outputs, standard']) expect(await chart(title).isVisible()).toBe(true);
    expect(await page.locator('.doctor').textContent()).not.toBe('');
    expect(await page.locator('.facts').textContent()).toMatch(/validation[\d.]+ %.*throughput[\d,.]+ rows\/s.*time[\d.]+ s/);
  });

  test('is zoomed by keys, by buttons and by dragging, all charts together', async () => {
    await open('#/run/first');
    await eventually(async () => {
      expect(await drawn('Loss', 0)).toBeGreaterThan(100);
    });
    const picture = (title: string): Promise<string> => chart(title).locator('canvas').first().evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const [loss, rate] = [await picture('Loss'), await picture('Learning rate')];
    await chart('Loss').focus();
    await page.keyboard.press('+');
    await eventually(async () => {
      expect(await picture('Learning rate')).not.toBe(rate);
    });
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('0');
    await eventually(async () => {
      expect([await picture('Loss'), await picture('Learning rate')]).toEqual([loss, rate]);
    });
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await eventually(async () => {
      expect(await picture('Loss')).not.toBe(loss);
    });
    await page.getByRole('button', { name: 'Show all' }).click();
    await eventually(async () => {
      expect(await picture('Loss')).toBe(loss);
    });
    const { x, y, width } = (await chart('Loss').locator('.u-over').boundingBox())!;
    await page.mouse.move(x + width * 0.3, y + 50);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + 60, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(0, 0);
    await eventually(async () => {
      expect(await picture('Learning rate')).not.toBe(rate);
    });
  });

  test('of very many steps is drawn while it is read, with bands, and by single steps where it is zoomed into', async () => {
    const count = 300_000; // a fast machine reads 60,000 in one answer
    writeRun('long', {}, [startEvent({ steps: count }), ...Array.from({ length: count }, (_, i) => stepEvent(i + 1, i === count / 2 ? 50 : 2 + (i % 7) / 10, 0.1)), evaluationEvent(count)]);
    const asked: string[] = [];
    page.on('request', (request) => { if (request.url().includes('api/curves')) asked.push(request.url()); });
    await page.route('**/api/curves*', async (route) => { // slow enough to be seen
      await new Promise((settle) => { setTimeout(settle, 300); });
      await route.continue().catch(() => undefined); // as it is no longer slowed down
    });
    await open('#/run/long');
    await page.locator('.reading progress').waitFor();
    expect(await page.locator('.reading').textContent()).toMatch(/reading \d+ %/);
    await page.unroute('**/api/curves*');
    await page.locator('.facts').getByText('300,000 of 300,000').waitFor();
    await page.locator('.reading progress').waitFor({ state: 'detached' });
    expect(asked.length).toBeGreaterThan(1);
    expect(await drawn('Learning rate', 3)).toBeGreaterThan(50);
    asked.length = 0;
    await page.locator('.toolbar input[type=range]').fill('0');
    await chart('Loss').focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press('+');
    await eventually(() => {
      expect(asked.some((url) => url.includes('low='))).toBe(true);
      return Promise.resolve();
    });
    const { x, y, width } = (await chart('Loss').locator('.u-over').boundingBox())!;
    const texts = new Set<string>();
    for (let i = 0; i < 30; i++) {
      await page.mouse.move(x + width / 3 + i * 3, y + 50);
      texts.add((await page.locator('figure.chart', { hasText: 'Loss' }).locator('.u-legend').textContent())!.replace(/\s+/g, ' '));
    }
    // Losses of single steps have one decimal; means of many do not.
    expect([...texts].some((text) => /train2(\.\d)?v/.test(text))).toBe(true);
  });

  test('takes a log scale, another smoothing and epochs', async () => {
    await open('#/run/first');
    const picture = (): Promise<string> => chart('Loss').locator('canvas').first().evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await eventually(async () => {
      expect(await drawn('Loss', 0)).toBeGreaterThan(100);
    });
    const seen = [await picture()];
    const different = async (): Promise<void> => {
      await eventually(async () => {
        expect(seen).not.toContain(await picture());
      });
      seen.push(await picture());
    };
    await page.keyboard.press('l');
    expect(await page.locator('.log').isChecked()).toBe(true);
    await different();
    await page.locator('.toolbar input[type=range]').fill('0.3');
    await different();
    await page.getByRole('combobox', { name: /^over/ }).selectOption('epoch');
    await different();
  });

  test('has a film of its weights', async () => {
    await open('#/run/first');
    const film = page.locator('canvas.film[aria-label]');
    await film.waitFor();
    const last = await film.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    expect(await film.getAttribute('aria-label')).toBe('Weights of 36 units at step 40');
    await page.getByText('The first 36 of 40 hidden units').waitFor();
    await page.locator('input[aria-label="Moment of the training"]').fill('0');
    expect(await film.getAttribute('aria-label')).toBe('Weights of 36 units at step 0');
    expect(await film.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).not.toBe(last);
    await page.getByRole('button', { name: 'Play' }).click();
    await eventually(async () => {
      expect(await film.getAttribute('aria-label')).toBe('Weights of 36 units at step 40');
    });
  });

  test('shows its confusions with pictures, and its worst mistakes with probabilities', async () => {
    await open('#/run/first');
    await page.keyboard.press('e');
    await page.locator('.confusion').waitFor({ timeout: 30_000 });
    const counts = await page.locator('.confusion button').allTextContents();
    expect(counts.map((text) => (text === '·' ? 0 : Number(text))).reduce((sum, n) => sum + n)).toBe(150);
    const wrongCell = page.locator('.confusion button.wrong:enabled').first();
    const label = await wrongCell.getAttribute('aria-label');
    await wrongCell.click();
    expect(await page.locator('.examples h4').textContent()).toContain(/^(.*):/.exec(label!)![1]!);
    const colours = await page.locator('.examples canvas').first().evaluate((canvas: HTMLCanvasElement) => new Set(canvas.getContext('2d')!.getImageData(0, 0, 32, 32).data).size);
    expect(colours).toBeGreaterThan(20);
    const cards = page.locator('h3:has-text("Worst mistakes") + .cards .card');
    expect(await cards.count()).toBeGreaterThan(5);
    expect(await cards.first().textContent()).toMatch(/→.*row \d+.*%/);
  });

  test('that is a regression has errors instead of accuracies, and no confusion matrix', async () => {
    await open('#/run/numbers');
    await eventually(async () => {
      expect(await says('Root mean squared error')).toMatch(/validation [\d.]+/);
    });
    expect(await page.locator('.facts').textContent()).toMatch(/validation RMSE[\d.]+/);
    await page.getByRole('heading', { name: 'Predictions and errors' }).waitFor();
    await page.getByRole('button', { name: 'Examine' }).click();
    await page.locator('.scatter').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('.scatter circle').count()).toBe(2 * 6); // predictions and residuals of the validation rows
    expect(await page.locator('.panel', { hasText: 'Predictions' }).textContent()).toMatch(/root mean squared error[\d.]+R²-?[\d.]+/);
    expect(await page.locator('#view').textContent()).not.toMatch(/cross-entropy|accuracy|softmax|confusion/i);
    expect(await says('Loss')).toMatch(/^Loss: mean squared error:/);
  });

  test('has charts that can be downloaded, as numbers and as pictures', async () => {
    await open('#/run/first');
    await eventually(async () => {
      expect(await drawn('Loss', 1)).toBeGreaterThan(50);
    });
    const save = async (kind: string): Promise<{ name: string; bytes: Buffer }> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('figure.chart', { hasText: 'Loss' }).first().getByRole('button', { name: `Download the chart as ${kind}` }).click(),
      ]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    const csv = await save('CSV');
    const [head, ...rows] = csv.bytes.toString('utf8').trim().split('\n').map((each) => each.split(','));
    expect(csv.name).toBe('loss-mean-cross-entropy.csv');
    expect(head![0]).toBe('step');
    expect(head).toEqual(expect.arrayContaining(['validation']));
    const losses = readFileSync(join(runs, 'first', 'metrics.jsonl'), 'utf8').trim().split('\n').map((each) => JSON.parse(each) as { type: string; step: number; valLoss: number })
      .filter(({ type }) => type === 'evaluation').map(({ step, valLoss }) => [step, valLoss]);
    expect(rows.filter((row) => row[head!.indexOf('validation')] !== '').map((row) => [Number(row[0]), Number(row[head!.indexOf('validation')])])).toEqual(losses);
    const png = await save('PNG');
    expect([png.name, png.bytes.toString('latin1', 1, 4)]).toEqual(['loss-mean-cross-entropy.png', 'PNG']);
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(200); // wide
    const svg = (await save('SVG')).bytes.toString('utf8');
    expect(svg.match(/<polyline [^>]*points="[\d.]+,[\d.]+ /g)!.length).toBe(head!.length - 1);
    expect(svg).toContain('>validation</text>');
  });

  test('shows its spec', async () => {
    await open('#/run/first');
    await page.getByText('Spec and record').click();
    await page.getByRole('row', { name: 'layers 3072-40-10' }).waitFor();
    await page.getByRole('row', { name: /^openblas|^v8/ }).first().waitFor();
    // Keys that are not as by default stand before the others.
    const heads = await page.locator('.panel', { hasText: 'Spec and record' }).locator('tbody th').allTextContents();
    const [changed, others] = [heads.indexOf('other than by default'), heads.indexOf('as by default, and the record')];
    expect(changed).toBe(0);
    expect(heads.slice(1, others)).toContain('layers');
    expect(heads.slice(others)).toContain('clipNorm');
  });
});

test('names of runs and classes are text, whatever they say', async () => {
  await open(`#/run/${encodeURIComponent(hostile)}`);
  await page.locator('.doctor', { hasText: `${hostile} \\u202etac\\n\\x1b[2J` }).waitFor();
  expect(await page.locator('h1').textContent()).toBe(hostile);
  expect(await page.locator('#list').textContent()).toContain(hostile);
  await page.getByText('Spec and record').click();
  await page.getByRole('row', { name: `data ${hostile}` }).waitFor();
  await page.goto(`${dashboard.url}#/run/table`);
  await page.getByRole('button', { name: 'Examine' }).click();
  await page.locator('.confusion', { hasText: hostile.replaceAll('"', '') }).waitFor({ timeout: 30_000 });
  await page.goto(`${dashboard.url}#/compare/${encodeURIComponent(hostile)}/table`);
  await page.locator('.specs', { hasText: hostile }).waitFor();
  expect(await page.locator('img, script:not([src])').count()).toBe(0);
  expect(await page.evaluate(() => 'broken' in window)).toBe(false);
});

describe('a run that did not end as planned', () => {
  test('and diverged says so first, in red, with what to do, and has no score and no good health', async () => {
    await open('#/run/diverged');
    const box = page.locator('.outcome');
    await box.waitFor();
    expect(await box.textContent()).toBe('DivergedExpected a finite loss for step 3 but received NaN [ERR_DIVERGED]'
      + 'Try learningRate=4, a tenth, or look for one with npx blastrain lr-find; warmupSteps and clipNorm help where only some steps are too large.');
    const [red, green] = await box.locator('b').evaluate((element) => getComputedStyle(element).color.match(/\d+/g)!.map(Number));
    expect(red).toBeGreaterThan(2 * green!);
    expect(await page.locator('#view').evaluate((view) => view.querySelector('.outcome')!.compareDocumentPosition(view.querySelector('.facts')!))).toBe(4); // follows
    await eventually(async () => {
      expect(await page.locator('.doctor').count()).toBe(1);
    });
    expect(await page.locator('.well').count()).toBe(0);
    expect(await page.locator('.facts dt').allTextContents()).toEqual(['step', 'epoch', 'throughput', 'time']);
    expect(await page.locator('#list a', { hasText: /^diverged/ }).textContent()).toBe('diverged' + 'diverged');
  });

  test('is not called well where its updates are far too large', async () => {
    await open('#/run/early');
    expect(await page.locator('.outcome').textContent()).toMatch(/^Interrupted after 1 of 40 steps: .*train --resume early goes on/);
    await page.locator('.doctor', { hasText: 'W1 changed by 28 times its size' }).waitFor();
    expect(await page.locator('.well').count()).toBe(0);
  });

  test('and was stopped says how far it came', async () => {
    await open('#/run/stopped');
    expect(await page.locator('.outcome').textContent()).toMatch(/^Stopped after 12 of 4,000 stepsnpx blastrain train --resume stopped goes on/);
    expect(await page.locator('.facts').textContent()).toMatch(/validation45\.0 %/);
  });

  test('and is not there, or no more, says so in place of empty charts', async () => {
    await open('#/run/nowhere');
    expect(await page.locator('#view').textContent()).toMatch(/There is no run nowhere in this folder\. It appears here once it starts\./);
    expect(await page.locator('.chart:visible, .panel:visible').count()).toBe(0);
    await page.goto(`${dashboard.url}#/search/nowhere`);
    await page.getByText('There is no search nowhere').waitFor();
    writeRun('brief', {}, [startEvent(), stepEvent(1, 2, 0.1), evaluationEvent(1)]);
    await page.goto(`${dashboard.url}#/run/brief`);
    await eventually(async () => {
      expect(await says('Loss')).toMatch(/train 2/);
    });
    rmSync(join(runs, 'brief'), { recursive: true });
    await page.locator('.outcome', { hasText: 'Deleted' }).waitFor();
    expect(await says('Loss')).toMatch(/train 2/);
  });
});

describe('several runs', () => {
  test('of one evaluation each are compared by points, with their values', async () => {
    await open('#/compare/once-a/once-b/nowhere');
    await eventually(async () => {
      expect(await drawn('Validation loss', 0)).toBeGreaterThan(4);
    });
    expect(await drawn('Validation loss', 1)).toBeGreaterThan(4);
    // Without a cursor the legend has the last values.
    const legend = page.locator('figure.chart', { hasText: 'Validation loss' }).locator('.u-legend');
    expect((await legend.textContent())!.replace(/\s+/g, ' ')).toMatch(/^steplastonce-a1\.5once-b1\.25nowhere–$/);
    expect(await page.locator('tr', { hasText: 'nowhere' }).first().textContent()).toContain('not there');
  });

  test('have the colours that the address says', async () => {
    const chips = async (): Promise<string[]> => page.locator('tbody .chip').evaluateAll((all) => all.slice(0, 2).map((each) => (each as HTMLElement).style.backgroundColor));
    await open('#/compare/once-a/once-b');
    await page.locator('tbody .chip').nth(1).waitFor();
    const [first, second] = await chips();
    expect(first).not.toBe(second);
    await page.goto(`${dashboard.url}#/compare/once-a/once-b?colours=once-a:1,once-b:0`);
    await eventually(async () => {
      expect(await chips()).toEqual([second, first]);
    });
  });

  test('a value under the cursor is that of the step that is shown, or says of which it is', async () => {
    await open('#/run/first');
    await eventually(async () => {
      expect(await drawn('Loss', 1)).toBeGreaterThan(50);
    });
    const { x, y, width } = (await chart('Loss').locator('.u-over').boundingBox())!;
    await page.mouse.move(x + width * (24 - 1) / 39, y + 50); // between the evaluations of steps 20 and 30
    const legend = (title: string): Promise<string> => page.locator('figure.chart', { hasText: title }).locator('.u-legend').textContent().then((text) => text!.replace(/\s+/g, ' '));
    await eventually(async () => {
      expect(await legend('Loss')).toMatch(/^step24.*validation[\d.]+ at 20$/);
    });
    expect(await legend('Learning rate')).toMatch(/^step24learning/); // the cursor is shared
  });

  test('are compared with what differs between their specs', async () => {
    await open('#/run/first');
    for (const name of ['first', 'second']) await page.getByRole('checkbox', { name: `Compare ${name}` }).check();
    await page.getByRole('link', { name: 'Compare 2' }).click();
    await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
    await eventually(async () => {
      expect(await says('Validation accuracy')).toMatch(/first [\d.]+ %, second [\d.]+ %/);
    });
    expect(await drawn('Training loss', 0)).toBeGreaterThan(50);
    expect(await drawn('Training loss', 1)).toBeGreaterThan(50);
    const keys = await page.locator('.specs tbody th').allTextContents();
    expect(keys.sort()).toEqual(['layers', 'learningRate', 'momentum', 'optimizer', 'steps']);
    expect(await page.locator('.specs tr.differs').count()).toBe(5);
    await page.getByLabel('all keys').check();
    expect(await page.locator('.specs tbody tr').count()).toBeGreaterThan(50);
    expect(await page.locator('.specs tr.differs').count()).toBe(5);
  });

  test('of a depth comparison are opened by its name', async () => {
    await open('#/run/first');
    await page.getByRole('link', { name: /depth-1/ }).click();
    await page.getByRole('heading', { name: 'depth-1' }).waitFor();
    await page.getByText('The best by validation is second with 50.0 %, and 40.0 % of the test rows.').waitFor();
    expect(await page.locator('#list a', { hasText: /^depth-1/ }).textContent()).toBe('depth-1depth, 2 nets, done, 50.0 %, test 40.0 %');
    await eventually(async () => {
      expect(await says('Validation accuracy')).toMatch(/first [\d.]+ %, second [\d.]+ %/);
    });
  });

  test('of a search stand in a table and in parallel coordinates', async () => {
    await open('#/search/made-1');
    await page.locator('.parallel polyline').first().waitFor();
    expect(await page.locator('.parallel polyline').count()).toBe(29); // one trial failed
    expect(await page.locator('.values tbody tr').count()).toBe(30);
    expect(await page.locator('.parallel .name').allTextContents()).toEqual([...searchSpace.parameters.map(({ name }) => name), 'accuracy']);
    const scores = (await page.locator('.values tbody td:nth-child(3)').allTextContents()).slice(0, 3).map(parseFloat);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    await page.locator('.values tbody tr').nth(2).hover();
    expect(await page.locator('.parallel polyline.chosen').count()).toBe(1);
    expect(await page.locator('.values').textContent()).toContain('failed (ERR_DIVERGED)');
    await page.locator('.values a').first().focus();
    expect(await page.locator('.parallel polyline.chosen').count()).toBe(1);
  });
});

describe('the page', () => {
  test('opens the table of all runs by itself, and beside a run walks through the list by keys', async () => {
    await open('');
    expect(await page.locator('h1').textContent()).toBe('Runs');
    await page.locator('.runs .entry a').first().click();
    await page.waitForSelector('#list a[aria-current]');
    const names = await page.locator('#list .name').allTextContents();
    expect(await page.locator('h1').textContent()).toBe(names[0]);
    await page.keyboard.press('j');
    await page.getByRole('heading', { level: 1, name: names[1]! }).waitFor();
    await page.keyboard.press('k');
    await page.getByRole('heading', { level: 1, name: names[0]! }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('second');
    await eventually(async () => {
      expect(await page.locator('#list .name').allTextContents()).toEqual(['second']);
    });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByRole('checkbox', { name: 'Compare second' }).isChecked()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'second' }).waitFor();
  });

  test('has a way past the list for the keyboard, and a name for every control', async () => {
    await open('#/run/first');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Skip to the run');
    const nameless = await page.locator('button, input, select, canvas.film, .plot').evaluateAll((elements) => elements
      .filter((element) => !element.closest('[hidden]') && (element.getAttribute('aria-label') ?? element.textContent).trim() === '' && element.closest('label') === null)
      .map((element) => element.outerHTML));
    expect(nameless).toEqual([]);
  });

  test.each([320, 390, 1280])('fits into %d pixels', async (width) => {
    await page.setViewportSize({ width, height: 844 });
    for (const hash of ['#/run/first', '#/compare/first/second', '#/search/made-1']) {
      await open(hash);
      await page.locator('canvas, polyline').first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  test('is dark or light as the system is, or as its button says, and the curves with it', async () => {
    const light = (): Promise<number> => page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)![0]));
    await page.emulateMedia({ colorScheme: 'dark' });
    await open('#/run/first');
    expect(await light()).toBeLessThan(60);
    await eventually(async () => {
      expect(await drawn('Loss', 0)).toBeGreaterThan(100);
    });
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await light()).toBeGreaterThan(200);
    await eventually(async () => {
      expect(await drawn('Loss', 0)).toBeGreaterThan(100);
    });
    const button = page.locator('.theme');
    await button.click();
    expect(await button.getAttribute('aria-label')).toBe('Colours: light');
    await button.click();
    expect(await light()).toBeLessThan(60);
    await page.reload();
    await page.waitForSelector('h1');
    expect(await light()).toBeLessThan(60);
    await button.click();
    expect(await light()).toBeGreaterThan(200);
  });

  test('asks for nothing while nobody sees it', async () => {
    await open('#/run/first');
    await page.waitForTimeout(500);
    const setHidden = (hidden: boolean): Promise<void> => page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { get: () => value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await setHidden(true);
    let asked = 0;
    page.on('request', () => asked++);
    await page.waitForTimeout(4500);
    expect(asked).toBe(0);
    await setHidden(false);
    await eventually(() => {
      expect(asked).toBeGreaterThan(0);
      return Promise.resolve();
    });
  });
});
