'use strict';

/* global document, PerformanceObserver -- of the page */

/*
 * Measures how fast the dashboard's page, `show` and `report`'s reading are on a long run: makes the folder of a run with so many lines of metrics, and prints when
 * the first curve was drawn, when all was read, how long the page was frozen at most, and what a live update costs.
 *
 * usage: node scripts/dashboard-speed.js [LINES]        after npm run build; LINES is 1000000 unless given
 */

const { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { loadavg, tmpdir } = require('node:os');
const { join } = require('node:path');
const { chromium } = require('playwright-core');
const { startDashboard } = require('../dist/dashboard/server');
const { RunFolder } = require('../dist/runFolder/runFolder');
const { parseSpec } = require('../dist/spec/spec');

const stepsPerEpoch = 1000;

/** Event number `step` of a run of `steps`: a loss that falls, with noise. */
function eventsOf(step, steps) {
  const noise = Math.sin(step * 12.9898) * 43758.5453;
  const loss = 0.3 + 2 * Math.exp(-4 * step / steps) + 0.2 * (noise - Math.floor(noise));
  const epoch = step / stepsPerEpoch;
  const seconds = step / 500;
  const lines = [{ type: 'step', step, epoch, loss, batchAccuracy: Math.round(200 * Math.exp(-loss)) / 200, learningRate: 0.1 * (1 - step / steps), rows: 200, weight: 200, seconds }];
  if (step % stepsPerEpoch === 0) {
    lines.push(
      { type: 'evaluation', step, epoch, trainAccuracy: 1 - loss / 3, trainLoss: loss, valAccuracy: 0.9 - loss / 3, valLoss: loss + 0.1, seconds, monitored: { metric: 'accuracy', better: 'higher', value: 0.9 - loss / 3 } },
      { type: 'epoch', step, epoch, trainLoss: loss, trainAccuracy: 1 - loss / 3, seconds: 2, samplesPerSecond: 100_000 },
      { type: 'health', step, layers: [1, 2].map((layer) => ({ layer, weights: `W${layer}`, activationStd: 1, deadUnits: 0.1, weightRms: 0.02, gradientRms: loss / 100, updateRatio: 0.001 * loss })) },
    );
  }
  return lines;
}

const text = (events) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** Writes a run that has its owner, this process, and so is a running one. */
function writeRun(runs, steps) {
  const place = RunFolder.create({ runs, name: 'long' });
  const spec = parseSpec({ data: 'synthetic', layers: [3072, 50, 10], steps: 2 * steps, backend: 'native', threads: 1 });
  place.writeSpec({
    ...spec,
    record: { name: 'long', startedAt: '2026-05-28T00:00:00.000Z', resumed: [], data: 'made up', dataDigest: '', backend: 'native', dtype: 'float32', threads: 1, platform: process.platform, versions: {} },
  });
  const folder = place.path;
  const file = openSync(join(folder, 'metrics.jsonl'), 'w');
  writeSync(file, text([{ type: 'start', run: 'long', layers: [3072, 50, 10], parameters: 154160, steps: 2 * steps, stepsPerEpoch, batchSize: 200, backend: 'native', dtype: 'float32', threads: 1, seed: 0, data: 'made up', dataDigest: '' }]));
  let chunk = '';
  for (let step = 1; step <= steps; step++) {
    chunk += text(eventsOf(step, steps));
    if (chunk.length > 1 << 20 || step === steps) {
      writeSync(file, chunk);
      chunk = '';
    }
  }
  closeSync(file);
  return place;
}

async function measure(runs, lines) {
  const dashboard = await startDashboard({ runs });
  const profile = mkdtempSync(join(tmpdir(), 'blastrain-browser-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.frozen = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.frozen = Math.max(globalThis.frozen, duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  const seconds = () => page.evaluate(() => performance.now() / 1000);
  const devTools = await context.newCDPSession(page);
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
  let sent = 0;
  page.on('response', (response) => { void response.body().then((body) => { sent += body.length; }, () => {}); });
  const used = { page: 0, server: process.cpuUsage() };
  /** Processor time since the last call, which other programs on this machine do not lengthen. */
  const busy = async () => {
    const { metrics } = await devTools.send('Performance.getMetrics');
    const now = metrics.find(({ name }) => name === 'TaskDuration').value;
    const { user, system } = process.cpuUsage(used.server);
    const words = `processor time: page ${(now - used.page).toFixed(2)} s, server ${((user + system) / 1e6).toFixed(2)} s`;
    Object.assign(used, { page: now, server: process.cpuUsage() });
    return words;
  };
  await page.goto(`${dashboard.url}#/run/long`);
  await page.waitForFunction(() => document.querySelector('.u-over') !== null, undefined, { polling: 20, timeout: 300_000 });
  console.log(`first curve after ${(await seconds()).toFixed(2)} s`);
  const stepIs = (step) => page.waitForFunction((wanted) => document.querySelector('.facts dd')?.textContent.startsWith(wanted), step.toLocaleString('en'), { polling: 20, timeout: 300_000 });
  await stepIs(lines);
  console.log(`all read after ${(await seconds()).toFixed(2)} s, frozen for at most ${(await page.evaluate(() => globalThis.frozen)).toFixed(0)} ms, ${(sent / 1e6).toFixed(1)} MB received; ${await busy()}`);
  await page.evaluate(() => { globalThis.frozen = 0; });
  sent = 0;
  const begun = performance.now();
  for (let step = lines + 1; step <= lines + 5; step++) {
    appendFileSync(join(runs, 'long', 'metrics.jsonl'), text(eventsOf(step, lines)));
    await stepIs(step);
  }
  console.log(`5 live updates in ${((performance.now() - begun) / 1000).toFixed(2)} s, frozen for at most ${(await page.evaluate(() => globalThis.frozen)).toFixed(0)} ms, ${(sent / 1e3).toFixed(1)} kB received; ${await busy()}`);
  await context.close();
  await dashboard.close();
  rmSync(profile, { recursive: true, force: true });
}

const lines = Number(process.argv[2] ?? 1_000_000);
const root = mkdtempSync(join(tmpdir(), 'blastrain-long-'));
const runs = join(root, 'runs');
mkdirSync(runs);
const place = writeRun(runs, lines);
console.log(`${lines} steps, ${(statSync(join(runs, 'long', 'metrics.jsonl')).size / 1e6).toFixed(0)} MB; load average ${loadavg()[0].toFixed(1)}`);
const begun = performance.now();
const { status, stderr } = spawnSync(process.execPath, [join(__dirname, '..', 'dist', 'cli', 'main.js'), 'show', 'long'], { cwd: root, encoding: 'utf8' });
console.log(`blastrain show: ${((performance.now() - begun) / 1000).toFixed(2)} s${status === 0 ? '' : `, failed: ${stderr}`}`);
measure(runs, lines).finally(() => {
  place.close();
  rmSync(root, { recursive: true, force: true });
});
