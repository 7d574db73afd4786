import { choice, flag, orNull } from '../../fields';
import type { Field } from '../../fields';
import type { TableOptions } from '../table';

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
