/* What the page is made with is what any page has: blastrain/web. */
export { checkGradients, dataset, loadRows, loadWasm, Model, split, train } from '../index';
export type { BackendName, DataSplits, ErrorCode, GivenSpec, TrainEvent } from '../index';
export type Activation = 'relu' | 'tanh' | 'sigmoid' | 'gelu';
