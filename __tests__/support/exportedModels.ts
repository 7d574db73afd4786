import { loadRows } from '../../lib/data/rows';
import type { RowsOptions } from '../../lib/data/rows';
import type { OnnxInput } from '../../lib/formats/onnx/exportOnnx';
import { Model } from '../../lib/inference/model';
import { activations } from '../../lib/model/layers/activations';
import { RandomState } from '../../lib/random';
import { tinyData } from './data/tinyData';
import type { Value } from './onnxEvaluator';
import { run } from './run';

const isDate = (cell: unknown): cell is Date => Object.prototype.toString.call(cell) === '[object Date]';

type Row = Readonly<Record<string, unknown>>;

/** A model with rows to predict: bytes or numbers, or records of a table. */
export interface ExportCase {
  readonly model: Model;
  readonly features?: Uint8Array | Float64Array;
  readonly records?: readonly Row[];
}

const random = new RandomState(5);
const missing = (i: number, every: number): boolean => i % every === 3;
/** A table with columns of each kind, cells missing, a constant, a copy, and names that the graph's own could take. */
const rows: readonly Row[] = Array.from({ length: 120 }, (_, i) => {
  const kind = i % 3;
  return {
    'age': missing(i, 11) ? null : 20 + 10 * kind + random.random(), 'copy': missing(i, 11) ? null : i, 'fare paid': 1e6 + 100 * random.random() ** 3 * (kind + 1), 'cast': Math.round(5 * random.random()),
    'city': missing(i, 13) ? null : ['Bern', 'Zug', 'Basel', 'Zürich'][(kind + (i % 4 === 0 ? 1 : 0)) % 4]!, 'label': ['yes', 'no'][i % 2]!, 'member': missing(i, 17) ? null : i % 2 === 0, 'always': 7,
    'joined': missing(i, 19) ? null : new Date(Date.UTC(2010 + kind, i % 12, 1 + (i % 28), i % 24)), 'since': new Date(Date.UTC(2000, 0, 1 + i)), 'sometimes': missing(i, 23) ? null : 1, 'word': missing(i, 29) ? null : 'one',
    'class': ['first', 'second', 'third'][kind]!, 'number': 10 * kind + 5 * random.random(), 'count': kind + (i % 2), 'other': 1000 * (1 + kind + random.random()), 'flag': Number(i % 3 === 1), 'sign': Number(i % 2 === 0), 'digit': kind + 3,
  };
});
/** Rows that training has not seen: unknown texts, everything missing, extremes. */
const odd: readonly Row[] = [
  ...rows.slice(0, 25),
  { ...rows[0], 'city': 'Paris', 'age': 5, 'cast': 9, 'fare paid': 1e6, 'joined': new Date('1950-01-01'), 'word': 'two' },
  { ...rows[1], 'city': null, 'age': null, 'member': null, 'joined': null, 'sometimes': null, 'word': null },
];
const targets = ['class', 'number', 'count', 'other', 'flag', 'sign', 'digit'];

async function table(target: string | readonly string[], spec: object, options: RowsOptions = {}, also: readonly string[] = []): Promise<ExportCase> {
  const kept = [target, ...also].flat();
  const pick = (some: readonly Row[]): Row[] => some.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(name) || (!targets.includes(name) && also.length === 0))));
  const data = await loadRows(pick(rows), { target: target as string, splitSeed: 1, ...options });
  const { checkpoint } = run({ data: 'csv', dataFile: 'rows.csv', layers: undefined, hidden: [6], steps: 40, normalization: 'standardize', ...spec }, { data });
  return { model: Model.load(checkpoint), records: pick(odd) };
}

function net(spec: object): ExportCase {
  const data = tinyData();
  return { model: Model.load(run({ ...('model' in spec && { layers: undefined }), ...spec }).checkpoint), features: data.validation.features.slice(0, 36) as Uint8Array };
}

function picture(normalization: string): ExportCase {
  const data = tinyData();
  const imageShape = { channels: 3, height: 2, width: 2 };
  const part = (rows: typeof data.train): typeof data.train => ({ ...rows, imageShape });
  const shaped = { ...data, train: part(data.train), validation: part(data.validation), test: part(data.test) };
  return { model: Model.load(run({ normalization, ...(normalization === 'pca' && { components: 7, layers: undefined, hidden: [8] }) }, { data: shaped }).checkpoint), features: data.validation.features.slice(0, 36) as Uint8Array };
}

function floats(normalization: string): ExportCase {
  const data = tinyData();
  const part = (rows: typeof data.train): typeof data.train => ({ ...rows, features: Float64Array.from(rows.features, (value) => 1e5 + value / 7) });
  const shaped = { ...data, train: part(data.train), validation: part(data.validation), test: part(data.test) };
  return { model: Model.load(run({ normalization, dtype: 'float64' }, { data: shaped }).checkpoint), features: part(data.validation).features.slice(0, 36) as Float64Array };
}

