import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { expected } from '../../errors';
import { requireMemory } from '../../machine';
import type { Dataset, DataSplits, SplitSizes } from '../dataset';
import { sliceRows } from '../dataset';
import { divideRows, splitNames } from '../divide';
import { badFile } from '../files';
import { sharedBytes } from '../shared';
import { resolveShares } from '../table';
import { decodePictures } from './decode';
import type { Damaged, PictureFormat } from './decode';
import { listPictures } from './pictureFolder';
import type { PictureList } from './pictureFolder';
import type { PicturesOptions } from './pictureFields';

const defaultSide = 32;

/** Damaged pictures that a note names. */
const maxNamed = 3;

/** Bytes of a SHA-256. */
const digestSize = 32;

/** See `loadPictures`; writes into `progress` how many pictures of how many are read. */
export async function readPictures(folder: string, options: PicturesOptions, progress: Int32Array): Promise<DataSplits> {
  const list = listPictures(folder, options.whole === true);
  const format = formatOf(options);
  const { channels, height, width } = format.shape;
  const featureSize = channels * height * width;
  const orders = divide(folder, list, options);
  const places = Int32Array.from(orders.flatMap((order) => [...order])); // of each row in the list
  requireMemory(places.length * (featureSize + digestSize), 'imageSize', [height, width]);
  const features = new Uint8Array(sharedBytes(places.length * featureSize));
  const digests = new Uint8Array(places.length * digestSize);
  progress[1] = places.length;
  const paths = Array.from(places, (place) => join(folder, list.files[place]!));
  const damaged = await decodePictures(folder, paths, format, {
    features, digests, stopAtDamaged: options.skipDamaged !== true, onDecoded: (count) => { progress[0] = count; },
  });
  if (damaged.length > 0 && options.skipDamaged !== true) {
    const { at, reason } = damaged[0]!;
    throw badFile('a picture (skipDamaged leaves out those that cannot be read)', paths[at]!, `one that cannot be read: ${reason}`);
  }
  const kept = withoutDamaged(damaged, places, [[features, featureSize], [digests, digestSize]]);
  let from = 0;
  const sizes = orders.map(({ length }) => {
    const lost = damaged.filter(({ at }) => at >= from && at < from + length).length;
    from += length;
    return length - lost;
  });
  const labels = new Int32Array(sharedBytes(4 * kept.length));
  kept.forEach((place, row) => { labels[row] = list.labels[place]!; });
  refuseLostClass(folder, list, orders[0]!, labels.subarray(0, sizes[0]));
  const rowNumbers = new Int32Array(sharedBytes(4 * kept.length));
  rowNumbers.set(kept);
  const name = basename(resolve(folder));
  const all: Dataset = {
    name, split: 'train', features: features.subarray(0, kept.length * featureSize), labels, rowNumbers, size: kept.length, featureSize,
    classNames: list.classNames, imageShape: format.shape,
  };
  const digest = createHash('sha256').update(digests.subarray(0, kept.length * digestSize)).update(labels)
    .update(JSON.stringify({ classNames: list.classNames, sizes, ...format })).digest('hex');
  const notes = [...notesOn(format, options), ...list.notes, ...notesOnDamaged(damaged, paths, folder)];
  const [train = 0, validation = 0, test = 0] = sizes;
  const counted = `${String(kept.length)} pictures of ${String(list.classNames.length)} classes`;
  return {
    train: sliceRows(all, 'train', 0, train),
    validation: sliceRows(all, 'validation', train, validation),
    test: sliceRows(all, 'test', train + validation, test),
    origin: { name, description: `${name} (${[counted, ...notes].join('; ')})`, notes, digest },
  };
}

function formatOf({ imageSize = defaultSide, imageFit = 'cover', grey = false }: PicturesOptions): PictureFormat {
  const [height, width] = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  return { shape: { channels: grey ? 1 : 3, height, width }, fit: imageFit };
}

/** The rows of each part. Throws ERR_CONFIG for sizes that do not fit, or that folders settle. */
function divide(folder: string, { files, labels, parts }: PictureList, { sizes = {}, splitSeed = 0, stratify = true, whole = false }: PicturesOptions): readonly Int32Array[] {
  if (whole) return [Int32Array.from(files.keys()), new Int32Array(0), new Int32Array(0)];
  const shared = (some: Int32Array, given: Partial<SplitSizes>): readonly Int32Array[] => {
    const strata = stratify ? Int32Array.from(some, (row) => labels[row]!) : undefined;
    return divideRows(some.length, resolveShares(given, some.length), { seed: splitSeed, strata }).map((order) => order.map((at) => some[at]!));
  };
  if (parts === undefined) return shared(Int32Array.from(files.keys()), sizes);
  const [train, validation, test] = splitNames.map((_, part) => Int32Array.from(files.keys()).filter((row) => parts[row] === part)) as [Int32Array, Int32Array, Int32Array];
  const isGiven = validation.length > 0;
  for (const split of splitNames) {
    if (sizes[split] === undefined || (split === 'validation' && !isGiven)) continue;
    throw expected('ERR_CONFIG', `null, as folders of ${folder} say which pictures it has,`, `the number of ${split} rows`, sizes[split], { path: `sizes.${split}` });
  }
  if (isGiven) return [train, validation, test];
  return [...shared(train, { ...sizes, test: 0 }).slice(0, 2), test];
}

/** Closes the gaps that damaged pictures leave in arrays [rows, width]; returns `places` without them. */
function withoutDamaged(damaged: readonly Damaged[], places: Int32Array, arrays: readonly (readonly [array: Uint8Array, width: number])[]): Int32Array {
  if (damaged.length === 0) return places;
  const gaps = new Set(damaged.map(({ at }) => at));
  const rows = Int32Array.from(places.keys()).filter((row) => !gaps.has(row));
  for (const [array, width] of arrays) rows.forEach((row, to) => { array.copyWithin(to * width, row * width, (row + 1) * width); });
  return rows.map((row) => places[row]!);
}

/** Throws ERR_DATA where all training pictures of a class are damaged. */
function refuseLostClass(folder: string, { labels, classNames }: PictureList, train: Int32Array, kept: Int32Array): void {
  const known = new Set(kept);
  const lost = train.find((place) => !known.has(labels[place]!));
  if (lost !== undefined) throw badFile('training pictures of each class', folder, `none of ${classNames[labels[lost]!]!} that can be read`);
}

function notesOn({ shape: { channels, height, width }, fit }: PictureFormat, { imageSize }: PicturesOptions): string[] {
  const words = { cover: 'cut to fit', contain: 'padded with white to fit', stretch: 'stretched to fit' };
  const chosen = imageSize === undefined ? ', as no imageSize is given' : '';
  return [`${String(height)} × ${String(width)} pixels in ${channels === 1 ? 'grey' : 'colour'}, ${words[fit]}${chosen}`];
}

function notesOnDamaged(damaged: readonly Damaged[], paths: readonly string[], folder: string): string[] {
  if (damaged.length === 0) return [];
  const named = damaged.slice(0, maxNamed).map(({ at, reason }) => `${paths[at]!.slice(folder.length).replace(/^[/\\]/, '')}: ${reason}`);
  return [`${String(damaged.length)} damaged picture${damaged.length === 1 ? '' : 's'} left out (${named.join(', ')}${damaged.length > maxNamed ? ', …' : ''})`];
}
