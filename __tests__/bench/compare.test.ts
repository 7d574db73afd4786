import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareReports, readBenchReport } from '../../lib/bench/compare';
import type { BenchReport } from '../../lib/bench/report';
import { summarise } from '../../lib/bench/timing';
import { benchMarkdown, benchTable, benchVerdicts, comparisonText } from '../../lib/report/bench';
import { benchSvg } from '../../lib/report/benchChart';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

/** A report of steps with these samples, in milliseconds, by contender. */
function report(times: Readonly<Record<string, readonly number[]>>, changes: Partial<BenchReport> = {}): BenchReport {
  return {
    type: 'bench', version: 1, benchmark: 'step', at: '2026-01-02T03:04:05Z',
    machine: { cpu: 'abacus', cores: 2, platform: 'wood', node: '20', threads: 2, openblas: 'OpenBLAS 0.3.21 x', openblasCore: 'Haswell' },
    load: { before: 0, after: 0, others: 0, quiet: true }, peak: null, notes: ['without somebody'],
    entries: Object.entries(times).map(([who, samples]) => ({
      subject: 'net', case: '2-1', who, time: summarise(samples.map((ms) => ms / 1000)), flops: 1e6, bytes: 0, share: null,
    })),
    ...changes,
  };
}
const busy = { before: 2, after: 2, others: 1.5, quiet: false };

test.each([
  ['within 5 %', [100, 100, 100], [104, 104, 104], 'same'],
  ['beyond', [100, 100, 100], [106, 106, 106], 'slower'],
  ['faster', [100, 100, 100], [90, 90, 90], 'faster'],
  ['within what the samples vary', [90, 100, 110], [100, 115, 120], 'same'],
] as const)('%s: %j, then %j', (_, before, now, verdict) => {
  const { slower, faster, same } = compareReports(report({ native: before }), report({ native: now }));
  expect({ slower: slower.length, faster: faster.length, same }).toEqual({ slower: 0, faster: 0, same: 0, [verdict]: 1 });
});

test('nothing is conclusive when either was measured on a busy machine', () => {
  const comparison = compareReports(report({ native: [1] }, { load: busy }), report({ native: [2] }));
  expect(comparison.conclusive).toBe(false);
  expect(comparisonText(comparison)).toMatch(/slower: net, 2-1, native: 1\.00 ms before, 2\.00 ms now[\s\S]*Inconclusive/);
});

