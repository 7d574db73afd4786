import { loadData } from '../data/sources';
import type { DataRequest, LoadedData } from '../data/sources';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { kernelsOf } from './kernelsOf';

/**
 * Loads the data that a spec names, to train on. The kernels come first, as their addon gives large pages to the rows: a step draws its batch from all over them.
 * Throws ERR_BACKEND, and what loading throws.
 * @param request what the spec asks for, for a thread that has not loaded the spec's module
 */
export function loadTrainingData(spec: TrainSpec, request: DataRequest = dataRequest(spec)): LoadedData {
  kernelsOf(spec);
  return loadData(request);
}
