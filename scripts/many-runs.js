'use strict';

/*
 * Writes folders of runs as trainings leave them, but without checkpoints, and says how long they take to be listed: at first, and again when
 * nothing has changed. For the dashboard's list of runs.
 *
 * usage: node scripts/many-runs.js FOLDER [RUNS] [STEPS]      1,000 runs of 2,000 steps by default; needs `npm run build`
 */

const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { RunCatalogue } = require('../dist/dashboard/catalogue.js');
const { parseSpec } = require('../dist/spec/spec.js');

const [folder, count = '1000', length = '2000'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/many-runs.js FOLDER [RUNS] [STEPS]');
  process.exit(2);
}
if (!existsSync(folder)) writeRuns(Number(count), Number(length));

const catalogue = new RunCatalogue(folder);
const timed = (what, list) => {
  const begun = performance.now();
  const before = process.cpuUsage();
  const { length: found } = list();
  const { user, system } = process.cpuUsage(before);
  console.log(`${what}: ${(performance.now() - begun).toFixed(0)} ms for ${found} runs, of which the processor worked ${((user + system) / 1000).toFixed(0)} ms`);
};
timed('listed at first', () => catalogue.list());
timed('listed again', () => catalogue.list());

function writeRuns(runs, steps) {
  for (let run = 0; run < runs; run++) {
    const seed = run % 5;
    const learningRate = 10 ** -(1 + (Math.floor(run / 5) % 20) / 5);
    const name = `${['deep', 'tuned', 'wide'][run % 3]}-${Math.floor(run / 5)}-seed${seed}`;
    const hidden = [50, 100, 200][Math.floor(run / 100) % 3];
    const spec = parseSpec({ data: 'synthetic', layers: [3072, hidden, 10], learningRate, optimizer: run % 2 === 0 ? 'sgd' : 'adam', seed, steps, evaluateEvery: steps / 20 });
    const failed = learningRate > 0.08 && seed === 4;
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    const startedAt = new Date(Date.UTC(2026, 0, 1) + run * 600_000).toISOString();
    const record = { backend: 'native', dtype: 'float32', threads: 2, versions: { node: process.version }, name, startedAt, platform: 'linux-x64', data: 'synthetic', dataDigest: 'd' };
    writeFileSync(join(path, 'spec.json'), `${JSON.stringify({ ...spec, record }, null, 2)}\n`);
    writeFileSync(join(path, 'metrics.jsonl'), [...events({ name, hidden, learningRate, seed, steps, failed })].map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (failed) writeFileSync(join(path, 'status.json'), JSON.stringify({ state: 'failed', at: startedAt, code: 'ERR_DIVERGED', message: `Expected a finite loss for step ${steps / 2} but received NaN` }));
  }
}

function* events({ name, hidden, learningRate, seed, steps, failed }) {
  const common = { backend: 'native', dtype: 'float32', threads: 2 };
  yield { type: 'start', run: name, layers: [3072, hidden, 10], parameters: 3083 * hidden + 10, steps, stepsPerEpoch: 100, batchSize: 100, ...common, seed, data: 'synthetic', dataDigest: 'd' };
  let scores;
  for (let step = 1; step <= (failed ? steps / 2 : steps); step++) {
    const accuracy = 0.5 * (1 - Math.exp(-step * learningRate / 10)) + 0.01 * Math.sin(step + seed);
    const loss = 2.3 * Math.exp(-step * learningRate / 10) + 0.05 * Math.cos(step * (seed + 1));
    yield { type: 'step', step, epoch: step / 100, loss, batchAccuracy: accuracy, learningRate, rows: 100, weight: 100 };
    if (step % (steps / 20) !== 0) continue;
    scores = { trainAccuracy: accuracy + 0.02, valAccuracy: accuracy, valLoss: loss + 0.1 };
    yield { type: 'evaluation', step, epoch: step / 100, trainLoss: loss, ...scores, monitored: { metric: 'accuracy', better: 'higher', value: accuracy } };
  }
  if (failed) return;
  yield {
    type: 'result', run: name, ended: 'finished', ...scores, bestStep: steps, bestValAccuracy: scores.valAccuracy,
    monitored: { metric: 'accuracy', better: 'higher', value: scores.valAccuracy, best: scores.valAccuracy + 0.01 }, modelStep: steps, epochs: steps / 100, steps,
    seconds: steps * 0.004, stepMilliseconds: 3.5 + seed / 10, ...common, parametersDigest: 'd',
  };
}
