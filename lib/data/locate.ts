import { dirname, join, resolve } from 'node:path';
import { BlastrainError } from '../errors';
import { findCifar10 } from './cifar10/cifar10';

/** Images on this machine. */
export interface LocatedImages {
  readonly kind: 'cifar10' | 'synthetic';
  /** Where the files are; absent when the images are generated. */
  readonly folder?: string;
  /** One line for a person. */
  readonly description: string;
}

/** The folder for downloads: $BLASTRAIN_DATASETS, else `datasets` below the current folder. */
export function datasetsFolder(): string {
  const chosen = process.env['BLASTRAIN_DATASETS'];
  return resolve(chosen === undefined || chosen === '' ? 'datasets' : chosen);
}

/** The folders where data sets are looked for, in order: {@link datasetsFolder}, `./datasets`, the package's own. */
export function datasetsFolders(): readonly string[] {
  return [...new Set([datasetsFolder(), resolve('datasets'), join(dirname(dirname(__dirname)), 'datasets')])];
}

/**
 * Finds the images of CIFAR-10, or where `auto` does not, the generated ones, without reading the files. Throws ERR_DATA when CIFAR-10 is asked for and nowhere to be
 * found, or when there are no images in the given folder.
 */
export function locateImages({ name = 'auto', folder }: { name?: 'auto' | 'cifar10' | 'synthetic'; folder?: string | undefined } = {}): LocatedImages {
  if (name === 'synthetic' && folder === undefined) {
    return { kind: 'synthetic', description: 'synthetic images, generated' };
  }
  const places = folder === undefined ? datasetsFolders() : [folder];
  const found = findCifar10(...places);
  if (found !== undefined) {
    const kind = name === 'synthetic' ? 'synthetic' : 'cifar10';
    return { kind, folder: found.path, description: `${found.layout.folder} layout in ${found.path}` };
  }
  if (name === 'auto' && folder === undefined) {
    return { kind: 'synthetic', description: `synthetic images, generated (no CIFAR-10 in ${places.join(', ')})` };
  }
  throw new BlastrainError(
    'ERR_DATA',
    `Expected images in a layout of CIFAR-10 for the data set ${name} but received none in ${places.join(', ')}; ` +
      "'npx blastrain data get cifar10' downloads CIFAR-10",
    { file: places[0]! },
  );
}
