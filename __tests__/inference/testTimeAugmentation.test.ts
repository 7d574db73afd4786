import type { TrainingData } from '../../lib/build/buildTraining';
import type { TestTimeAugmentation } from '../../lib/data/views';
import { Model } from '../../lib/inference/model';
import { backends } from '../support/backends';
import { tinyData } from '../support/data/tinyData';
import { run } from '../support/run';

const imageShape = { channels: 2, height: 2, width: 3 };
const pictures = (): TrainingData => {
  const data = tinyData();
  const part = (rows: TrainingData['train']): TrainingData['train'] => ({ ...rows, imageShape });
  return { ...data, train: part(data.train), validation: part(data.validation) };
};
/** Mirrored or not, and moved by so many pixels. */
const views: Readonly<Record<TestTimeAugmentation, readonly (readonly [number, number, number])[]>> = {
  flip: [[0, 0, 0], [1, 0, 0]],
  'flip-shift': [0, 1].flatMap((mirrored) => [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]].map(([x, y]) => [mirrored, x!, y!] as const)),
};
const names = Object.keys(views) as TestTimeAugmentation[];
const rows = tinyData().validation.features as Uint8Array;

/** All pictures as a view shows them; pixels beyond the edge are those at the edge. */
function seen([mirrored, moveX, moveY]: readonly [number, number, number]): Uint8Array {
  const { height, width } = imageShape;
  return Uint8Array.from(rows, (_, i) => {
    const [x, y, plane] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    const fromX = Math.min(Math.max((mirrored === 1 ? width - 1 - x : x) + moveX, 0), width - 1);
    const fromY = Math.min(Math.max(y + moveY, 0), height - 1);
    return rows[(plane * height + fromY) * width + fromX]!;
  });
}

/** What the mean of the outputs of all views says: a geometric mean of probabilities, scaled to the sum 1. */
function meanOver(model: Model, name: TestTimeAugmentation): number[][] {
  const each = views[name].map((view) => model.predict(seen(view)).map(({ probabilities }) => probabilities!));
  return each[0]!.map((_, i) => {
    const means = each[0]![i]!.map((__, j) => Math.exp(each.reduce((sum, probabilities) => sum + Math.log(probabilities[i]![j]!), 0) / each.length));
    const total = means.reduce((sum, mean) => sum + mean);
    return means.map((mean) => mean / total);
  });
}

const nets: Readonly<Record<string, object>> = {
  'read as bytes': { precision: 'bfloat16' }, 'scaled by channel': { normalization: 'standardize-channel' }, whitened: { normalization: 'pca', components: 7, layers: undefined, hidden: [8] },
  'in float64': { dtype: 'float64' }, calibrated: { calibration: 'temperature' }, 'an ensemble': { members: 3, layers: undefined, hidden: [8] },
};

describe.each(Object.entries(nets))('%s', (kind, spec) => {
  const { checkpoint } = run({ ...spec, steps: 8 }, { data: pictures() });

  test.each(backends.flatMap((backend) => names.map((tta) => ({ backend, tta }))))('outputs are averaged over the views: $tta, $backend', async ({ backend, tta }) => {
    const plain = Model.load(checkpoint, { backend });
    const model = Model.load(checkpoint, { backend, tta });
    expect(model.tta).toBe(tta);
    // The mean over members is one of probabilities, taken behind that over views.
    if (kind !== 'an ensemble') {
      const wanted = meanOver(plain, tta);
      model.predict(rows).forEach(({ probabilities }, i) => {
        probabilities!.forEach((p, j) => { expect(p).toBeCloseTo(wanted[i]![j]!, 4); });
      });
    }
    expect(model.predict(rows)).not.toEqual(plain.predict(rows));
    expect(model.predict(Float64Array.from(rows, (byte) => byte))[5]!.label).toBe(model.predict(rows)[5]!.label);
    expect(await model.predictAsync(rows)).toEqual(model.predict(rows));
    await model.close();
  });

  test.each(names)('scores are those of the averages: %s', (tta) => {
    const data = pictures().validation;
    const model = Model.load(checkpoint, { tta });
    const predictions = model.predict(rows);
    const { accuracy, loss } = model.evaluate(data);
    const right = predictions.filter(({ label }, i) => label === data.labels[i]).length;
    expect(accuracy).toBeCloseTo(right / data.size, 12);
    const penalty = Model.load(checkpoint).evaluate(data).loss - crossEntropy(Model.load(checkpoint).predict(rows).map(({ probabilities }) => probabilities!), data.labels);
    expect(loss - penalty).toBeCloseTo(crossEntropy(predictions.map(({ probabilities }) => probabilities!), data.labels), 4);
  });
});

function crossEntropy(probabilities: readonly (readonly number[])[], labels: Int32Array): number {
  return probabilities.reduce((sum, row, i) => sum - Math.log(row[labels[i]!]!), 0) / labels.length;
}

test('a mirror image has the outputs of the picture', () => {
  const model = Model.load(run({}, { data: pictures() }).checkpoint, { tta: 'flip' });
  model.predict(seen([1, 0, 0])).forEach(({ probabilities }, i) => {
    probabilities!.forEach((p, j) => { expect(p).toBeCloseTo(model.predict(rows)[i]!.probabilities![j]!, 5); });
  });
});

test('the mean of models averages over the views that they do', () => {
  const { checkpoint } = run({ steps: 8 }, { data: pictures() });
  const plain = Model.load(checkpoint);
  const flipped = Model.load(checkpoint, { tta: 'flip' });
  const average = Model.average([flipped, flipped]);
  expect(average.tta).toBe('flip');
  expect(average.predict(rows)).toEqual(flipped.predict(rows));
  expect(Model.average([plain, plain]).tta).toBeUndefined();
  expect(() => Model.average([flipped, plain])).toThrow('Expected tta flip, as the first model has, for models but received undefined');
});

test('a row that is no finite number is found, and leaves no trace in later predictions', () => {
  const model = Model.load(run({}, { data: pictures() }).checkpoint, { tta: 'flip' });
  const features = Float32Array.from(rows);
  const before = model.predict(features);
  features[12] = NaN;
  expect(() => model.predict(features)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: { row: 1, column: 0 } }));
  expect(model.predict(Float32Array.from(rows))).toEqual(before);
});

test.each([
  ['rows that are no pictures', 'flip', undefined, 'Expected a model of pictures for tta'], ['another name', 'rotate', pictures(), 'Expected flip or flip-shift for tta but received \'rotate\''],
  ['a number', 2, pictures(), 'Expected flip or flip-shift for tta but received 2'],
])('refuses %s', (_, tta, data, message) => {
  const { checkpoint } = run({}, data && { data });
  expect(() => Model.load(checkpoint, { tta: tta as TestTimeAugmentation })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(message) as string }));
});
