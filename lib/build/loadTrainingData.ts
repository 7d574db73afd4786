import { loadData } from '../data/sources';
import type { LoadedData } from '../data/sources';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { kernelsOf } from './kernelsOf';

/**
 * Loads the data that a spec names, to train on. The kernels come first, as their addon gives large pages to the rows: a step draws its batch from all over them.
 * Throws ERR_BACKEND, and what loading throws.
 */
export function loadTrainingData(spec: TrainSpec): LoadedData {
  kernelsOf(spec);
  return loadData(dataRequest(spec));
}
