'use strict';

/* Campaigns on processes: kills at operations on files or at any moment, failing operations; then resuming by the real command line. */

const { spawn } = require('node:child_process');
const { cpSync, existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { cutPower } = require('./durable');
const { Random } = require('./random');
const { difference, prepare, subjects } = require('./subjects');

const root = resolve(__dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
const hook = join(__dirname, 'hook.js');
/** Milliseconds after which a process is considered to hang; the longest takes three seconds on an idle core. */
const timeout = 120_000;

/** Runs the command line in a folder, under a fault of hook.js, or killed after some milliseconds. */
function blastrain(args, cwd, { fault, killAfter } = {}) {
  return new Promise((settle, reject) => {
    const env = { ...process.env, ...(fault && { NODE_OPTIONS: `--require ${hook}`, BLASTRAIN_FAULT: JSON.stringify(fault) }) };
    const begun = performance.now();
    const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { texts[name] += text; });
    let hung = false;
    const timer = setTimeout(() => { hung = killAfter === undefined; child.kill('SIGKILL'); }, killAfter ?? timeout);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      settle({ status, signal, ...texts, hung, milliseconds: performance.now() - begun });
    });
  });
}

/** A subject without interruption: its outcome, and its operations as hook.js counts them. Made once for each subject. */
class Reference {
  constructor(name, folder) {
    Object.assign(this, { name, folder });
    this.ended = join(folder, `${name}-ended`);
  }

  async make() {
    const { start, outcome } = subjects[this.name];
    rmSync(this.ended, { recursive: true, force: true });
    cpSync(this.inputs, this.ended, { recursive: true });
    const { operations, end } = await this.logged('changes', this.ended);
    if (end.status !== 0) throw new Error(`${start.join(' ')} failed without any fault: ${end.stderr}`);
    this.milliseconds = end.milliseconds;
    this.outcome = outcome(this.ended);
    this.changes = operations;
  }

  /** The operations of the start command; for a failing disk including those that only read. */
  async operations(how) {
    return how === 'EIO' ? (this.withReads ??= this.readsToo()) : this.changes;
  }

  async readsToo() {
    const work = this.fresh('all-run');
    const { operations } = await this.logged('all', work, 'EIO');
    rmSync(work, { recursive: true });
    return operations;
  }

  /** Runs the start command in a folder without any fault; gives its operations and its end. */
  async logged(label, work, how) {
    const log = join(this.folder, `${this.name}-${label}.log`);
    rmSync(log, { force: true });
    const end = await blastrain(subjects[this.name].start, work, { fault: { log, ...(how !== undefined && { how }) } });
    return { end, operations: readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) };
  }

  /** A new folder with the inputs. */
  fresh(label) {
    const work = join(this.folder, `${this.name}-${label}`);
    rmSync(work, { recursive: true, force: true });
    cpSync(this.inputs, work, { recursive: true });
    return work;
  }
}

const made = new Map();

/** The reference of a subject, below a folder: made once, after the subject that it continues. */
async function referenceOf(name, folder) {
  const known = made.get(name);
  if (known !== undefined) return known;
  mkdirSync(join(folder, 'subjects'), { recursive: true });
  const { after } = subjects[name];
  const before = after === undefined ? undefined : await referenceOf(after, folder);
  const reference = new Reference(name, join(folder, 'subjects'));
  made.set(name, reference);
  reference.inputs = prepare(name, reference.folder, before?.ended);
  await reference.make();
  return reference;
}

/** Whether a process printed exactly one error sentence with a code on standard error, and no stack trace. */
function isTyped({ stderr }) {
  const errors = stderr.split('\n').filter((line) => line.startsWith('blastrain: ') && / \[[A-Z_]+\]$/.test(line));
  return errors.length === 1 && !/\n {4}at |ERR_UNEXPECTED|ERR_WORKER|node:internal/.test(stderr);
}

/** Reads a folder of runs as other programs do, as it must be readable at every moment. Throws what they would throw. */
function readRuns(work) {
  const { RunCatalogue } = require(join(root, 'dist', 'dashboard', 'catalogue'));
  const runs = join(work, 'runs');
  const names = new RunCatalogue(runs).list().map(({ name }) => name);
  if (existsSync(join(runs, 'run', 'spec.json')) && !names.includes('run')) throw new Error('the run is not listed');
}

/** Whether there is a state that must not be lost: a checkpoint, or a search whose journal has its first line. */
function hasBegun(work) {
  const [checkpoint, journal] = ['checkpoint.safetensors', 'journal.jsonl'].map((name) => join(work, 'runs', 'run', name));
  return existsSync(checkpoint) || (existsSync(journal) && readFileSync(journal).includes('\n'));
}

/** Resumes what an interruption left, to the end; returns what is wrong, if anything. */
async function resumeToEnd(reference, work) {
  const { start, resume, outcome } = subjects[reference.name];
  try {
    readRuns(work);
  } catch (error) {
    return `reading the interrupted run: ${error.message}`;
  }
  const mayBeginAgain = !hasBegun(work);
  let end = await blastrain(resume, work);
  if (end.status !== 0 && mayBeginAgain) end = await blastrain(start, work);
  if (end.hung) return 'going on: hangs';
  if (end.status !== 0) return `going on: status ${end.status ?? end.signal}, ${end.stderr.trim().slice(0, 500)}`;
  try {
    return difference(reference.outcome, outcome(work));
  } catch (error) {
    return `reading what it came to: ${error.message}`;
  }
}

