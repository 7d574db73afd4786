'use strict';

/* Readers of what trainings and searches leave, begun from files that real ones have written. */

const { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const formats = require('../formats');
const { editBytes, editJson, editLines, hostileValue, toJson } = require('../mutate');
const { demand, dist } = require('./shared');

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const readLines = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const linesBytes = (list) => Buffer.from(list.map((line) => `${toJson(line)}\n`).join(''));

/** A file of JSON, of which the whole value is edited. */
const jsonModel = {
  edit: (random, model) => ({ value: editJson(random, model.value) }),
  encode: ({ value }) => [Buffer.from(toJson(value))],
  shrinks: true,
};
/** A file of a JSON value a line. */
const linesModel = {
  edit: (random, model) => ({ list: editLines(random, model.list, editJson) }),
  encode: ({ list }) => [linesBytes(list)],
  shrinks: true,
};

/** A value without what lies deeper than JSON.stringify can go. */
function flat(value, depth = 0) {
  if (value === null || typeof value !== 'object') return value;
  if (depth > 500) return null;
  if (Array.isArray(value)) return value.map((item) => flat(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flat(item, depth + 1)]));
}

const checkpoint = {
  title: 'checkpoints (.safetensors), their digest made right again: to predict with, and to go on from',
  models: (corpus) => ['pictures', 'train'].flatMap((name) => {
    const run = join(corpus, name);
    const model = formats.decodeCheckpoint(readFileSync(join(run, 'checkpoint.safetensors')));
    return [{ run: name, ...model, data: Buffer.from(model.data) }];
  }),
  edit: (random, model) => {
    switch (random.below(10)) {
      case 0: case 1: model.header = editJson(random, model.header); break;
      case 2: model.metadata = random.chance(0.5) ? editJson(random, model.metadata) : Object.assign(model.metadata, { [random.pick(['facts', 'state', 'format', 'version', 'x'])]: hostileValue(random) }); break;
      case 3: case 4: if (model.metadata?.facts !== undefined) model.metadata.facts = editJson(random, model.metadata.facts); break;
      case 5: case 6: case 7: if (model.metadata?.state !== undefined) model.metadata.state = editJson(random, model.metadata.state); break;
      case 8: {
        const names = Object.keys(model.header ?? {});
        const tensor = names.length > 0 ? model.header[random.pick(names)] : undefined;
        if (tensor !== null && typeof tensor === 'object') {
          const key = random.pick(['dtype', 'shape', 'data_offsets']);
          tensor[key] = key === 'dtype' ? random.pick(['F16', 'BF16', 'F32', 'F64', 'U8', 'I64', 'BOOL', 'toString', 1])
            : random.chance(0.5) ? hostileValue(random) : [random.below(200), random.below(400)];
        }
        break;
      }
      default: model.data = editBytes(random, model.data);
    }
    return model;
  },
  encode: ({ run, header, metadata, data }) => {
    // What was two texts of JSON is that again, whatever it has become.
    const isObject = metadata !== null && typeof metadata === 'object' && !Array.isArray(metadata);
    const texts = isObject ? Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, ['facts', 'state'].includes(key) ? toJson(value) : value])) : metadata;
    // The digest is of what JSON.parse makes of the header.
    const parsed = (value) => (value === undefined ? undefined : flat(JSON.parse(toJson(value))));
    return [formats.encodeCheckpoint({ header: parsed(header), metadata: parsed(texts), data: Buffer.from(data) }), Buffer.from(run)];
  },
  open(folder, corpus) {
    const { Classifier } = dist('experiment', 'classifier');
    const { findResumption } = dist('experiment', 'resume');
    const { resumedSpec } = dist('experiment', 'resumedSpec');
    const { runExperiment } = dist('experiment', 'run');
    const { loadData } = dist('data', 'locate');
    const { dataRequest } = dist('experiment', 'spec');
    const runs = new Map(readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'checkpoint.safetensors'))).map((name) => {
      const own = join(folder, name);
      cpSync(join(corpus, name), own, { recursive: true });
      copyFileSync(join(own, 'checkpoint.safetensors'), join(own, 'checkpoint.previous.safetensors'));
      const data = loadData(dataRequest(resumedSpec(own, {})));
      return [name, { own, data, spec: resumedSpec(own, {}) }];
    }));
    return ([bytes, run]) => {
      const { own, data, spec } = runs.get(run.toString());
      const file = join(own, 'checkpoint.safetensors');
      writeFileSync(file, bytes);
      let refused;
      try {
        const model = Classifier.load(file);
        model.predict(data.validation.features.subarray(0, 2 * data.validation.featureSize));
      } catch (error) {
        refused = error;
      }
      // The one before it is whole: whatever this one holds, the run can go on.
      const resumption = findResumption(own, spec);
      demand(resumption.checkpoint !== undefined, 'a run that begins again where it has a whole checkpoint');
      const going = runExperiment(spec, data, run.toString(), undefined, resumption);
      try {
        for (const event of going) if (event.type === 'start') break;
      } finally {
        going.return();
      }
      if (refused !== undefined) throw refused;
    };
  },
};

