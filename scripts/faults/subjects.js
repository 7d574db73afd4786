'use strict';

/* The subjects of process campaigns: commands of the real command line, how each is resumed, and its expected outcome. */

const { createHash } = require('node:crypto');
const { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { decodeCheckpoint, encodeNpy } = require('./formats');
const { Random } = require('./random');

/** A CSV table of three classes around three centres. */
function table(rows) {
  const random = new Random('table');
  const line = (row) => [0, 1, 2, 3].map((column) => (random.unit() + (column === row % 3 ? 0.8 : 0)).toFixed(3)).join(',');
  return `a,b,c,d,kind\n${Array.from({ length: rows }, (_, row) => `${line(row)},${'xyz'[row % 3]}\n`).join('')}`;
}

/** Three classes of images of 4 × 4 bytes, as .npy files. */
function pictures(folder, rows) {
  const random = new Random('pictures');
  const pixels = Uint8Array.from({ length: rows * 16 }, (_, i) => random.below(120) + (Math.floor(i / 16) % 3 === i % 3 ? 120 : 0));
  writeFileSync(join(folder, 'x.npy'), encodeNpy({ descr: '|u1', shape: [rows, 4, 4] }, pixels));
  writeFileSync(join(folder, 'y.npy'), encodeNpy({ descr: '|u1', shape: [rows] }, Uint8Array.from({ length: rows }, (_, row) => row % 3)));
}

const common = { threads: 1, seed: 3, batchSize: 8, evaluateEvery: 6, learningRate: 0.02 };
const ofTable = { ...common, data: 'csv', dataFile: 'table.csv', layers: [4, 6, 3] };
const space = { learningRate: { type: 'log-uniform', low: 1e-3, high: 0.3 }, width1: { type: 'integer', low: 3, high: 8 } };

const subjects = {
  train: {
    title: 'a training on a table: Adam, dropout, kept checkpoints',
    prepare(folder) {
      writeFileSync(join(folder, 'table.csv'), table(60));
      writeFileSync(join(folder, 'spec.json'), JSON.stringify({ ...ofTable, steps: 24, keepEvery: 12, optimizer: 'adam', dropout: 0.2, restoreBest: true }));
    },
    start: ['train', 'spec.json', '--name', 'run', '--json'],
    resume: ['train', '--resume', 'run', '--json'],
    outcome: (folder) => runOutcome(join(folder, 'runs', 'run')),
  },
  pictures: {
    title: 'a training on pictures: momentum, batch normalisation, averaged weights, a film',
    prepare(folder) {
      pictures(folder, 60);
      const spec = { ...common, data: 'npy', dataFile: 'x.npy', target: 'y.npy', layers: [16, 6, 3], steps: 18, norm: 'batch', momentum: 0.9, emaDecay: 0.9, flip: true };
      writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
    },
    start: ['train', 'spec.json', '--name', 'run', '--json'],
    resume: ['train', '--resume', 'run', '--json'],
    outcome: (folder) => runOutcome(join(folder, 'runs', 'run')),
  },
  search: {
    title: 'a search with successive halving and the TPE sampler, one worker',
    prepare(folder) {
      writeFileSync(join(folder, 'table.csv'), table(60));
      writeFileSync(join(folder, 'search.json'), JSON.stringify({ base: { ...ofTable, steps: 18 }, space, trials: 5, seed: 1, minShare: 1 / 3 }));
    },
    start: ['search', 'search.json', '--name', 'run', '--workers', '1', '--json'],
    resume: ['search', '--resume', 'run', '--json'],
    outcome: (folder) => searchOutcome(join(folder, 'runs', 'run')),
  },
  grid: {
    title: 'a search over a grid, two workers, two seeds',
    prepare(folder) {
      writeFileSync(join(folder, 'table.csv'), table(60));
      const grid = { learningRate: { type: 'choice', values: [0.01, 0.1] } };
      writeFileSync(join(folder, 'search.json'), JSON.stringify({ base: { ...ofTable, steps: 12 }, space: grid, sampler: 'grid', pruner: 'none', seeds: 2 }));
    },
    start: ['search', 'search.json', '--name', 'run', '--workers', '2', '--json'],
    resume: ['search', '--resume', 'run', '--json'],
    outcome: (folder) => searchOutcome(join(folder, 'runs', 'run')),
  },
  shared: {
    title: 'a search that processes share, with successive halving and the TPE sampler, one worker',
    prepare: (folder) => subjects.search.prepare(folder),
    start: ['search', 'search.json', '--name', 'run', '--shared', 'runs', '--workers', '1', '--json'],
    resume: ['search', 'search.json', '--name', 'run', '--shared', 'runs', '--workers', '1', '--json'],
    outcome: (folder) => searchOutcome(join(folder, 'runs', 'run'), { isShared: true }),
  },
  data: {
    title: 'the installation of a data set',
    prepare: () => undefined,
    start: ['data', 'synth', '--out', 'sets', '--json'],
    resume: ['data', 'synth', '--out', 'sets', '--json'],
    outcome: (folder) => dataOutcome(join(folder, 'sets')),
  },
  test: {
    title: 'an evaluation on test rows, with its line in the ledger',
    after: 'train',
    start: ['test', 'run', '--json'],
    resume: ['test', 'run', '--json'],
    outcome: (folder) => testOutcome(join(folder, 'runs')),
  },
};

const withoutTimes = (value) => JSON.parse(JSON.stringify(value, (key, item) => (
  ['seconds', 'stepSeconds', 'stepMilliseconds', 'samplesPerSecond', 'elapsed', 'at', 'when', 'startedAt', 'resumed', 'datetime_start', 'datetime_complete'].includes(key) ? undefined : item)));
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The lines of a file, the last of which must be complete; of one that is only appended to, lines that a kill tore are left out. */
function lines(file, { mayBeTorn = false } = {}) {
  const text = readFileSync(file, 'utf8');
  if (!text.endsWith('\n')) throw new Error(`${file} ends within a line`);
  return text.slice(0, -1).split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch (error) {
      if (!mayBeTorn) throw error;
      return [];
    }
  });
}

