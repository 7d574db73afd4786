import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkOptions, checkText } from '../../arguments';
import { blocksOf } from '../blocks';
import { FileBytes } from '../fileBytes';
import type { DataSplits, SplitName, SplitSizes, StoredDataset } from '../dataset';
import { badFile, readingFile } from '../files';
import { allocateRows, cifarShape, classCount, pixelsPerImage, resolveSizes, splitImages } from '../images';
import type { ImageRows } from '../images';
import { StoredFeatures } from '../stored';
import { GrowingDigest } from '../threads/digest';
import { utf8Of } from '../csv/utf8';
import { unpickleBatch } from './unpickle';
import type { BatchValue } from './unpickle';

/** CIFAR-10's class names, by label. */
export const cifar10Classes: readonly string[] = [
  'airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck',
];

/** The course's split: train rows 0–48,999, validation rows 49,000–49,999, test rows 0–999 of the test file. */
export const courseSizes: SplitSizes = { train: 49_000, validation: 1_000, test: 1_000 };

/** Number of images in CIFAR-10. */
export const cifar10Rows = { train: 50_000, test: 10_000 } as const;

export const imagesPerFile = 10_000;
/** A record of the binary layout: one byte of label, then the pixels. */
export const recordBytes = 1 + pixelsPerImage;

/** One of the two ways in which CIFAR-10 is distributed. */
export interface Layout {
  readonly kind: 'bin' | 'py';
  /** Name of the folder in the official archive. */
  readonly folder: string;
  readonly trainFiles: readonly string[];
  readonly testFile: string;
  readonly metaFile: string;
}