/** Sizes that a model may be made of here: the reader is tried, not the machine's memory. */
const isSmall = ({ layers, model, batchSize, chunkRows }) => model === null && batchSize <= 1e5 && (chunkRows ?? 0) < 1e5
  && layers.reduce((product, size, i) => product + size * (layers[i - 1] ?? 0), 0) < 1e5;

const spec = {
  title: 'specs',
  models: (corpus) => ['pictures', 'train'].map((name) => ({ value: readJson(join(corpus, name, 'spec.json')) })),
  ...jsonModel,
  open(folder) {
    const { readSpec } = dist('cli', 'specSource');
    const { dataRequest, parseSpec } = dist('experiment', 'spec');
    const { summarizeSpec } = dist('experiment', 'summary');
    const file = join(folder, 'spec.json');
    return ([bytes]) => {
      writeFileSync(file, bytes);
      const parsed = parseSpec(readSpec(file).spec);
      demand(isDeepStrictEqual(parseSpec(JSON.parse(JSON.stringify(parsed))), parsed), 'a spec that reads otherwise when it is written and read again');
      dataRequest(parsed);
      if (isSmall(parsed)) summarizeSpec(parsed);
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

const journal = {
  title: 'journals of searches',
  models: (corpus) => ['search', 'grid'].map((name) => ({ list: readLines(join(corpus, name, 'journal.jsonl')) })),
  ...linesModel,
  open(folder) {
    const { Journal, readJournal } = dist('search', 'journal');
    const { halvingOf, rungShares } = dist('search', 'plan');
    const { SearchState } = dist('search', 'state');
    const { makeSampler } = dist('search', 'samplers');
    const { searchHistory } = dist('report', 'searchHistory');
    const file = join(folder, 'journal.jsonl');
    return ([bytes]) => {
      writeFileSync(file, bytes);
      const contents = readJournal(folder);
      const { journal: open, contents: again } = Journal.reopen(folder);
      open.close();
      demand(isDeepStrictEqual(again.entries, contents.entries), 'a journal that reads otherwise when it is gone on with');
      demand(isDeepStrictEqual(readJournal(folder).entries, contents.entries), 'a journal that reads otherwise the next time');
      const state = new SearchState(rungShares(halvingOf(contents.head.spec)));
      for (const entry of contents.entries) state.apply(entry);
      state.trials.forEach(({ trial }, i) => { demand(trial === i, `trial ${trial} in place of ${i}`); });
      state.standings();
      state.ranking();
      makeSampler(contents.head.spec).propose(state.trials.length, state.observations());
      searchHistory(contents);
    };
  },
};

const ledger = {
  title: 'ledgers of test evaluations',
  models: (corpus) => [{ list: [...readLines(join(corpus, 'test-ledger.jsonl')), { ...readLines(join(corpus, 'test-ledger.jsonl'))[0], look: 2 }] }],
  ...linesModel,
  open(folder) {
    const { readLedger } = dist('experiment', 'testRun');
    const file = join(folder, 'test-ledger.jsonl');
    return ([bytes]) => {
      writeFileSync(file, bytes);
      for (const { run, testAccuracy, look } of readLedger(file).looks) {
        demand(typeof run === 'string' && typeof testAccuracy === 'number' && Number.isInteger(look), `an evaluation of ${typeof run} with ${typeof testAccuracy}`);
      }
    };
  },
};

const metrics = {
  title: 'metrics of runs: for pictures, and to go on from',
  models: (corpus) => ['pictures', 'train'].map((name) => ({ list: readLines(join(corpus, name, 'metrics.jsonl')) })),
  ...linesModel,
  open(folder) {
    const { RunFolder } = dist('experiment', 'runFolder');
    const { readMetrics } = dist('report', 'metrics');
    const file = join(folder, 'run', 'metrics.jsonl');
    mkdirSync(join(folder, 'run'), { recursive: true });
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const step = random.below(30);
      const place = RunFolder.reopen(join(folder, 'run'));
      let kept;
      try {
        if (random.chance(0.5)) kept = place.rewindMetrics(step);
      } finally {
        place.close();
      }
      if (kept !== undefined) demand(kept.events.every((event) => !('step' in event) || event.step <= step), 'events behind the step that a run goes on from');
      const { steps, evaluations, epochs } = readMetrics(file);
      for (const list of [steps, evaluations, epochs]) demand(list.every((event) => Number.isFinite(event.step)), 'an event without a step');
    };
  },
};

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
    const { Classifier } = dist('experiment', 'classifier');
    const { WeightFilm } = dist('experiment', 'weightFilm');
    const file = join(folder, 'weights.film');
    const classifier = Classifier.load(join(corpus, 'pictures', 'checkpoint.safetensors'));
    const { model, normalization } = classifier;
    const frame = 4 + 6 * 16;
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const begun = 1 + random.below(20);
      WeightFilm.open(file, model, normalization, { channels: 1, height: 4, width: 4 }, 18, begun);
      const kept = readFileSync(file);
      const end = kept.indexOf('\n') + 1;
      demand(end > 0 && (kept.length - end) % frame === 0, 'a film that goes on behind a torn frame');
      for (let at = end; at < kept.length; at += frame) demand(kept.readUInt32LE(at) <= begun, 'a film with frames behind the step that it goes on from');
    };
  },
};