test.each([
  ['another benchmark', report({ native: [1] }, { benchmark: 'kernels' })],
  ['another machine', report({ native: [1] }, { machine: { ...report({}).machine, cpu: 'slide rule' } })],
  ['other threads', report({ native: [1] }, { machine: { ...report({}).machine, threads: 1 } })],
  ['nothing in common', report({ typescript: [1] })],
])('refuses %s', (_, old) => {
  expect(() => compareReports(old, report({ native: [1] }))).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

test.each([
  ['no file', undefined, 'ERR_IO'],
  ['no JSON', 'x', 'ERR_CONFIG'],
  ['another report', '{"type":"depth"}', 'ERR_CONFIG'],
  ['null', 'null', 'ERR_CONFIG'],
  ['a machine of another shape', JSON.stringify(report({}, { machine: null } as never)), 'ERR_CONFIG'],
  ['an entry without a time', JSON.stringify({ ...report({ native: [1] }), entries: [{ subject: 'net', case: '', who: 'native' }] }), 'ERR_CONFIG'],
  ['a time of nothing', JSON.stringify(report({ native: [0] })), 'ERR_CONFIG'],
])('does not read %s', (name, content, code) => {
  const file = join(folder, `${name}.json`);
  if (content !== undefined) writeFileSync(file, content);
  expect(() => readBenchReport(file)).toThrow(expect.objectContaining({ code }));
});

test('reads what was written', () => {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(report({ native: [1] })));
  expect(readBenchReport(file)).toEqual(report({ native: [1] }));
});

test('a table with ratios to the first, and sentences', () => {
  const steps = report({ native: [1], typescript: [20], 'products in C': [0.9] });
  expect(benchTable(steps).rows.map((row) => [row[2], row[3], row[6]])).toEqual([
    ['native', '1.00 ms', ''], ['typescript', '20.0 ms', '20.0×'], ['products in C', '900 µs', '0.900×'],
  ]);
  expect(benchVerdicts(steps)).toEqual(['net: 1.00 ms a step on the native kernels; TypeScript takes 20.0× as long, it takes 1.11× as long as the products in C.']);
  expect(benchVerdicts({ ...steps, load: busy })).toEqual([]);
});

test('peers are compared with the fastest of ours, tfjs in plain JavaScript with our TypeScript', () => {
  const peers = report(
    { 'blastrain, 2 threads': [1], 'blastrain, TypeScript': [30], 'PyTorch 1.13, 1 thread': [2.5], 'tfjs 4.22 cpu': [150] }, { benchmark: 'peers' });
  expect(benchVerdicts(peers)).toEqual([
    'net: blastrain, 2 threads is 2.50× as fast as PyTorch 1.13, 1 thread, 150× as fast as tfjs 4.22 cpu.',
    'net: blastrain, TypeScript is 5.00× as fast as tfjs 4.22 cpu.',
  ]);
});

test('kernels: a row for each call, and which twin is the faster', () => {
  const kernels = report({ native: [2], typescript: [1] }, { benchmark: 'kernels' });
  expect(benchTable(kernels).rows).toEqual([['net', '2-1', '2.00 ms', '0.0 %', '1.00 ms', '0.500 GFLOP/s', '0.500×']]);
  expect(benchVerdicts(kernels)).toEqual(['The native kernels are faster on 0 of 1 calls; slower: net 2-1.']);
});

test.each([[[1, 1, 1], 'falls all the way'], [[4, 2, 3], 'grows by at most 50 %']])('scaling: times per operation %j: %s', (each, words) => {
  const entries = each.map((ms, i) => ({ ...report({ native: [ms] }).entries[0]!, subject: 'batch', case: String(2 ** i) }));
  expect(benchVerdicts(report({}, { benchmark: 'scaling', entries }))).toEqual([expect.stringContaining(words)]);
});

test('Markdown has the machine, a table, sentences, notes and the load', () => {
  const text = benchMarkdown(report({ native: [1], typescript: [20] }, { load: busy }));
  expect(text).toContain('abacus, 2 cores, Node.js 20, OpenBLAS 0.3.21 with its Haswell kernels, 2 threads');
  expect(text).toMatch(/^\| net \| 2-1 \| native \| 1\.00 ms \|/m);
  expect(text).toMatch(/^- without somebody$/m);
  expect(text).toContain('Inconclusive');
});

test.each(['step', 'kernels', 'peers'] as const)('%s: a bar and a text for each figure', (benchmark) => {
  const svg = benchSvg(report({ native: [1], typescript: [2000] }, { benchmark }));
  expect(svg).toContain('2.00 s, 2000×');
  expect(svg).toContain('<title>');
  expect(svg).not.toContain('NaN');
});

test('scaling: curves on logarithmic axes', () => {
  const entries = [50, 4096].map((size) => ({ ...report({ native: [size] }).entries[0]!, subject: 'hidden units', case: String(size) }));
  expect(benchSvg(report({}, { benchmark: 'scaling', entries }))).toContain('picoseconds per operation');
});

test('kernels with a measured limit: shares in the table, products under the roofline', () => {
  const peak = { dtype: 'float32', flops: 2e9, bfloat16: 4e9, streams: [{ bytes: 1000, rate: 1e9 }, { bytes: 1e6, rate: 1e8 }] } as const;
  const [entry] = report({ native: [1] }).entries;
  const entries = [{ ...entry!, subject: 'gemm', bytes: 1e4, share: 0.5, memoryShare: 0.1 }];
  const found = report({}, { benchmark: 'kernels', peak, entries });
  expect(benchTable(found)).toMatchObject({ headers: expect.arrayContaining(['of FMA limit', 'of memory']), rows: [expect.arrayContaining(['50 %', '10 %'])] });
  expect(benchMarkdown(found)).toContain('FMA limit 2 GFLOP/s in float32, 4 in bfloat16');
  const svg = benchSvg(found);
  expect(svg).toContain('Products under the roofline');
  expect(svg).toContain('gemm');
  expect(svg).not.toContain('NaN');
});
