import { expected } from '../errors';
import type { Kernels } from '../kernels/contract';
import type { Dataset, StoredDataset } from '../data/dataset';
import { inputLayoutOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { makeLayers } from '../model/description';
import type { Layer } from '../model/layer';
import { inputsIn } from '../model/layers/define';
import type { InputLayout } from '../model/layers/define';
import { losses } from '../model/losses';
import { mlpLayers } from '../model/mlpLayers';
import { Sequential } from '../model/sequential';
import { sizeOf } from '../model/shape';
import { RandomState } from '../random';
import { inputsOf } from './batchSource';
import { rowsAtOnce } from '../spec/spec';
import type { SizedSpec, TrainSpec } from '../spec/spec';

/** The sizes that a model must have to fit its data. */
export interface ModelSizes {
  readonly inputSize: number;
  readonly outputSize: number;
  /** What the inputs are; all of them are numbers where it is absent. */
  readonly inputLayout?: InputLayout;
}

/** The sizes of a spec's model on this data, whose features become inputs by `normalization`, by default one that is fitted to them. */
export function modelSizes(spec: TrainSpec, data: Dataset | StoredDataset, normalization?: Normalization): ModelSizes {
  const { targets, classNames, size } = data;
  const inputLayout = normalization === undefined ? inputsOf(spec, data) : inputLayoutOf(normalization);
  return { inputLayout, inputSize: inputsIn(inputLayout), outputSize: targets === undefined ? classNames.length : outputsPerTarget(spec) * (targets.length / size) };
}

/** Outputs of the model for each target: one for each quantile, else one. */
function outputsPerTarget({ loss, quantiles }: TrainSpec): number {
  return losses[loss].predicts === 'quantiles' ? quantiles.length : 1;
}

/** Maximum batch of a training's model: at least 100 rows, as evaluation in very small batches would be slow. */
export function maxBatchOf(spec: SizedSpec): number {
  return Math.max(rowsAtOnce(spec), 100);
}

/**
 * The model of a spec, with uninitialised parameters. Throws ERR_SHAPE where its sizes do not match the data, ERR_MEMORY where memory
 * does not suffice.
 */
export function buildModel(spec: TrainSpec, sizes: ModelSizes, kernels: Kernels, maxBatch: number): Sequential {
  return new Sequential(kernels, layersOf(spec, sizes, kernels), maxBatch);
}

/**
 * The layers of a spec, described by `model` or by `layers` and its options; allocates nothing yet. Dropout draws from generators that
 * are seeded from `seed` + 3. Throws ERR_SHAPE where sizes do not match the data.
 */
export function layersOf(spec: TrainSpec, { inputSize, outputSize, inputLayout }: ModelSizes, kernels: Kernels): Layer[] {
  const random = new RandomState((spec.seed + 3) % 2 ** 32);
  const sizes = spec.hidden === null ? spec.layers : [inputSize, ...spec.hidden, outputSize];
  if (spec.model === null) {
    const [inputs, outputs] = [sizes[0]!, sizes[sizes.length - 1]!];
    if (inputs !== inputSize) throw expected('ERR_SHAPE', `${String(inputSize)} inputs, as the data has,`, 'layers[0]', inputs);
    if (outputs !== outputSize) {
      throw expected('ERR_SHAPE', `${String(outputSize)} outputs, as the data has,`, 'the last of layers', outputs);
    }
  }
  const layers = makeLayers(spec.model ?? mlpLayers(sizes, spec, (inputLayout?.categories.length ?? 0) > 0), inputSize, outputSize, kernels, random, inputLayout);
  const { outputShape, members = 1 } = layers[layers.length - 1]!;
  const last = sizeOf(outputShape) / members;
  if (last !== outputSize) throw expected('ERR_SHAPE', `${String(outputSize)} outputs, as the data has,`, 'the last layer of model', last);
  return layers;
}
