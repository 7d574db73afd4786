import { expected, toPlain } from '../../errors';
import { fileError } from '../../files';
import { defaultKernels } from '../../kernels';
import { buildModel } from '../../build/buildModel';
import { Model } from '../../inference/model';
import type { LayerDescription } from '../../model/layers';
import { stateKeys } from '../../model/stateKeys';
import { parseSpec, precisionOf } from '../../spec/spec';
import { modelChunks } from '../../train/modelFile';

/** Numbers of another program's file. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A layer with its parameters and buffers, in the order in which a model file has them. */
export interface ImportedLayer {
  readonly description: LayerDescription;
  readonly arrays: readonly ArrayLike<number>[];
  /** Of a residual block the layers in it, whose descriptions are repeated in its own. */
  readonly body?: readonly ImportedLayer[];
}

/** A network as another program's file has it. */
export interface ImportedNetwork {
  readonly layers: readonly ImportedLayer[];
  readonly inputSize: number;
  readonly outputSize: number;
  /** What it was trained for, where the file says so. */
  readonly loss?: 'cross-entropy' | 'bce' | 'mse';
  readonly classNames?: readonly string[];
  /** What was assumed, in sentences. */
  readonly notes: readonly string[];
}

/**
 * A model of a network, which takes its inputs as they are. Throws ERR_CONFIG for a spec that is refused, ERR_DATA, naming the file, for arrays that do not fit.
 * @param spec keys of a training's spec, beside the layers.
 */
export function modelOf(network: ImportedNetwork, spec: Readonly<Record<string, unknown>>, classNames: readonly string[] | undefined, file: string): Model {
  const { layers, inputSize, outputSize } = network;
  const loss = spec['loss'] ?? network.loss ?? (outputSize > 1 ? 'cross-entropy' : 'mse');
  // Of what the keys say the layers are made already.
  const { activation: _, ...others } = spec;
  const parsed = parseSpec({ data: 'npy', dataFile: file, epochs: 1, normalization: 'none', ...others, loss, hidden: undefined, layers: undefined, model: layers.map(({ description }) => description) });
  const kernels = defaultKernels(precisionOf(parsed));
  const net = built(() => buildModel(parsed, { inputSize, outputSize }, kernels, 1), file);
  const given = arraysOf(layers);
  const keys = stateKeys(net.layers);
  // Of each layer parameters first, then buffers, as in a model file.
  const values = [...net.arena.parameters.map(({ value }, i) => ({ key: keys.parameters[i]!, value })), ...net.buffers.map(({ value }, i) => ({ key: keys.buffers[i]!, value }))];
  const order = prefixesOf(layers).flatMap((prefix) => values.filter(({ key }) => key.startsWith(prefix)));
  if (order.length !== given.length) throw fileError('ERR_DATA', `${String(order.length)} arrays of parameters`, file, String(given.length));
  order.forEach(({ key, value }, i) => {
    const own = given[i]!;
    if (own.length !== value.length) throw fileError('ERR_DATA', `${String(value.length)} numbers for ${key}`, file, String(own.length));
    for (let j = 0; j < own.length; j++) if (!Number.isFinite(own[j])) throw fileError('ERR_DATA', `finite numbers for ${key}`, file, String(own[j]));
    value.set(own);
  });
  const isClasses = loss === 'cross-entropy';
  const names = !isClasses ? [] : classNames ?? network.classNames ?? Array.from({ length: outputSize }, (_, i) => String(i));
  if (isClasses && (names.length !== outputSize || new Set(names).size < outputSize)) throw expected('ERR_CONFIG', `${String(outputSize)} different names`, 'classNames', names, { path: 'classNames' });
  const facts = { spec: parsed, classNames: names, dataDigest: '', inputSize, outputSize };
  const normalization = { mean: new Float64Array(inputSize), std: new Float64Array(inputSize).fill(1) };
  return Model.load(Buffer.concat(modelChunks(net, { facts, step: 0, metrics: null, normalization })), { name: file });
}

function arraysOf(layers: readonly ImportedLayer[]): readonly ArrayLike<number>[] {
  return layers.flatMap(({ arrays, body }) => (body === undefined ? arrays : arraysOf(body)));
}

/** How the keys of each layer's parameters begin, see `stateKeys`. */
function prefixesOf(layers: readonly ImportedLayer[], before = ''): readonly string[] {
  return layers.flatMap(({ body }, i) => (body === undefined ? [`${before}${String(i)}.`] : prefixesOf(body, `${before}${String(i)}.body.`)));
}

/** Throws ERR_DATA, naming the file, where layers do not fit together. */
function built<Result>(make: () => Result, file: string): Result {
  try {
    return make();
  } catch (error) {
    const { code, message } = toPlain(error);
    if (code !== 'ERR_CONFIG' && code !== 'ERR_SHAPE') throw error;
    throw fileError('ERR_DATA', 'layers that fit together', file, `others: ${message}`);
  }
}
