import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { BlastrainError, loadPictures } from '../../lib/index';
import type { PicturesOptions } from '../../lib/index';
import { peer } from '../../lib/data/peer';
import { setLoadingListener } from '../../lib/data/threads/progress';
import { temporaryFolder } from '../support/folder';

const golden = join(__dirname, '..', 'golden', 'pictures');
const folder = temporaryFolder();

/** What Pillow reads: golden/pictures.py writes it, and the pictures. */
const pillow = JSON.parse(readFileSync(join(golden, 'pillow.json'), 'utf8')) as Record<string, { pixels: number[]; tolerance: number }>;
const names = [
  'nested/ink.jpg', 'nested/luma.jpeg', 'nested/photo.tif', 'nested/progressive.JPG', 'nested/turned.jpg', 'nested/deep/lossless.webp', 'nested/deep/er/animated.gif',
  'png/alpha.png', 'png/bits.png', 'png/grey-alpha.png', 'png/grey.png', 'png/palette-alpha.png', 'png/palette.png', 'png/rgb.png', 'png/wide-grey.png', 'png/wide.png',
];

describe('pictures of the wanted size', () => {
  const { train, validation, test: none, origin } = loadPictures(golden, { imageSize: [5, 7], whole: true });
  const pixels = (name: string): number[] => [...train.features.subarray(105 * names.indexOf(name), 105 * (names.indexOf(name) + 1))];

  test('are found as torchvision finds them', () => {
    expect([train.classNames, [...train.labels], [...train.rowNumbers!]]).toEqual([['nested', 'png'], names.map((name) => (name.startsWith('png') ? 1 : 0)), [...names.keys()]]);
    expect([train.imageShape, train.featureSize, validation.size, none.size]).toEqual([{ channels: 3, height: 5, width: 7 }, 105, 0, 0]);
    expect(origin).toEqual({
      name: 'pictures', description: 'pictures (16 pictures of 2 classes; 5 × 7 pixels in colour, cut to fit; 1 file of other kinds left out (.json))',
      notes: ['5 × 7 pixels in colour, cut to fit', '1 file of other kinds left out (.json)'], digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test.each(names.filter((name) => name in pillow))('%s is read as Pillow reads it', (name) => {
    const { pixels: wanted, tolerance } = pillow[name]!;
    expect(Math.max(...pixels(name).map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThanOrEqual(tolerance);
  });

  test('ink becomes colours, and no negative', () => {
    const [red, , blue] = [0, 35, 70].map((at) => pixels('nested/ink.jpg').slice(at, at + 7)) as [number[], number[], number[]];
    expect([red[0], red[5], blue[0], red[3]! < 50, blue[5]! > 150]).toEqual([255, 0, 255, true, true]);
  });

  test('in grey are Pillow\'s luma', () => {
    const grey = loadPictures(golden, { imageSize: [5, 7], grey: true, whole: true }).train;
    const { pixels: colours } = pillow['png/rgb.png']!;
    const luma = Array.from({ length: 35 }, (_, i) => (19_595 * colours[i]! + 38_470 * colours[35 + i]! + 7471 * colours[70 + i]! + 0x8000) >> 16);
    expect([...grey.features.subarray(35 * names.indexOf('png/rgb.png'), 35 * (names.indexOf('png/rgb.png') + 1))]).toEqual(luma);
    expect(grey.imageShape).toEqual({ channels: 1, height: 5, width: 7 });
  });
});

/** A picture of one colour, the left half black. */
const half = async (width: number, height: number, red: number): Promise<Buffer> => {
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) if (i % width >= width / 2) pixels[3 * i] = red;
  return sharp(pixels, { raw: { width, height, channels: 3 } }).png().toBuffer();
};

const write = (path: string, bytes: Buffer | string): string => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
  return join(folder, path);
};

/** Twelve pictures of b, eight of a, told by their red. */
beforeAll(async () => {
  for (let i = 0; i < 12; i++) write(`pets/b/${String(i).padStart(2, '0')}.png`, await half(4, 2, 100 + i));
  for (let i = 0; i < 8; i++) write(`pets/a/${String(i)}.png`, await half(4, 2, 200 + i));
  write('pets/.hidden/x.png', '');
  write('pets/a/.DS_Store', '');
  write('pets/a/readme.txt', '');
  symlinkSync('..', join(folder, 'pets', 'a', 'loop'));
});

const load = (name: string, options: PicturesOptions = {}) => loadPictures(join(folder, name), { imageSize: [2, 4], ...options });
const reds = ({ features, size, featureSize }: { features: ArrayLike<number>; size: number; featureSize: number }): number[] =>
  Array.from({ length: size }, (_, i) => features[i * featureSize + 3]!);

test('rows are shared out by class, by seed, and lie side by side in shared memory', () => {
  const { train, validation, test: rest, origin } = load('pets', { sizes: { validation: 0.25, test: 5 } });
  expect([train.size, validation.size, rest.size]).toEqual([10, 5, 5]);
  for (const part of [validation, rest]) expect([...part.labels]).toEqual([0, 0, 1, 1, 1]);
  const all = [train, validation, rest].flatMap(reds).sort();
  expect(all).toEqual([...Array.from({ length: 12 }, (_, i) => 100 + i), ...Array.from({ length: 8 }, (_, i) => 200 + i)]);
  for (const part of [train, validation, rest]) reds(part).forEach((red, i) => { expect(red < 200).toBe(part.labels[i] === 1); });
  expect(train.features.buffer.constructor.name).toBe('SharedArrayBuffer'); // of another realm in jest
  expect(validation.features.byteOffset).toBe(train.features.byteOffset + train.features.byteLength);
  expect(reds(load('pets', { sizes: { validation: 0.25, test: 5 }, splitSeed: 1 }).validation)).not.toEqual(reds(validation));
  expect(origin.notes![1]).toBe('1 file of other kinds left out (.txt)');
});

test('a few of many are read, and no others', () => {
  expect(load('pets', { sizes: { train: 4, validation: 0, test: 0 } }).train.size).toBe(4);
});

test('the digest is of contents: another place has the same, another name of a class, size or split has not', () => {
  const digest = (name: string, options: PicturesOptions = {}): string => load(name, options).origin.digest;
  const own = digest('pets');
  cpSync(join(folder, 'pets'), join(folder, 'elsewhere', 'pets'), { recursive: true, verbatimSymlinks: true });
  expect(digest('elsewhere/pets')).toBe(own);
  cpSync(join(folder, 'pets', 'a'), join(folder, 'renamed', 'A'), { recursive: true, verbatimSymlinks: true });
  cpSync(join(folder, 'pets', 'b'), join(folder, 'renamed', 'b'), { recursive: true });
  const others = [digest('renamed'), digest('pets', { splitSeed: 1 }), digest('pets', { imageFit: 'stretch' })];
  expect(new Set([own, ...others]).size).toBe(4);
});

test.each<[NonNullable<PicturesOptions['imageFit']>, readonly number[]]>([
  ['cover', [0, 255, 0, 255]], ['stretch', [0, 255, 0, 255]], ['contain', [255, 255, 0, 255]],
])('%s fits 8 × 4 pixels to 2 × 2', async (imageFit, wanted) => {
  write(`fit-${imageFit}/a/x.png`, await half(8, 4, 255));
  write(`fit-${imageFit}/b/x.png`, await half(8, 4, 255));
  const { features } = load(`fit-${imageFit}`, { imageSize: imageFit === 'contain' ? 4 : 2, imageFit, sizes: { validation: 0, test: 0 } }).train;
  // Contained in 4 × 4 pixels, there are white rows above and below.
  const shown = imageFit === 'contain' ? [features[0], features[3], features[4], features[7]] : [...features.subarray(0, 4)];
  shown.forEach((value, i) => { expect(Math.abs(value! - wanted[i]!)).toBeLessThan(30); });
});

describe('folders of parts', () => {
  beforeAll(async () => {
    const picture = await half(4, 2, 9);
    for (let i = 0; i < 10; i++) for (const name of ['a', 'b']) write(`parts/train/${name}/${String(i)}.png`, picture);
    for (const name of ['a', 'b', 'b']) write(`parts/test/${name}/0.png`, picture);
    cpSync(join(folder, 'parts'), join(folder, 'three'), { recursive: true });
    write('three/Valid/b/0.png', picture);
    for (const name of ['train', 'plane']) write(`vehicles/${name}/0.png`, picture);
    cpSync(join(folder, 'three'), join(folder, 'more'), { recursive: true });
    write('more/unlabeled/x/0.png', picture);
  });

  test.each<[string, PicturesOptions, readonly number[]]>([
    ['three', {}, [20, 1, 2]], ['parts', {}, [18, 2, 2]], ['parts', { sizes: { validation: 0 } }, [20, 0, 2]], ['three', { whole: true }, [23, 0, 0]],
    ['vehicles', { sizes: { validation: 0, test: 0 } }, [2, 0, 0]],
  ])('%s with %j', (name, options, sizes) => {
    const { train, validation, test: rest } = load(name, options);
    expect([train, validation, rest].map(({ size }) => size)).toEqual(sizes);
    expect(train.classNames).toEqual(name === 'vehicles' ? ['plane', 'train'] : ['a', 'b']);
  });

  test.each<[string, PicturesOptions, string, RegExp]>([
    ['three', { sizes: { validation: 2 } }, 'ERR_CONFIG', /^Expected null, as folders of .* say which pictures it has, for the number of validation rows but received 2$/],
    ['parts', { sizes: { train: 2 } }, 'ERR_CONFIG', /for the number of train rows but received 2$/],
    ['more', {}, 'ERR_DATA', /^Expected either a folder for each class, or .* but received unlabeled beside train$/],
  ])('%s with %j is refused', (name, options, code, message) => {
    expect(() => load(name, options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  });
});

/** A PNG that claims a size and holds nothing of it. */
const claiming = (width: number, height: number): Buffer => {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100))), chunk('IEND', Buffer.alloc(0))]);
};

const crc32 = (bytes: Buffer): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
};

