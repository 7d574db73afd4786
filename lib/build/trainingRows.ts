import { checkInteger, checkList, checkObject, checkText } from '../arguments';
import type { Dataset, StoredDataset } from '../data/dataset';
import { expected } from '../errors';
import type { TrainingData } from './buildTraining';

/**
 * The training and validation rows of `data`, without any other split that it has. Throws ERR_DATA for rows of a split other than
 * their key, such as test rows as validation; ERR_CONFIG for anything but data sets, ERR_SHAPE for arrays that are too short.
 */
export function trainingRows(data: TrainingData): TrainingData {
  checkObject(data, 'data', 'training and validation rows and their origin', ['train', 'validation', 'origin']);
  const { train, validation, origin } = data;
  for (const [key, rows] of Object.entries({ train, validation })) checkRows(rows, `data.${key}`);
  checkObject(origin, 'data.origin', 'name, description and digest', ['name', 'description', 'digest']);
  for (const [key, { split, name }] of Object.entries({ train, validation })) {
    if (split !== key) throw expected('ERR_DATA', `${key} rows`, `the ${key} split of ${name}`, `${split} rows`);
  }
  return { train, validation, origin };
}

function checkRows(rows: Dataset | StoredDataset, name: string): void {
  checkObject(rows, name, 'a data set', ['name', 'split', 'labels', 'classNames']);
  const { size, featureSize, labels, classNames, split } = rows;
  checkText(split, `${name}.split`, 'train, validation or test');
  checkInteger(size, `${name}.size`, 0);
  checkInteger(featureSize, `${name}.featureSize`, 1);
  checkList(classNames, `${name}.classNames`, 'the names of the classes');
  checkLength(labels, size, `${name}.labels`);
  if ('stored' in rows) checkObject(rows.stored, `${name}.stored`, 'features on disk', ['layout', 'read', 'allocate']);
  else if (rows.order === undefined) checkLength(rows.features, size * featureSize, `${name}.features`);
  else checkLength(rows.order, size, `${name}.order`);
  if (rows.targets !== undefined) checkLength(rows.targets, size, `${name}.targets`);
  if (rows.weights !== undefined) checkLength(rows.weights, size, `${name}.weights`);
}

function checkLength(array: ArrayLike<number>, minLength: number, name: string): void {
  if (!ArrayBuffer.isView(array)) throw expected('ERR_CONFIG', 'a typed array', name, array, { path: name });
  if (array.length < minLength) throw expected('ERR_SHAPE', `at least ${String(minLength)} values`, name, array, { path: name });
}
