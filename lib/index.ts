/** The public API of blastrain. */
export { BlastrainError } from './errors';
export type { ErrorCode, ErrorDetails } from './errors';

export { getThreads, kernelsFor, nativeStatus, selectBackend, setThreads } from './kernels';
export type { BackendChoice } from './kernels';
export type { BackendName, Dtype, FloatArray, Kernels, Precision, SourceArray } from './kernels/contract';
export type { NativeInfo, NativeStatus } from './kernels/native';

export { RandomState } from './random';
export type { RandomSnapshot, Shuffleable } from './random';

export { loadCifar10 } from './data/cifar10/cifar10';
export { loadCsv } from './data/csv/csv';
export type { CsvOptions } from './data/csv/csv';
export type { DataOrigin, Dataset, DataSplits, ImageShape, Rows, SplitName, SplitSizes, StoredDataset } from './data/dataset';
export type { GivenRows } from './data/givenRows';
export { loadJsonLines } from './data/jsonLines';
export type { JsonLinesOptions } from './data/jsonLines';
export { loadNumpy } from './data/numpy/numpy';
export type { NumpyOptions } from './data/numpy/numpy';
export type { StoredFeatures, StoredLayout } from './data/stored';
export { makeSynthetic } from './data/synthetic';

export { activations } from './model/layers/activations';
export type { Activation } from './model/layers/activations';
export type { Arena, Block as ArenaBlock, GradientProduct, Parameter, ParameterGroup, ParameterSpec } from './model/arena';
export type { Chain } from './model/chain';
export { makeLayers } from './model/description';
export type { LayerDescription } from './model/layers';
export type { InputLayout } from './model/layers/define';
export type { Norm } from './model/layers/hidden';
export type { MlpOptions } from './model/mlpLayers';
export { initialize, initializers } from './model/init';
export type { Initializer } from './model/init';
export type { BufferSpec, Flops, InnerLayers, Layer, Mode, Scratch } from './model/layer';
export { MeanSquaredError, SoftmaxCrossEntropy } from './model/loss';
export type { CrossEntropyOptions, Loss, Targets } from './model/loss';
export { mlp, Sequential } from './model/sequential';
export type { Buffer as ModelBuffer } from './model/sequential';
export { summarize } from './model/summary';
export type { LayerSummary, ModelSummary } from './model/summary';

export { Adam } from './optim/adam';
export type { AdamOptions } from './optim/adam';
export { WeightAverage } from './optim/average';
export { clipNorm } from './optim/clip';
export { Lion } from './optim/lion';
export type { LionOptions } from './optim/lion';
export type { GroupFactors, GroupOptions } from './optim/groups';
export type { Optimizer } from './optim/optimizer';
export { Rmsprop } from './optim/rmsprop';
export type { RmspropOptions } from './optim/rmsprop';
export { constant, cosine, exponentialDecay, oneCycle, ReduceOnPlateau, stepDecay, warmUp } from './optim/schedules';
export type { PlateauState, Schedule } from './optim/schedules';
export { Sgd } from './optim/sgd';
export type { SgdOptions } from './optim/sgd';

export type { Evaluation } from './train/evaluate';
export type * from './train/events';
export { checkGradients } from './train/gradientCheck';
export type { GradientCheckOptions, GradientElement, GradientReport, ParameterReport } from './train/gradientCheck';
export { classificationReport } from './train/metrics';
export type { ClassScoreName, NumberScoreName } from './train/scores';
export type { Calibration, CalibrationBin, ClassificationReport, ClassScores, ReportOptions } from './train/metrics';
export { Objective } from './train/objective';
export type { ObjectiveOptions } from './train/objective';

export type { TrainingData } from './build/buildTraining';
export { Model } from './inference/model';
export type { Calibrated, DetailedEvaluation, ModelSource, Prediction, RegressionEvaluation } from './inference/model';
export { findLearningRate } from './studies/lrFind';
export type { LrFindOptions, LrFindReport, LrPoint } from './studies/lrFind';
export { train } from './run/train';
export type { TrainingRun, TrainOptions } from './run/train';
export type { Waiting } from './files/acquire';
export type { Owner } from './files/lockFile';
export type { ProcessIdentity } from './files/process';
export { seedRuns, summariseSeeds } from './studies/seeds';
export type { SeedRun, SeedsSummary, Spread } from './studies/seeds';
export { presets } from './spec/presets';
export type { Preset } from './spec/presets';
export type { RunPlace } from './runFolder/runFolder';
export { parseSpec } from './spec/spec';
export type { TrainSpec } from './spec/spec';
export { verifyKernels } from './verify/verify';
export type { VerifyOptions, VerifyReport, VerifyResult } from './verify/verify';
export type { KernelName } from './kernels/contract';

export type { Assignment, Domain, Parameter as SearchParameter, ParameterValue, Space } from './search/types';
export type * from './search/events';
export type { ParameterImportances, RankedTrial, SearchReport, Significance } from './search/records';
export { resumeSearch, search } from './search/search';
export type { ResumeOptions, SearchOptions, SearchRun } from './search/search';
export { parseSearch } from './search/searchSpec';
export type { SearchSpec } from './search/searchSpec';
export { searches } from './search/spaces';
export type { ShippedSearch } from './search/spaces';
