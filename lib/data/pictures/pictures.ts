import { expected } from '../../errors';
import { choice, flag, orNull } from '../../fields';
import type { Field } from '../../fields';
import type { DataSplits } from '../dataset';
import type { TableOptions } from '../table';
import { onThread } from '../threads/onThread';

/** How a picture of another shape is brought to the wanted one: cut, padded or distorted. */
const imageFits = ['cover', 'contain', 'stretch'] as const;
export type ImageFit = (typeof imageFits)[number];

/** Sides in pixels: of a square, or [height, width]. */
export type ImageSize = number | readonly [height: number, width: number];

/** How pictures are read: keys of a spec. */
export interface PictureOptions {
  /** What pictures are scaled to. Default 32. */
  readonly imageSize?: ImageSize;
  /** How a picture of another shape is fitted: cut to it, padded with white, or stretched. Default cover. */
  readonly imageFit?: ImageFit;
  /** One channel, the luma of ITU-R BT.601, in place of red, green and blue. Default false. */
  readonly grey?: boolean;
  /** Whether pictures that cannot be read are left out, and counted in `origin.notes`. Default false, which refuses them. */
  readonly skipDamaged?: boolean;
}

export interface PicturesOptions extends PictureOptions, Pick<TableOptions, 'sizes' | 'splitSeed'> {
  /** Whether each part has the classes in their shares of all pictures. Default true. */
  readonly stratify?: boolean;
  /** Takes all pictures as training rows, of any number of classes and of all parts, as for a model to be evaluated on. Default false. */
  readonly whole?: boolean;
}

/** Pixels along the longest side that is taken for meant. */
const maxSide = 4096;

const isSide = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxSide;

/** The keys of a spec that say how pictures are read. */
export const pictureFields: { readonly [Key in keyof PictureOptions]-?: Field } = {
  imageSize: orNull({
    help: 'pixels that pictures are scaled to: the side of a square, or height,width; null is 32',
    default: null,
    what: `an integer in [1, ${String(maxSide)}], or two`,
    list: true,
    accepts: (value) => isSide(value) || (Array.isArray(value) && value.length === 2 && value.every(isSide)),
  }),
  imageFit: choice('cover', imageFits, 'how pictures of another shape fit imageSize: cut, padded with white, or distorted'),
  grey: flag(false, 'read pictures in grey, as one channel, in place of red, green and blue'),
  skipDamaged: flag(false, 'leave out pictures that cannot be read, and count them, in place of refusing them'),
};

/**
 * Loads pictures from folders, one for each class, as torchvision's ImageFolder finds them: FOLDER/CLASS/… , whose rows are shared out (by default a
 * tenth each for validation and test, the classes in their shares), or FOLDER/train/CLASS/…, val and test, as they are; where there is no folder
 * for validation, its rows are drawn from those for training. PNG, JPEG, WebP, TIFF, GIF and AVIF, upright as their Exif data says, on white where
 * they are transparent, of several pages the first. Features are bytes [size, channels · height · width], planes of red, green and blue, or of
 * grey. Needs the package sharp.
 *
 * Throws ERR_DATA, naming the file and the reason, for the first picture that cannot be read or has more than 2^28 pixels, for a folder without class
 * folders, a class without pictures and a single class, and where sharp is not installed; ERR_CONFIG for sizes that do not fit; ERR_MEMORY.
 */
export function loadPictures(folder: string, options: PicturesOptions = {}): DataSplits {
  const given = Object(options) as Readonly<Record<string, unknown>>;
  for (const [key, { accepts, what }] of Object.entries<Field>(pictureFields)) {
    if (given[key] !== undefined && !accepts(given[key])) throw expected('ERR_CONFIG', what, key, given[key], { path: key });
  }
  return onThread('pictures', folder, options) as DataSplits; // as there are no chunkRows
}
