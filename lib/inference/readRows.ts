import { checkObject, checkOptions, checkText } from '../arguments';
import type { Dataset, StoredDataset } from '../data/dataset';
import { loadData, sourceOf } from '../data/sources';
import type { DataName, DataRequest } from '../data/sources';
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
 * the training. Throws what the loader throws, such as ERR_CONFIG for a file without the target.
 */
export function readRows(model: Model, file: string, options: ReadRowsOptions = {}): Dataset | StoredDataset {
  checkObject(model, 'model', 'a model', ['spec', 'classNames']);
  checkText(file, 'file');
  checkOptions(options);
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

function sourceFor(file: string, trainedOn: DataName | undefined): DataName {
  try {
    return sourceOf(file);
  } catch (error) {
    if (trainedOn === undefined) throw error;
    return trainedOn;
  }
}
