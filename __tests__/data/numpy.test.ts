import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadNumpy } from '../../lib/data/numpy/numpy';
import type { NumpyOptions } from '../../lib/data/numpy/numpy';
import type { Dataset } from '../../lib/data/dataset';
import { temporaryFolder } from '../support/folder';
import { goldenData } from '../support/data/goldenData';
import { saveNpy } from '../support/data/npy';

const folder = temporaryFolder();
const { arrays } = goldenData;
const bytesOf = (name: string): Buffer => Buffer.from(goldenData.files[name]!, 'base64');
function write(name: string, extension = '.npy', bytes: Uint8Array = bytesOf(name)): string {
  const file = join(folder, name + extension);
  writeFileSync(file, bytes);
  return file;
}

const everything: NumpyOptions = { sizes: { validation: 0, test: 0 } };
const load = (file: string, options: NumpyOptions = {}): Dataset => loadNumpy(file, { ...everything, ...options }).train as Dataset;
const target = write('labels');

test.each([['stored', '.npz'], ['images', '.npy']])('pictures of bytes stay bytes (%s%s)', (name, extension) => {
  const train = load(write(name, extension), extension === '.npy' ? { target } : {});
  expect(train).toMatchObject({
    size: 6, featureSize: 60, imageShape: { channels: 3, height: 4, width: 5 }, classNames: ['0', '1', '2'],
  });
  expect(train.features).toEqual(Uint8Array.from(arrays.images));
  expect(train.labels).toEqual(Int32Array.from(arrays.labels));
});

describe('numbers are kept:', () => {
  test.each([['f8', '.npy'], ['f4', '.npy'], ['deflated', '.npz']])('floats of %s%s', (name, extension) => {
    const train = load(write(name, extension), extension === '.npy' ? { target } : {});
    expect(train.features).toEqual(name === 'f4' ? Float32Array.from(arrays.features) : Float64Array.from(arrays.features));
    expect(train).toMatchObject({ size: 6, featureSize: 4 });
    expect(train.imageShape).toBeUndefined();
  });

  test('integers as features', () => {
    const file = write('labels-as-features', '.npy', bytesOf('labels'));
    const reshaped = bytesOf('labels').toString('latin1').replace("(6,), }", "(6,1),}");
    writeFileSync(file, reshaped, 'latin1');
    expect(load(file, { target }).features).toEqual(Float32Array.from(arrays.labels));
  });

  test('targets may be numbers, several a row', () => {
    const { targets, classNames } = load(write('f8'), { target: write('targets'), numericTargets: true });
    const right = arrays.features.filter((_, i) => i % 4 < 2);
    expect(targets).toEqual(Float64Array.from(right));
    expect(classNames).toEqual([]);
  });
});

test.each(['labels', 'labels32', 'floatLabels'])('class numbers may be %s', (name) => {
  expect(load(write('f8'), { target: write(name) }).labels).toEqual(Int32Array.from(arrays.labels));
});

test('arrays of an archive are taken by name', () => {
  const train = load(write('named', '.npz'), { target: 'kinds' });
  expect(train.labels).toEqual(Int32Array.from(arrays.labels));
  expect(train.features).toEqual(Uint8Array.from(arrays.images));
});

test.each<[string, bigint, bigint, string | undefined]>([
  ['apart by seconds, in nanoseconds', 1_700_000_000_000_000_001n, 1_000_000_007n, undefined],
  ['apart by less than float64 shows', 2n ** 60n, 1n, 'integers that float64 tells apart'],
])('integers of 64 bits that are %s', (_, from, by, refused) => {
  const [large, own] = [join(folder, 'large.npy'), join(folder, 'own.npy')];
  saveNpy(large, '<i8', '(20, 1)', BigInt64Array.from({ length: 20 }, (_x, i) => from + by * BigInt(i)));
  saveNpy(own, '<i8', '(20,)', BigInt64Array.from({ length: 20 }, (_x, i) => BigInt(i % 2)));
  for (const options of [{}, { chunkRows: 8 }]) {
    if (refused === undefined) expect(load(large, { target: own, ...options }).size).toBe(20);
    else expect(() => load(large, { target: own, ...options })).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(refused) as string }));
  }
});

describe('a header', () => {
  const rewritten = (name: string, from: string, to: string): string =>
    write('rewritten', '.npy', Buffer.from(bytesOf(name).toString('latin1').replace(from, to), 'latin1'));

  test.each([["(6, 4), ", "(6L, 4L)"], ["(6, 4), ", "(6L,4), "], ["(6, 4), ", " ( 6,4) "]])('may have %j as %j', (from, to) => {
    expect(load(rewritten('f8', from, to), { target })).toMatchObject({ size: 6, featureSize: 4 });
  });

  test.each([
    ['(6, 4), ', '(6M, 4) ', 'a shape of whole numbers'], ['(6, 4), ', '(6,,4), ', 'a shape of whole numbers'],
    ['(6, 4), }', `(${'9'.repeat(55)}`, 'a shape of whole numbers'], ['(6, 4), ', '(-6, 4),', 'a shape of whole numbers'],
    ["'shape': ", "'shade': ", 'a header without one'], ["'fortran_order': False", "'fortran_order': Maybe", 'does not tell'],
    ["'fortran_order': False", "'fortran_order': True ", 'Fortran order'],
  ])('with %j as %j is refused for what it is', (from, to, part) => {
    expect(() => load(rewritten('f8', from, to), { target })).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(part) as string }));
  });
});

