import { fileError } from '../../files';
import type { BlastrainError } from '../../errors';
import type { LayerDescription } from '../../model/layers';
import { LayerList, transposed } from './layerList';
import type { ImportedNetwork, NamedArray } from './network';

/** A layer as Keras describes it. */
export interface KerasLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Layers that do nothing to a row in evaluation. */
const plain: ReadonlySet<string> = new Set(['Dropout', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'ActivityRegularization', 'Identity']);

/** Functions by the names that `activation` has; Keras's GELU is the exact one unless it is told otherwise. */
const functions: Readonly<Record<string, LayerDescription>> = {
  relu: { type: 'relu' }, tanh: { type: 'tanh' }, sigmoid: { type: 'sigmoid' }, gelu: { type: 'gelu' }, mish: { type: 'mish' }, selu: { type: 'selu' }, leaky_relu: { type: 'leaky-relu', slope: 0.2 },
};

/** The layers of a Keras model, one behind the other, as those of a network here. */
export class KerasLayers {
  private readonly list: LayerList;
  /** Extents of a row where they are known. */
  private extents: readonly number[] | undefined;

  constructor(private readonly file: string) {
    this.list = new LayerList(file);
  }

  /** Takes the shape of inputs, [null, extents], where a model states one. */
  takeShape(shape: unknown): void {
    if (this.extents !== undefined || !Array.isArray(shape) || !shape.slice(1).every((extent) => Number.isSafeInteger(extent) && extent > 0)) return;
    this.extents = shape.slice(1) as number[];
    this.list.takes(this.extents.reduce((product, extent) => product * extent, 1));
  }

  /** Adds a layer with its variables in Keras's order. Throws ERR_DATA, naming the file and the layer, for one that has no counterpart. */
  visit(layer: KerasLayer, variables: readonly NamedArray[]): void {
    const { class_name: kind, config } = layer;
    if (plain.has(kind)) return;
    if (this.list.end !== undefined) throw this.refuse(layer, 'nothing behind a softmax');
    switch (kind) {
      case 'InputLayer': this.takeShape(config['batch_shape'] ?? config['batch_input_shape']); break;
      case 'Flatten': case 'Reshape': this.flatten(layer); break;
      case 'Dense': this.dense(layer, variables); break;
      case 'Activation': this.activate(layer, config['activation']); break;
      case 'BatchNormalization': case 'LayerNormalization': this.normalise(layer, variables); break;
      case 'Normalization': this.standardise(layer, variables); break;
      case 'Rescaling': this.scale(layer, numbersOf(config['scale']), numbersOf(config['offset'])); break;
      default: this.activate(layer, layer);
    }
  }

  /** @param compiled what the model was compiled with, whose loss says what plain numbers at the end are. */
  network(compiled: unknown): ImportedNetwork {
    const loss = propertyOf(compiled, 'loss');
    const given = typeof loss === 'string' ? loss : propertyOf(loss, 'class_name');
    const name = (typeof given === 'string' ? given : '').toLowerCase().replaceAll('_', '');
    return this.list.network(undefined, name === '' ? undefined : !name.includes('crossentropy') ? 'mse' : name.startsWith('binary') ? 'bce' : 'cross-entropy');
  }

  private dense(layer: KerasLayer, [kernel, bias]: readonly NamedArray[]): void {
    const { config } = layer;
    if (kernel?.shape.length !== 2 || (config['use_bias'] !== false && bias?.shape.length !== 1)) throw this.refuse(layer, 'a kernel [inputs, units], and a bias');
    this.takes(layer, kernel.shape[0]!);
    this.list.addLinear(transposed(kernel), bias);
    this.extents = [kernel.shape[1]!];
    this.activate(layer, config['activation']);
  }

  /** Adds an activation function: a name, a function's or a layer's description. */
  private activate(layer: KerasLayer, given: unknown): void {
    const [kind, config] = typeof given === 'string' ? [given, {}] : [propertyOf(given, 'class_name'), propertyOf(given, 'config')];
    const name = kind === 'function' ? config : kind;
    if (given === undefined || given === null || name === 'linear') return;
    if (name === 'softmax' || name === 'Softmax') {
      if (![undefined, -1, this.extents?.length].includes(propertyOf(config, 'axis') as number | undefined)) throw this.refuse(layer, 'a softmax over the numbers of a row');
      this.list.end = 'softmax';
      return;
    }
    const description = Object.hasOwn(functions, String(name)) ? functions[String(name)] : layerFunction(String(name), config);
    if (description === undefined) throw this.refuse(layer, 'a layer of a multi-layer perceptron', String(name));
    this.list.add(description);
  }

