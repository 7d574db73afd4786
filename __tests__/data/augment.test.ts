import { Augmenter, symmetricBeta } from '../../lib/data/augment';
import type { Augmentation } from '../../lib/data/augment';
import type { Dataset } from '../../lib/data/dataset';
import { InputReader } from '../../lib/data/inputs';
import { kernelsFor } from '../../lib/kernels';
import { allocate, unitRoundoff } from '../../lib/kernels/contract';
import type { BackendName, Dtype, FloatArray } from '../../lib/kernels/contract';
import { RandomState } from '../../lib/random';
import { backends, variants } from '../support/backends';
import { goldenData } from '../support/data/goldenData';

const none: Augmentation = { flip: false, shift: 0, cutout: 0, mixup: 0 };
const shape = { channels: 2, height: 6, width: 8 };
const maxBatch = 500;
const columns = ['flip', 'dx', 'dy', 'left', 'top', 'right', 'bottom'] as const;

const augmenter = (options: Partial<Augmentation>, seed = 1): Augmenter =>
  new Augmenter({ ...none, ...options }, shape, maxBatch, new RandomState(seed));

/** One column of the geometry, over the whole batch. */
function column({ geometry }: Augmenter, name: (typeof columns)[number]): number[] {
  return Array.from({ length: maxBatch }, (_, i) => geometry[7 * i + columns.indexOf(name)]!);
}

describe('what is drawn', () => {
  test('nothing, where nothing is asked for, and then no number either', () => {
    const random = new RandomState(1);
    const idle = new Augmenter(none, shape, maxBatch, random);
    idle.draw(maxBatch);
    expect(idle).toMatchObject({ isGeometric: false, isMixing: false, lambda: 1 });
    expect(idle.geometry.every((value) => value === 0)).toBe(true);
    expect(random.getState()).toEqual(new RandomState(1).getState());
  });

  test('half of the pictures to mirror', () => {
    const flips = augmenter({ flip: true });
    flips.draw(maxBatch);
    const flipped = column(flips, 'flip').reduce((sum, flip) => sum + flip, 0);
    expect(Math.abs(flipped - maxBatch / 2)).toBeLessThan(4 * Math.sqrt(maxBatch) / 2);
    expect(new Set(column(flips, 'dx'))).toEqual(new Set([0]));
  });

  test('every move up to the given one', () => {
    const shifts = augmenter({ shift: 2 });
    shifts.draw(maxBatch);
    for (const name of ['dx', 'dy'] as const) {
      expect([...new Set(column(shifts, name))].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    }
    expect(column(shifts, 'dx')).not.toEqual(column(shifts, 'dy'));
  });

  test.each([1, 2, 3, 20])('squares of side %d, centred on any pixel', (cutout) => {
    const cuts = augmenter({ cutout });
    cuts.draw(maxBatch);
    const [lefts, tops] = [column(cuts, 'left'), column(cuts, 'top')];
    expect(column(cuts, 'right')).toEqual(lefts.map((left) => left + cutout));
    expect(column(cuts, 'bottom')).toEqual(tops.map((top) => top + cutout));
    const before = Math.floor(cutout / 2);
    expect([Math.min(...lefts), Math.max(...lefts)]).toEqual([0 - before, shape.width - 1 - before]);
    expect([Math.min(...tops), Math.max(...tops)]).toEqual([0 - before, shape.height - 1 - before]);
  });

  test('a share of at least a half, and another row for each', () => {
    const mixes = augmenter({ mixup: 0.4 });
    const shares = Array.from({ length: 200 }, () => {
      mixes.draw(5);
      return mixes.lambda;
    });
    expect([...mixes.partners.subarray(0, 5)]).toEqual([1, 2, 3, 4, 0]);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(new Set(shares).size).toBeGreaterThan(190);
    mixes.draw(1);
    expect(mixes.partners[0]).toBe(0);
  });

  test('the same again from the same state, in batches of any size', () => {
    const options = { flip: true, shift: 3, cutout: 4, mixup: 1 };
    const [one, other] = [augmenter(options), augmenter(options, 99)];
    one.draw(20);
    other.setState(JSON.parse(JSON.stringify(one.getState())));
    one.draw(500);
    other.draw(7);
    expect(other.geometry).toEqual(one.geometry);
    expect(other.lambda).toBe(one.lambda);
    expect(other.getState()).toEqual(one.getState());
    expect(() => { other.setState({ key: [], position: 0, cachedGaussian: null }); })
      .toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
  });
});

test.each([['flip', true], ['shift', 1], ['cutout', 2]])('%s is refused by name where rows are no pictures', (key, value) => {
  expect(() => new Augmenter({ ...none, [key]: value }, undefined, 4, new RandomState(0))).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG', message: `Expected pictures for ${key} but received rows without height and width`, details: { path: key },
    }),
  );
});

