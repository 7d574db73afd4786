import { defaultKernels } from '../kernels';
import type { Kernels } from '../kernels/contract';
import { isEncoded } from '../data/columns/column';
import type { ColumnNormalization } from '../data/columns/encoded';
import { fitColumns } from '../data/columns/encoding';
import { Augmenter } from '../data/augment';
import { Batches } from '../data/batches';
import type { BatchesState } from '../data/batches';
import type { Dataset, StoredDataset } from '../data/dataset';
import { fitNormalization, refuseOverflow } from '../data/normalize/normalization';
import type { PlainNormalization } from '../data/normalize/normalization';
import { inputLayoutOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { shardedOrder } from '../data/stored';
import { numbersAlone } from '../model/layers/define';
import type { InputLayout } from '../model/layers/define';
import { RandomState } from '../random';
import type { RandomSnapshot } from '../random';
import { rowsAtOnce } from '../spec/spec';
import type { SizedSpec, TrainSpec } from '../spec/spec';

/** Draws the batches of training rows and their augmentation, from generators seeded with `seed` + 1 and `seed` + 2. */
export class BatchSource {
  readonly batches: Batches;
  readonly augmenter: Augmenter;

  /** Throws ERR_CONFIG for image augmentation of rows without an image shape, ERR_SHAPE for a batch larger than the data set. */
  constructor(spec: SizedSpec, train: Dataset | StoredDataset) {
    const random = (offset: number): RandomState => new RandomState((spec.seed + offset) % 2 ** 32);
    const order = 'stored' in train ? shardedOrder(train.chunkRows) : undefined;
    this.batches = new Batches(train, spec.batchSize, random(1), spec.sampling, order);
    this.augmenter = new Augmenter(spec, train.imageShape, rowsAtOnce(spec), random(2));
  }

  getState(): BatchSourceState {
    return { batches: this.batches.getState(), augmenter: this.augmenter.getState() };
  }

  /** Restores a state from {@link getState}. Throws ERR_CHECKPOINT for one that does not fit. */
  setState(state: unknown): void {
    const { batches, augmenter } = Object(state) as BatchSourceState; // Object(null) is {}
    this.batches.setState(batches);
    this.augmenter.setState(augmenter);
  }
}

interface BatchSourceState {
  readonly batches: BatchesState;
  readonly augmenter: RandomSnapshot;
}

/** The inputs that rows of such features give. */
export function inputsOf(spec: TrainSpec, train: Dataset | StoredDataset): InputLayout {
  if (isEncoded(spec.normalization, train.columns)) return inputLayoutOf(fitOnce(spec, train));
  return numbersAlone(spec.normalization === 'pca' ? spec.components ?? train.featureSize : train.featureSize);
}

/** Sizes are asked for before inputs are: the same rows are fitted once for both. */
const encodings = new WeakMap<Dataset | StoredDataset, Map<string, ColumnNormalization>>();

function fitOnce({ normalization: kind, oneHot }: TrainSpec, train: Dataset | StoredDataset): ColumnNormalization {
  const known = encodings.get(train) ?? new Map<string, ColumnNormalization>();
  encodings.set(train, known);
  const key = JSON.stringify([kind, oneHot]);
  const fitted = known.get(key) ?? fitColumns({ kind, oneHot }, train);
  known.set(key, fitted);
  return fitted;
}

/** What turns features into inputs, fitted on the training rows; whitening is computed in float64 whatever the spec's format. */
export function fitInputs(spec: TrainSpec, train: Dataset | StoredDataset, kernels: Kernels): Normalization {
  if (isEncoded(spec.normalization, train.columns)) {
    const encoding = fitOnce(spec, train);
    refuseOverflow(train, encoding, kernels.dtype);
    return encoding;
  }
  return fitNormalization(spec.normalization as PlainNormalization, train, kernels, {
    components: spec.components,
    epsilon: spec.whitenEpsilon,
    rows: spec.whitenRows,
    kernels: defaultKernels('float64', kernels.backend),
  });
}

/** {@link fitInputs} with a cache: specs with the same normalisation share one fit per data set. */
export function cachedFits(): typeof fitInputs {
  const cache = new WeakMap<Dataset | StoredDataset, Map<string, Normalization>>();
  return (spec, train, kernels) => {
    const fits = cache.get(train) ?? new Map<string, Normalization>();
    cache.set(train, fits);
    const { normalization, oneHot, dtype, components, whitenEpsilon, whitenRows } = spec;
    const key = JSON.stringify([normalization, oneHot, dtype, components, whitenEpsilon, whitenRows, kernels.backend]);
    const fitted = fits.get(key) ?? fitInputs(spec, train, kernels);
    fits.set(key, fitted);
    return fitted;
  };
}
