import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal, readJournal } from '../../lib/search/journal';
import type { JournalEntry } from '../../lib/search/records';
import { temporaryFolder } from '../support/folder';
import { searchHead as head, tinySearch } from '../support/data/tinySearch';

const root = temporaryFolder();
/** Nobody takes these folders away. */
const owner = { check: (): void => undefined };
let count = 0;
const entries: readonly JournalEntry[] = [
  { elapsed: 0.5, type: 'trial', trial: 0, assignment: { width1: 7 }, runs: ['s/trial-000'], steps: [3, 9, 27] },
  { elapsed: 0.6, type: 'begun', trial: 0, rung: 0, replicate: 0 },
  { elapsed: 1.25, type: 'unit', trial: 0, rung: 0, replicate: 0, score: 0.5, step: 3, seconds: 0.65 },
];

function journal(): { folder: string; file: string } {
  const folder = join(root, `s${String(++count)}`);
  mkdirSync(folder);
  const written = Journal.create(folder, head, owner);
  for (const entry of entries) written.append(entry);
  written.close();
  return { folder, file: join(folder, 'journal.jsonl') };
}

test('what is appended can be read', () => {
  const { folder } = journal();
  const contents = readJournal(folder);
  expect(contents.head).toMatchObject(head);
  expect(contents.entries).toEqual(entries);
  expect(contents.limits).toEqual({ workers: 2, threads: 1, trials: 9, budget: null });
  expect(contents.elapsed).toBe(1.25);
});

