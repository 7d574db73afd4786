import { expected } from '../../errors';
import type { Field } from '../../fields';
import type { DataSplits } from '../dataset';
import { onThread } from '../threads/onThread';
import { pictureFields } from './pictureFields';
import type { PicturesOptions } from './pictureFields';

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
