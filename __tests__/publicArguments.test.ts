import * as library from '../lib/index';
import { join } from 'node:path';
import { temporaryFolder } from './support/folder';
import { tinyData, tinySpec } from './support/data/tinyData';
import { run } from './support/run';

const runs = temporaryFolder();
// So that nothing is joined here, whatever was built.
process.env['BLASTRAIN_MPI'] = join(runs, 'none');
const circular: Record<string, unknown> = {};
circular['self'] = circular;
const circularList: unknown[] = [];
circularList.push(circularList);

/** What a program without types may give. */
const odd: Readonly<Record<string, unknown>> = {
  'undefined': undefined, 'null': null, 'circular': circular, 'circularList': circularList, 'bigint': 10n, 'symbol': Symbol('odd'), 'text': 'odd', 'number': 3,
  'NaN': NaN, '-1': -1, '1e12': 1e12, 'object': {}, 'list': [], 'function': () => undefined, 'true': true, 'bare': Object.create(null) as object,
  'toJSON': { toJSON: () => { throw new Error('no'); } }, 'floats': new Float32Array(2), 'bytes': new Uint8Array(5), 'date': new Date(NaN), 'map': new Map(),
};

const { kernelsFor, mlp, RandomState, Objective, parseSpec, parseSearch, makeLayers } = library;
const kernels = kernelsFor('float64', 'typescript');
const model = mlp([3, 4, 2], kernels, 5);
const objective = new Objective(model, 0);
const random = new RandomState(0);
const spec = parseSpec(tinySpec);
const tinyModel = library.Model.load(run({ steps: 1 }).checkpoint, { name: 'tiny' });
const search = parseSearch({ base: tinySpec, space: { l2: { type: 'uniform', low: 0, high: 1 } } });
const decay = { l2: 0 };
const tinyNet = mlp([12, 4, 3], kernels, 5);
const tinyLoop = {
  objective: new Objective(tinyNet, 0), optimizer: new library.Sgd(kernels, tinyNet.arena, { l2: 0, momentum: 0, nesterov: false }),
  normalization: library.fitNormalization('standardize', tinyData().train, kernels),
};

type Call = (...args: unknown[]) => unknown;
const asCall = (given: unknown): Call => given as Call;
const asNew = (given: unknown): Call => (...args) => new (given as new (...args: unknown[]) => unknown)(...args);

