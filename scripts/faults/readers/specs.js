'use strict';

/* Readers of specs, and of benchmark reports given to --compare. */

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const { toJson } = require('../mutate');
const { demand, dist, jsonModel, readJson } = require('./shared');

/** Whether a spec's model is small enough to build: the reader is tested, not the machine's memory. */
const isSmall = ({ layers, model, batchSize, chunkRows }) => model === null && batchSize <= 1e5 && (chunkRows ?? 0) < 1e5
  && layers.reduce((product, size, i) => product + size * (layers[i - 1] ?? 0), 0) < 1e5;

const spec = {
  title: 'specs',
  models: (corpus) => ['pictures', 'train'].map((name) => ({ value: readJson(join(corpus, name, 'spec.json')) })),
  ...jsonModel,
  open(folder) {
    const { readSpec } = dist('cli', 'specSource');
    const { dataRequest, parseSpec } = dist('spec', 'spec');
    const { summarizeSpec } = dist('studies', 'summary');
    const file = join(folder, 'spec.json');
    return ([bytes], random, isThorough) => {
      writeFileSync(file, bytes);
      const parsed = parseSpec(readSpec(file, []).spec);
      demand(isDeepStrictEqual(parseSpec(JSON.parse(JSON.stringify(parsed))), parsed), 'a spec that reads otherwise when it is written and read again');
      dataRequest(parsed);
      if (isThorough && isSmall(parsed)) summarizeSpec(parsed);
    };
  },
};

const searchSpec = {
  title: 'specs of searches and their spaces',
  models: () => {
    const { searches } = dist('search', 'spaces');
    const small = { layers: [4, 6, 3], steps: 12, batchSize: 8, data: 'csv', dataFile: 'table.csv' };
    return [
      ...Object.values(searches).map(({ search }) => ({ value: structuredClone(search) })),
      { value: { base: small, space: { depth: { type: 'integer', low: 2, high: 3 }, width1: { type: 'integer', low: 3, high: 8 }, width2: { type: 'integer', low: 3, high: 8, when: { depth: [3] } } }, sampler: 'grid' } },
      { value: { base: small, space: { layers: { type: 'choice', values: [[4, 3], [4, 5, 3]] }, dropout: { type: 'uniform', low: 0, high: 0.5 } }, trials: 4, sampler: 'random', folds: 2 } },
    ];
  },
  ...jsonModel,
  open(folder) {
    const { readSpecFile } = dist('cli', 'specSource');
    const { makeSampler } = dist('search', 'samplers');
    const { parseSearch } = dist('search', 'searchSpec');
    const { specOf } = dist('search', 'space');
    const file = join(folder, 'search.json');
    return ([bytes]) => {
      writeFileSync(file, bytes);
      const parsed = parseSearch(readSpecFile(file));
      const sampler = makeSampler(parsed);
      const observations = [];
      for (let trial = 0; trial < Math.min(3, sampler.size); trial++) {
        const assignment = sampler.propose(trial, observations);
        observations.push({ assignment, score: trial / 3, budget: 1 });
        specOf(parsed.space, assignment);
      }
    };
  },
};

const bench = {
  title: 'reports of benchmarks (bench --compare)',
  models: () => {
    const time = { median: 2, low: 1.9, high: 2.1, best: 1.8, samples: 20 };
    return [{
      value: {
        type: 'bench', version: 1, benchmark: 'step', at: '2026-01-01T00:00:00.000Z', machine: { cpu: 'x', cores: 2, platform: 'x', node: '20', threads: 1, openblas: null, openblasCore: null },
        load: { before: 0.1, after: 0.1, others: 0, quiet: true }, peak: null,
        entries: [{ subject: 'two-layer', case: '100', who: 'native', time, flops: 0, bytes: 0, share: null }],
      },
    }];
  },
  ...jsonModel,
  open(place) {
    const { compareReports, readBenchReport } = dist('bench', 'compare');
    const file = join(place, 'bench.json');
    writeFileSync(file, toJson(bench.models()[0].value));
    const now = readBenchReport(file);
    return ([bytes]) => {
      writeFileSync(file, bytes);
      compareReports(readBenchReport(file), now);
    };
  },
};

module.exports = { spec, searchSpec, bench };
