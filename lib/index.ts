/** The public face of blastrain. */
export { BlastrainError } from './errors';
export type { ErrorCode, ErrorDetails } from './errors';

export { getThreads, kernelsFor, nativeStatus, selectBackend, setThreads } from './kernels';
export type { BackendName, Dtype, FloatArray, Kernels, SourceArray } from './kernels/contract';

export { RandomState } from './random';

export { loadCifar10 } from './data/cifar10';
export type { DataOrigin, Dataset, DataSplits, ImageShape, SplitName, SplitSizes } from './data/dataset';
export { makeSynthetic } from './data/synthetic';

export { activations } from './model/activations';
export type { Activation } from './model/activations';
export type { Parameter } from './model/arena';
export { makeLayers } from './model/description';
export type { LayerDescription, MlpOptions, Norm } from './model/description';
export { initialize, initializers } from './model/init';
export type { Initializer } from './model/init';
export type { Layer } from './model/layer';
export { mlp, Sequential } from './model/sequential';
export { summarize } from './model/summary';
export type { LayerSummary, ModelSummary } from './model/summary';

export { Sgd } from './optim/sgd';
export { exponentialDecay } from './optim/schedules';
export type { Schedule } from './optim/schedules';

export type { Evaluation } from './train/evaluate';
export type * from './train/events';
export { checkGradients } from './train/gradientCheck';
export type { GradientCheckOptions, GradientReport } from './train/gradientCheck';
export { Objective } from './train/objective';

export type { TrainingData } from './experiment/build';
export { Classifier } from './experiment/classifier';
export type { Prediction } from './experiment/classifier';
export { train } from './experiment/offThread';
export type { TrainingRun, TrainOptions } from './experiment/offThread';
export { presets } from './experiment/presets';
export { parseSpec } from './experiment/spec';
export type { TrainSpec } from './experiment/spec';
export { verifyKernels } from './experiment/verify';
