import { benchJob } from '../../lib/bench/job';
import { makeNet } from '../../lib/bench/nets';
import { trainingCommand, trainInProcess } from '../../lib/bench/process';
import { benchMarkdown, benchVerdicts } from '../../lib/report/bench';
import { backends } from '../support/backends';

const backend = backends[0]!;
const rows = { data: 'synthetic', trainRows: 120, validationRows: 20, testRows: 10 } as const;

test('job: the first step, an epoch beside its steps, and the peak of memory', async () => {
  const net = makeNet('tiny', { layers: [3072, 4, 10], batchSize: 20 });
  const report = await benchJob({ rounds: 2, nets: [net], backend, changes: rows });
  expect(report.entries.map(({ case: part, who }) => [part, who])).toEqual([
    ['start to first step', 'train'], ['one epoch', 'its 6 steps alone'], ['one epoch', 'train'],
  ]);
  const [start, alone, epoch] = report.entries.map(({ time }) => time.median);
  expect(start).toBeGreaterThan(0.03); // Node.js itself
  expect(alone).toBeGreaterThan(0);
  expect(epoch).toBeGreaterThan(0);
  // 150 rows of 3072 bytes and a label of 4; 3072·4 + 4 + 4·10 + 10 parameters; 3086 activations of 20 rows.
  expect(report.notes[0]).toContain('data (0.5), 4 × parameters (0.2), 2 × activations of a batch (0.5) and 60.0 are 61.2 MB.');
  if (process.platform === 'linux') expect(Number(/[\d.]+/.exec(report.notes[0]!)![0])).toBeGreaterThan(30);
  expect(report.notes[1]).toContain('tiny: synthetic images');

  const quiet = { ...report, load: { ...report.load, quiet: true } };
  expect(benchVerdicts(quiet)).toEqual([
    expect.stringMatching(/^tiny: [\d.]+ m?s from the start of the process to the first step\.$/),
    expect.stringMatching(/^tiny: one epoch takes [\d.]+× as long as its 6 steps alone\.$/),
  ]);
  expect(benchMarkdown(quiet)).toMatch(/\| net \| part \| who \| time \|[^]*\| tiny \| start to first step \| train \| [\d.]+ m?s \|/);
});

test('a training that fails says why', async () => {
  await expect(trainInProcess(trainingCommand('two-layer-default', '--set', 'batchSize=0'), () => undefined)).rejects.toMatchObject({
    code: 'ERR_WORKER', message: expect.stringContaining('for batchSize') as string,
  });
});
