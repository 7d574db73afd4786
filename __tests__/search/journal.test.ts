import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Journal, readJournal } from '../../lib/search/journal';
import type { JournalEntry, SearchHead } from '../../lib/search/journal';
import { temporaryFolder } from '../support/folder';
import { tinySearch } from '../support/tinySearch';

const root = temporaryFolder();
let count = 0;
const head: SearchHead = {
  type: 'search', name: 's', startedAt: '2026-01-01T00:00:00.000Z', version: '1.0.0', spec: tinySearch(), data: 'tiny', dataDigest: 'd'.repeat(64),
  workers: 2, threads: 1, trials: 9, budget: null,
};
const entries: readonly JournalEntry[] = [
  { elapsed: 0.5, type: 'trial', trial: 0, assignment: { width1: 7 }, runs: ['s/trial-000'], steps: [3, 9, 27] },
  { elapsed: 0.6, type: 'begun', trial: 0, rung: 0, replicate: 0 },
  { elapsed: 1.25, type: 'unit', trial: 0, rung: 0, replicate: 0, score: 0.5, step: 3, seconds: 0.65 },
];

function journal(): { folder: string; file: string } {
  const folder = join(root, `s${String(++count)}`);
  mkdirSync(folder);
  const written = Journal.create(folder);
  written.append({ elapsed: 0, ...head });
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
    const { journal: reopened, contents } = Journal.reopen(folder);
    const left = ends.filter((end) => end <= length).length - 1;
    expect(contents.entries).toEqual(entries.slice(0, left));
    reopened.append(entries[2]!);
    reopened.close();
    expect(readJournal(folder).entries).toEqual([...entries.slice(0, left), entries[2]]);
  }
});

test('a line of zeros at the end, as some file systems leave it, is torn too', () => {
  const { folder, file } = journal();
  appendFileSync(file, Buffer.alloc(80));
  expect(readJournal(folder).entries).toEqual(entries);
});

test('the limits are those of the last start', () => {
  const { folder } = journal();
  const { journal: reopened } = Journal.reopen(folder);
  reopened.append({ elapsed: 2, type: 'resume', at: '2026-01-02T00:00:00.000Z', workers: 1, threads: 2, trials: 20, budget: 60 });
  reopened.close();
  expect(readJournal(folder).limits).toEqual({ workers: 1, threads: 2, trials: 20, budget: 60 });
});

test.each([
  ['damage before the last line', (text: string) => text.replace('"begun"', '"begun'), 'ERR_CHECKPOINT'],
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
  expect(() => Journal.create(folder)).toThrow(expect.objectContaining({ code: 'ERR_IO' }) as Error);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(() => Journal.create(join(root, 'nowhere'))).toThrow(expect.objectContaining({ code: 'ERR_IO' }) as Error);
});
