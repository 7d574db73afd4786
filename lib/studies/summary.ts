import { loadData } from '../data/sources';
import { kernelsFor } from '../kernels';
import { summarize } from '../model/summary';
import type { ModelSummary } from '../model/summary';
import { buildModel, maxBatchOf, modelSizes } from '../build/buildModel';
import { dataRequest, withBatchSize } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

export type { LayerSummary, ModelSummary } from '../model/summary';

/**
 * Describes the model of a spec. The data is loaded only where the model takes its sizes from them. Throws ERR_SHAPE where the model does
 * not fit the data, and what loading throws.
 */
export function summarizeSpec(spec: TrainSpec): ModelSummary {
  const { layers, hidden, model } = spec;
  const data = model === null && hidden === null ? undefined : loadData(dataRequest(spec));
  const sizes = data === undefined ? { inputSize: layers[0]!, outputSize: layers[layers.length - 1]! } : modelSizes(spec, data.train);
  return summarize(buildModel(spec, sizes, kernelsFor(spec.dtype, 'typescript'), maxBatchOf(withBatchSize(spec, data?.train.size ?? Infinity))));
}
