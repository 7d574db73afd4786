'use strict';

/* Readers of files that grow by lines: journal, ledger and metrics; their models are those of real runs. */

const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const { demand, dist, linesModel, readLines } = require('./shared');

const journal = {
  title: 'journals of searches',
  // The first trials of each are enough: later ones are similar.
  models: (corpus) => ['search', 'grid'].map((name) => ({ list: readLines(join(corpus, name, 'journal.jsonl')).slice(0, 12) })),
  ...linesModel,
  open(folder) {
    const { Journal, readJournal } = dist('search', 'journal');
    const { halvingOf, rungShares } = dist('search', 'asha');
    const { SearchState } = dist('search', 'state');
    const { makeSampler } = dist('search', 'samplers');
    const { searchFigureData } = dist('report', 'search', 'figureData');
    const file = join(folder, 'journal.jsonl');
    return ([bytes], random, isThorough) => {
      writeFileSync(file, bytes);
      const contents = readJournal(folder);
      if (isThorough) {
        const again = Journal.reopen(folder, { check: () => undefined });
        again.close();
        demand(isDeepStrictEqual(again.contents.entries, contents.entries), 'a journal that reads otherwise when it is gone on with');
        demand(isDeepStrictEqual(readJournal(folder).entries, contents.entries), 'a journal that reads otherwise the next time');
      }
      const state = new SearchState(rungShares(halvingOf(contents.head.spec)));
      for (const entry of contents.entries) state.apply(entry);
      state.trials.forEach(({ trial }, i) => { demand(trial === i, `trial ${trial} in place of ${i}`); });
      state.standings();
      state.ranking();
      makeSampler(contents.head.spec).propose(state.trials.length, state.observations());
      searchFigureData(contents);
    };
  },
};

const ledger = {
  title: 'ledgers of test evaluations',
  models: (corpus) => [{ list: [...readLines(join(corpus, 'test-ledger.jsonl')), { ...readLines(join(corpus, 'test-ledger.jsonl'))[0], look: 2 }] }],
  ...linesModel,
  open(folder) {
    const { readLedger } = dist('inference', 'ledger');
    const file = join(folder, 'test-ledger.jsonl');
    return ([bytes]) => {
      writeFileSync(file, bytes);
      for (const { run, testLoss, look } of readLedger(file).testEvaluations) {
        demand(typeof run === 'string' && typeof testLoss === 'number' && Number.isInteger(look), `an evaluation of ${typeof run} with ${typeof testLoss}`);
      }
    };
  },
};

const metrics = {
  title: 'metrics of runs: for pictures, and to go on from',
  models: (corpus) => ['pictures', 'train'].map((name) => {
    const list = readLines(join(corpus, name, 'metrics.jsonl'));
    return { list: [...list.slice(0, 8), ...list.slice(-4)] };
  }),
  ...linesModel,
  open(folder) {
    const { RunFolder } = dist('runFolder', 'runFolder');
    const { readRunHistory } = dist('history', 'readRunHistory');
    const file = join(folder, 'run', 'metrics.jsonl');
    mkdirSync(join(folder, 'run'), { recursive: true });
    return ([bytes], random, isThorough) => {
      writeFileSync(file, bytes);
      const step = random.below(30);
      let kept;
      if (isThorough) {
        const place = RunFolder.reopen(join(folder, 'run'));
        try {
          kept = place.rewindMetrics(step);
        } finally {
          place.close();
        }
      }
      if (kept !== undefined) demand(kept.events.every((event) => !('step' in event) || event.step <= step), 'events behind the step that a run goes on from');
      const { steps, evaluations, epochs } = readRunHistory(file);
      for (const list of [steps, evaluations, epochs]) demand(list.every((event) => Number.isFinite(event.step)), 'an event without a step');
    };
  },
};

module.exports = { journal, ledger, metrics };
