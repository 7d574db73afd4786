import type { BackendName } from '../kernels/contract';
import { defaultKernels } from '../kernels';
import type { Activation } from '../model/layers/activations';
import type { Norm } from '../model/layers/hidden';
import { initialize } from '../model/init';
import { mlp } from '../model/sequential';
import { RandomState } from '../random';
import { checkGradients } from '../train/gradientCheck';
import type { GradientReport } from '../train/gradientCheck';
import { Objective } from '../train/objective';

export { activations } from '../model/layers/activations';
export { norms } from '../model/layers/hidden';

/** A multi-layer perceptron to check, and how. */
export interface GradcheckOptions {
  readonly layers: readonly number[];
  /** Of the hidden layers; default 'relu'. */
  readonly activation?: Activation;
  /** Of the hidden layers; default 'none'. */
  readonly norm?: Norm;
  /** Rate of dropout in the hidden layers; default 0. */
  readonly dropout?: number;
  /** Of an ensemble that shares the weights of hidden layers; a single net without it. */
  readonly members?: number;
  readonly backend?: BackendName;
  /** Elements per parameter; every one when absent. */
  readonly samples?: number;
  /** Rows of the batch. */
  readonly batch: number;
  /** λ of the penalty. */
  readonly l2: number;
  /** Of weights, biases, inputs, labels, dropout and the sample of elements. */
  readonly seed: number;
}

/** A {@link GradientReport} and where it was computed. */
export interface GradcheckReport extends GradientReport {
  readonly backend: BackendName;
}

/**
 * Checks the gradients of an MLP with He-initialised weights on standard normal inputs: activations of order one in every
 * layer, so that no gradient vanishes by construction. Normal numbers (std 0.1) are added to the other parameters, because at their
 * initial values, 0 and 1, errors in terms that multiply with them would not show.
 *
 * Throws ERR_SHAPE for impossible layers or batches, ERR_CONFIG for options out of range, ERR_BACKEND.
 */
export function runGradcheck({ layers, backend, samples, batch, l2, seed, ...hidden }: GradcheckOptions): GradcheckReport {
  const kernels = defaultKernels('float64', backend);
  const model = mlp(layers, kernels, batch, { ...hidden, random: new RandomState(seed) });
  const random = new RandomState(seed);
  initialize(model, 'he', 0, random);
  const { values } = model.arena.unregularised;
  const noise = random.randn(values.length);
  values.set(values.map((value, i) => value + 0.1 * noise[i]!));
  const x = random.randn(batch * model.inputSize);
  const labels = random.randint(0, model.outputSize, batch);

  const objective = new Objective(model, l2);
  const report = checkGradients(objective, batch, x, labels, { seed, ...(samples === undefined ? {} : { samples }) });
  return { ...report, backend: kernels.backend };
}
