'use strict';

/*
 * Kills the processes of a shared search, again and again, and holds what comes out to one worker's search:
 *
 *     node scripts/shared-search.js [--kills 100] [--workers 4] [--trials 100] [--pruner none] [--seed 1] [--folder FOLDER]
 *
 * Each worker is a process in namespaces of its own (process numbers, host name, mounts, ipc), which to the others is one on another machine: they learn
 * of its death by its heartbeat alone. It needs Linux, `unshare` and the right to use it (root). A minute passes for each kill that strikes
 * while its process holds the journal. With --pruner asha promotions are checked in place of the ranking, which depends on who is faster.
 */

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { isDeepStrictEqual, parseArgs } = require('node:util');
const { Random } = require('./faults/random');

const root = resolve(__dirname, '..');
const main = join(root, 'dist', 'cli', 'main.js');
const dist = (...path) => require(join(root, 'dist', ...path));
const namespaces = ['--pid', '--fork', '--kill-child', '--mount-proc', '--uts', '--ipc'];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' }, workers: { type: 'string', default: '4' }, trials: { type: 'string', default: '100' },
    pruner: { type: 'string', default: 'none' }, seed: { type: 'string', default: '1' }, folder: { type: 'string' },
  },
});
const [kills, workers, trials, seed] = ['kills', 'workers', 'trials', 'seed'].map((key) => Number(values[key]));
const random = new Random(seed, 'shared-search');

const spec = {
  base: {
    layers: [3072, 32, 10], data: 'synthetic', trainRows: 2000, validationRows: 500, testRows: 100, batchSize: 50, steps: 1500, evaluateEvery: 50, epochs: null, threads: 1,
  },
  space: { learningRate: { type: 'log-uniform', low: 1e-4, high: 0.1 }, momentum: { type: 'uniform', low: 0, high: 0.95 } },
  sampler: 'random', pruner: values.pruner, trials,
};

/** A worker in namespaces of its own, under a host name that no other has. */
class Worker {
  static count = 0;