/** Each function with arguments that it takes; one after the other is put in the place of an odd value. */
const calls: Readonly<Record<string, readonly [call: Call, args: readonly unknown[]]>> = {
  BlastrainError: [asNew(library.BlastrainError), ['ERR_CONFIG', 'message', {}]],
  launcherOf: [asCall(library.launcherOf), [{ PMI_SIZE: '2', PMI_RANK: '0' }]],
  joinCluster: [asCall(library.joinCluster), [{ name: 'mpirun', size: 6, variable: 'SIZE', rank: 0, family: undefined }, 60]],
  getThreads: [asCall(library.getThreads), ['typescript']],
  kernelsFor: [asCall(kernelsFor), ['float32', 'typescript']],
  nativeStatus: [asCall(library.nativeStatus), []],
  selectBackend: [asCall(library.selectBackend), ['typescript']],
  setThreads: [asCall(library.setThreads), [1]],
  RandomState: [asNew(RandomState), [0]],
  CounterRandom: [asNew(library.CounterRandom), [0]],
  loadCifar10: [asCall(library.loadCifar10), [join(runs, 'none'), {}]],
  loadCsv: [asCall(library.loadCsv), [join(runs, 'none.csv'), {}]],
  loadJsonLines: [asCall(library.loadJsonLines), [join(runs, 'none.jsonl'), {}]],
  loadNumpy: [asCall(library.loadNumpy), [join(runs, 'none.npz'), {}]],
  loadParquet: [asCall(library.loadParquet), [join(runs, 'none.parquet'), {}]],
  loadPictures: [asCall(library.loadPictures), [join(runs, 'none'), {}]],
  loadArrow: [asCall(library.loadArrow), [join(runs, 'none.arrow'), {}]],
  loadRows: [asCall(library.loadRows), [[{ a: 1, y: 'x' }, { a: 2, y: 'z' }], {}]],
  dataset: [asCall(library.dataset), [{ features: [1, 2], labels: [0, 1] }]],
  split: [asCall(library.split), [library.dataset({ features: new Float32Array(40), labels: new Uint8Array(20) }), { seed: 1 }]],
  makeSynthetic: [asCall(library.makeSynthetic), [{ train: 1, validation: 0, test: 0 }, 0]],
  makeLayers: [asCall(makeLayers), [[{ type: 'linear' }], 3, 2, kernels, random]],
  initialize: [asCall(library.initialize), [model, 'he', 1, random]],
  MeanSquaredError: [asNew(library.MeanSquaredError), [kernels, 2]],
  SoftmaxCrossEntropy: [asNew(library.SoftmaxCrossEntropy), [kernels, 2, 5, {}]],
  mlp: [asCall(mlp), [[3, 4, 2], kernels, 5, {}]],
  Sequential: [asNew(library.Sequential), [kernels, makeLayers([{ type: 'linear' }], 3, 2, kernels, random), 5]],
  summarize: [asCall(library.summarize), [model]],
  Adam: [asNew(library.Adam), [kernels, model.arena, { ...decay, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }]],
  WeightAverage: [asNew(library.WeightAverage), [model, 0.9]],
  clipNorm: [asCall(library.clipNorm), [kernels, model.arena.gradients, 1]],
  Lion: [asNew(library.Lion), [kernels, model.arena, { ...decay, beta1: 0.9, beta2: 0.99 }]],
  Rmsprop: [asNew(library.Rmsprop), [kernels, model.arena, { ...decay, rho: 0.9, epsilon: 1e-8 }]],
  Sgd: [asNew(library.Sgd), [kernels, model.arena, { ...decay, momentum: 0, nesterov: false }]],
  constant: [asCall(library.constant), [0.1]],
  coslog4: [asCall(library.coslog4), [0.1, 10]],
  cosine: [asCall(library.cosine), [0.1, 0, 0, 10]],
  exponentialDecay: [asCall(library.exponentialDecay), [0.1, 0.9, 10]],
  flatCosine: [asCall(library.flatCosine), [10]],
  oneCycle: [asCall(library.oneCycle), [0.1, 10]],
  ReduceOnPlateau: [asNew(library.ReduceOnPlateau), [0.1, 0.5, 3, 0]],
  stepDecay: [asCall(library.stepDecay), [0.1, 0.5, [3]]],
  warmUp: [asCall(library.warmUp), [library.constant(0.1), 3]],
  checkGradients: [asCall(library.checkGradients), [objective, 2, new Float64Array(6), new Int32Array(2), { samples: 1 }]],
  Batches: [asNew(library.Batches), [tinyData().train, 20, random, 'shuffle']],
  fitNormalization: [asCall(library.fitNormalization), ['standardize', tinyData().train, kernels]],
  TrainingStep: [asNew(library.TrainingStep), [tinyLoop.objective, tinyLoop.optimizer, new library.Batches(tinyData().train, 5, random), tinyData().train, tinyLoop.normalization, {}]],
  Evaluator: [asNew(library.Evaluator), [tinyLoop.objective, tinyLoop.normalization]],
  smallestFailing: [asCall(library.smallestFailing), [[2, 3], () => false]],
  classificationReport: [asCall(library.classificationReport), [[0.5, 0.5], [1], ['a', 'b'], {}]],
  Objective: [asNew(Objective), [model, 0, {}]],
  'Model.load': [(from, options) => library.Model.load(from as string, options as object), [join(runs, 'none.safetensors'), { backend: 'typescript' }]],
  'Model.load of bytes': [(bytes, source) => library.Model.load(bytes as Uint8Array, source as { name: string }), [new Uint8Array(3), { name: 'none' }]],
  'Model.average': [(models) => library.Model.average(models as never), [[tinyModel]]],
  readRows: [asCall(library.readRows), [{ spec, classNames: ['a'], columns: undefined, targetNames: undefined }, join(runs, 'none.csv'), {}]],
  exportModel: [
    (given, format, path, options) => library.exportModel(given as typeof tinyModel, format as 'onnx', typeof path === 'string' ? join(runs, path) : path as string, options as object),
    [tinyModel, 'onnx', 'exported.onnx', { force: true }],
  ],
  importModel: [asCall(library.importModel), [join(runs, 'none.pt'), {}]],
  exportOnnx: [asCall(library.exportOnnx), [tinyModel]],
  serveModel: [async (given, options) => { await (await library.serveModel(given as typeof tinyModel, options as object)).close(); }, [tinyModel, { port: 0 }]],
  permutationImportance: [asCall(library.permutationImportance), [tinyModel, tinyData().validation, { repeats: 1, columns: ['0'] }]],
  partialDependence: [asCall(library.partialDependence), [tinyModel, tinyData().validation, '0', { points: 2 }]],
  learningCurveRuns: [asCall(library.learningCurveRuns), [spec, tinyData(), { repeats: 1 }]],
  summariseLearningCurve: [asCall(library.summariseLearningCurve), [[], []]],
  findLearningRate: [asCall(library.findLearningRate), [spec, { data: tinyData(), steps: 20 }]],
  train: [asCall(library.train), [{ ...tinySpec, steps: 1 }, { name: 'run' }]],
  seedRuns: [asCall(library.seedRuns), [spec, { runs, name: 'seeds' }]],
  summariseSeeds: [asCall(library.summariseSeeds), [[], []]],
  loadModule: [asCall(library.loadModule), [join(runs, 'none.mjs')]],
  registerParts: [asCall(library.registerParts), [{}]],
  NumberLoss: [asNew(library.NumberLoss), [kernels, 2, 5]],
  parseSpec: [asCall(parseSpec), [tinySpec]],
  verifyKernels: [asCall(library.verifyKernels), [{ kernels: ['add'] }]],
  resumeSearch: [asCall(library.resumeSearch), [join(runs, 'none'), {}]],
  search: [asCall(library.search), [search, { runs }]],
  parseSearch: [asCall(parseSearch), [{ base: tinySpec, space: { l2: { type: 'uniform', low: 0, high: 1 } } }]],
};

