import { dirname, join, resolve } from 'node:path';
import { BlastrainError, expected } from '../errors';
import { findCifar10, loadCifar10, storeCifar10 } from './cifar10/cifar10';
import { loadCsv } from './csv/csv';
import type { Dataset, DataSplits, SplitSizes, StoredDataset } from './dataset';
import { loadNumpy } from './numpy/numpy';
import { makeSynthetic } from './synthetic';
import type { TableOptions } from './table';

/**
 * What a spec can ask for; `auto` is CIFAR-10 where it is found and the synthetic images elsewhere, `csv` and `npy` are
 * tables of the user's.
 */
export const dataNames = ['auto', 'cifar10', 'synthetic', 'csv', 'npy'] as const;
export type DataName = (typeof dataNames)[number];

/** A data set by name, perhaps in a folder or file of the caller's, perhaps with other sizes than its own. */
export interface DataRequest extends TableOptions {
  readonly name?: DataName;
  /** The file of a table. */
  readonly file?: string;
  /** What a table is to predict: see `loadCsv` and `loadNumpy`. */
  readonly target?: string | number;
  /** How a .csv is written: see `loadCsv`. */
  readonly header?: boolean;
  readonly delimiter?: string;
  /** A folder with images in a layout of CIFAR-10, or with such a folder in it. Given, it is not looked for elsewhere. */
  readonly folder?: string;
  readonly sizes?: Partial<SplitSizes>;
}

/** What a request comes down to on this machine. */
export interface LocatedData {
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
 * Finds out what a request means, without reading the files. Throws ERR_DATA when CIFAR-10 is asked for and nowhere to be
 * found, or when there are no images in the given folder.
 */
export function locateData({ name = 'auto', folder }: DataRequest = {}): LocatedData {
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

/** Loads what a request means. Throws what {@link locateData} and the loaders throw. */
export function loadData(request: DataRequest = {}): DataSplits<Dataset | StoredDataset> {
  const { name, file, target, chunkRows, sizes = {} } = request;
  if (name === 'csv' || name === 'npy') {
    if (file === undefined) throw expected('ERR_CONFIG', 'the path of a table', 'dataFile', null, { path: 'dataFile' });
    if (name === 'csv') return loadCsv(file, request);
    return loadNumpy(file, { ...request, ...(target !== undefined && { target: String(target) }) } as TableOptions);
  }
  const { folder } = locateData(request);
  if (folder === undefined) return makeSynthetic(sizes);
  return chunkRows === undefined ? loadCifar10(folder, sizes) : storeCifar10(folder, sizes, chunkRows);
}