test('rows are shared out by the seed, and the digest says so', () => {
  const file = write('stored', '.npz');
  const [one, other] = [loadNumpy(file, { splitSeed: 1 }), loadNumpy(file, { splitSeed: 2 })];
  expect(loadNumpy(file, { splitSeed: 1 })).toEqual(one);
  expect(one.train.size + one.validation.size + one.test.size).toBe(6);
  expect(other.origin.digest).not.toBe(one.origin.digest);
  expect(one.origin).toMatchObject({ name: 'stored.npz', description: 'stored.npz (6 rows)' });
});

describe('refuses with ERR_DATA and the file', () => {
  test.each([
    ['fortran', 'C order'], ['bigEndian', 'little-endian'], ['half', 'little-endian'], ['text', 'little-endian'], ['flat', 'shape (6)'],
    ['nan', 'row '],
  ])('features that are %s', (name, part) => {
    const file = write(name);
    expect(() => load(file, { target })).toThrow(expect.objectContaining({
      code: 'ERR_DATA', message: expect.stringContaining(part) as string,
      details: expect.objectContaining({ file: expect.stringContaining(file) as string }) as object,
    }));
  });

  test.each([
    ['negative', {}, 'class numbers from 0'], ['f8', {}, 'one class number a row'], ['flat', {}, 'class numbers from 0'],
    ['nan', { numericTargets: true }, 'finite targets'], ['images', { numericTargets: false }, 'one class number a row'],
  ])('targets that are %s', (name, options, part) => {
    expect(() => load(write('f8'), { target: write(name), ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(part) as string }),
    );
  });

  test('targets of another number of rows', () => {
    const short = write('short', '.npy', Buffer.from(bytesOf('labels').toString('latin1').replace('(6,)', '(5,)').slice(0, -8), 'latin1'));
    expect(() => load(write('f8'), { target: short })).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: `Expected targets for 6 rows for ${short} but received shape (5)` }),
    );
  });

  test('a .npy cut anywhere, or too long', () => {
    const whole = bytesOf('f8');
    for (const length of [0, 1, 6, 9, 11, 12, 40, 127, 128, whole.length - 1]) {
      const file = write('cut', '.npy', whole.subarray(0, length));
      expect(() => load(file, { target })).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(file) as string }));
    }
    const long = write('long', '.npy', Buffer.concat([whole, Buffer.from('x')]));
    expect(() => load(long, { target })).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
  });

  test.each(['stored', 'deflated'])('an archive (%s) cut anywhere', (name) => {
    const whole = bytesOf(name);
    for (let length = 0; length < whole.length; length += 23) {
      const file = write('cut', '.npz', whole.subarray(0, length));
      expect(() => load(file)).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining(file) as string }));
    }
  });

  test('an archive with one byte changed, where it does not read the same', () => {
    const whole = bytesOf('deflated');
    const right = load(write('deflated', '.npz'));
    for (let at = 0; at < whole.length; at += 7) {
      const file = write('changed', '.npz', whole.map((byte, i) => (i === at ? byte ^ 0xff : byte)));
      try {
        expect(load(file).features).toHaveLength(right.features.length);
      } catch (error) {
        expect(['ERR_DATA', 'ERR_CONFIG']).toContain((error as { code?: string }).code);
      }
    }
  });

  test.each([['something else.npz', '.npz'], ['a .npy of something else', '.npy']])('%s', (name, extension) => {
    const file = write(name, extension, Buffer.from('no array at all, but long enough to look like one'));
    expect(() => load(file, { target })).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
  });

  test('an archive in which the features could be either', () => {
    expect(() => load(write('many', '.npz'))).toThrow(expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('a, b, y') as string }));
  });

  test('a file that is not there', () => {
    expect(() => load(join(folder, 'nowhere.npy'), { target })).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
  });
});

test.each<[string, string, NumpyOptions, string]>([
  ['no target for a .npy', 'f8', {}, 'the .npy file of the targets'],
  ['an unknown array', 'named', { target: 'labels' }, 'one of the arrays pixels, kinds'],
  ['chunkRows on a compressed archive', 'deflated', { chunkRows: 8 }, 'compressed'],
])('refuses %s with ERR_CONFIG', (_, name, options, part) => {
  const file = write(name, name === 'f8' ? '.npy' : '.npz');
  expect(() => load(file, options)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(part) as string }),
  );
});