test('every function of the library is among those that are called', () => {
  const functions = Object.entries(library).filter(([, value]) => typeof value === 'function').map(([name]) => name);
  expect(Object.keys(calls).map((name) => name.split('.')[0])).toEqual(expect.arrayContaining(functions));
});

const complaintsOf = async (call: Call, lists: readonly (readonly unknown[])[]): Promise<(string | undefined)[]> =>
  (await Promise.all(lists.map((args) => complaint(call, args)))).filter((text) => text !== undefined);

/** Starts a thread, or takes a second or so, where it succeeds. */
const slow: readonly string[] = ['train', 'verifyKernels', 'findLearningRate', 'makeSynthetic'];

/** What is thrown or rejected with, by name and first line; undefined for success, and for an error with a code of ours. */
async function complaint(call: Call, args: readonly unknown[]): Promise<string | undefined> {
  try {
    await call(...args);
    return undefined;
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return name === 'BlastrainError' && code?.startsWith('ERR_') === true ? undefined : `${name}: ${message.split('\n', 1)[0]!}`;
  }
}

describe.each(Object.entries(calls))('%s', (name, [call, args]) => {
  test('takes what it is made for, or refuses it in a sentence', async () => {
    if (!slow.includes(name)) expect(await complaint(call, args)).toBeUndefined();
  });

  test('refuses odd arguments in a sentence', async () => {
    const complaints: string[] = [];
    for (const place of args.keys()) {
      for (const [what, value] of Object.entries(odd)) {
        // With these it would do its work.
        if (slow.includes(name) && ['undefined', 'object', 'bare', 'toJSON', 'text', 'circular', 'map', 'date', 'list', 'floats', 'bytes', 'circularList'].includes(what)) continue;
        const text = await complaint(call, args.map((arg, i) => (i === place ? value : arg)));
        if (text !== undefined) complaints.push(`${what} as argument ${String(place)}: ${text}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});

describe('odd values within objects', () => {
  const within = (base: object, key: string): object[] => Object.values(odd).filter((value) => value !== undefined).map((value) => ({ ...base, [key]: value }));
  test.each(Object.keys(spec))('as %s of a spec', async (key) => {
    expect(await complaintsOf(asCall(parseSpec), within(tinySpec, key).map((given) => [given]))).toEqual([]);
  });
  test.each(['base', 'set', 'space', 'sampler', 'seed', 'trials', 'pruner', 'eta', 'minShare', 'folds', 'seeds'])('as %s of a search', async (key) => {
    const given = { base: tinySpec, space: { l2: { type: 'uniform', low: 0, high: 1 } } };
    expect(await complaintsOf(asCall(parseSearch), within(given, key).map((one) => [one]))).toEqual([]);
  });
  test.each(['type', 'low', 'high', 'step', 'values', 'points', 'when'])('as %s of a parameter', async (key) => {
    const entries = within({ type: 'integer', low: 1, high: 9 }, key);
    expect(await complaintsOf(asCall(parseSearch), entries.map((batchSize) => [{ base: tinySpec, space: { batchSize } }]))).toEqual([]);
  });
  test.each(['features', 'labels', 'classNames', 'targets', 'weights', 'imageShape', 'columns', 'name'])('as %s of data of one\'s own', async (key) => {
    expect(await complaintsOf(asCall(library.dataset), within({ features: [[1, 2], [3, 4]], ...(key !== 'targets' && { labels: [0, 1] }) }, key).map((given) => [given]))).toEqual([]);
  });
  test.each(['train', 'validation', 'test', 'seed', 'stratify'])('as %s of a split', async (key) => {
    const data = library.dataset({ features: new Float32Array(40), labels: new Uint8Array(20) });
    expect(await complaintsOf(asCall(library.split), within({}, key).map((options) => [data, options]))).toEqual([]);
  });
  test.each(['train', 'validation', 'origin'])('as %s of the data', async (key) => {
    expect(await complaintsOf(asCall(library.train), within(tinyData(), key).map((data) => [tinySpec, { data }]))).toEqual([]);
  });
  test.each(['features', 'labels', 'size', 'featureSize', 'classNames', 'split', 'order'])('as %s of the training rows', async (key) => {
    const data = tinyData();
    expect(await complaintsOf(asCall(library.findLearningRate), within(data.train, key).map((train) => [{ ...spec, steps: 1 }, { data: { ...data, train }, steps: 20 }]))).toEqual([]);
  });
});
