/** blastrain in a page: models predict, and small nets train, in the browser. Nothing here needs Node.js. */

export { BlastrainError } from '../errors';
export type { ErrorCode, ErrorDetails } from '../errors';

export { loadWasm } from './loadWasm';
export type { LoadedWasm, WasmSource } from './loadWasm';
export { kernelsFor, selectBackend } from '../kernels';
export type { BackendChoice } from '../kernels';
export type { BackendName, Dtype, FloatArray, Kernels, Precision, SourceArray } from '../kernels/contract';

export { RandomState } from '../random';

export { dataset, split } from '../data/ownData';
export type { GivenNumbers, OwnData, SplitOptions, WholeDataset } from '../data/ownData';
export { loadRows } from '../data/rows';
export type { GivenRow, GivenTable, RowsOptions } from '../data/rows';
export type { DataOrigin, Dataset, DataSplits, ImageShape, Rows, SplitName, SplitSizes } from '../data/dataset';

export { parseSpec } from '../spec/spec';
export type { GivenSpec, TrainSpec } from '../spec/spec';
export { presets } from '../spec/presets';
export type { Preset } from '../spec/presets';
export { registerParts } from '../spec/ownParts';
export type { OwnField, OwnLayer, OwnLoss, OwnMetric, OwnParts, OwnSchedule } from '../spec/ownParts';

export { train } from './train';
export type { TrainingRun, TrainOptions } from './train';
export type { TrainingData } from '../build/buildTraining';
export type * from '../train/events';

export { BaseModel as Model } from '../inference/baseModel';
export type { SaveOptions } from '../inference/baseModel';
export type { LoadOptions } from '../inference/trainedModel';
export type { PredictRows, TableCells } from '../inference/givenRows';
export type { Prediction } from '../inference/prediction';
export type { ModelWeights } from '../inference/weights';

export { checkGradients } from '../studies/checkGradients';
export type { GradcheckReport, SpecCheckOptions } from '../studies/gradcheck';
export type { DifferentiableFunction, NamedArrays } from '../train/functionCheck';
export type { GradientCheckOptions, GradientReport, ParameterReport } from '../train/gradientCheck';

export { mlp, Sequential } from '../model/sequential';
export { makeLayers } from '../model/description';
export type { LayerDescription } from '../model/layers';
export { initialize } from '../model/init';
export { Objective } from '../train/objective';