test('mixup needs no pictures', () => {
  expect(new Augmenter({ ...none, mixup: 0.2 }, undefined, 4, new RandomState(0)).isMixing).toBe(true);
});

test.each(goldenData.beta)("Beta($alpha, $alpha) is NumPy's, up to rounding", ({ alpha, draws }) => {
  const random = new RandomState(8);
  const own = [symmetricBeta(new RandomState(7), alpha), ...draws.slice(1).map(() => symmetricBeta(random, alpha))];
  draws.forEach((draw, i) => { expect(Math.abs(own[i]! - draw)).toBeLessThanOrEqual(1e-13 * draw); });
});

const featureSize = shape.channels * shape.height * shape.width;
const random = new RandomState(3);
const pictures: Dataset = {
  name: 'pictures', split: 'train', features: Uint8Array.from(random.randint(0, 256, 20 * featureSize)),
  labels: new Int32Array(20), size: 20, featureSize, classNames: ['a'], imageShape: shape,
};

/** Three batches of inputs, the way training reads them; of bytes, where it may and can, in the numbers that they stand for. */
function inputs(backend: BackendName, dtype: Dtype, options: Partial<Augmentation>, mayBeBytes = false): { x: FloatArray; areBytes: boolean } {
  const kernels = kernelsFor(dtype, backend);
  const scale = allocate(dtype, featureSize).map((_, j) => 0.1 + 0.01 * j);
  const shift = allocate(dtype, featureSize).map((_, j) => -0.3 * j);
  const reader = new InputReader(kernels, {
    data: pictures, normalization: { scale, shift }, maxBatch: 8, order: 'sharded', changes: augmenter(options, 5), mayBeBytes,
  });
  const areBytes = reader.x.BYTES_PER_ELEMENT === 1;
  const x = allocate(dtype, 3 * 8 * featureSize);
  for (const batch of [0, 1, 2]) {
    const rows = Int32Array.from({ length: 8 }, (_, i) => (7 * (8 * batch + i)) % 20);
    reader.read(8, rows);
    const { x: read } = reader;
    const numbers = areBytes ? allocate(dtype, read.length).map((_, i) => scale[i % featureSize]! * read[i]! + shift[i % featureSize]!) : read;
    x.set(numbers, batch * 8 * featureSize);
  }
  return { x, areBytes };
}

const kinds: [string, Partial<Augmentation>][] = [
  ['none', {}], ['flip', { flip: true }], ['shift', { shift: 3 }], ['cutout', { cutout: 3 }], ['mixup', { mixup: 0.5 }],
  ['all', { flip: true, shift: 2, cutout: 4, mixup: 1 }],
];

describe.each(kinds)('inputs with %s', (name, options) => {
  test.each(['float32', 'float64'] as const)('are the same in %s on every backend, bit for bit', (dtype) => {
    const all = backends.map((backend) => inputs(backend, dtype, options).x);
    for (const x of all) expect(x).toEqual(all[0]);
  });

  test.each(variants)('are bytes on $backend in $dtype unless that cannot say what they are', ({ backend, dtype }) => {
    const { x, areBytes } = inputs(backend, dtype, options, true);
    expect(areBytes).toBe(['none', 'flip', 'shift'].includes(name));
    const largest = Math.max(...x.map(Math.abs));
    inputs(backend, dtype, options).x.forEach((value, i) => {
      expect(Math.abs(x[i]! - value)).toBeLessThanOrEqual(4 * unitRoundoff(dtype) * largest);
    });
  });

  test.each(variants)('are what was asked for on $backend in $dtype', ({ backend, dtype }) => {
    const { x } = inputs(backend, dtype, options);
    const { x: plain } = inputs(backend, dtype, {});
    if (name === 'none') expect(x[1]).toBeCloseTo(0.11 * pictures.features[1]! - 0.3, 4);
    else expect(x).not.toEqual(plain);
    if (name === 'cutout') {
      // Every element is the plain one or blank, and each plane has the same blanks.
      x.forEach((value, i) => { expect([0, plain[i]]).toContain(value); });
      const plane = shape.height * shape.width;
      const blanks = (from: number): number[] => Array.from(x.subarray(from, from + plane).keys()).filter((j) => x[from + j] === 0 && plain[from + j] !== 0);
      expect(blanks(0)).toEqual(blanks(plane));
      expect(blanks(0).length).toBeLessThanOrEqual(9);
    }
    if (name === 'mixup') {
      const drawn = augmenter(options, 5);
      drawn.draw(8);
      const [own, next] = [plain[3]!, plain[featureSize + 3]!];
      expect(x[3]).toBeCloseTo(drawn.lambda * own + (1 - drawn.lambda) * next, 3);
    }
  });
});
