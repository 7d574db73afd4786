import type { BackendName, FloatArray } from '../kernels/contract';
import { defaultKernels } from '../kernels';
import type { Activation } from '../model/layers/activations';
import type { Norm } from '../model/layers/hidden';
import { initialize } from '../model/init';
import { mlp } from '../model/sequential';
import { RandomState } from '../random';
import { checkGradients } from '../train/gradientCheck';
import type { GradientCheckOptions, GradientReport } from '../train/gradientCheck';
import { Objective } from '../train/objective';
import { buildTraining } from '../build/buildTraining';
import type { TrainingData } from '../build/buildTraining';
import { trainingRows } from '../build/trainingRows';
import { InputReader } from '../data/inputs';
import { TargetReader } from '../data/targets';
import { startOf } from '../inference/source';
import type { Sequential } from '../model/sequential';
import type { TrainSpec } from '../spec/spec';

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
  /** As of {@link GradientCheckOptions}. */
  readonly directions?: number;
  readonly secondOrder?: boolean;
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
export function runGradcheck({ layers, backend, samples, batch, l2, seed, directions, secondOrder = false, ...hidden }: GradcheckOptions): GradcheckReport {
  const kernels = defaultKernels('float64', backend);
  const model = mlp(layers, kernels, batch, { ...hidden, random: new RandomState(seed) });
  const random = new RandomState(seed);
  initialize(model, 'he', 0, random);
  moveUnregularised(model, random);
  const x = random.randn(batch * model.inputSize);
  const labels = random.randint(0, model.outputSize, batch);

  const objective = new Objective(model, l2);
  const report = checkGradients(objective, batch, x, labels, { seed, secondOrder, ...(directions !== undefined && { directions }), ...(samples === undefined ? {} : { samples }) });
  return { ...report, backend: kernels.backend };
}

/** What a spec is checked with beside {@link GradientCheckOptions}. */
export interface SpecCheckOptions extends GradientCheckOptions {
  readonly backend?: BackendName;
  /** Rows of the batch: the first of the training rows. */
  readonly batch: number;
}

/**
 * Checks the gradients of a spec's own model and loss in float64, on training rows of its data: layers and losses of a module of one's own among them. Other
 * parameters than weights are moved off their initial values, as in {@link runGradcheck}, but for a model that is trained on. Throws as a training of the spec does
 * before its first step, and ERR_CONFIG for options out of range.
 */
export function checkSpec(given: TrainSpec, data: TrainingData, { backend, batch, ...options }: SpecCheckOptions): GradcheckReport {
  const kernels = defaultKernels('float64', backend);
  const own: TrainSpec = { ...given, dtype: 'float64', precision: 'float32', freeze: null };
  const start = startOf(own, trainingRows(data), kernels);
  const { spec, data: { train, validation, origin } } = start ?? { spec: own, data: trainingRows(data) };
  const { training: { objective }, normalization, targetScale } = buildTraining(spec, { train, validation, origin }, kernels, { start });
  const { model } = objective;
  if (start === undefined) moveUnregularised(model, new RandomState(options.seed ?? 0));
  const m = Math.min(batch, train.size, model.maxBatch);
  const rows = Int32Array.from({ length: m }, (_, i) => i);
  const inputs = new InputReader(kernels, { data: train, normalization, maxBatch: m, order: 'sequential' });
  inputs.read(m, rows);
  const targets = new TargetReader(kernels, train, m, undefined, targetScale).read(m, rows);
  // Without mayBeBytes they are floats.
  return { ...checkGradients(objective, m, inputs.x as FloatArray, targets, options), backend: kernels.backend };
}

/** Adds normal numbers (std 0.1) to the parameters that are no weights: at their initial values, 0 and 1, errors in terms that multiply with them would not show. */
function moveUnregularised(model: Sequential, random: RandomState): void {
  const { values } = model.arena.unregularised;
  const noise = random.randn(values.length);
  values.set(values.map((value, i) => value + 0.1 * noise[i]!));
}
