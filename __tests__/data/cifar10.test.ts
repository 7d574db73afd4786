import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { cifar10Classes, findCifar10, loadCifar10 } from '../../lib/data/cifar10/cifar10';
import { cifarFolder } from '../support/data/cifar';
import { temporaryFolder } from '../support/folder';
import { fakeClasses, fakeImage, fakeLabel, writeBinaryLayout, writePythonBatch, writePythonLayout } from './fakeCifar';

const root = temporaryFolder();
const folders = { bin: writeBinaryLayout(root), py: writePythonLayout(root) };
const layouts = Object.entries(folders).map(([kind, folder]) => ({ kind, folder }));

/** A copy of a layout's folder whose files are links, so that a test can replace one. */
function linkedCopy(folder: string): string {
  const copy = mkdtempSync(join(root, 'copy-'));
  for (const file of readdirSync(folder)) symlinkSync(join(folder, file), join(copy, file));
  return copy;
}

/** A real file in place of a link. */
function ownFile(copy: string, original: string, file: string): string {
  rmSync(join(copy, file));
  copyFileSync(join(original, file), join(copy, file));
  return join(copy, file);
}

describe.each(layouts)('the $kind layout', ({ folder }) => {
  test("gives the course's split by default", () => {
    const { train, validation, test: testRows } = loadCifar10(folder);
    expect([train, validation, testRows].map(({ split, size }) => [split, size])).toEqual([
      ['train', 49_000], ['validation', 1_000], ['test', 1_000],
    ]);
    // Validation starts with row 9,000 of the fifth file.
    expect(train.labels[44_567]).toBe(fakeLabel(4, 4567));
    expect(train.labels[48_999]).toBe(fakeLabel(4, 8999));
    expect(validation.labels[0]).toBe(fakeLabel(4, 9000));
    expect(validation.labels[999]).toBe(fakeLabel(4, 9999));
    expect(validation.features.subarray(0, 3072)).toEqual(fakeImage(4, 9000));
    expect(testRows.labels[1]).toBe(fakeLabel(5, 1));
    expect(testRows.features.subarray(3072, 6144)).toEqual(fakeImage(5, 1));
    expect(train.imageShape).toEqual({ channels: 3, height: 32, width: 32 });
    expect(train.classNames).toEqual(fakeClasses);
  });

  test('gives other sizes, across files, as bytes on shared memory', () => {
    const { train, validation, test: testRows, origin } = loadCifar10(folder, { train: 9_999, validation: 2, test: 2 });
    expect(train.features).toHaveLength(9_999 * 3072);
    expect(validation.features.subarray(0, 3072)).toEqual(fakeImage(0, 9999));
    expect(validation.features.subarray(3072)).toEqual(fakeImage(1, 0));
    expect([...validation.labels]).toEqual([fakeLabel(0, 9999), fakeLabel(1, 0)]);
    for (const { features, labels } of [train, validation, testRows]) {
      expect(Object.prototype.toString.call(features.buffer)).toBe('[object SharedArrayBuffer]');
      expect(Object.prototype.toString.call(labels.buffer)).toBe('[object SharedArrayBuffer]');
    }
    const digest = createHash('sha256');
    for (const { features } of [train, validation, testRows]) digest.update(features);
    for (const { labels } of [train, validation, testRows]) digest.update(Uint8Array.from(labels));
    expect(origin.digest).toBe(digest.digest('hex'));
  });

  test('reads only the files that it needs', () => {
    const copy = linkedCopy(folder);
    for (const file of readdirSync(copy)) if (!/data_batch_1|meta/.test(file)) rmSync(join(copy, file));
    expect(loadCifar10(copy, { train: 100, validation: 10, test: 0 }).test.size).toBe(0);
  });

  test('goes by the official names where there is no meta file', () => {
    const copy = linkedCopy(folder);
    rmSync(join(copy, readdirSync(copy).find((file) => file.includes('meta'))!));
    const { train, origin } = loadCifar10(copy, { train: 1, validation: 0, test: 0 });
    expect(train.classNames).toEqual(cifar10Classes);
    expect(origin.name).toBe('cifar10');
  });

  test.each(['data_batch_3', 'test_batch'])('misses %s by name', (name) => {
    const copy = linkedCopy(folder);
    const file = join(copy, readdirSync(copy).find((entry) => entry.startsWith(name))!);
    rmSync(file);
    expect(() => loadCifar10(copy)).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: expect.stringContaining(`${file} but received no such file`), details: expect.objectContaining({ file }),
    }));
  });

  test('refuses a folder in place of a file', () => {
    const copy = linkedCopy(folder);
    const file = join(copy, readdirSync(copy).find((entry) => entry.startsWith('data_batch_2'))!);
    rmSync(file);
    mkdirSync(file);
    expect(() => loadCifar10(copy)).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ file }) }));
  });

  test('refuses a truncated file', () => {
    const copy = linkedCopy(folder);
    const name = readdirSync(copy).find((entry) => entry.startsWith('data_batch_1'))!;
    const file = ownFile(copy, folder, name);
    truncateSync(file, 20_000_000);
    expect(() => loadCifar10(copy, { train: 10, validation: 0, test: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(name), details: expect.objectContaining({ file }) }),
    );
  });
});

