import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Batches } from '../../lib/data/batches';
import { blocksOf } from '../../lib/data/blocks';
import { MemoryBytes } from '../../lib/data/bytes';
import { FileBytes } from '../../lib/data/fileBytes';
import type { ByteSource } from '../../lib/data/bytes';
import { loadCifar10, storeCifar10 } from '../../lib/data/cifar10/cifar10';
import { sliceRows } from '../../lib/data/dataset';
import type { Dataset, StoredDataset } from '../../lib/data/dataset';
import { InputReader } from '../../lib/data/inputs';
import { loadNumpy } from '../../lib/data/numpy/numpy';
import { fitNormalization } from '../../lib/data/normalize/normalization';
import type { PlainNormalization } from '../../lib/data/normalize/normalization';
import { minChunkRows, shardedOrder, ShardWindow, StoredFeatures } from '../../lib/data/stored';
import type { StoredLayout } from '../../lib/data/stored';
import { kernelsFor } from '../../lib/kernels';
import { RandomState } from '../../lib/random';
import { variants } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { saveNpy } from '../support/data/npy';
import { writeBinaryLayout, writePythonLayout } from './fakeCifar';

const folder = temporaryFolder();
const featureSize = 3;
const size = 100;

/** Counts what is read. */
class CountedBytes implements ByteSource {
  readonly inMemory = false;
  readonly size: number;
  read = (into: Uint8Array, position: number): void => {
    this.total += into.length;
    this.largest = Math.max(this.largest, into.length);
    this.inner.read(into, position);
  };
  total = 0;
  largest = 0;

  constructor(readonly name: string, private readonly inner: ByteSource) {
    this.size = inner.size;
  }
}

/** Row i is i, i + 0.25, i + 0.5; five bytes stand before the rows of each part, none within. */
const numbers = Float64Array.from({ length: size * featureSize }, (_, at) => Math.floor(at / featureSize) + (at % featureSize) / 4);
function layoutOf(...partRows: number[]): StoredLayout & { sources: CountedBytes[] } {
  let from = 0;
  const sources = partRows.map((rows, p) => {
    const file = join(folder, `part-${String(p)}`);
    const values = numbers.slice(from * featureSize, (from += rows) * featureSize);
    writeFileSync(file, Buffer.concat([Buffer.alloc(5), Buffer.from(values.buffer)]));
    return new CountedBytes(file, new FileBytes(file));
  });
  return {
    parts: sources.map((bytes, p) => ({ bytes, rows: partRows[p]! })), sources,
    format: 'f8', featureSize, offset: 5, skip: 0, stride: 8 * featureSize,
  };
}
const everyRow = Int32Array.from({ length: size }, (_, i) => i);

describe('stored features', () => {
  test.each<[string, number[], Int32Array]>([
    ['one part', [100], everyRow],
    ['several parts', [10, 1, 60, 29], everyRow],
    ['some rows of several parts', [50, 50], everyRow.filter((i) => i % 7 < 3)],
    ['the last row alone', [99, 1], Int32Array.of(99)],
  ])('read back as they are: %s', (_, parts, order) => {
    const stored = new StoredFeatures(layoutOf(...parts), order);
    const right = [...order].flatMap((row) => [row, row + 0.25, row + 0.5]);
    const all = stored.allocate(order.length);
    stored.read(0, order.length, all);
    expect([...all]).toEqual(right);
    const some = stored.allocate(Math.min(5, order.length));
    const from = Math.max(0, order.length - 7);
    stored.read(from, some.length / featureSize, some);
    expect([...some]).toEqual(right.slice(from * featureSize, from * featureSize + some.length));
  });

  test.each([[undefined, Float64Array], ['f4', Float32Array]] as const)('are in memory what they were, or what is asked for (%s)', (format, type) => {
    const stored = new StoredFeatures(layoutOf(size), everyRow, format);
    const rows = stored.allocate(2);
    stored.read(3, 2, rows);
    expect(rows).toEqual(type.of(3, 3.25, 3.5, 4, 4.25, 4.5));
  });

  test('are refused with file, row and column where they are not finite', () => {
    const layout = layoutOf(size);
    const bad = numbers.slice();
    bad[3 * 41 + 2] = Number.POSITIVE_INFINITY;
    const parts = [{ bytes: new MemoryBytes('bad.npy', new Uint8Array(bad.buffer)), rows: size }];
    const stored = new StoredFeatures({ ...layout, parts, offset: 0 }, everyRow.subarray(40));
    expect(() => { stored.read(0, 5, stored.allocate(5)); }).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: 'Expected finite features for bad.npy, row 41, column 2 but received Infinity',
    }));
  });

  test('of a file that has shrunk are ERR_DATA', () => {
    const layout = layoutOf(size);
    const stored = new StoredFeatures(layout, everyRow);
    truncateSync(layout.sources[0]!.name, 500);
    expect(() => { stored.read(0, size, stored.allocate(size)); }).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('keeps its size') as string }),
    );
  });
});