const numeric = { numericTargets: true } as const;
const everyActivation = activations.flatMap((type) => [{ type: 'linear', size: 7 }, { type, parametric: true }, { type: 'linear', size: 7 }, { type }, { type: 'scale', bias: true }]);

/** Nets with every layer, tables with every kind of column, and every loss. */
export const exportCases: Readonly<Record<string, () => ExportCase | Promise<ExportCase>>> = {
  'activation functions': () => net({ model: [...everyActivation, { type: 'linear' }], learningRate: 1e-3 }),
  'normalisations, residual blocks, scale and dropout': () => net({
    model: [
      { type: 'dropout', rate: 0.1 }, { type: 'scale' }, { type: 'linear', size: 6, parametrization: 'ntk' }, { type: 'batch-norm', epsilon: 0.01 }, { type: 'leaky-relu', slope: 0.2 }, { type: 'residual', layers: [{ type: 'linear' }, { type: 'layer-norm', epsilon: 0.1 }, { type: 'mish' }] },
      { type: 'bottleneck', size: 3, activation: 'gelu', norm: 'batch' }, { type: 'linear' },
    ],
  }),
  'an ensemble': () => net({
    model: [
      { type: 'linear', size: 5 }, { type: 'batch-ensemble', size: 6, members: 3 }, { type: 'batch-norm' }, { type: 'relu', parametric: true }, { type: 'residual', layers: [{ type: 'batch-ensemble', size: 6 }, { type: 'layer-norm' }, { type: 'tanh' }] },
      { type: 'scale', bias: true }, { type: 'member-linear' },
    ],
  }),
  'an ensemble that ends with shared weights': () => net({ model: [{ type: 'batch-ensemble', size: 6, members: 2 }, { type: 'selu' }, { type: 'batch-ensemble' }], calibration: 'temperature' }),
  'an ensemble of one': () => net({ model: [{ type: 'batch-ensemble', size: 6, members: 1 }, { type: 'selu' }, { type: 'member-linear' }] }),
  'a linear layer on members': () => net({ model: [{ type: 'batch-ensemble', size: 4, members: 3 }, { type: 'relu' }, { type: 'linear' }] }),
  'pictures': () => picture('standardize-channel'),
  'pictures of whitened pixels': () => picture('pca'),
  'pictures by zca': () => picture('zca'),
  'pictures of plain pixels': () => picture('scale'),
  'numbers without names': () => floats('standardize'),
  'numbers without names, by quartiles': () => floats('robust'),
  'a temperature': () => net({ calibration: 'temperature', steps: 60 }),
  'a table': () => table('class', { oneHot: 2 }),
  'a table by one input a name': () => table('class', { oneHot: null, dtype: 'float64' }),
  'a table by quartiles, embedded': () => table('class', { normalization: 'robust', oneHot: 2, numericEmbedding: 'pbld', calibration: 'temperature' }),
  'a table by ranks': () => table('digit', { normalization: 'quantile', members: 2, numericEmbedding: 'pbld', oneHot: 1 }),
  'a table of numbers alone': () => table('class', {}, {}, ['fare paid', 'cast']),
  'a regression': () => table('number', { loss: 'mse', targetScaling: 'standardize', learningRate: 0.01 }, numeric),
  'logarithms of targets': () => table(['count', 'other'], { loss: 'huber', targetScaling: 'log', learningRate: 0.01, members: 2 }, numeric),
  'quantiles': () => table('other', { loss: 'quantile', targetScaling: 'standardize', learningRate: 0.01 }, numeric),
  'counts': () => table('count', { loss: 'poisson', learningRate: 0.01 }, { numericTargets: 'counts' }),
  'labels': () => table(['flag', 'sign'], { loss: 'bce', members: 3 }, { numericTargets: 'labels' }),
};

/** What is given to the graph's inputs for the rows of a case. */
export function feedsOf({ model, features, records }: ExportCase, inputs: readonly OnnxInput[]): Record<string, Value> {
  return Object.fromEntries(inputs.map(({ name, column, type }) => {
    if (records !== undefined && column !== undefined) {
      const cells = records.map((row) => row[column]);
      const values = type === 'string' ? cells.map((cell) => (cell === null ? '' : cell as string))
        : cells.map((cell) => (cell === null ? Number.NaN : isDate(cell) ? cell.getTime() / 1000 : cell === 'yes' ? 1 : cell === 'no' ? 0 : Number(cell)));
      return [name, { type, shape: [cells.length, 1], values: values as number[] }];
    }
    const values = Array.from(features!);
    const size = values.length / 3;
    const { channels, height, width } = model.imageShape ?? { channels: size, height: 0, width: 0 };
    return [name, { type, shape: model.imageShape === undefined ? [3, size] : [3, channels, height, width], values }];
  }));
}

/** What the model itself predicts for the rows of a case. */
export function predictionsOf({ model, features, records }: ExportCase): number[] {
  return Array.from(model.outputs(features ?? records!));
}
