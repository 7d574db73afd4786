'use strict';

/* Commands over a folder of real runs, one file of which is mutated. */

const { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { editJson, editLines, toJson } = require('../mutate');
const { depthReport, failed } = require('./results');
const { demand, dist, linesBytes, readJson, readLines } = require('./shared');

const folder = {
  isCommand: true,
  title: 'folders of runs: status, spec, metrics, evaluation, depth.json, search.json, journal, ledger, as runs and the dashboard list them',
  models: (corpus) => {
    const values = {
      'bad/spec.json': readJson(join(corpus, 'train', 'spec.json')),
      'bad/evaluation.json': readJson(join(corpus, 'train', 'evaluation.json')),
      'depth-1/depth.json': depthReport,
      'search/search.json': readJson(join(corpus, 'search', 'search.json')),
    };
    const lists = {
      'bad/metrics.jsonl': readLines(join(corpus, 'train', 'metrics.jsonl')),
      'search/journal.jsonl': readLines(join(corpus, 'search', 'journal.jsonl')),
      'test-ledger.jsonl': readLines(join(corpus, 'test-ledger.jsonl')),
    };
    return [
      ...Object.entries(values).map(([name, value]) => ({ name, value })), ...Object.entries(lists).map(([name, list]) => ({ name, list })),
      { name: 'bad/status.json', value: { state: 'running', pid: 1, since: '2026-01-01T00:00:00.000Z' } }, { name: 'bad/status.json', value: failed },
    ];
  },
  edit: (random, model) => {
    if (model.list !== undefined) return { ...model, list: editLines(random, model.list, editJson) };
    return { ...model, value: editJson(random, model.value) };
  },
  encode: ({ name, value, list }) => [list === undefined ? Buffer.from(toJson(value)) : linesBytes(list), Buffer.from(name)],
  open(place, corpus) {
    const { runsCommand } = dist('cli', 'commands', 'runs');
    const { RunCatalogue } = dist('dashboard', 'catalogue');
    const runs = join(place, 'runs');
    for (const name of ['good', 'bad']) cpSync(join(corpus, 'train'), join(runs, name), { recursive: true });
    cpSync(join(corpus, 'search'), join(runs, 'search'), { recursive: true });
    for (const name of readdirSync(join(runs, 'search'))) if (name.startsWith('trial-')) rmSync(join(runs, 'search', name), { recursive: true });
    writeFileSync(join(runs, 'test-ledger.jsonl'), '');
    mkdirSync(join(runs, 'depth-1'));
    const real = { stdout: process.stdout.write, stderr: process.stderr.write };
    const restore = () => { for (const [stream, write] of Object.entries(real)) process[stream].write = write; };
    return async ([bytes, path], random) => {
      const name = path.toString();
      const file = join(runs, name);
      const before = existsSync(file) ? readFileSync(file) : undefined;
      writeFileSync(file, bytes);
      const texts = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr']) process[stream].write = (part) => { texts[stream] += part; return true; };
      try {
        const asJson = random.chance(0.5);
        demand(await runsCommand.run(['--runs', runs, ...(asJson ? ['--json'] : [])]) === 0, 'a list that fails');
        restore();
        if (asJson) JSON.parse(texts.stdout);
        // eslint-disable-next-line no-control-regex -- exactly these must not be there
        demand(!/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(asJson ? texts.stderr : texts.stdout + texts.stderr), 'control characters on the terminal');
        demand(texts.stdout.includes('good'), 'a list without the good run');
        for (const entry of new RunCatalogue(runs).list()) {
          if (entry.kind !== 'run') continue;
          const isNumber = (value) => value === null || typeof value === 'number';
          const isText = (value) => value === null || typeof value === 'string';
          demand(isNumber(entry.step) && isNumber(entry.steps) && isNumber(entry.valAccuracy) && isText(entry.startedAt) && typeof entry.state === 'string', 'a run whose facts have other types');
        }
      } finally {
        restore();
        if (before === undefined) rmSync(file);
        else writeFileSync(file, before);
      }
    };
  },
};

const report = {
  isCommand: true,
  title: 'the folder of a run as its report reads it: spec and evaluation',
  models: (corpus) => ['spec.json', 'evaluation.json'].map((name) => ({ name, value: readJson(join(corpus, 'train', name)) })),
  edit: (random, model) => ({ ...model, value: editJson(random, model.value) }),
  encode: ({ name, value }) => [Buffer.from(toJson(value)), Buffer.from(name)],
  open(place, corpus) {
    const { runReportData } = dist('inference', 'runReportData');
    const run = join(place, 'run');
    cpSync(join(corpus, 'train'), run, { recursive: true });
    return ([bytes, path]) => {
      const file = join(run, path.toString());
      const before = readFileSync(file);
      writeFileSync(file, bytes);
      try {
        runReportData(run);
      } finally {
        writeFileSync(file, before);
      }
    };
  },
};

module.exports = { folder, report };
