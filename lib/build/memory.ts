import { bytesPerNumber } from '../kernels/contract';
import type { Kernels } from '../kernels/contract';
import { requireMemory } from '../machine';
import { checkCounts, modelSize, requireTogether } from '../model/size';
import type { Asked } from '../model/size';
import { isEncoded } from '../data/columns/column';
import type { Dataset, StoredDataset } from '../data/dataset';
import type { Normalization } from '../data/normalize/transform';
import { keptBytes } from '../data/inputs';
import { optimizers } from '../optim/optimizers';
import { layersOf, maxBatchOf, modelSizes } from './buildModel';
import { withBatchSize } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** Bytes that the runtime itself allocates while a training is built and runs. */
const runtimeBytes = 16e6;

/**
 * Checks, before anything is allocated, that memory suffices for a training on rows that are in memory already: parameters, gradients,
 * optimiser state and other arrays of that length, activations and inputs of a batch in training and in evaluation, and whitening. Throws
 * ERR_MEMORY, or ERR_SHAPE for more numbers than an array holds, naming `layers` (or `model`), `batchSize` or `normalization`.
 * @param shardCount shards that this process computes.
 */
export function checkTrainingMemory(
  spec: TrainSpec, train: Dataset | StoredDataset, kernels: Kernels, normalization?: Normalization, shardCount = spec.shards ?? 1,
): void {
  const layers: Asked = spec.model !== null ? { name: 'model', value: spec.model }
    : spec.hidden !== null ? { name: 'hidden', value: spec.hidden } : { name: 'layers', value: spec.layers };
  const batch: Asked = { name: 'batchSize', value: spec.batchSize };
  const { ofParameters, ofBatch, ofWhitening } = trainingBytes(spec, train, kernels, normalization, layers, batch, shardCount);
  if (ofWhitening > ofParameters + ofBatch) requireTogether(ofWhitening, { name: 'normalization', value: spec.normalization }, ofParameters + ofBatch, layers);
  else requireTogether(ofParameters, layers, ofBatch + ofWhitening + runtimeBytes, batch);
}

/**
 * Throws ERR_MEMORY, naming `workers`, where memory does not suffice for that many concurrent trainings of this spec. Each training also
 * checks by itself before it begins, but those that begin together would all count the same memory as free.
 */
export function checkWorkersMemory(workers: number, spec: TrainSpec, train: Dataset | StoredDataset, kernels: Kernels): void {
  const { ofParameters, ofBatch, ofWhitening } = trainingBytes(spec, train, kernels);
  requireMemory(workers * (ofParameters + ofBatch + ofWhitening + runtimeBytes), 'workers', workers);
}

/** Bytes that a training needs. Throws ERR_SHAPE for more numbers than an array holds. */
function trainingBytes(
  spec: TrainSpec, train: Dataset | StoredDataset, kernels: Kernels, normalization?: Normalization,
  layers: Asked = { name: 'layers', value: spec.layers }, batch: Asked = { name: 'batchSize', value: spec.batchSize },
  shardCount = spec.shards ?? 1,
): { ofParameters: number; ofBatch: number; ofWhitening: number } {
  const sizes = modelSizes(spec, train, normalization);
  const size = modelSize(layersOf(spec, sizes, kernels));
  const maxBatch = maxBatchOf(withBatchSize(spec, train.size));
  checkCounts(size, maxBatch, layers, batch);

  const bytes = bytesPerNumber(kernels.dtype);
  const averages = spec.emaDecay === null ? 0 : 2;
  const kept = optimizers[spec.optimizer].memory(spec);
  // restoreBest reads a whole checkpoint back at the end.
  const restored = spec.restoreBest ? 1 + kept + averages / 2 : 0;
  // Values, gradients and the final copy of the parameters; then what depends on the spec.
  const copies = 3 + kept + averages + Number(spec.accumulate > 1) + Math.log2(shardCount) + Number(spec.health) + restored;
  const ofParameters = bytes * (copies * size.parameters + (2 + averages) * size.buffers);
  // Inputs of a batch in training and in evaluation, and their buffers before whitening and mixing; predictions and targets of each member.
  const perRow = size.perRow + size.scratch.perRow + 4 * sizes.inputSize + 2 * (spec.members ?? 1) * sizes.outputSize;
  const ofKept = isEncoded(spec.normalization, train.columns) && !('stored' in train) ? keptBytes(train.size, sizes.inputSize, bytes) : 0;
  const ofBatch = bytes * maxBatch * perRow + ofKept;
  const ofWhitening = spec.normalization === 'pca' || spec.normalization === 'zca' ? whiteningBytes(train.featureSize) : 0;
  return { ofParameters, ofBatch, ofWhitening };
}

/** Bytes of correlations, eigenvectors and the arrays derived from them, in float64. */
function whiteningBytes(features: number): number {
  return 4 * 8 * features ** 2;
}
