import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../../lib/files';
import { binsOf, inEqualBins, quantile } from '../../lib/history/histograms';
import { buildTraining } from '../../lib/build/buildTraining';
import { defaultKernels } from '../../lib/kernels';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { parseSpec } from '../../lib/spec/spec';
import type { Histogram, HistogramsEvent } from '../../lib/train/events';
import { HistogramRecorder } from '../../lib/train/histograms';
import { binEdge, histogramsShape } from '../../lib/train/histogramShape';
import { temporaryFolder } from '../support/folder';
import { resume, run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

const runs = temporaryFolder();

function modelOf(changes: object = {}): ReturnType<typeof buildTraining>['training']['objective']['model'] {
  return buildTraining(parseSpec({ ...tinySpec, ...changes }), tinyData(), defaultKernels('float32')).training.objective.model;
}

/** The histogram of numbers that are put into the first weights of a model. */
function histogramOf(numbers: readonly number[], changes: object = {}): Histogram {
  const model = modelOf(changes);
  const weights = model.arena.find('W1')!.value;
  weights.fill(0);
  weights.set(numbers);
  const recorder = new HistogramRecorder(model);
  recorder.observe(1);
  return recorder.take()[0]!.weights;
}

const lines = (folder: string): readonly HistogramsEvent[] => {
  const file = join(folder, 'histograms.jsonl');
  return readJsonLines(readFileSync(file), histogramsShape, { file, code: 'ERR_DATA' }).lines.map(({ value }) => value);
};

test('edges of bins are the floats with nothing behind their leading bits, and rise by a fourth of a power of two', () => {
  const bits = new DataView(new ArrayBuffer(4));
  for (let k = 0; k < 1020; k++) {
    bits.setUint32(0, k << 21);
    expect(binEdge(k)).toBe(bits.getFloat32(0));
  }
  expect([508, 509, 510, 511, 512].map(binEdge)).toEqual([1, 1.25, 1.5, 1.75, 2]);
  expect(binEdge(1020)).toBe(2 ** 128);
});

test('every number is in its bin, whatever is near 0 in the middle, and infinities are counted apart', () => {
  const numbers = [1, 1.2499, -1.25, 100, -0.01, 1e-40, Infinity, NaN];
  const size = modelOf().arena.find('W1')!.value.length;
  const histogram = histogramOf(numbers);
  const { edges, counts } = binsOf(histogram);
  const between = (low: number, high: number): number => counts.reduce((sum, count, i) => sum + (edges[i]! >= low && edges[i + 1]! <= high ? count : 0), 0);
  expect(between(1, 1.25)).toBe(2);
  expect(between(-1.5, -1.25)).toBe(1);
  expect(between(96, 100)).toBe(1);
  expect(histogram).toMatchObject({ count: size - 2, notFinite: 2, min: -1.25, max: 100, middle: size - 6 });
  expect(histogram.mean).toBeCloseTo((1 + 1.2499 - 1.25 + 100 - 0.01) / (size - 2), 3);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(size - 2);
  expect(edges).toEqual([...edges].sort((a, b) => a - b));
});

test('of float64 too, and of nothing but zeros', () => {
  expect(histogramOf([3], { dtype: 'float64' })).toMatchObject({ max: 3, positive: expect.arrayContaining([1]) as unknown });
  const zeros = histogramOf([]);
  expect(binsOf(zeros).counts.reduce((sum, count) => sum + count, 0)).toBe(zeros.count);
  expect(zeros).toMatchObject({ min: 0, max: 0, std: 0 });
});

test('quantiles and equal bins keep the numbers where they are', () => {
  const bins = binsOf(histogramOf([-2, -1, 1, 2, 2.2, 4]));
  const equal = inEqualBins(bins, -4, 4, 16);
  const total = bins.counts.reduce((sum, count) => sum + count, 0);
  expect(equal.reduce((sum, count) => sum + count, 0)).toBeCloseTo(total, 9);
  expect(equal.slice(0, 5).reduce((sum, count) => sum + count, 0)).toBeCloseTo(1, 9); // −4 to −1.5: the bin of −2 ends at −2
  expect(quantile(bins, 1)).toBe(4);
  expect(quantile(bins, 0)).toBe(-2);
  expect(Math.abs(quantile(bins, 0.5))).toBeLessThan(0.01);
});

describe('of a run', () => {
  const spec = { steps: 30, evaluateEvery: 10, histogramEvery: 5, batchSize: 8 };

  test('stand in their own file, every so many steps, the same after a kill, and change no bit of the training', () => {
    const whole = RunFolder.create({ runs, name: 'whole' });
    const ran = run(spec, { place: whole });
    whole.close();
    const without = run({ ...spec, histogramEvery: 0 });
    expect(without.result.parametersDigest).toBe(ran.result.parametersDigest);
    expect(without.events.some(({ type }) => type === 'histograms')).toBe(false);
    const events = lines(whole.path);
    expect(events.map(({ step }) => step)).toEqual([5, 10, 15, 20, 25, 30]);
    expect(ran.events.filter(({ type }) => type === 'histograms')).toEqual(events);
    expect(readFileSync(join(whole.path, 'metrics.jsonl'), 'utf8')).not.toContain('histograms');
    for (const { layers } of events) {
      expect(layers.map(({ name }) => name)).toEqual(layers.map((_, i) => `W${String(i + 1)}`));
      for (const { weights, gradients, activations } of layers) {
        expect(gradients!.count).toBe(weights.count);
        expect(gradients!.std).toBeGreaterThan(0);
        expect(activations.count % spec.batchSize).toBe(0);
      }
    }

    const cut = RunFolder.create({ runs, name: 'cut' });
    run(spec, { place: cut, stopAt: 20 });
    cut.close();
    // As a kill between two checkpoints leaves it: lines of later steps, the last one torn.
    const text = readFileSync(join(whole.path, 'histograms.jsonl'), 'utf8');
    appendFileSync(join(cut.path, 'histograms.jsonl'), text.slice(text.indexOf('{"type":"histograms","step":25'), -20));
    resume(cut.path);
    expect(readFileSync(join(cut.path, 'histograms.jsonl'), 'utf8')).toBe(text);
  });

  test('are those of the first batch and the first shard, and of frozen weights have no gradients', () => {
    const of = (changes: object): readonly HistogramsEvent[] => run({ ...spec, steps: 5, ...changes }).events.filter((event) => event.type === 'histograms');
    const [batch] = of({});
    const [accumulated] = of({ accumulate: 2 });
    const [sharded] = of({ shards: 4 });
    const rows = ({ layers }: HistogramsEvent, i = 0): number => layers[i]!.activations.count;
    expect(rows(accumulated!)).toBe(rows(batch!));
    expect(rows(sharded!)).toBe(rows(batch!) / 4);
    const [frozen] = of({ freeze: ['W1'] });
    expect(frozen!.layers[0]!.gradients).toBeUndefined();
    expect(frozen!.layers[1]!.gradients).toBeDefined();
  });

  test('are at most 40, and far apart, unless the spec says how many', () => {
    const every = (changes: object): number | null => buildTraining(parseSpec({ ...tinySpec, ...changes }), tinyData(), defaultKernels('float32')).training.plan.histogramEvery;
    expect(every({ steps: 100 })).toBe(1000);
    expect(every({ steps: 80_000 })).toBe(2000);
    expect(every({ steps: 40_000, histogramEvery: 7 })).toBe(7);
    expect(every({ histogramEvery: 0 })).toBeNull();
  });
});