  private normalise(layer: KerasLayer, variables: readonly NamedArray[]): void {
    const { class_name: kind, config } = layer;
    const isBatch = kind === 'BatchNormalization';
    const axis = numbersOf(config['axis'] ?? -1);
    const size = variables[0]?.values.length ?? this.list.width;
    this.takes(layer, size);
    if (axis.length !== 1 || (axis[0] !== -1 && axis[0] !== 1) || config['rms_scaling'] === true || config['renorm'] === true) throw this.refuse(layer, 'a plain normalisation of the last axis');
    const [hasScale, hasCentre] = [config['scale'] !== false, config['center'] !== false];
    const rest = [...variables];
    const take = (isThere: boolean, otherwise: number): ArrayLike<number> => (isThere ? rest.shift()?.values : undefined) ?? new Float64Array(size).fill(otherwise);
    if (rest.length !== Number(hasScale) + Number(hasCentre) + (isBatch ? 2 : 0)) throw this.refuse(layer, 'its parameters and statistics', `${String(rest.length)} arrays`);
    const arrays = [take(hasScale, 1), take(hasCentre, 0), ...(isBatch ? [take(true, 0), take(true, 1)] : [])];
    this.list.add({ type: isBatch ? 'batch-norm' : 'layer-norm', epsilon: numbersOf(config['epsilon'])[0] ?? 1e-3 }, arrays);
  }

  /** Normalization: (x − mean)/max(√variance, 1e-7), or the inverse of it. */
  private standardise(layer: KerasLayer, variables: readonly NamedArray[]): void {
    const { config } = layer;
    const [mean, variance] = ['mean', 'variance'].map((name, i) => (config[name] === null || config[name] === undefined ? Array.from(variables[i]?.values ?? []) : numbersOf(config[name])));
    const axis = config['axis'] === null ? [] : numbersOf(config['axis'] ?? -1);
    if (axis.length > 1 || (axis[0] !== undefined && axis[0] !== -1 && axis[0] !== this.extents?.length) || mean!.length === 0 || variance!.length !== mean!.length) throw this.refuse(layer, 'a mean and a variance for each number of the last axis');
    const deviation = variance!.map((value) => Math.max(Math.sqrt(value), 1e-7));
    if (config['invert'] === true) this.scale(layer, deviation, mean!);
    else this.scale(layer, deviation.map((value) => 1 / value), mean!.map((value, i) => -value / deviation[i]!));
  }

  /** Adds factor·x + shift; of a picture, whose last axis are channels, for each of these. */
  private scale(layer: KerasLayer, factor: readonly number[], shift: readonly number[]): void {
    const { list } = this;
    const size = Math.max(factor.length, shift.length);
    if (list.width === 0 && size > 1) list.takes(size);
    if (list.width === 0 || factor.length === 0 || shift.length === 0 || list.width % size !== 0 || (size > 1 && (this.extents?.at(-1) ?? size) !== size)) throw this.refuse(layer, `factors for ${list.width === 0 ? 'a known number of' : String(list.width)} numbers`, String(size));
    const each = (values: readonly number[]): Float64Array => Float64Array.from({ length: list.width }, (_, i) => values[i % values.length]!);
    list.addScaled(each(factor), each(shift));
  }

  private flatten(layer: KerasLayer): void {
    const { class_name: kind, config } = layer;
    if (kind === 'Flatten' && config['data_format'] === 'channels_first' && (this.extents?.length ?? 1) > 1) throw this.refuse(layer, 'channels in the last axis');
    const wanted = kind === 'Flatten' ? [this.list.width] : numbersOf(config['target_shape']);
    const open = this.list.width / wanted.reduce((product, extent) => product * (extent > 0 ? extent : 1), 1);
    if (this.list.width > 0) this.extents = wanted.map((extent) => (extent > 0 ? extent : open));
  }

  /** Throws for rows that are not flat, or have another number of numbers. */
  private takes(layer: KerasLayer, size: number): void {
    if ((this.extents?.length ?? 1) !== 1) throw this.refuse(layer, 'flat rows (Flatten)', `shape [${this.extents!.join(', ')}]`);
    if (!this.list.takes(size)) throw this.refuse(layer, `parameters for ${String(this.list.width)} numbers`, String(size));
  }

  private refuse({ class_name: kind, config: { name } }: KerasLayer, what: string, received = kind): BlastrainError {
    return fileError('ERR_DATA', `${what} for the layer ${typeof name === 'string' ? name : kind}`, this.file, received);
  }
}

/** The activation function that a layer is; undefined for another layer, or options that no function here has. */
function layerFunction(kind: string, config: unknown): LayerDescription | undefined {
  const option = (name: string): unknown => propertyOf(config, name);
  const slope = numbersOf(option('negative_slope') ?? option('alpha'))[0];
  if (kind === 'LeakyReLU') return slope === 0 ? { type: 'relu' } : { type: 'leaky-relu', slope: slope ?? 0.3 };
  if (kind !== 'ReLU' || (option('max_value') ?? null) !== null || Number(option('threshold') ?? 0) !== 0) return undefined;
  return slope === undefined || slope === 0 ? { type: 'relu' } : { type: 'leaky-relu', slope };
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** A number, or a list of numbers within lists, as one list; empty for anything else. */
function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (!Array.isArray(value)) return [];
  const all = value.map(numbersOf);
  return all.every(({ length }) => length > 0) ? all.flat() : [];
}
