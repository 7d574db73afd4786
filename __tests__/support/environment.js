'use strict';

const { appendFileSync, mkdirSync, readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

const root = join(__dirname, '..', '..');

/** Seconds of CPU of this process, and of those that it started and that have ended, where Linux tells. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  let processes = 0;
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ');
    processes = (Number(fields[13]) + Number(fields[14])) / 100; // clock ticks, which Linux counts to programs in hundredths
  } catch {
    // Another system.
  }
  return { own: (user + system) / 1e6, processes };
}

/** Jest's, which notes what each test file costs, for scripts/slowest.js: seconds on a clock say little of a busy machine. */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.file = relative(join(root, '__tests__'), context.testPath);
    this.before = { ...cpuSeconds(), clock: performance.now() };
  }

  async teardown() {
    await super.teardown();
    const { own, processes } = cpuSeconds();
    const costs = { file: this.file, own: own - this.before.own, processes: processes - this.before.processes, clock: (performance.now() - this.before.clock) / 1000 };
    mkdirSync(join(root, '.cache'), { recursive: true });
    appendFileSync(join(root, '.cache', 'costs.jsonl'), `${JSON.stringify(costs)}\n`);
  }
};