/** A checkpoint without its wall clock. */
function checkpointOutcome(file) {
  const { header, metadata, data } = decodeCheckpoint(readFileSync(file));
  return { header, metadata: withoutTimes(metadata), data: digest(data) };
}

/** Everything in a run's folder, except times. */
function runOutcome(folder) {
  const outcome = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, name);
    if (name.endsWith('.safetensors')) outcome[name] = checkpointOutcome(file);
    else if (name.endsWith('.jsonl')) outcome[name] = lines(file).map(withoutTimes);
    else if (name.endsWith('.json')) outcome[name] = withoutTimes(json(file));
    else if (name.endsWith('.film')) outcome[name] = digest(readFileSync(file));
    else outcome[name] = 'there';
  }
  return outcome;
}

/** What a search decided, in the order of its trials, and its runs. */
function searchOutcome(folder, { isShared = false } = {}) {
  const outcome = {};
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (name.startsWith('trial-')) outcome[name] = runOutcome(file);
    else if (name === 'journal.jsonl') {
      // Resumed trials have two such entries, and two workers end in any order.
      const entries = lines(file, { mayBeTorn: isShared }).filter(({ type }) => !['begun', 'resume'].includes(type)).map((entry) => JSON.stringify(withoutTimes(entry)));
      if (new Set(entries).size < entries.length) throw new Error(`${file} has an entry twice`);
      outcome[name] = entries.sort();
    } else if (name === 'optuna.log') {
      // What a trial was trained by is told each time that it is begun; the rest is in the journal's order.
      outcome[name] = lines(file).map((line) => JSON.stringify(withoutTimes(line))).filter((line) => !line.includes('"worker":')).sort();
    } else if (name.endsWith('.json')) outcome[name] = withoutTimes(json(file));
    else outcome[name] = 'there';
  }
  return outcome;
}

/** Evaluations are numbered without gaps; their count depends on whether the killed one had been recorded. */
function testOutcome(runs) {
  const ledger = lines(join(runs, 'test-ledger.jsonl')).map(withoutTimes);
  ledger.forEach(({ look }, i) => {
    if (look !== i + 1) throw new Error(`The ledger counts ${ledger.map((entry) => entry.look).join(' ')}`);
  });
  return { last: { ...ledger.at(-1), look: undefined }, runs: readdirSync(runs).sort(), ...runOutcome(join(runs, 'run')) };
}

/** The sizes of a data set's files and digests of their ends. */
function dataOutcome(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile()).map(({ parentPath, path, name }) => join(parentPath ?? path, name));
  return Object.fromEntries(files.map((file) => {
    const bytes = readFileSync(file);
    return [file.slice(folder.length), `${bytes.length} ${digest(bytes.subarray(-100_000))}`];
  }));
}

/** Describes the first difference of two values; undefined if they are equal. */
function difference(expected, actual, path = '') {
  if (Object.is(expected, actual)) return undefined;
  const isObject = (value) => value !== null && typeof value === 'object';
  if (!isObject(expected) || !isObject(actual)) return `${path}: expected ${JSON.stringify(expected)?.slice(0, 200)}, actual ${JSON.stringify(actual)?.slice(0, 200)}`;
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const place = `${path}/${key}`;
    if (!Object.hasOwn(actual, key)) return `${place}: missing`;
    if (!Object.hasOwn(expected, key)) return `${place}: left over`;
    const inside = difference(expected[key], actual[key], place);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Makes the folder `folder`/NAME with a subject's inputs: a copy of `ended`, the folder of the subject that it continues, if given. */
function prepare(name, folder, ended) {
  const inputs = join(folder, name);
  if (ended !== undefined) cpSync(ended, inputs, { recursive: true });
  else {
    mkdirSync(inputs);
    subjects[name].prepare(inputs);
  }
  return inputs;
}

module.exports = { difference, prepare, subjects };