test('a journal cut anywhere behind its first line loses the torn line alone, and can be gone on with', () => {
  const { file } = journal();
  const whole = readFileSync(file);
  const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
  for (let length = ends[0]!; length <= whole.length; length++) {
    const folder = join(root, `cut${String(length)}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'journal.jsonl'), whole.subarray(0, length));
    const reopened = Journal.reopen(folder, owner);
    const left = ends.filter((end) => end <= length).length - 1;
    expect(reopened.contents.entries).toEqual(entries.slice(0, left));
    const next: JournalEntry = { elapsed: 2, type: 'resume', at: '2026-01-02T00:00:00.000Z', workers: 1, threads: 2, trials: 20, budget: 60 };
    reopened.append(next);
    reopened.close();
    expect(readJournal(folder).entries).toEqual([...entries.slice(0, left), next]);
  }
});

test('a line of zeros at the end, as some file systems leave it, is torn too', () => {
  const { folder, file } = journal();
  appendFileSync(file, Buffer.alloc(80));
  expect(readJournal(folder).entries).toEqual(entries);
});

test('the limits are those of the last start', () => {
  const { folder } = journal();
  const reopened = Journal.reopen(folder, owner);
  reopened.append({ elapsed: 2, type: 'resume', at: '2026-01-02T00:00:00.000Z', workers: 1, threads: 2, trials: 20, budget: 60 });
  reopened.close();
  expect(readJournal(folder).limits).toEqual({ workers: 1, threads: 2, trials: 20, budget: 60 });
});

test.each([
  ['damage in its first line', (text: string) => text.replace('"search"', '"search'), 'ERR_CHECKPOINT'],
  ['another shape of it', (text: string) => text.replace('"eta":3', '"eta":1'), 'ERR_CHECKPOINT'],
  ['another beginning', (text: string) => text.slice(text.indexOf('\n') + 1), 'ERR_CHECKPOINT'],
  ['nothing', () => '', 'ERR_CHECKPOINT'],
])('refuses a journal with %s', (_, change, code) => {
  const { folder, file } = journal();
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  expect(() => readJournal(folder)).toThrow(expect.objectContaining({ code }) as Error);
});

test('a folder without a journal is no search', () => {
  expect(() => readJournal(root)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }) as Error);
});

test('a journal that cannot be made is ERR_IO, and one that is there stays', () => {
  const { folder, file } = journal();
  const before = readFileSync(file, 'utf8');
  expect(() => Journal.create(folder, head, owner)).toThrow(expect.objectContaining({ code: 'ERR_IO' }) as Error);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(() => Journal.create(join(root, 'nowhere'), head, owner)).toThrow(expect.objectContaining({ code: 'ERR_IO' }) as Error);
});

describe('a line that does not fit is named, and left out', () => {
  const trial = { elapsed: 0.5, type: 'trial', trial: 0, assignment: { width1: 7 }, runs: ['s/trial-000'], steps: [3, 9, 27] };
  const unit = { elapsed: 1, type: 'unit', trial: 0, rung: 0, replicate: 0, score: 0.5, step: 3, seconds: 1 };
  const decision = { elapsed: 1, type: 'decision', trial: 0, what: 'pruned', rung: 0, score: 0.5 };
  const next = { ...trial, trial: 1, runs: ['s/trial-001'] };

  test.each<[string, readonly unknown[], RegExp]>([
    ['no JSON', ['{"type":'], /valid JSON for line 3 /],
    ['another type', [{ elapsed: 1, type: 'unknown' }], /one of search, resume, .* for type in line 3 .* 'unknown'/],
    ['a number that is a text', [{ ...unit, score: '1' }], /a number or null for score in line 3 /],
    ['a second start', [{ elapsed: 1, ...head }], /a single start of the search for line 3 .* a second one/],
    ['a repeated trial', [trial], /trial 1 for line 3 of .* but received trial 0/],
    ['a skipped trial', [{ ...next, trial: 2 }], /trial 1 for line 3 of .* but received trial 2/],
    ['too many runs', [{ ...next, runs: ['s/trial-001', 's/trial-002'] }], /1 runs for line 3 .* 2/],
    ['a run elsewhere', [{ ...next, runs: ['../../trial-001'] }], /a run of its own for each replicate for line 3 /],
    ['other rungs', [{ ...next, steps: [3] }], /3 steps at which rungs end for line 3 /],
    ['an unknown parameter', [{ ...next, assignment: { depth: 3 } }], /parameters of the space for line 3 .* depth/],
    ['a value out of its range', [{ ...next, assignment: { width1: 1e9 } }], /a value that width1 can have for line 3 .* 1000000000/],
    ['a unit of no trial', [{ ...unit, trial: 7 }], /a trial that was proposed for line 3 .* trial 7/],
    ['a unit of another rung', [{ ...unit, rung: 1 }], /rung 0 of trial 0 for line 3 .* rung 1/],
    ['a replicate that is none', [{ ...unit, replicate: 3 }], /one of 1 replicates for line 3 .* 3/],
    ['a repeated unit', [unit, unit], /each replicate of a rung once for line 4 /],
    ['a decision before its scores', [decision], /scores of all replicates of trial 0 before a decision for line 3 .* pruned/],
    ['a repeated decision', [unit, decision, decision], /a decision that was to be made for line 5 .* pruned/],
    ['a failure without a reason', [{ elapsed: 1, type: 'decision', trial: 0, what: 'failed', rung: 0 }], /a reason for line 3 /],
    ['a drop of no trial', [{ elapsed: 1, type: 'dropped', trial: 9 }], /a trial that was proposed for line 3 /],
  ])('%s', (_, lines, message) => {
    const folder = join(root, `s${String(++count)}`);
    mkdirSync(folder);
    const all = [{ elapsed: 0, ...head }, trial, ...lines, { elapsed: 9, type: 'resume', at: 'then', workers: 1, threads: 1, trials: 9, budget: null }];
    writeFileSync(join(folder, 'journal.jsonl'), all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    const { entries: read, leftOut, elapsed } = readJournal(folder);
    expect(leftOut).toEqual([expect.stringMatching(message)]);
    expect(read).toHaveLength(lines.length + 1);
    expect(elapsed).toBe(9);
  });

  test('what several replicates can say after a failure stays', () => {
    const folder = join(root, `s${String(++count)}`);
    mkdirSync(folder);
    const spec = tinySearch({ seeds: 2 });
    const failed = { elapsed: 1, type: 'decision', trial: 0, what: 'failed', rung: 0, reason: { code: 'ERR_DIVERGED', message: 'm' } };
    const lines = [{ elapsed: 0, ...head, spec }, { ...trial, runs: ['s/trial-000-seed0', 's/trial-000-seed1'] }, failed, unit, failed];
    writeFileSync(join(folder, 'journal.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(readJournal(folder)).toMatchObject({ leftOut: [], entries: lines.slice(1) });
  });
});
