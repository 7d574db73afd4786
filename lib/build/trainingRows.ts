import { checkInteger, checkList, checkObject, checkText } from '../arguments';
import type { Dataset, StoredDataset } from '../data/dataset';
import { expected } from '../errors';
import type { TrainingData } from './buildTraining';

/**
 * Only what training and selection may see, also when the caller holds all splits. Throws ERR_DATA for rows of another split
 * than their place says, such as test rows to select on; ERR_CONFIG for what is no data set, ERR_SHAPE for arrays that are too short.
 */
export function trainingRows(data: TrainingData): TrainingData {
  checkObject(data, 'data', 'training and validation rows and their origin', ['train', 'validation', 'origin']);
  const { train, validation, origin } = data;
  for (const [place, rows] of Object.entries({ train, validation })) checkRows(rows, `data.${place}`);
  checkObject(origin, 'data.origin', 'name, description and digest', ['name', 'description', 'digest']);
  for (const [place, { split, name }] of Object.entries({ train, validation })) {
    if (split !== place) throw expected('ERR_DATA', `${place} rows`, `the ${place} split of ${name}`, `${split} rows`);
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
}

function checkLength(array: ArrayLike<number>, least: number, name: string): void {
  if (!ArrayBuffer.isView(array)) throw expected('ERR_CONFIG', 'a typed array', name, array, { path: name });
  if (array.length < least) throw expected('ERR_SHAPE', `at least ${String(least)} values`, name, array, { path: name });
}