test('both layouts give the same digest, which changes with a pixel, a label and the rows', () => {
  const sizes = { train: 4_600, validation: 0, test: 2 };
  const digest = loadCifar10(folders.bin, sizes).origin.digest;
  expect(loadCifar10(folders.py, sizes).origin.digest).toBe(digest);
  expect(loadCifar10(folders.bin, { ...sizes, test: 1 }).origin.digest).not.toBe(digest);
  for (const at of [0, 5]) {
    const copy = linkedCopy(folders.bin);
    const descriptor = openSync(ownFile(copy, folders.bin, 'data_batch_1.bin'), 'r+');
    writeSync(descriptor, Uint8Array.of(9), 0, 1, 100 * 3073 + at);
    closeSync(descriptor);
    expect(loadCifar10(copy, sizes).origin.digest).not.toBe(digest);
  }
});

describe('the binary layout', () => {
  test('refuses a label beyond 9, with its row', () => {
    const copy = linkedCopy(folders.bin);
    const file = ownFile(copy, folders.bin, 'data_batch_1.bin');
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Uint8Array.of(10), 0, 1, 321 * 3073);
    closeSync(descriptor);
    expect(() => loadCifar10(copy, { train: 400, validation: 0, test: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ file, row: 321 }) }),
    );
    expect(loadCifar10(copy, { train: 321, validation: 0, test: 0 }).train.size).toBe(321);
  });

  test.each([['a longer file', 30_730_001], ['an empty file', 0]])('refuses %s', (_, size) => {
    const copy = linkedCopy(folders.bin);
    truncateSync(ownFile(copy, folders.bin, 'data_batch_1.bin'), size);
    expect(() => loadCifar10(copy)).toThrow(/data_batch_1\.bin but received \d+ bytes/);
  });

  test.each([['nine names', 'a\nb\nc\nd\ne\nf\ng\nh\ni\n'], ['none', '']])('refuses a meta file with %s', (_, text) => {
    const copy = linkedCopy(folders.bin);
    rmSync(join(copy, 'batches.meta.txt'));
    writeFileSync(join(copy, 'batches.meta.txt'), text);
    expect(() => loadCifar10(copy)).toThrow(/10 class names for .*batches\.meta\.txt but received \d/);
  });
});

describe('the python layout', () => {
  test.each([
    ['images of another size', { shape: [10_000, 1024] as const }, /10000×3072 bytes of images .* 10000×1024/],
    ['fewer images', { shape: [5, 3072] as const }, /10000×3072/],
    ['floats', { dtype: 'f4' }, /uint8/],
    ['Fortran order', { isFortran: true }, /C order/],
    ['no images', { dataKey: 'pixels' }, /'data' .* keys batch_label, labels, pixels, filenames/],
    ['too few labels', { labels: [1, 2, 3] }, /10000 labels .* 3 labels/],
    ['a label beyond 9', { labels: new Array<number>(10_000).fill(11) }, /labels from 0 to 9 .* 11 for image 0/],
  ])('refuses %s', (_, damage, message) => {
    const copy = linkedCopy(folders.py);
    const file = join(copy, 'data_batch_1');
    rmSync(file);
    writePythonBatch(file, 0, damage);
    const load = (): unknown => loadCifar10(copy, { train: 10, validation: 0, test: 0 });
    expect(load).toThrow(message);
    expect(load).toThrow(expect.objectContaining({ code: 'ERR_DATA', details: expect.objectContaining({ file }) }));
  });

  test('refuses a meta file without names', () => {
    const copy = linkedCopy(folders.py);
    rmSync(join(copy, 'batches.meta'));
    writeFileSync(join(copy, 'batches.meta'), '(d.');
    expect(() => loadCifar10(copy, { train: 1, validation: 0, test: 0 })).toThrow(/label_names.*batches\.meta/);
  });
});

describe('folders', () => {
  test('a layout is found in a datasets folder and as the folder itself, binary first', () => {
    expect(findCifar10(join(root, 'nowhere'), root)?.path).toBe(folders.bin);
    expect(findCifar10(folders.py)).toMatchObject({ path: folders.py, layout: { kind: 'py' } });
    expect(findCifar10(join(root, 'nowhere'))).toBeUndefined();
  });

  test.each(['empty', 'nowhere'])('%s: ERR_DATA says what was expected', (name) => {
    const folder = join(root, name);
    if (name === 'empty') mkdirSync(folder);
    expect(() => loadCifar10(folder)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('cifar-10-batches-bin'), details: { file: folder } }),
    );
  });
});

test.each([
  [{ train: 49_500 }, 'sizes.train'],
  [{ train: 0 }, 'sizes.train'],
  [{ train: 1.5 }, 'sizes.train'],
  [{ validation: -1 }, 'sizes.validation'],
  [{ test: 10_001 }, 'sizes.test'],
  [{ test: NaN }, 'sizes.test'],
])('refuses the sizes %p', (sizes, path) => {
  expect(() => loadCifar10(folders.bin, sizes)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path } }));
});

const real = cifarFolder();
(real === undefined ? describe.skip : describe)('the real images', () => {
  test('give the same digest in both layouts and 5,000 training images of each class', () => {
    const sizes = { train: 50_000, validation: 0, test: 10_000 };
    const { train, origin } = loadCifar10(join(real!, 'cifar-10-batches-bin'), sizes);
    expect(loadCifar10(join(real!, 'cifar-10-batches-py'), sizes).origin.digest).toBe(origin.digest);
    const counts = new Array<number>(10).fill(0);
    for (const label of train.labels) counts[label]!++;
    expect(counts).toEqual(new Array(10).fill(5_000));
    expect(train.classNames).toEqual(cifar10Classes);
  });
});
