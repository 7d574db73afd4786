import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCsv, loadJsonLines, loadParquet, train } from '../../lib/index';
import type { CsvOptions, TrainEvent, TrainSpec } from '../../lib/index';
import { blocksOf } from '../../lib/data/blocks';
import { FileRows } from '../../lib/data/columns/fileRows';
import { TextReader } from '../../lib/data/csv/textReader';
import { CellReader } from '../../lib/data/csv/cells';
import type { Dataset, LoadedRows, StoredDataset } from '../../lib/data/dataset';
import { fitColumns } from '../../lib/data/columns/encoding';
import { packSplits, unpackSplits } from '../../lib/data/packed';
import { packageRoot } from '../../lib/files';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const rowFolder = join(folder, 'rows');
mkdirSync(rowFolder);
process.env.TMPDIR = rowFolder;

/** Numbers, categories, truths, dates, texts in quotes and missing cells; groups, parts and weights. */
const rows = Array.from({ length: 240 }, (_, i) => ({
  age: i % 11 === 0 ? null : (i * 37) % 90, income: i % 7 === 0 ? null : ((i * 7919) % 1000) / 8, city: i % 13 === 0 ? null : ['Bern', 'Zürich', 'Genf, GE', 'x "y"'][i % 4]!,
  member: i % 3 === 0, joined: `20${String(10 + (i % 15))}-0${String(1 + (i % 9))}-1${String(i % 10)}`, id: `name ${String(i)}`, group: `g${String(i % 30)}`,
  part: ['train', 'train', 'train', 'val', 'test'][i % 5]!, weight: 1 + (i % 3), kind: ['a', 'b', 'c'][(i * 5) % 3]!, price: ((i * 31) % 100) / 4,
}));
const names = Object.keys(rows[0]!) as (keyof (typeof rows)[number])[];
const cell = (value: string | number | boolean | null): string => (value === null ? '' : /[",]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
const csv = join(folder, 'people.csv');
writeFileSync(csv, `${[names.join(), ...rows.map((row) => names.map((name) => cell(row[name])).join())].join('\r\n')}\r\n`);
const jsonl = join(folder, 'people.jsonl');
writeFileSync(jsonl, rows.map((row) => JSON.stringify(row)).join('\n'));
const parquet = join(__dirname, '..', 'golden', 'tables', 'snappy.parquet');

const plain = (rowsOf: Dataset | StoredDataset): unknown => {
  const { order: _, stored: __, chunkRows: ___, features: ____, ...facts } = { order: undefined, stored: undefined, chunkRows: undefined, features: undefined, ...rowsOf };
  const values: number[] = [];
  for (const { features } of blocksOf(rowsOf, 7)) values.push(...features);
  return { ...facts, values };
};

const base = { columns: { weight: 'ignore', part: 'ignore', group: 'ignore' } } as const;
test.each<[string, (file: { chunkRows?: number }) => LoadedRows]>([
  ['classes of a .csv', (more) => loadCsv(csv, { ...base, target: 'kind', stratify: true, ...more })],
  ['numbers of a .csv', (more) => loadCsv(csv, { ...base, target: 'price', numericTargets: true, ...more })],
  ['several targets and weights', (more) => loadCsv(csv, { target: ['price', 'age'].slice(0, 1), numericTargets: true, weightColumn: 'weight', ...more })],
  ['groups', (more) => loadCsv(csv, { target: 'kind', groupColumn: 'group', splitSeed: 3, ...more })],
  ['parts that rows say', (more) => loadCsv(csv, { target: 'kind', splitColumn: 'part', ...more })],
  ['times', (more) => loadCsv(csv, { target: 'kind', timeColumn: 'joined', columns: { joined: 'ignore' }, ...more })],
  ['classes of JSON lines', (more) => loadJsonLines(jsonl, { ...base, target: 'kind', ...more })],
  ['numbers of JSON lines', (more) => loadJsonLines(jsonl, { ...base, target: 'price', numericTargets: true, weightColumn: 'weight', columns: {}, ...more })],
  ['a Parquet file', (more) => loadParquet(parquet, { sizes: { validation: 1, test: 1 }, ...more })],
])('rows that stay on disk are those in memory: %s', (_, load) => {
  const [stored, inMemory] = [load({ chunkRows: 16 }), load({})];
  expect('stored' in stored.train).toBe(true);
  for (const split of ['train', 'validation', 'test'] as const) expect(plain(stored[split])).toEqual(plain(inMemory[split]));
  expect(stored.origin).toEqual(inMemory.origin);
  for (const kind of ['standardize', 'robust', 'quantile']) {
    expect(fitColumns({ kind, oneHot: 2 }, stored.train)).toEqual(fitColumns({ kind, oneHot: 2 }, inMemory.train));
  }
  const crossed = unpackSplits(structuredClone(packSplits(stored)));
  expect(plain(crossed.train)).toEqual(plain(stored.train));
});

test.each<[string, Partial<TrainSpec>, Partial<TrainSpec>]>([
  ['classes', { target: 'kind', columns: { price: 'ignore' } }, {}],
  ['numbers with weights', { target: 'price', weightColumn: 'weight', columns: { kind: 'ignore' } }, { loss: 'mse', targetScaling: 'standardize' }],
])('rows that stay on disk train alike from their file and from another thread: %s', async (_, ofData, ofTraining) => {
  const spec: Partial<TrainSpec> = { hidden: [8], epochs: 3, batchSize: 16, ...ofTraining };
  const data = loadCsv(csv, { ...(ofData as CsvOptions), chunkRows: 64, numericTargets: ofTraining.loss !== undefined });
  const results = await Promise.all([train({ ...spec, ...ofData, chunkRows: 64, data: 'csv', dataFile: csv }), train(spec, { data })].map(async (run) => {
    let last: TrainEvent | undefined;
    for await (const event of run) last = event;
    const { valLoss } = last as Extract<TrainEvent, { type: 'result' }>;
    const model = await run.model;
    const [one] = model.predict([rows[5]!]);
    return { valLoss, one };
  }));
  expect(results[0]).toEqual(results[1]);
  expect(results[0]!.valLoss).toBeGreaterThan(0);
});

describe('a text in parts', () => {
  const read = (file: string, size: number, encoding?: 'utf-8' | 'utf-16le'): [number, string[]][] => {
    const reader = new CellReader(new TextReader(file, encoding, size), 0x2c);
    const all: [number, string[]][] = [];
    while (reader.next()) all.push([reader.line, reader.texts()]);
    return all;
  };
  const text = '\uFEFFa,"b\r\nc""d",é€😀\r\n\r\n,,\r"","",""\nlong cell,"two\n\nlines",x\r\nz,"",""""';
  const right = [[1, ['a', 'b\r\nc"d', 'é€😀']], [4, ['', '', '']], [5, ['', '', '']], [6, ['long cell', 'two\n\nlines', 'x']], [9, ['z', '', '"']]];

  test.each([2, 4, 6, 8, 10, 14, 20, 30, 2 ** 20])('of %d bytes has the same cells in the same lines', (size) => {
    const file = join(folder, `parts-${String(size)}.csv`);
    writeFileSync(file, text);
    expect(read(file, size)).toEqual(right);
    writeFileSync(file, text, 'utf16le');
    expect(read(file, size)).toEqual(right);
    expect(read(file, size, 'utf-16le')).toEqual(right);
  });

  test.each<[string, Buffer, RegExp]>([
    ['an invalid byte', Buffer.from('a,b\n1,2\r\n3,\xff\n', 'latin1'), /the byte 0xff at byte 11 \(line 3\)/],
    ['a character cut at the end', Buffer.from('a,b\n1,2\r\n3,é').subarray(0, 12), /the byte 0xc3 at byte 11 \(line 3\)/],
    ['a NUL', Buffer.from('a,b\n1,2\r\n3,\0\n'), /a NUL at byte 11 \(line 3\)/],
    ['a quote that is never closed', Buffer.from('a,b\n1,2\r\n3,"x\ny'), /line 3 but received a quote that is never closed/],
  ])('that has %s is refused as in one', (_, bytes, message) => {
    const file = join(folder, 'bad.csv');
    writeFileSync(file, bytes);
    for (const size of [2, 4, 10, 2 ** 20]) expect(() => read(file, size)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) as string }));
  });
});

