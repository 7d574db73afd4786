import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c, EventFile } from '../../lib/report/tensorboard/eventFile';
import { TensorBoardLog } from '../../lib/report/tensorboard/tensorboard';
import type { ModelState } from '../../lib/report/tensorboard/tensorboard';
import type { TrainEvent } from '../../lib/train/events';
import { readEventFile } from '../support/eventReader';
import type { Seen } from '../support/eventReader';
import { temporaryFolder } from '../support/folder';

const root = temporaryFolder();
const fresh = (): string => mkdtempSync(join(root, 'log-'));
const fileIn = (folder: string): string => join(folder, readdirSync(folder)[0]!);

/** Tags with the steps at which TensorBoard's own reader finds them, for a folder. */
const tensorBoard = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator as ea
every = {kind: 0 for kind in (ea.SCALARS, ea.HISTOGRAMS, ea.IMAGES)}
a = ea.EventAccumulator(sys.argv[1], size_guidance=every)
a.Reload()
seen = []
for tag in a.Tags()['scalars']: seen += [dict(kind='scalar', tag=tag, step=e.step, values=[e.value]) for e in a.Scalars(tag)]
for tag in a.Tags()['images']:
    seen += [dict(kind='image', tag=tag, step=e.step, values=[e.width, e.height, len(e.encoded_image_string)]) for e in a.Images(tag)]
for tag in a.Tags()['histograms']:
    for e in a.Histograms(tag):
        h = e.histogram_value
        seen.append(dict(kind='histogram', tag=tag, step=e.step, values=[h.min, h.max, h.num, sum(h.bucket)]))