const folder = {
  title: 'folders of runs: status, spec, metrics, evaluation, depth.json, search.json, journal, ledger, as runs and the dashboard list them',
  models: (corpus) => {
    const depth = {
      type: 'depth', name: 'depth-1', best: 'depth-1-2-none', test: { run: 'depth-1-2-none', testAccuracy: 0.5, testLoss: 1, look: 1, dataDigest: 'd', testRows: 6, when: '2026-01-01T00:00:00.000Z' },
      results: [{ run: 'depth-1-2-none', depth: 2, norm: 'none', layers: [4, 6, 3], parameters: 51, trainAccuracy: 0.6, valAccuracy: 0.5, seconds: 1 }],
    };
    const values = {
      'bad/spec.json': readJson(join(corpus, 'train', 'spec.json')),
      'bad/evaluation.json': readJson(join(corpus, 'train', 'evaluation.json')),
      'depth-1/depth.json': depth,
      'search/search.json': readJson(join(corpus, 'search', 'search.json')),
    };
    const lists = {
      'bad/metrics.jsonl': readLines(join(corpus, 'train', 'metrics.jsonl')),
      'search/journal.jsonl': readLines(join(corpus, 'search', 'journal.jsonl')),
      'test-ledger.jsonl': readLines(join(corpus, 'test-ledger.jsonl')),
    };
    return [
      ...Object.entries(values).map(([name, value]) => ({ name, value })), ...Object.entries(lists).map(([name, list]) => ({ name, list })),
      { name: 'bad/status.json', value: { state: 'running', pid: 1, since: '2026-01-01T00:00:00.000Z' } },
      { name: 'bad/status.json', value: { state: 'failed', at: '2026-01-01T00:00:00.000Z', code: 'ERR_DIVERGED', message: 'x' } },
    ];
  },
  edit: (random, model) => {
    if (model.list !== undefined) return { ...model, list: editLines(random, model.list, editJson) };
    return { ...model, value: editJson(random, model.value) };
  },
  encode: ({ name, value, list }) => [list === undefined ? Buffer.from(toJson(value)) : linesBytes(list), Buffer.from(name)],
  open(place, corpus) {
    const { runsCommand } = dist('cli', 'runs');
    const { RunCatalogue } = dist('dashboard', 'catalogue');
    const runs = join(place, 'runs');
    for (const name of ['good', 'bad']) cpSync(join(corpus, 'train'), join(runs, name), { recursive: true });
    cpSync(join(corpus, 'search'), join(runs, 'search'), { recursive: true });
    for (const name of readdirSync(join(runs, 'search'))) if (name.startsWith('trial-')) rmSync(join(runs, 'search', name), { recursive: true });
    writeFileSync(join(runs, 'test-ledger.jsonl'), '');
    mkdirSync(join(runs, 'depth-1'));
    const real = process.stdout.write;
    return async ([bytes, path], random) => {
      const name = path.toString();
      const file = join(runs, name);
      const before = existsSync(file) ? readFileSync(file) : undefined;
      writeFileSync(file, bytes);
      let text = '';
      process.stdout.write = (part) => { text += part; return true; };
      try {
        const asJson = random.chance(0.5);
        demand(await runsCommand.run(['--runs', runs, ...(asJson ? ['--json'] : [])]) === 0, 'a list that fails');
        process.stdout.write = real;
        if (asJson) JSON.parse(text);
        // eslint-disable-next-line no-control-regex -- exactly these must not be there
        else demand(!/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(text), 'control characters on the terminal');
        demand(text.includes('good'), 'a list without the good run');
        for (const entry of new RunCatalogue(runs).list()) {
          if (entry.kind !== 'run') continue;
          const isNumber = (value) => value === null || typeof value === 'number';
          const isText = (value) => value === null || typeof value === 'string';
          demand(isNumber(entry.step) && isNumber(entry.steps) && isNumber(entry.valAccuracy) && isText(entry.startedAt) && typeof entry.state === 'string', 'a run whose facts have other types');
        }
      } finally {
        process.stdout.write = real;
        if (before === undefined) rmSync(file);
        else writeFileSync(file, before);
      }
    };
  },
};

const report = {
  title: 'the folder of a run as its report reads it: spec and evaluation',
  models: (corpus) => ['spec.json', 'evaluation.json'].map((name) => ({ name, value: readJson(join(corpus, 'train', name)) })),
  edit: (random, model) => ({ ...model, value: editJson(random, model.value) }),
  encode: ({ name, value }) => [Buffer.from(toJson(value)), Buffer.from(name)],
  open(place, corpus) {
    const { accountOf } = dist('experiment', 'account');
    const run = join(place, 'run');
    cpSync(join(corpus, 'train'), run, { recursive: true });
    return ([bytes, path]) => {
      const file = join(run, path.toString());
      const before = readFileSync(file);
      writeFileSync(file, bytes);
      try {
        accountOf(run);
      } finally {
        writeFileSync(file, before);
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

module.exports = { checkpoint, spec, searchSpec, journal, ledger, metrics, film, folder, report, bench };
