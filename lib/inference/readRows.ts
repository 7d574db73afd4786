import { statSync } from 'node:fs';
import { checkObject, checkOptions, checkText } from '../arguments';
import type { Dataset, StoredDataset } from '../data/dataset';
import { isTable, sourceOf } from '../data/sourceKinds';
import type { DataName } from '../data/sourceKinds';
import { loadData } from '../data/sources';
import type { DataRequest } from '../data/sources';
import { expected } from '../errors';
import { dataRequest } from '../spec/spec';
import type { Model } from './model';

/** How another file is read for a model. */
export interface ReadRowsOptions {
  /** The column to predict, as for a spec; by default the one that the model was trained on. */
  readonly target?: string | number;
}

/**
 * All rows of another file of the table that a model was trained on, as one data set for `evaluate`, `classify` and the like: its columns are read as
 * what the model's are, which are found by name, and further ones are left out. The format follows from the file's name, else it is that of
 * the training. A folder is one of pictures, which get the size and the channels that the model takes. Throws what the loader throws, such as
 * ERR_CONFIG for a file without the target, and for a folder where the model takes no pictures of bytes.
 */
export function readRows(model: Model, file: string, options: ReadRowsOptions = {}): Dataset | StoredDataset {
  checkObject(model, 'model', 'a model', ['spec', 'classNames']);
  checkText(file, 'file');
  checkOptions(options);
  if (isFolder(file)) return readPictures(model, file, options);
  const { name: trainedOn, target: own, header, delimiter, weightColumn, numericTargets } = dataRequest(model.spec);
  const name = sourceFor(file, trainedOn);
  const target = options.target ?? model.targetNames ?? own;
  const request: DataRequest = {
    file,
    name,
    ...(target !== undefined && { target }),
    ...(weightColumn !== undefined && { weightColumn }),
    ...(numericTargets !== undefined && { numericTargets }),
    ...(model.columns && { like: model.columns }),
    // How cells are divided may differ from file to file, unless it had to be said.
    ...(name === trainedOn && header !== undefined && { header }),
    ...(name === trainedOn && delimiter !== undefined && { delimiter }),
    sizes: { validation: 0, test: 0 },
  };
  return { ...loadData(request).train, split: 'test' };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readPictures({ spec, imageShape }: Model, folder: string, { target }: ReadRowsOptions): Dataset | StoredDataset {
  if (target !== undefined) throw expected('ERR_CONFIG', 'a file, as the classes of pictures are their folders,', 'target', target, { path: 'target' });
  if (imageShape === undefined || isTable(spec.data)) {
    throw expected('ERR_CONFIG', 'a file, as the model was trained on a table,', 'the rows', folder, { path: 'file' });
  }
  const { channels, height, width } = imageShape;
  const { imageFit, skipDamaged } = spec;
  const request: DataRequest = { name: 'pictures', folder, imageSize: [height, width], imageFit, grey: channels === 1, skipDamaged, whole: true };
  return { ...loadData(request).train, split: 'test' };
}

function sourceFor(file: string, trainedOn: DataName | undefined): DataName {
  try {
    return sourceOf(file);
  } catch (error) {
    if (trainedOn === undefined) throw error;
    return trainedOn;
  }
}