print(json.dumps(seen))
`;
const python = (...args: string[]) => spawnSync('python3', ['-c', ...args], { encoding: 'utf8' });
const readers: [string, (folder: string) => Seen[]][] = [
  ['a parser of its own', (folder) => readEventFile(fileIn(folder)).filter(({ kind }) => kind !== 'version')],
];
if (python('import tensorboard').status === 0) {
  readers.push(['TensorBoard', (folder) => JSON.parse(python(tensorBoard, folder).stdout.trim().split('\n').pop()!) as Seen[]]);
}

const start: TrainEvent = {
  type: 'start', run: 'r', layers: [12, 5, 3], parameters: 83, steps: 48, stepsPerEpoch: 2, batchSize: 2, backend: 'native', dtype: 'float32',
  threads: 1, seed: 0, data: 'd', dataDigest: 'd',
};
const model = (step: number): ModelState => ({
  step,
  parameters: { W1: Float32Array.from({ length: 60 }, (_, i) => (i - 20) / 64), b1: new Float32Array(5) },
  firstLayer: () => ({ weights: new Float32Array(60).fill(1), units: 5, imageShape: { channels: 3, height: 2, width: 2 } }),
});
const checkpoint = (step: number): TrainEvent => ({ type: 'checkpoint', step, file: String(step), best: false });
const write = (folder: string, events: readonly TrainEvent[]): void => {
  const log = new TensorBoardLog(folder, () => 1_700_000_000.5);
  for (const event of events) log.handle(event, (file) => model(Number(file)));
};

test.each([
  ['no bytes', Buffer.alloc(0), 0],
  ['the check value of the polynomial', Buffer.from('123456789'), 0xe3069283],
  ['RFC 3720: 32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
  ['RFC 3720: 32 bytes of ones', Buffer.alloc(32, 255), 0x62a8ab43],
])('CRC-32C of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

describe.each(readers)('an event file, opened by %s,', (_, read) => {
  test('tells of steps, evaluations, layers and epochs', () => {
    const folder = fresh();
    write(folder, [
      start,
      { type: 'step', step: 200, epoch: 1, loss: 1.5, batchAccuracy: 0.25, learningRate: 0.125 },
      { type: 'evaluation', step: 200, epoch: 1, trainAccuracy: 0.5, trainLoss: 1.25, valAccuracy: 0.375, valLoss: 1.75 },
      { type: 'health', step: 200, layers: [{ layer: 1, weights: 'W1', activationStd: 1, deadUnits: 0.5, weightRms: 2, gradientRms: 4, updateRatio: 0.25 }] },
      { type: 'epoch', step: 200, epoch: 1, trainLoss: 1, trainAccuracy: 0.5, seconds: 1, samplesPerSecond: 1024 },
    ]);
    const seen = read(folder);
    expect(seen.every(({ step, kind }) => step === 200 && kind === 'scalar')).toBe(true);
    expect(Object.fromEntries(seen.map(({ tag, values }) => [tag, values[0]]))).toEqual({
      'loss/batch': 1.5, 'accuracy/batch': 0.25, learning_rate: 0.125,
      'loss/train': 1.25, 'loss/validation': 1.75, 'accuracy/train': 0.5, 'accuracy/validation': 0.375,
      'update_ratio/W1': 0.25, 'gradient_rms/W1': 4, 'weight_rms/W1': 2, 'activation_std/W1': 1, 'dead_units/W1': 0.5,
      'throughput/rows_per_second': 1024,
    });
  });

  test('tells of a regression without accuracies', () => {
    const folder = fresh();
    write(folder, [
      start,
      { type: 'step', step: 1, epoch: 1, loss: 1.5, batchAccuracy: NaN, learningRate: 0.125 },
      { type: 'evaluation', step: 1, epoch: 1, trainAccuracy: NaN, trainLoss: 1, valAccuracy: NaN, valLoss: 2, valRmse: 4 },
    ]);
    expect(read(folder).map(({ tag }) => tag).sort()).toEqual(['learning_rate', 'loss/batch', 'loss/train', 'loss/validation', 'rmse/validation']);
  });

  test('shows the parameters of each checkpoint, and the first layer 25 times at most', () => {
    const folder = fresh();
    write(folder, [start, ...Array.from({ length: 48 }, (__, i) => checkpoint(i + 1))]);
    const seen = read(folder);
    const histograms = seen.filter(({ kind }) => kind === 'histogram');
    expect(histograms.filter(({ tag }) => tag === 'W1').map(({ step }) => step)).toEqual(Array.from({ length: 48 }, (__, i) => i + 1));
    expect(histograms.find(({ tag }) => tag === 'W1')!.values).toEqual([-20 / 64, 39 / 64, 60, 60]);
    expect(histograms.find(({ tag }) => tag === 'b1')!.values).toEqual([0, 0, 5, 5]);
    const pictures = seen.filter(({ kind }) => kind === 'image');
    expect(pictures.length).toBeLessThanOrEqual(25);
    expect(pictures.length).toBeGreaterThan(20);
    expect(pictures[0]).toMatchObject({ step: 1, tag: 'first layer', values: [516, 108, expect.any(Number)] });
  });

  test('of a run that goes on takes back what no longer holds', () => {
    const folder = fresh();
    const step = (n: number, loss: number): TrainEvent => ({ type: 'step', step: n, epoch: 1, loss, batchAccuracy: 0.5, learningRate: 1 });
    const file = new TensorBoardLog(folder, () => 1_700_000_000);
    for (const event of [start, step(1, 1), step(2, 2), step(3, 3), { ...start, resumedFrom: 1 } as TrainEvent, step(2, 4)]) {
      file.handle(event, () => model(0));
    }
    const seen = read(folder);
    const restart = seen.findIndex(({ kind }) => kind === 'restart');
    const losses = seen.filter(({ tag }) => tag === 'loss/batch').map(({ step: at, values }) => [at, values[0]]);
    // TensorBoard acts on the restart itself; the parser shows that it is there.
    expect(restart < 0 ? losses : [...losses.slice(0, 1), ...losses.slice(3)]).toEqual([[1, 1], [2, 4]]);
    if (restart >= 0) expect(seen[restart]).toMatchObject({ step: 2, values: [1] });
  });
});

test('a value that is not finite has no place in a histogram', () => {
  const folder = fresh();
  new EventFile(folder).histograms(1, { W: [NaN, 1, Infinity, 3] });
  expect(readEventFile(fileIn(folder))[1]!.values).toEqual([1, 3, 2, 2]);
});

test('a folder that cannot be written into is named', () => {
  expect(() => new TensorBoardLog(join(root, 'none'))).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
});
