import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal } from '../../lib/search/journal';
import { OptunaFile } from '../../lib/search/optuna/file';
import { OptunaStudy } from '../../lib/search/optuna/study';
import type { JournalEntry } from '../../lib/search/records';
import { resumeSearch, search } from '../../lib/search/search';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { tinyData } from '../support/data/tinyData';
import { listen, searchHead as head, tinySearch } from '../support/data/tinySearch';

const runs = temporaryFolder();
const data = tinyData();
const python = process.env['BLASTRAIN_PYTHON'];
const hasOptuna = python !== undefined && spawnSync(python, ['-c', 'import optuna']).status === 0;
let count = 0;

const fileOf = (name: string): string => join(runs, name, 'optuna.log');
const studyOf = (name: string): string => {
  const { head: first, entries } = readJournal(join(runs, name));
  return OptunaStudy.of(first, entries).lines.join('');
};

interface OptunaTrial {
  readonly number: number;
  readonly state: string;
  readonly value: number | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly intermediate: readonly (readonly [number, number])[];
  readonly distributions: Readonly<Record<string, string>>;
  readonly attributes: { readonly runs: readonly string[]; readonly worker?: string };
}
interface Read {
  readonly direction: string;
  readonly metrics: readonly string[];
  readonly best: number | null;
  readonly trials: readonly OptunaTrial[];
  readonly dashboard: { readonly studies: readonly string[]; readonly states: readonly string[]; readonly intermediate: readonly number[] } | null;
}

