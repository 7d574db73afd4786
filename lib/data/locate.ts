import { join, resolve } from 'node:path';
import { BlastrainError } from '../errors';
import { packageRoot } from '../files';
import { findCifar10 } from './cifar10/cifar10';

/** Images found on this machine, or generated. */
export interface LocatedImages {
  readonly kind: 'cifar10' | 'synthetic';
  /** Where the files are; absent when the images are generated. */
  readonly folder?: string;
  /** One readable line. */
  readonly description: string;
}

/** The folder for downloads: $BLASTRAIN_DATASETS, else `datasets` below the current folder. */
export function datasetsFolder(): string {
  const chosen = process.env['BLASTRAIN_DATASETS'];
  return resolve(chosen === undefined || chosen === '' ? 'datasets' : chosen);
}

/** The folders searched for data sets, in order: {@link datasetsFolder}, `./datasets`, the package's own. */
export function datasetsFolders(): readonly string[] {
  return [...new Set([datasetsFolder(), resolve('datasets'), join(packageRoot, 'datasets')])];
}

/**
 * Finds the files of CIFAR-10, without reading them; with `auto`, falls back to the generated images where there are none. Throws
 * ERR_DATA where `cifar10` is not found, or where a given folder holds no images.
 */
export function locateImages({ name = 'auto', folder }: { name?: 'auto' | 'cifar10' | 'synthetic'; folder?: string | undefined } = {}): LocatedImages {
  if (name === 'synthetic' && folder === undefined) {
    return { kind: 'synthetic', description: 'synthetic images, generated' };
  }
  const folders = folder === undefined ? datasetsFolders() : [folder];
  const found = findCifar10(...folders);
  if (found !== undefined) {
    const kind = name === 'synthetic' ? 'synthetic' : 'cifar10';
    return { kind, folder: found.path, description: `${found.layout.folder} layout in ${found.path}` };
  }
  if (name === 'auto' && folder === undefined) {
    return { kind: 'synthetic', description: `synthetic images, generated (no CIFAR-10 in ${folders.join(', ')})` };
  }
  throw new BlastrainError(
    'ERR_DATA',
    `Expected images in a layout of CIFAR-10 for the data set ${name} but received none in ${folders.join(', ')}; ` +
      "'npx blastrain data get cifar10' downloads CIFAR-10",
    { file: folders[0]! },
  );
}