describe('bytes of a file are scattered', () => {
  const file = join(folder, 'bytes');
  writeFileSync(file, Uint8Array.from({ length: 20 }, (_, i) => i));
  const pieces = [new Uint8Array(1), new Uint8Array(3), new Uint8Array(2)];

  test('into pieces, from a place on', () => {
    new FileBytes(file).scatter(pieces, 5);
    expect(pieces.map((piece) => [...piece])).toEqual([[5], [6, 7, 8], [9, 10]]);
  });

  test('or ERR_DATA tells where the file ended', () => {
    expect(() => { new FileBytes(file).scatter(pieces, 16); }).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: `Expected a file that keeps its size for ${file} but received an end at byte 20`,
    }));
  });
});

describe('the order of an epoch', () => {
  const chunkRows = 40; // shards of 5 rows, four of which are shuffled together
  const order = new Int32Array(103);
  const draw = (seed: number): number[] => {
    shardedOrder(chunkRows)(order, new RandomState(seed));
    return [...order];
  };

  test('has every row once', () => {
    expect(draw(0).sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
  });

  test('depends on the generator alone', () => {
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('reads shards whole, four at a time, in random order within and without', () => {
    const drawn = draw(3);
    const shards = drawn.map((row) => Math.floor(row / 5));
    // The short shard (rows 100 to 102) may be anywhere.
    let at = 0;
    while (at < drawn.length) {
      const group = new Set(shards.slice(at));
      const rest = [...group];
      const own = rest.slice(0, 4);
      const rows = own.reduce((sum, shard) => sum + (shard === 20 ? 3 : 5), 0);
      expect(new Set(shards.slice(at, at + rows))).toEqual(new Set(own));
      at += rows;
    }
    expect(drawn.slice(0, 20)).not.toEqual([...drawn.slice(0, 20)].sort((a, b) => a - b));
    expect(shards[0]).not.toBe(0);
  });
});

describe('a window', () => {
  test.each([
    [8, 32], [5, 24], [16, 64], [25, 100], [1, 8], [2, 8], [3, 1000],
  ])('for batches of %d holds no more than %d rows, and reads each row once an epoch', (batchSize, chunkRows) => {
    expect(chunkRows).toBeGreaterThanOrEqual(minChunkRows(batchSize));
    const layout = layoutOf(60, 40);
    const stored = new StoredFeatures(layout, everyRow);
    const window = ShardWindow.forTraining(stored, size, batchSize, chunkRows);
    expect(window.features.length).toBeLessThanOrEqual(chunkRows * featureSize);
    const batches = new Batches({ size }, batchSize, new RandomState(5), 'shuffle', shardedOrder(chunkRows));
    for (let epoch = 0; epoch < 3; epoch++) {
      const before = layout.sources.reduce((sum, { total }) => sum + total, 0);
      for (let batch = 0; batch < batches.batchesPerEpoch; batch++) {
        const rows = batches.next();
        const places = window.locate(rows.length, rows);
        rows.forEach((row, i) => { expect(window.features[places[i]! * featureSize + 1]).toBe(row + 0.25); });
      }
      const read = layout.sources.reduce((sum, { total }) => sum + total, 0) - before;
      expect(read).toBeLessThanOrEqual(size * layout.stride);
    }
  });

  test('goes on in the middle of an epoch as if it had never stopped', () => {
    const fresh = () => {
      const stored = new StoredFeatures(layoutOf(size), everyRow);
      return {
        batches: new Batches({ size }, 7, new RandomState(5), 'shuffle', shardedOrder(32)),
        window: ShardWindow.forTraining(stored, size, 7, 32),
      };
    };
    const values = ({ batches, window }: ReturnType<typeof fresh>): number[] => {
      const rows = batches.next();
      const places = window.locate(rows.length, rows);
      return Array.from(rows, (_, i) => window.features[places[i]! * featureSize]!);
    };
    const one = fresh();
    for (let batch = 0; batch < 20; batch++) values(one);
    const other = fresh();
    other.batches.setState(one.batches.getState());
    for (let batch = 0; batch < 30; batch++) expect(values(other)).toEqual(values(one));
  });
});

/** Two .npy files of 300 rows of seven bytes or floats, and their labels. */
function writeArrays(format: 'u1' | 'f4'): { file: string; target: string } {
  const random = new RandomState(9);
  const rows = 300;
  const features = format === 'u1' ? Uint8Array.from(random.randint(0, 256, rows * 7)) : Float32Array.from(random.randn(rows * 7));
  return {
    file: saveNpy(join(folder, `x-${format}.npy`), format === 'u1' ? '|u1' : '<f4', `(${String(rows)}, 7)`, features),
    target: saveNpy(join(folder, 'y.npy'), '<i4', `(${String(rows)},)`, Int32Array.from({ length: rows }, (_, i) => i % 3)),
  };
}

describe.each(['u1', 'f4'] as const)('an array of %s that stays on disk', (format) => {
  const { file, target } = writeArrays(format);
  const inMemory = loadNumpy(file, { target, splitSeed: 3 });
  const onDisk = loadNumpy(file, { target, splitSeed: 3, chunkRows: 64 });
  const pairs = (['train', 'validation', 'test'] as const).map((split) =>
    [split, inMemory[split] as Dataset, onDisk[split] as StoredDataset] as const);

  test.each(pairs)('gives the same %s rows', (_, memory, disk) => {
    const { features, ...facts } = memory;
    expect(disk).toMatchObject(facts);
    for (const rowsPerBlock of [1, 7, 1000]) {
      const all = [...blocksOf(disk, rowsPerBlock)].length === Math.ceil(disk.size / rowsPerBlock)
        ? Array.from(blocksOf(disk, rowsPerBlock), (block) => [...block.features]).flat()
        : [];
      expect(all).toEqual([...features]);
    }
  });

  test('has the same digest', () => {
    expect(onDisk.origin).toEqual(inMemory.origin);
  });

  test('can be sliced', () => {
    const slice = sliceRows(onDisk.train, 'train', 10, 5);
    const right = sliceRows(inMemory.train, 'train', 10, 5) as Dataset;
    expect([...blocksOf(slice, 100)][0]!.features).toEqual(right.features);
    expect(slice.labels).toEqual(right.labels);
  });

  describe.each(variants)('on $backend in $dtype', ({ backend, dtype }) => {
    const options = { target, splitSeed: 3 };
    const memory = loadNumpy(file, options).train as Dataset;
    const disk = loadNumpy(file, { ...options, chunkRows: 64 }).train as StoredDataset;
    const whitening = { kernels: kernelsFor('float64', backend), components: null, epsilon: 0.1 };

    test.each<[PlainNormalization]>([['standardize'], ['scale'], ['zca'], ['pca']])('is normalised alike (%s)', (kind) => {
      const kernels = kernelsFor(dtype, backend);
      expect(fitNormalization(kind, disk, kernels, whitening)).toEqual(fitNormalization(kind, memory, kernels, whitening));
    });

    test.each(['sharded', 'sequential'] as const)('gives the same inputs in %s order', (order) => {
      const kernels = kernelsFor(dtype, backend);
      const normalization = fitNormalization('standardize', memory, kernels);
      const [fromMemory, fromDisk] = [memory, disk].map((data) => {
        const reader = new InputReader(kernels, { data, normalization, maxBatch: 16, order });
        const batches = new Batches(data, 16, new RandomState(2), 'shuffle', order === 'sharded' ? shardedOrder(64) : (rows) => {
          rows.forEach((_, i) => { rows[i] = i; });
        });
        return Array.from({ length: 40 }, () => {
          const rows = batches.next();
          reader.read(rows.length, rows);
          return [...reader.x.subarray(0, rows.length * 7)];
        });
      });
      expect(fromDisk).toEqual(fromMemory);
    });
  });
});

describe('CIFAR-10 that stays on disk', () => {
  const images = writeBinaryLayout(folder);

  test('has the same rows and the same digest', () => {
    const sizes = { train: 12_000, validation: 50, test: 20 };
    const [memory, disk] = [loadCifar10(images, sizes), storeCifar10(images, sizes, 800)];
    expect(disk.origin).toEqual(memory.origin);
    for (const split of ['train', 'validation', 'test'] as const) {
      const { features, ...facts } = memory[split];
      expect(disk[split]).toMatchObject(facts);
      const last = sliceRows(disk[split], split, facts.size - 3, 3);
      expect([...blocksOf(last, 3)][0]!.features).toEqual(features.subarray(-3 * 3072));
    }
  });

  test('needs the binary layout', () => {
    expect(() => storeCifar10(writePythonLayout(join(folder, 'python')), {}, 800)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('the python layout') as string }),
    );
  });

  test('refuses labels out of range', () => {
    const path = writeBinaryLayout(join(folder, 'bad'));
    writeFileSync(join(path, 'test_batch.bin'), Buffer.alloc(10_000 * 3073, 77));
    expect(() => storeCifar10(path, { train: 10, validation: 1, test: 1 }, 8)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('labels from 0 to 9') as string }),
    );
  });
});
