'use strict';

/* Readers of the other files of a run, a search or a depth experiment; their models are real files. */

const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { editBytes, editJson, toJson } = require('../mutate');
const { demand, dist, jsonModel, readJson } = require('./shared');

/** A depth experiment of one net, written by hand as real ones take minutes. */
const depthReport = {
  type: 'depth', name: 'depth-1', best: 'depth-1-2layers',
  test: { run: 'depth-1-2layers', testAccuracy: 0.5, testLoss: 1, look: 1, dataDigest: 'd', testRows: 6, when: '2026-01-01T00:00:00.000Z' },
  results: [{ run: 'depth-1-2layers', depth: 2, norm: 'none', layers: [4, 6, 3], parameters: 51, trainAccuracy: 0.6, valAccuracy: 0.5, seconds: 1 }],
};
const failed = { state: 'failed', at: '2026-01-01T00:00:00.000Z', code: 'ERR_DIVERGED', message: 'x' };

/** The reader of a JSON file, by a function that reads it from a folder; `use` does what users of the file do. */
const jsonReader = (title, name, values, read, use) => ({
  title,
  models: (corpus) => values(corpus).map((value) => ({ value })),
  ...jsonModel,
  open(folder) {
    const file = join(folder, name);
    const reads = read();
    return ([bytes]) => {
      writeFileSync(file, bytes);
      use(reads(folder));
    };
  },
});

const status = jsonReader('status of failed runs', 'status.json', () => [failed], () => dist('runFolder', 'runControl').readStatus, (read) => {
  demand(read === undefined || (typeof read.code === 'string' && typeof read.message === 'string'), 'a status without its reason');
});
const record = jsonReader(
  'specs of runs with their records', 'spec.json', (corpus) => [readJson(join(corpus, 'train', 'spec.json')), readJson(join(corpus, 'pictures', 'spec.json'))],
  () => dist('runFolder', 'runRecord').readRunSpec, ({ record: its }) => { demand(typeof its.dataDigest === 'string' && typeof its.name === 'string', 'a record without name or data'); },
);
const evaluation = jsonReader(
  'evaluations of runs', 'evaluation.json', (corpus) => [readJson(join(corpus, 'train', 'evaluation.json'))], () => dist('inference', 'evaluateRun').readEvaluations,
  (splits) => {
    // Unknown keys are allowed, as a later version may write them.
    for (const { rows, loss, confusion, classes } of [splits.train, splits.validation, splits.test].filter((split) => split !== undefined)) {
      demand(Number.isInteger(rows) && typeof loss === 'number', 'an evaluation without rows and loss');
      if (classes === undefined) continue; // a regression
      for (const { className } of classes) demand(typeof className === 'string', 'a class without a name');
      for (const counts of confusion) for (const count of counts) demand(typeof count === 'number', 'a confusion that is no count');
    }
  },
);
const depth = jsonReader('depth.json', 'depth.json', () => [depthReport], () => dist('studies', 'depth').readDepthReport, ({ results, best }) => {
  demand(Number.isFinite(Math.max(...results.map(({ layers }) => layers.length))) && results.some(({ run }) => run === best), 'a result without its net');
});
const searchReport = jsonReader(
  'search.json', 'search.json', (corpus) => [readJson(join(corpus, 'search', 'search.json')), readJson(join(corpus, 'grid', 'search.json'))],
  () => dist('search', 'report').readSearchReport, ({ ranking, failures, best }) => {
    for (const { runs, score } of ranking) demand(runs.every((run) => typeof run === 'string') && typeof score === 'number', 'a ranked trial without runs or score');
    for (const { message } of failures) demand(typeof message === 'string', 'a failure without a reason');
    demand(best === null || Array.isArray(best.runs), 'a best trial without runs');
  },
);

const film = {
  title: 'films of weights',
  models: (corpus) => {
    const bytes = readFileSync(join(corpus, 'pictures', 'weights.film'));
    const end = bytes.indexOf('\n') + 1;
    return [{ header: JSON.parse(bytes.toString('utf8', 0, end)), frames: bytes.subarray(end) }];
  },
  edit: (random, model) => {
    if (random.chance(0.5)) model.header = editJson(random, model.header);
    else model.frames = editBytes(random, Buffer.from(model.frames));
    return model;
  },
  encode: ({ header, frames }) => [Buffer.concat([Buffer.from(`${toJson(header)}\n`), Buffer.from(frames)])],
  shrinks: true,
  open(folder, corpus) {
    const { Model } = dist('inference', 'model');
    const { WeightSnapshots } = dist('run', 'weightSnapshots');
    const file = join(folder, 'weights.film');
    const classifier = Model.load(join(corpus, 'pictures', 'checkpoint.safetensors'));
    const { net: model, normalization } = classifier.parts;
    const frame = 4 + 6 * 16;
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const begun = 1 + random.below(20);
      WeightSnapshots.open(file, model, normalization, { channels: 1, height: 4, width: 4 }, 18, begun);
      const kept = readFileSync(file);
      const end = kept.indexOf('\n') + 1;
      demand(end > 0 && (kept.length - end) % frame === 0, 'a film that goes on behind a torn frame');
      for (let at = end; at < kept.length; at += frame) demand(kept.readUInt32LE(at) <= begun, 'a film with frames behind the step that it goes on from');
    };
  },
};

module.exports = { readers: { status, record, evaluation, depth, searchReport, film }, depthReport, failed };