  constructor(runs, file) {
    this.host = `worker-${++Worker.count}`;
    const command = `hostname ${this.host} && exec "$0" "$@"`;
    this.process = spawn('unshare', [
      ...namespaces, 'sh', '-c', command, process.execPath, main, 'search', file, '--name', 's', '--shared', runs, '--workers', '1', '--json',
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.stderr = '';
    this.process.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
    this.ended = once(this.process, 'close').then(([status]) => { this.status = status; });
  }

  get isRunning() {
    return this.status === undefined;
  }
}

const linesOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

/** Kills workers at random moments, each replaced by another; returns the host names of the killed, with the lines of the journal at that moment. */
async function killAll(start, journal) {
  const living = Array.from({ length: workers }, start);
  const killed = [];
  const died = [];
  const refuseFailures = () => {
    const failed = [...living, ...died].find(({ isRunning, wasKilled, status }) => !isRunning && wasKilled !== true && status !== 0);
    if (failed !== undefined) throw new Error(`${failed.host} ended with status ${failed.status}: ${failed.stderr}`);
  };
  while (killed.length < kills) {
    await sleep(200 + random.below(4000));
    refuseFailures();
    const at = random.below(workers);
    const worker = living[at];
    if (!worker.isRunning) break; // the search has ended
    worker.wasKilled = true;
    worker.process.kill('SIGKILL');
    await worker.ended;
    killed.push({ host: worker.host, line: linesOf(journal) });
    died.push(worker);
    living[at] = start();
    if (killed.length % 10 === 0) process.stderr.write(`${killed.length} kills\n`);
  }
  await Promise.all(living.map(({ ended }) => ended));
  refuseFailures();
  return killed;
}

/** Promotions that are not those of successive halving on what the journal held at that moment. */
function wrongPromotions({ head, entries }) {
  const { halvingOf, lastPromotion, nextPromotion, rungShares } = dist('search', 'asha');
  const { SearchState } = dist('search', 'state');
  const halving = halvingOf(head.spec);
  const state = new SearchState(rungShares(halving));
  return entries.filter((entry) => {
    let isWrong = false;
    if (entry.type === 'decision' && entry.what === 'promoted') {
      const standings = state.standings();
      isWrong = (nextPromotion(standings, halving) ?? lastPromotion(standings, halving))?.trial !== entry.trial;
    }
    state.apply(entry);
    return isWrong;
  });
}

/** What is wrong with what came out, a sentence each. */
function faultsOf(folder, alone, killed) {
  const { readJournal } = dist('search', 'journal');
  const { OptunaStudy } = dist('search', 'optuna', 'study');
  const { head, entries, leftOut } = readJournal(folder);
  const faults = [];
  const outcome = (path) => {
    const { ranking, failures } = JSON.parse(readFileSync(join(path, 'search.json'), 'utf8'));
    return { failures, ranking: ranking.map(({ trial, assignment, rung, step, score }) => ({ trial, assignment, rung, step, score })) };
  };
  const ofType = (type) => entries.filter((entry) => entry.type === type);
  if (!isDeepStrictEqual(ofType('trial').map(({ trial }) => trial), Array.from({ length: trials }, (_, i) => i))) faults.push('trials are missing, or made twice');
  const units = ofType('unit').map(({ trial, rung, replicate }) => `${trial} ${rung} ${replicate}`);
  if (new Set(units).size !== units.length) faults.push('units are recorded twice');
  if (alone !== undefined && !isDeepStrictEqual(outcome(folder), outcome(alone))) faults.push('the ranking is not that of one worker');
  for (const { trial, rung } of wrongPromotions({ head, entries })) faults.push(`trial ${trial} was not to be promoted from rung ${rung}`);
  const owners = new Map();
  let resumed = 0;
  entries.forEach((entry, line) => {
    if (entry.type !== 'begun') return;
    const key = `${entry.trial} ${entry.rung}`;
    const before = owners.get(key);
    // The first line of the file is not among the entries, and lines that were left out are not either: so many may be missing.
    if (before !== undefined && !killed.some(({ host, line: at }) => host === before && at <= line + 1 + leftOut.length)) faults.push(`trial ${entry.trial} was taken from ${before}, which lived`);
    if (before !== undefined) resumed++;
    owners.set(key, entry.host);
  });
  const failed = new Set(ofType('decision').filter(({ what }) => what === 'failed').map(({ trial }) => trial));
  for (const { trial, runs } of ofType('trial')) {
    const lines = readFileSync(join(folder, '..', runs[0], 'metrics.jsonl'), 'utf8').split('\n');
    if (values.pruner === 'none' && !failed.has(trial) && lines.filter((line) => line.startsWith('{"type":"result"')).length !== 1) faults.push(`${runs[0]} has not one result`);
    const steps = lines.filter((line) => line.startsWith('{"type":"evaluation"')).map((line) => JSON.parse(line).step);
    if (!isDeepStrictEqual(steps, steps.map((_, i) => spec.base.evaluateEvery * (i + 1)))) faults.push(`${runs[0]} has evaluations at ${steps}`);
  }
  if (readFileSync(join(folder, 'optuna.log'), 'utf8') !== OptunaStudy.of(head, entries).lines.join('')) faults.push('optuna.log is not what the journal comes to');
  const fromCheckpoint = ofType('trial').filter(({ runs }) => JSON.parse(readFileSync(join(folder, '..', runs[0], 'spec.json'), 'utf8')).record.resumed?.some(({ step }) => step > 0));
  return { faults, leftOut, resumed, fromCheckpoint: fromCheckpoint.length, locks: readdirSync(join(folder, 'locks')).filter((name) => name.startsWith('journal')) };
}

async function run() {
  if (spawnSync('unshare', [...namespaces, 'true']).status !== 0) throw new Error(`Expected the right to use unshare ${namespaces.join(' ')} for this script, as root has it`);
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'blastrain-shared-'));
  const file = join(folder, 'space.json');
  writeFileSync(file, JSON.stringify(spec));
  const begun = performance.now();
  const killed = await killAll(() => new Worker(folder, file), join(folder, 's', 'journal.jsonl'));
  const seconds = (performance.now() - begun) / 1000;
  let alone;
  if (values.pruner === 'none') {
    alone = join(folder, 'alone');
    const one = spawnSync(process.execPath, [main, 'search', file, '--name', 'alone', '--runs', folder, '--workers', '1'], { encoding: 'utf8' });
    if (one.status !== 0) throw new Error(one.stderr);
  }
  const { faults, leftOut, resumed, fromCheckpoint, locks } = faultsOf(join(folder, 's'), alone, killed);
  process.stdout.write([
    `${killed.length} kills of ${workers} workers in ${seconds.toFixed(0)} s, ${trials} trials: ${resumed} taken over from the dead, ${fromCheckpoint} trials went on from a checkpoint`,
    `lines of the journal that are left out: ${leftOut.length}; locks of the journal left behind: ${locks.length}`,
    ...leftOut,
    faults.length === 0 ? `every trial once${alone === undefined ? '' : '; the ranking is that of one worker'}` : faults.join('\n'),
    `in ${folder}`, '',
  ].join('\n'));
  if (killed.length < kills) process.stdout.write(`The search ended before ${kills} kills: ask for more --trials\n`);
  process.exitCode = faults.length > 0 || killed.length < kills ? 1 : 0;
}

run().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