function readByOptuna(name: string): Read {
  const { status, stdout, stderr } = spawnSync(python!, [join(root, '__tests__', 'support', 'optunaStudy.py'), fileOf(name), name], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Read;
}

const space = {
  learningRate: { type: 'log-uniform', low: 1e-3, high: 0.3 },
  optimizer: { type: 'choice', values: ['sgd', 'adam'] },
  momentum: { type: 'uniform', low: 0, high: 0.9, when: { optimizer: ['sgd'] } },
  batchSize: { type: 'choice', values: [10, 15] },
  layers: { type: 'choice', values: [[12, 8, 3], [12, 4, 4, 3]] },
};

(hasOptuna ? test : test.skip)(`Optuna and its dashboard read a search while it runs, and all of it at the end${hasOptuna ? '' : ' (BLASTRAIN_PYTHON names no Python with Optuna)'}`, async () => {
  const spec = tinySearch({ trials: 14, set: { momentum: 0, threads: 1 }, space });
  let during: Read | undefined;
  const part = (hear?: () => void) => listen(search(spec, { runs, name: 'read', data, workers: 1, shared: true }), (event) => { if (event.type === 'unit' && event.trial >= 6) hear?.(); });
  await Promise.all([part(() => { during ??= readByOptuna('read'); }), part()]);
  expect(during!.trials.map(({ state }) => state)).toContain('RUNNING');
  const now = readByOptuna('read');
  expect(now).toMatchObject({ direction: 'MAXIMIZE', metrics: ['accuracy'] });
  const { entries } = readJournal(join(runs, 'read'));
  const last = (trial: number) => entries.findLast((entry) => entry.type === 'decision' && entry.trial === trial) as Extract<JournalEntry, { type: 'decision' }>;
  const trials = entries.flatMap((entry) => (entry.type === 'trial' ? [entry] : []));
  expect(now.trials).toHaveLength(14);
  for (const [i, { assignment, runs: names }] of trials.entries()) {
    const { what, score } = last(i);
    const evaluations = entries.flatMap((entry) => (entry.type === 'unit' && entry.trial === i ? entry.curve! : []));
    const { layers, ...others } = assignment;
    expect(now.trials[i]).toMatchObject({
      number: i, state: what === 'finished' ? 'COMPLETE' : 'PRUNED', value: score, params: { ...others, layers: JSON.stringify(layers) }, intermediate: evaluations, attributes: { runs: names },
    });
    expect(evaluations.map(([step]) => step)).toEqual(Array.from({ length: evaluations.length }, (_, k) => 3 * (k + 1)));
    expect(Object.keys(now.trials[i]!.params).sort()).toEqual(Object.keys(assignment).sort());
  }
  expect(now.trials[0]!.distributions['learningRate']).toBe('FloatDistribution(high=0.3, log=True, low=0.001, step=None)');
  expect(now.trials[now.best!]!.value).toBe(Math.max(...now.trials.filter(({ state }) => state === 'COMPLETE').map(({ value }) => value!)));
  for (const read of [during!, now]) {
    if (read.dashboard === null) continue; // optuna-dashboard is not installed
    expect(read.dashboard.studies).toEqual(['read']);
    expect(read.dashboard.states.map((state) => state.toUpperCase())).toEqual(read.trials.map(({ state }) => state));
    expect(read.dashboard.intermediate).toEqual(read.trials.map(({ intermediate }) => intermediate.length));
  }
}, 60_000);

test('the file of a search follows from its journal, with one owner too, and is made where it is missing', async () => {
  await listen(search(tinySearch({ trials: 5 }), { runs, name: 'follows', data, workers: 2 }));
  expect(readFileSync(fileOf('follows'), 'utf8')).toBe(studyOf('follows'));
  writeFileSync(fileOf('follows'), '');
  await listen(resumeSearch(join(runs, 'follows'), { data, trials: 7 }));
  expect(readFileSync(fileOf('follows'), 'utf8')).toBe(studyOf('follows'));
});

describe('the file is made good', () => {
  const entries: readonly JournalEntry[] = [
    { elapsed: 0.5, type: 'trial', trial: 0, assignment: { learningRate: 0.01, width1: 7 }, runs: ['s/trial-000'], steps: [3, 9, 27] },
    { elapsed: 0.6, type: 'begun', trial: 0, rung: 0, replicate: 0, host: 'höst', pid: 7 },
    { elapsed: 1.25, type: 'unit', trial: 0, rung: 0, replicate: 0, score: 0.5, step: 3, seconds: 0.65, curve: [[3, 0.5]] },
    { elapsed: 1.5, type: 'decision', trial: 0, what: 'pruned', rung: 0, score: 0.5 },
    { elapsed: 1.6, type: 'ended' },
  ];
  const whole = OptunaStudy.of(head, entries).lines.join('');
  /** What becomes of a file. */
  function completed(before: string | Uint8Array): string {
    const folder = join(runs, `made${String(++count)}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'optuna.log'), before);
    const file = new OptunaFile(folder);
    file.take(head, [], entries);
    file.complete();
    return readFileSync(join(folder, 'optuna.log'), 'utf8');
  }

  test('wherever it was cut', () => {
    const bytes = Buffer.from(whole, 'utf8');
    for (let length = 0; length <= bytes.length; length += 7) expect(completed(bytes.subarray(0, length))).toBe(whole);
  });

  const note = '{"op_code":3,"worker_id":"dashboard","study_id":0,"system_attr":{"dashboard:note":"n"}}\n';
  const lines = whole.split(/(?<=\n)/);
  test.each<[string, string, string]>([
    ['a note of the dashboard stays', lines.slice(0, 5).join('') + note + lines.slice(5, 7).join(''), lines.slice(0, 5).join('') + note + lines.slice(5).join('')],
    ['a line that is not the journal\'s goes, and a note stays', lines.slice(0, 5).join('') + note + lines[4]!, whole + note],
    ['damage in the middle goes', `${lines.slice(0, 5).join('')}{"op\n${lines.slice(5).join('')}`, whole],
    ['more than the journal has goes', whole + lines.at(-1)!, whole],
  ])('%s', (_, before, after) => {
    expect(completed(before)).toBe(after);
  });

  test('while it is written, when a trial that had been pruned by the end of the search is promoted after all', () => {
    const folder = join(runs, 'promoted');
    mkdirSync(folder);
    const file = new OptunaFile(folder);
    const all: JournalEntry[] = [];
    file.take(head, [], all);
    file.complete();
    const promotion: JournalEntry = { elapsed: 3, type: 'decision', trial: 0, what: 'promoted', rung: 0, score: 0.5 };
    for (const entry of [...entries, { elapsed: 2, type: 'resume', at: '2026-01-02T00:00:00.000Z', workers: 1, threads: 1, trials: 20, budget: null } as const, promotion]) {
      all.push(entry);
      file.append(head, entry, all);
    }
    const text = readFileSync(join(folder, 'optuna.log'), 'utf8');
    expect(text).toBe(OptunaStudy.of(head, all).lines.join(''));
    expect(whole).toContain('"op_code":6');
    expect(text).not.toContain('"op_code":6');
  });
});

test.each<[string, Partial<Extract<JournalEntry, { type: 'decision' }>>, object]>([
  ['finished', { what: 'finished', score: 0.75 }, { state: 1, values: [0.75] }],
  ['finished with a score that is no number', { what: 'finished', score: NaN }, { state: 3, values: null }],
  ['failed', { what: 'failed', reason: { code: 'ERR_DIVERGED', message: 'm' } }, { state: 3, values: null }],
])('a trial that %s has its state for good', (_, decision, expected) => {
  const study = new OptunaStudy({ ...head, spec: tinySearch({ pruner: 'none', seeds: 2 }) });
  study.add({ elapsed: 0, type: 'trial', trial: 0, assignment: { learningRate: 0.01, width1: 7 }, runs: ['s/trial-000-seed0', 's/trial-000-seed1'], steps: [6] });
  for (const [replicate, scores] of [[0.25, 0.5], [0.75, 1]].entries()) {
    study.add({ elapsed: 1, type: 'unit', trial: 0, rung: 0, replicate, score: scores[1]!, step: 6, seconds: 1, curve: [[3, scores[0]!], [6, scores[1]!]] });
  }
  study.add({ elapsed: 60, type: 'decision', trial: 0, what: 'finished', rung: 0, ...decision });
  study.add({ elapsed: 61, type: 'ended' });
  const lines = study.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ op_code: code }) => code === 7).map(({ step, intermediate_value: value }) => [step, value])).toEqual([[3, 0.5], [6, 0.75]]);
  expect(lines.filter(({ op_code: code }) => code === 6)).toEqual([expect.objectContaining({ trial_id: 0, datetime_complete: '2026-01-01T00:01:00.000+00:00', ...expected })]);
});