describe('damaged pictures', () => {
  const cases: Readonly<Record<string, [bytes: () => Buffer, reason: RegExp]>> = {
    'an empty file': [() => Buffer.alloc(0), /empty/i],
    'a text': [() => Buffer.from('hello'), /unsupported image format/],
    'a cut PNG': [() => readFileSync(join(golden, 'png', 'rgb.png')).subarray(0, 120), /./],
    'a cut JPEG': [() => readFileSync(join(golden, 'nested', 'progressive.JPG')).subarray(0, 400), /./],
    '50,000 × 50,000 pixels': [() => claiming(50_000, 50_000), /exceeds pixel limit/],
  };
  const everything = { sizes: { validation: 0, test: 0 } };

  test.each(Object.entries(cases))('%s is named', (name, [bytes, reason]) => {
    const own = name.replace(/\W/g, '');
    for (const part of ['a', 'b']) write(`${own}/${part}/0.png`, readFileSync(join(golden, 'png', 'rgb.png')));
    const path = write(`${own}/b/x.png`, bytes());
    write(`${own}/b/y.png`, 'another');
    expect(() => load(own, everything)).toThrow(expect.objectContaining({
      code: 'ERR_DATA', details: { file: path }, message: expect.stringMatching(new RegExp(`^Expected a picture \\(skipDamaged .*\\) for .*x\\.png but received one that cannot be read: .*${reason.source}`, reason.flags)) as string,
    }));
  });

  test('are left out and counted, and nothing else changes', () => {
    cpSync(join(folder, 'pets'), join(folder, 'some'), { recursive: true, verbatimSymlinks: true });
    Object.values(cases).forEach(([bytes], i) => write(`some/${i % 2 === 0 ? 'a' : 'b'}/03x${String(i)}.png`, bytes()));
    const { train, validation, origin } = load('some', { sizes: { validation: 5, test: 0 }, skipDamaged: true });
    expect([...reds(train), ...reds(validation)].sort()).toEqual(reds(load('pets', everything).train).sort());
    [train, validation].forEach((part) => { reds(part).forEach((red, i) => { expect(red < 200).toBe(part.labels[i] === 1); }); });
    expect(origin.notes!.at(-1)).toMatch(/^5 damaged pictures left out \(a\/03x\d\.png: .*, …\)$/);
  });

  test('a link to nothing is one, and a class of nothing else is refused', () => {
    write('broken/a/x.png', readFileSync(join(golden, 'png', 'rgb.png')));
    mkdirSync(join(folder, 'broken', 'b'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken', 'b', 'x.png'));
    expect(() => load('broken', everything)).toThrow(/x\.png but received one that cannot be read: no such file or folder$/);
    expect(() => load('broken', { ...everything, skipDamaged: true })).toThrow(/^Expected training pictures of each class for .* but received none of b that can be read$/);
  });
});

test.each<[string, () => string, PicturesOptions, string, RegExp]>([
  ['no folder', () => 'none', {}, 'ERR_DATA', /^Expected a readable file for .*none but received no such file or folder$/],
  ['pictures in no folder', () => 'pets/b', {}, 'ERR_DATA', /^Expected a folder for each class, with its pictures, for .* but received 12 pictures in no folder$/],
  ['a single class', () => (cpSync(join(folder, 'pets', 'b'), join(folder, 'one', 'b'), { recursive: true }), 'one'), {}, 'ERR_DATA', /^Expected folders of two classes or more for .* but received one, b$/],
  ['a class without pictures', () => (cpSync(join(folder, 'pets', 'b'), join(folder, 'half', 'b'), { recursive: true }), mkdirSync(join(folder, 'half', 'c')), 'half'), {}, 'ERR_DATA', /^Expected pictures \(\.png, .* or \.avif\) for .*c but received none$/],
  ['no size', () => 'pets', { imageSize: 0 }, 'ERR_CONFIG', /^Expected an integer in \[1, 4096\], or two or null for imageSize but received 0$/],
  ['another fit', () => 'pets', { imageFit: 'crop' as 'cover' }, 'ERR_CONFIG', /^Expected one of cover, contain, stretch for imageFit but received 'crop'$/],
  ['too many rows', () => 'pets', { sizes: { train: 30 } }, 'ERR_CONFIG', /^Expected at most 20 rows for all parts together but received 34$/],
])('%s: refused', (_, name, options, code, message) => {
  expect(() => load(name(), options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
});

test('without sharp, or with one that does not load, a sentence says so', async () => {
  const failing = (error: Error): Promise<unknown> => peer('sharp', 'reads pictures', 'pets', () => Promise.reject(error));
  await expect(failing(Object.assign(new Error("Cannot find package 'sharp'"), { code: 'ERR_MODULE_NOT_FOUND' }))).rejects.toThrow(
    new BlastrainError('ERR_DATA', 'Expected the package sharp, which reads pictures, for pets but received none (npm install sharp adds it)'));
  await expect(failing(new Error('Could not load the "sharp" module using the linux-x64 runtime\nPossible solutions:'))).rejects.toThrow(
    'but received one that does not load: Could not load the "sharp" module using the linux-x64 runtime');
});

test('who waits long hears how far it is', () => {
  const told: [number, number][] = [];
  setLoadingListener((rows, all) => { told.push([rows, all]); });
  for (let i = 0; i < 1000; i++) write(`many/${i < 500 ? 'a' : 'b'}/${String(i)}.png`, readFileSync(join(golden, 'png', 'rgb.png')));
  load('many');
  setLoadingListener(undefined);
  expect(told.at(-1)).toEqual([1000, 1000]);
});