/** The kills of one subject: before and within every operation; cases beyond those kill several times in a row. */
async function killCase(reference, seed, index) {
  const points = (await reference.operations()).flatMap(([at, syscall]) => [{ at, how: 'kill' }, ...(syscall === 'write' ? [{ at, how: 'torn' }] : [])]);
  const random = new Random(seed, 'kill', reference.name, index);
  if (index < points.length) return { faults: [points[new Random(seed, reference.name).order(points.length)[index]]] };
  return { faults: Array.from({ length: 2 + random.below(3) }, () => ({ at: 1 + random.below(points.length), how: random.pick(['kill', 'torn']) })) };
}

/** Power cuts: kills before each operation, after which data that was not synced is lost. */
async function powerCase(reference, seed, index) {
  const operations = await reference.operations();
  const order = new Random(seed, 'power', reference.name).order(operations.length);
  return { faults: [{ at: operations[order[index % order.length]][0], how: 'kill', durable: true }] };
}

/** Kills after random times, up to four in a row. */
function timeCase(reference, seed, index) {
  const random = new Random(seed, 'time', reference.name, index);
  return { delays: Array.from({ length: 1 + random.below(4) }, () => random.unit() * reference.milliseconds * 1.1) };
}

const refusals = [
  { how: 'ENOSPC', for: 1 }, { how: 'ENOSPC', for: 1e9 }, { how: 'EDQUOT', for: 1e9 }, { how: 'EIO', for: 1 }, { how: 'EIO', for: 1e9 }, { how: 'short', for: 1 },
  { how: 'short', for: 1e9 },
];

/** Failing operations: every code at every operation. In the suite, with few cases, each is of the next way to fail, so that all are tried. */
async function refusalCase(reference, seed, index, size) {
  const names = Object.keys(refusalCounts);
  const before = names.slice(0, names.indexOf(reference.name)).reduce((sum, name) => sum + refusalCounts[name][0], 0);
  const points = [];
  for (const refusal of size === 'short' ? [refusals[(before + index) % refusals.length]] : refusals) {
    const operations = await reference.operations(refusal.how);
    for (const [at, syscall] of operations) if (refusal.how !== 'short' || syscall === 'write') points.push({ ...refusal, at });
  }
  return { faults: [points[new Random(seed, 'refusal', reference.name).order(points.length)[index % points.length]]] };
}

/** Runs one case: interrupts, reads, resumes and compares. Returns what is wrong, if anything. */
async function tryCase(kind, reference, { faults = [], delays = [] }, work) {
  const { start, resume } = subjects[reference.name];
  let kills = 0;
  for (let [i, interruption] of [...faults.map((fault) => ({ fault })), ...delays.map((killAfter) => ({ killAfter }))].entries()) {
    const durable = interruption.fault?.durable === true ? `${work}-durable` : undefined;
    if (durable !== undefined) interruption = { fault: { ...interruption.fault, durable } };
    let end = await blastrain(i === 0 ? start : resume, work, interruption);
    if (durable !== undefined) cutPower(durable, work);
    // Nothing to go on with yet: it begins once more, under the same fault.
    if (i > 0 && end.status === 1 && !hasBegun(work)) end = await blastrain(start, work, interruption);
    if (end.hung) return { kills, wrong: 'under the fault: hangs' };
    if (end.signal === 'SIGKILL') kills++;
    else if (kind === 'refuse') {
      if (end.status !== 0 && !isTyped(end)) return { kills, wrong: `under the fault: status ${end.status}, not one sentence with a code: ${end.stderr.trim().slice(0, 600)}` };
      if (end.status !== 0) kills++;
    }
  }
  return { kills, wrong: await resumeToEnd(reference, work) };
}

/** How many cases of each subject a campaign has: in the suite, by default and in full. */
const sizes = ['short', 'normal', 'full'];
const killCounts = { train: [2, 20, 250], pictures: [1, 15, 200], search: [2, 20, 200], grid: [1, 10, 100], shared: [1, 10, 100], test: [1, 10, 60], data: [0, 2, 12] };
const powerCounts = { train: [1, 8, 100], pictures: [1, 8, 80], search: [1, 8, 80], grid: [0, 4, 30], shared: [0, 4, 40], test: [1, 4, 30] };
const timeCounts = { train: [1, 8, 60], pictures: [1, 6, 40], search: [1, 8, 50], shared: [0, 4, 40] };
/** In the suite as many as there are ways to fail. */
const refusalCounts = { train: [2, 20, 200], pictures: [1, 15, 150], search: [1, 15, 150], grid: [1, 10, 80], shared: [1, 10, 80], test: [1, 10, 80], data: [0, 2, 12] };

/** The campaigns of processes. */
function processCampaigns() {
  const campaign = (kind, title, makeCase, counts) => Object.entries(counts).map(([name, its]) => ({
    name: `${kind}:${name}`, title: `${title}: ${subjects[name].title}`, unit: kind === 'refuse' ? 'faults' : 'kills',
    counts: Object.fromEntries(sizes.map((size, i) => [size, its[i]])),
    async prepare({ folder }) {
      this.reference = await referenceOf(name, folder);
    },
    async run(seed, index, { keep, size }) {
      const { reference } = this;
      const given = await makeCase(reference, seed, index, size);
      const work = reference.fresh(`${kind}-${index}`);
      const { kills, wrong } = await tryCase(kind, reference, given, work);
      if (wrong !== undefined) keep({ message: wrong, case: given, commands: subjects[name].start.join(' ') }, work);
      rmSync(work, { recursive: true, force: true });
      return { done: kills };
    },
  }));
  return [
    ...campaign('kill', 'killed at each operation on files', killCase, killCounts),
    ...campaign('power', 'power cut at each operation on files', powerCase, powerCounts),
    ...campaign('time', 'killed at any moment, up to four times', timeCase, timeCounts),
    ...campaign('refuse', 'ENOSPC, EDQUOT, EIO and short writes', refusalCase, refusalCounts),
  ];
}

module.exports = { blastrain, processCampaigns, referenceOf };
