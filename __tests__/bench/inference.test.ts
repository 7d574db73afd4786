import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchInference } from '../../lib/bench/inference';
import { benchTable } from '../../lib/report/bench';
import { temporaryFolder } from '../support/folder';

const empty = temporaryFolder();
const folder = temporaryFolder();
const quick = { backends: ['typescript'], rows: [1, 2], rounds: 1, sampleSeconds: 1e-3, threads: 1 } as const;

test('predictions of each net and number of rows; a peer that is missing is noted', async () => {
  const report = await benchInference({ ...quick, folder: empty });
  expect(report.entries.map(({ subject, case: rows, who, flops }) => [subject, rows, who, flops])).toEqual([
    ['3072-512-256-128-10', '1 row', 'blastrain, typescript', 3475968], ['3072-512-256-128-10', '2 rows', 'blastrain, typescript', 6951936],
    ['30-64-32-2', '1 row', 'blastrain, typescript', 8064], ['30-64-32-2', '2 rows', 'blastrain, typescript', 16128],
  ]);
  expect(report.notes).toEqual([expect.stringMatching(/^onnxruntime-node is left out: Cannot find module/)]);
  expect(benchTable(report).headers).toEqual(['net', 'rows', 'who', 'time', '±', 'rate']);
});

test('a peer whose probabilities differ is left out', async () => {
  const place = join(folder, 'node_modules', 'onnxruntime-node');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"version": "1.2.3", "main": "main.js"}');
  writeFileSync(join(place, 'main.js'), `exports.Tensor = class { constructor(type, data) { this.data = data; } };
    exports.InferenceSession = { create: async () => ({ run: async () => ({ probabilities: { data: new Float32Array(100).fill(0.5) } }) }) };`);
  const { entries, notes } = await benchInference({ ...quick, rows: [1], folder });
  expect(new Set(entries.map(({ who }) => who))).toEqual(new Set(['blastrain, typescript']));
  expect(notes).toHaveLength(2);
  for (const note of notes) expect(note).toMatch(/^ONNX Runtime 1\.2\.3 is left out: its probabilities differ by 0\.\d+$/);
});
