import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Sharp, SharpOptions } from 'sharp';
import { toPlain } from '../../errors';
import { readFile } from '../../files';
import type { ImageShape } from '../dataset';
import { peer } from '../peer';
import type { ImageFit } from './pictureFields';

/** What pictures become. */
export interface PictureFormat {
  /** 3 channels, red, green and blue, or 1, grey. */
  readonly shape: ImageShape;
  readonly fit: ImageFit;
}

/** Why a picture could not be read. */
export interface Damaged {
  /** Its place among the files. */
  readonly at: number;
  readonly reason: string;
}

/** Pixels of the largest picture that is read: a file of a few bytes can claim any size. */
const maxPixels = 2 ** 28;

/** Bytes of the largest file that is read. */
const maxBytes = 2 ** 29;

/** What shows through transparent pixels and beside pictures that do not fill the size. */
const background = { r: 255, g: 255, b: 255 };

const options: SharpOptions = { failOn: 'error', limitInputPixels: maxPixels };

type Open = (bytes: Uint8Array, options: SharpOptions) => Sharp;

/**
 * Decodes pictures into `features` [files, channels · height · width], planes of bytes, and writes the SHA-256 of each file into `digests`
 * [files, 32]. As many are decoded at a time as the machine has cores and a few more, so that memory holds no more than these beside the result.
 * Returns those that cannot be read; with `stopAtDamaged` the first of them, as nothing is decoded after it. Throws ERR_DATA where sharp is not installed.
 */
export async function decodePictures(
  folder: string, paths: readonly string[], { shape, fit }: PictureFormat,
  { features, digests, stopAtDamaged, onDecoded }: { features: Uint8Array; digests: Uint8Array; stopAtDamaged: boolean; onDecoded: (count: number) => void },
): Promise<readonly Damaged[]> {
  const { default: sharp } = await peer('sharp', 'reads pictures', folder, () => import('sharp'));
  const featureSize = shape.channels * shape.height * shape.width;
  const damaged: Damaged[] = [];
  let [next, decoded] = [0, 0];
  const work = async (): Promise<void> => {
    while (next < paths.length && !(stopAtDamaged && damaged.length > 0)) {
      const at = next++;
      try {
        const bytes = readFile(paths[at]!, { limit: maxBytes, follow: true });
        digests.set(createHash('sha256').update(bytes).digest(), 32 * at);
        planesOf(await pixelsOf(sharp, bytes, shape, fit), shape.channels, features.subarray(at * featureSize, (at + 1) * featureSize));
      } catch (error) {
        damaged.push({ at, reason: reasonOf(error) });
      }
      onDecoded(++decoded);
    }
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  damaged.sort((a, b) => a.at - b.at);
  return stopAtDamaged ? damaged.slice(0, 1) : damaged;
}

/** Pixels [height, width, 3] of the first picture in a file: upright as its Exif data says, on white, in sRGB. */
async function pixelsOf(open: Open, bytes: Uint8Array, { height, width }: ImageShape, fit: ImageFit): Promise<Uint8Array> {
  const { data, info } = await open(bytes, options)
    .autoOrient()
    .flatten({ background })
    .resize({ width, height, fit: fit === 'stretch' ? 'fill' : fit, background })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${String(info.channels)} channels`);
  return data;
}

/** Pixels [pixels, 3] as three planes, or as one of the luma of ITU-R BT.601, rounded as Pillow does. */
function planesOf(pixels: Uint8Array, channels: number, planes: Uint8Array): void {
  const count = pixels.length / 3;
  for (let i = 0, from = 0; i < count; i++, from += 3) {
    const [red, green, blue] = [pixels[from]!, pixels[from + 1]!, pixels[from + 2]!];
    if (channels === 1) {
      planes[i] = (19_595 * red + 38_470 * green + 7471 * blue + 0x8000) >>> 16;
    } else {
      planes[i] = red;
      planes[count + i] = green;
      planes[2 * count + i] = blue;
    }
  }
}

/** The first line of an error, as libraries add more, without the file where it is in it: whoever says the reason names that too. */
function reasonOf(error: unknown): string {
  return toPlain(error).message.split(' but received ').at(-1)!.split('\n')[0]!.trim();
}