describe('the temporary file', () => {
  test('is gone after a failure, after the process, and with whoever comes next', () => {
    const before = readdirSync(rowFolder);
    writeFileSync(join(folder, 'bad.csv'), 'a,b,y\n1,2,u\n1,?x,v\n3,4,\n');
    expect(() => loadCsv(join(folder, 'bad.csv'), { chunkRows: 8 })).toThrow(/name of a class/);
    expect(() => loadCsv(csv, { target: 'kind', splitColumn: 'city', chunkRows: 8 })).toThrow(/train, validation or test/);
    expect(readdirSync(rowFolder)).toEqual(before);
    const script = (end: string): string => `require(${JSON.stringify(join(packageRoot, 'dist'))}).loadCsv(${JSON.stringify(csv)}, { target: 'kind', chunkRows: 8 });
      console.log(require('node:fs').readdirSync(${JSON.stringify(join(folder, 'others'))}).length); ${end}`;
    mkdirSync(join(folder, 'others'));
    const run = (end: string): string => {
      try {
        return execFileSync(process.execPath, ['-e', script(end)], { encoding: 'utf8', env: { ...process.env, TMPDIR: join(folder, 'others') } });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(run('')).toBe('1\n');
    expect(readdirSync(join(folder, 'others'))).toEqual([]);
    run('process.kill(process.pid, "SIGKILL")');
    expect(readdirSync(join(folder, 'others'))).toHaveLength(1);
    expect(run('')).toBe('1\n');
    expect(readdirSync(join(folder, 'others'))).toEqual([]);
  });

  test.each(['/nowhere/at/all'])('that cannot be made is ERR_IO in a sentence', (place) => {
    const old = process.env.TMPDIR;
    process.env.TMPDIR = place;
    try {
      expect(() => new FileRows(2)).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringMatching(/^Expected .* no such file or folder$/) as string }));
    } finally {
      process.env.TMPDIR = old;
    }
  });

  (existsSync('/dev/full') ? test : test.skip)('on a full disk is ERR_IO in a sentence', () => {
    const full = new FileRows(1);
    Object.assign(full, { descriptor: openSync('/dev/full', 'r+') });
    expect(() => {
      for (let i = 0; i < 200_000; i++) full.next();
    }).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringMatching(/no space left on the device$/) as string }));
  });
});
