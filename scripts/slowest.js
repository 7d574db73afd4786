#!/usr/bin/env node
'use strict';

/*
 * Lists the test files that cost most, by the seconds of CPU that they took when they last ran: their own and those of the processes that they
 * started.
 *
 * usage: slowest.js [how many]      after npm test or npx jest; by default 20
 */

const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const path = join(__dirname, '..', '.cache', 'costs.jsonl');
if (!existsSync(path)) {
  console.error('Expected .cache/costs.jsonl, which a run of npm test or npx jest writes, but received no file');
  process.exit(1);
}
const lines = readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const files = [...new Map(lines.map((each) => [each.file, each])).values()].sort((a, b) => cpu(b) - cpu(a));

function cpu({ own, processes }) {
  return own + processes;
}

const row = (name, each) => console.log([cpu(each), each.own, each.processes, each.clock].map((seconds) => seconds.toFixed(1).padStart(9)).join(''), ` ${name}`);
console.log('      CPU      own processes  clock   seconds of test files');
for (const each of files.slice(0, Number(process.argv[2] ?? 20))) row(each.file, each);
row(`all ${files.length}`, files.reduce((sum, { own, processes, clock }) => ({ own: sum.own + own, processes: sum.processes + processes, clock: sum.clock + clock }), { own: 0, processes: 0, clock: 0 }));