const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${String(number)}`);
/** The layouts; first the one that loads faster. */
export const layouts: readonly Layout[] = [
  {
    kind: 'bin', folder: 'cifar-10-batches-bin', metaFile: 'batches.meta.txt',
    trainFiles: batches.map((name) => `${name}.bin`), testFile: 'test_batch.bin',
  },
  {
    kind: 'py', folder: 'cifar-10-batches-py', metaFile: 'batches.meta',
    trainFiles: batches, testFile: 'test_batch',
  },
];

/** A folder with CIFAR-10's files, and their layout. */
export interface Cifar10Folder {
  readonly path: string;
  readonly layout: Layout;
}

/**
 * The first of the candidates that has CIFAR-10 in either layout: a datasets folder with cifar-10-batches-bin or
 * cifar-10-batches-py in it, or one of these folders itself. Recognised by the first training file, without reading it.
 */
export function findCifar10(...candidates: readonly string[]): Cifar10Folder | undefined {
  for (const candidate of candidates) {
    for (const layout of layouts) {
      for (const path of [join(candidate, layout.folder), candidate]) {
        if (existsSync(join(path, layout.trainFiles[0]!))) return { path, layout };
      }
    }
  }
  return undefined;
}

/**
 * Loads CIFAR-10 from a folder that {@link findCifar10} accepts. Only the files that the sizes need are read; pixels stay
 * bytes, on shared memory. Accepts any images in these layouts with 10 classes and 10,000 images per file.
 *
 * Throws ERR_DATA with details.file for a folder without the files or a file that is missing, unreadable, truncated, of
 * another format or has a label above 9; ERR_CONFIG for sizes that do not fit 50,000 and 10,000 rows.
 */
export function loadCifar10(folder: string, sizes: Partial<SplitSizes> = {}): DataSplits {
  const splits = readCifar10(folder, sizes);
  // The copy has the digest of the bytes as they were read, whatever the caller does to them next.
  return { ...splits, origin: { ...splits.origin } };
}

/** As {@link loadCifar10}, for callers that leave the bytes as they are: the digest is waited for where it is asked for first. */
export function readCifar10(folder: string, sizes: Partial<SplitSizes>): DataSplits {
  checkText(folder, 'folder');
  checkOptions(sizes, 'sizes');
  const { path, layout, classNames, name, description } = recognise(folder);
  const wanted = resolveSizes(sizes, courseSizes, cifar10Rows);
  const rows = allocateRows(wanted);
  const trainRows = wanted.train + wanted.validation;
  const digest = new GrowingDigest(rows.features, rows.labels.length);
  try {
    const read = (file: string, from: number, count: number): void => {
      if (count <= 0) return;
      readImages(layout, join(path, file), rows, from, count);
      digest.filled((from + count) * pixelsPerImage);
    };
    layout.trainFiles.forEach((file, i) => {
      const from = i * imagesPerFile;
      read(file, from, Math.min(imagesPerFile, trainRows - from));
    });
    read(layout.testFile, trainRows, wanted.test);
  } catch (error) {
    digest.abandon();
    throw error;
  }
  digest.complete(rows.labels);
  return splitImages(rows, wanted, { name, description, get digest() { return digest.value; } }, classNames);
}

/**
 * The same rows and digest as {@link loadCifar10}, with the pixels left on disk and `chunkRows` rows in memory at a time. For the binary
 * layout only, as a pickle can only be read whole. Reads all rows once, for labels and digest. Throws what {@link loadCifar10} throws.
 */
export function storeCifar10(folder: string, sizes: Partial<SplitSizes>, chunkRows: number): DataSplits<StoredDataset> {
  const { path, layout, classNames, name, description } = recognise(folder);
  if (layout.kind !== 'bin') throw badFile(`${layouts[0]!.folder}, for chunkRows,`, path, 'the python layout', { path: 'chunkRows' });
  const wanted = resolveSizes(sizes, courseSizes, cifar10Rows);
  const parts = [...layout.trainFiles, layout.testFile].map((file) => ({ bytes: openBinary(join(path, file)), rows: imagesPerFile }));
  const record = { parts, format: 'u1', offset: 0, stride: recordBytes } as const;
  const pixels = { ...record, featureSize: pixelsPerImage, skip: 1 };
  const hash = createHash('sha256');
  const allLabels: Uint8Array[] = [];
  const part = (split: SplitName, from: number, size: number): StoredDataset => {
    const order = Int32Array.from({ length: size }, (_, i) => from + i);
    const bytes = new Uint8Array(size);
    new StoredFeatures({ ...record, featureSize: 1, skip: 0 }, order).read(0, size, bytes);
    const labels = Int32Array.from(bytes, (label, i) => checkLabel(label, (from + i) % imagesPerFile, path));
    const stored = new StoredFeatures(pixels, order);
    const data = { name, split, labels, size, featureSize: pixelsPerImage, classNames, imageShape: cifarShape, stored, chunkRows };
    for (const { features } of blocksOf(data, chunkRows)) hash.update(features as Uint8Array);
    allLabels.push(bytes);
    return data;
  };
  const train = part('train', 0, wanted.train);
  const validation = part('validation', wanted.train, wanted.validation);
  const test = part('test', cifar10Rows.train, wanted.test);
  for (const bytes of allLabels) hash.update(bytes);
  return { train, validation, test, origin: { name, description, digest: hash.digest('hex') } };
}

interface Recognised extends Cifar10Folder {
  readonly classNames: readonly string[];
  readonly name: string;
  readonly description: string;
}

function recognise(folder: string): Recognised {
  const found = findCifar10(folder);
  if (found === undefined) {
    const names = layouts.map(({ folder: name, trainFiles }) => `${name} (with ${trainFiles[0]!})`).join(' or ');
    throw badFile(names, folder, existsSync(folder) ? 'a folder without it' : 'no such folder');
  }
  const { path, layout } = found;
  const classNames = readClassNames(layout, join(path, layout.metaFile));
  const isCifar10 = classNames.every((className, label) => className === cifar10Classes[label]);
  const description = `${isCifar10 ? 'CIFAR-10' : 'images'} from ${path} (${layout.kind === 'bin' ? 'binary' : 'python'} layout)`;
  return { ...found, classNames, name: isCifar10 ? 'cifar10' : 'images', description };
}

/** Reads the first `count` images of a file into rows [from, from + count). */
function readImages(layout: Layout, file: string, rows: ImageRows, from: number, count: number): void {
  const features = rows.features.subarray(from * pixelsPerImage, (from + count) * pixelsPerImage);
  const labels = rows.labels.subarray(from, from + count);
  readingFile(file, () => {
    if (layout.kind === 'bin') readBinary(file, features, labels);
    else readPython(file, features, labels);
  });
}

/** Opens a file of the binary layout. Throws ERR_DATA unless it has the length of 10,000 images. */
function openBinary(file: string): FileBytes {
  const bytes = new FileBytes(file);
  const wanted = imagesPerFile * recordBytes;
  if (bytes.size !== wanted) throw badFile(`${String(wanted)} bytes (${String(imagesPerFile)} images)`, file, `${String(bytes.size)} bytes`);
  return bytes;
}

/** Records per scatter read, with two buffers each: systems limit the buffers of one readv call. */
const recordsPerRead = 256;

/** Reads labels and pixels straight into their arrays (readv): copying a hundred megabytes would take as long as reading them. */
function readBinary(file: string, features: Uint8Array, labels: Int32Array): void {
  const bytes = openBinary(file);
  const found = new Uint8Array(labels.length);
  for (let from = 0; from < labels.length; from += recordsPerRead) {
    const buffers: Uint8Array[] = [];
    for (let row = from; row < Math.min(from + recordsPerRead, labels.length); row++) {
      buffers.push(found.subarray(row, row + 1), features.subarray(row * pixelsPerImage, (row + 1) * pixelsPerImage));
    }
    bytes.scatter(buffers, from * recordBytes);
  }
  for (let row = 0; row < labels.length; row++) labels[row] = checkLabel(found[row], row, file);
}

function readPython(file: string, features: Uint8Array, labels: Int32Array): void {
  const batch = readPickle(file);
  const data = batch.get('data');
  const list = batch.get('labels');
  if (!(data !== null && typeof data === 'object' && 'kind' in data && data.kind === 'array')) {
    throw badFile("an array 'data'", file, `the keys ${[...batch.keys()].slice(0, 8).join(', ')}`);
  }
  const shape = `${String(imagesPerFile)}×${String(pixelsPerImage)}`;
  if (data.shape.join('×') !== shape) throw badFile(`${shape} bytes of images`, file, `${data.shape.join('×')} bytes`);
  if (!Array.isArray(list) || list.length !== imagesPerFile) {
    throw badFile(`${String(imagesPerFile)} labels`, file, Array.isArray(list) ? `${String(list.length)} labels` : "no list 'labels'");
  }
  features.set(data.data.subarray(0, features.length));
  for (let row = 0; row < labels.length; row++) labels[row] = checkLabel(list[row], row, file);
}

function checkLabel(label: BatchValue | undefined, row: number, file: string): number {
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < classCount) return label;
  const received = typeof label === 'number' ? String(label) : 'something else';
  throw badFile(`labels from 0 to ${String(classCount - 1)}`, file, `${received} for image ${String(row)}`, { row });
}

/** The class names of the meta file, or CIFAR-10's where there is no such file. */
function readClassNames(layout: Layout, file: string): readonly string[] {
  if (!existsSync(file)) return cifar10Classes;
  const names = readingFile(file, () => (layout.kind === 'bin' ? namesFromText(file) : namesFromPickle(file)));
  if (names.length !== classCount || names.includes('')) {
    throw badFile(`${String(classCount)} class names`, file, String(names.length));
  }
  return names;
}

function namesFromText(file: string): string[] {
  return utf8Of(readFileSync(file), file).toString('utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

function namesFromPickle(file: string): string[] {
  const names = readPickle(file).get('label_names');
  if (!Array.isArray(names)) throw badFile("a list 'label_names'", file, 'none');
  return names.map((name) => (ArrayBuffer.isView(name) ? Buffer.from(name).toString('latin1') : ''));
}

/** Bytes; more than any file of the layout: 30.7 MB of images, at most twice as long as text, and the names of their files. */
const largestPickle = 64e6;

function readPickle(file: string): ReadonlyMap<string, BatchValue> {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > largestPickle) throw badFile(`${basename(file)} of CIFAR-10`, file, `a file of ${String(size)} bytes`);
    const batch = unpickleBatch(readFileSync(descriptor), file);
    if (batch !== null && typeof batch === 'object' && 'keys' in batch && 'get' in batch) return batch;
    throw badFile('a dict', file, 'a pickle of something else');
  } finally {
    closeSync(descriptor);
  }
}
