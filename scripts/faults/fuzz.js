'use strict';

/* Campaigns of mutated inputs, one for each reader, in processes of their own with limits on time and memory. */

const { fork } = require('node:child_process');
const { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { editsOf, makeInput } = require('./inputs');
const { referenceOf } = require('./processes');
const { readers } = require('./readers');

/** Seconds for one input, megabytes of heap and of resident memory; inputs have a few kilobytes. */
const limits = { seconds: 20, heap: 256, memory: 1500 };
/** Inputs sent to a process at a time. */
const chunkSize = 250;

/** Makes files of real trainings and searches, from which the readers' models are made; once for all campaigns. */
async function makeCorpus(folder) {
  const corpus = join(folder, 'corpus');
  if (existsSync(corpus)) return corpus;
  // The subject test is the training of the subject train and an evaluation on test rows.
  const runs = { train: 'test', pictures: 'pictures', search: 'search', grid: 'grid' };
  mkdirSync(corpus);
  for (const [name, subject] of Object.entries(runs)) {
    const { ended } = await referenceOf(subject, folder);
    cpSync(join(ended, 'runs', 'run'), join(corpus, name), { recursive: true });
    for (const file of ['table.csv', 'x.npy', 'y.npy', 'runs/test-ledger.jsonl']) if (existsSync(join(ended, file))) copyFileSync(join(ended, file), join(corpus, basename(file)));
  }
  return corpus;
}

/** The resident memory of a process in megabytes. */
function memoryOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / 256;
  } catch {
    return 0; // The process has ended, or the system is not Linux.
  }
}

/** A process that runs a reader, restarted when it has ended. */
class Reading {
  constructor(name, corpus, folder, slot) {
    Object.assign(this, { name, corpus, folder, progress: join(folder, `progress-${name}-${slot}`) });
  }

  start() {
    writeFileSync(this.progress, Buffer.alloc(8));
    this.child = fork(join(__dirname, 'fuzzProcess.js'), [this.name, this.corpus, this.folder, this.progress], {
      execArgv: [`--max-old-space-size=${limits.heap}`], stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.stderr = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr = (this.stderr + text).slice(-2000); });
    return new Promise((settle, reject) => {
      this.child.once('message', settle);
      this.child.once('exit', (code, signal) => { reject(new Error(`The reader ${this.name} does not start (${code ?? signal}): ${this.stderr}`)); });
    });
  }

  /** Reads the inputs [from, to); returns findings, and how many inputs were accepted. */
  async read(seed, from, to) {
    const findings = [];
    let accepted = 0;
    for (let next = from; next < to;) {
      if (this.child === undefined) await this.start();
      const end = await this.attempt(seed, next, to);
      findings.push(...end.findings);
      accepted += end.accepted;
      next = end.next;
    }
    return { findings, accepted };
  }

  attempt(seed, from, to) {
    const { child } = this;
    const reader = readers[this.name];
    return new Promise((settle) => {
      let last = { index: NaN, since: performance.now() };
      let reason;
      const watch = setInterval(() => {
        const index = readFileSync(this.progress).readDoubleLE(0);
        if (index !== last.index) last = { index, since: performance.now() };
        else if (performance.now() - last.since > limits.seconds * 1000) reason ??= `hangs: more than ${limits.seconds} s`;
        if (memoryOf(child.pid) > limits.memory) reason ??= `more than ${limits.memory} MB of memory`;
        if (reason !== undefined) child.kill('SIGKILL');
      }, 200);
      const leave = () => {
        clearInterval(watch);
        child.removeAllListeners('message').removeAllListeners('exit');
      };
      child.on('message', ({ findings, accepted }) => {
        leave();
        settle({ findings, accepted, next: to });
      });
      child.on('exit', (code, signal) => {
        leave();
        this.child = undefined;
        const index = readFileSync(this.progress).readDoubleLE(0);
        const message = reason ?? `the process ended with ${code ?? signal}: ${/FATAL ERROR: (.*)/.exec(this.stderr)?.[1] ?? this.stderr.slice(-200)}`;
        reader.loaded ??= reader.models(this.corpus);
        const pieces = makeInput(reader, this.name, seed, index, editsOf(reader, this.name, seed, index)).map((piece) => piece.toString('base64'));
        settle({ findings: [{ what: 'ended', index, message, pieces, signature: message.replace(/\d+/g, '').slice(0, 60) }], accepted: 0, next: index + 1 });
      });
      child.send({ seed, from, to });
    });
  }

  stop() {
    this.child?.removeAllListeners('exit');
    this.child?.kill();
    this.child = undefined;
  }
}

function countsOf({ slow, isCommand }) {
  if (slow === true) return { short: 2, normal: 20, full: 1000 };
  if (isCommand === true) return { short: 100, normal: 1000, full: 20_000 };
  return { short: chunkSize, normal: 20_000, full: 1_000_000 };
}

function fuzzCampaigns() {
  // The test suite also runs without the addon and the WebAssembly modules.
  const isBuilt = process.env.BLASTRAIN_BACKEND !== 'typescript';
  return Object.entries(readers).filter(([, { needsBuild }]) => isBuilt || needsBuild !== true).map(([name, reader]) => ({
    name: `${reader.kind ?? 'read'}:${name}`, title: reader.title, unit: 'inputs',
    counts: countsOf(reader),
    chunk: reader.slow === true ? 10 : chunkSize,
    async prepare({ folder, jobs }) {
      const corpus = await makeCorpus(folder);
      this.readings = Array.from({ length: jobs }, (_, slot) => new Reading(name, corpus, folder, slot));
    },
    async runChunk(seed, from, to, { keep, slot }) {
      const { findings, accepted } = await this.readings[slot].read(seed, from, to);
      for (const finding of findings) keep(finding);
      return { done: to - from, accepted };
    },
    close() {
      for (const reading of this.readings ?? []) reading.stop(); // none where an earlier call did all
    },
  }));
}

module.exports = { fuzzCampaigns };
