import { defaultKernels } from '../kernels';
import type { Kernels } from '../kernels/contract';
import { Augmenter } from '../data/augment';
import { Batches } from '../data/batches';
import type { BatchesState } from '../data/batches';
import type { Dataset, StoredDataset } from '../data/dataset';
import { fitNormalization } from '../data/normalize/normalization';
import type { Normalization } from '../data/normalize/transform';
import { shardedOrder } from '../data/stored';
import { RandomState } from '../random';
import type { RandomSnapshot } from '../random';
import type { TrainSpec } from '../spec/spec';

/** What draws training rows and how they are varied, with generators of their own, seeded with `seed` + 1 and + 2. */
export class BatchSource {
  readonly batches: Batches;
  readonly augmenter: Augmenter;

  /** Throws ERR_CONFIG for pictures to be varied where rows are none, ERR_SHAPE for a batch larger than the rows. */
  constructor(spec: TrainSpec, train: Dataset | StoredDataset) {
    const random = (offset: number): RandomState => new RandomState((spec.seed + offset) % 2 ** 32);
    const order = 'stored' in train ? shardedOrder(train.chunkRows) : undefined;
    this.batches = new Batches(train, spec.batchSize, random(1), spec.sampling, order);
    this.augmenter = new Augmenter(spec, train.imageShape, spec.batchSize, random(2));
  }

  getState(): SamplerState {
    return { batches: this.batches.getState(), augmenter: this.augmenter.getState() };
  }

  /** Goes on from such a state. Throws ERR_CHECKPOINT when it does not fit. */
  setState(state: unknown): void {
    const { batches, augmenter } = Object(state) as SamplerState; // of null, an object without keys
    this.batches.setState(batches);
    this.augmenter.setState(augmenter);
  }
}

interface SamplerState {
  readonly batches: BatchesState;
  readonly augmenter: RandomSnapshot;
}

/** How many inputs rows of so many features give. */
export function inputsOf({ normalization, components }: TrainSpec, featureSize: number): number {
  return normalization === 'pca' ? components ?? featureSize : featureSize;
}

/** What turns features into inputs, fitted on the training rows; whitening is computed in float64 whatever the spec's format. */
export function fitInputs(spec: TrainSpec, train: Dataset | StoredDataset, kernels: Kernels): Normalization {
  return fitNormalization(spec.normalization, train, kernels, {
    components: spec.components,
    epsilon: spec.whitenEpsilon,
    kernels: defaultKernels('float64', kernels.backend),
  });
}

/** {@link fitInputs}, but the same rows are fitted once for all specs that ask for the same of them. */
export function rememberFits(): typeof fitInputs {
  const known = new WeakMap<Dataset | StoredDataset, Map<string, Normalization>>();
  return (spec, train, kernels) => {
    const fits = known.get(train) ?? new Map<string, Normalization>();
    known.set(train, fits);
    const { normalization, dtype, components, whitenEpsilon } = spec;
    const key = JSON.stringify([normalization, dtype, components, whitenEpsilon, kernels.backend]);
    const fitted = fits.get(key) ?? fitInputs(spec, train, kernels);
    fits.set(key, fitted);
    return fitted;
  };
}
