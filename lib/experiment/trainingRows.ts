import { expected } from '../errors';
import type { TrainingData } from './build';

/**
 * Only what training and selection may see, also when the caller holds all splits. Throws ERR_DATA for rows of another split
 * than their place says, such as test rows to select on.
 */
export function trainingRows({ train, validation, origin }: TrainingData): TrainingData {
  for (const [place, { split, name }] of Object.entries({ train, validation })) {
    if (split !== place) throw expected('ERR_DATA', `${place} rows`, `the ${place} split of ${name}`, `${split} rows`);
  }
  return { train, validation, origin };
}
