import { MemoryBytes } from '../../data/bytes';
import { readHdf5 } from '../../data/hdf5/hdf5';
import type { Hdf5Array, Hdf5File } from '../../data/hdf5/readHdf5';
import { readBytes } from '../../data/readBytes';
import { readZip } from '../../data/zip';
import type { BlastrainError } from '../../errors';
import { anyOf } from '../../fields';
import { fileError, parseJson } from '../../files';
import { anything, checkShape, listOf, objectOf, optional, recordOf, text } from '../../files/shape';
import type { Shape } from '../../files/shape';
import { KerasLayers } from './kerasLayers';
import type { KerasLayer } from './kerasLayers';
import type { ImportedNetwork } from './network';

interface Layer extends KerasLayer {
  readonly inbound_nodes: readonly unknown[] | undefined;
}

const layerShape = objectOf<Layer>({ class_name: text, config: recordOf(anything), inbound_nodes: optional(listOf(anything)) });

interface KerasModel {
  readonly class_name: string;
  readonly config: { readonly layers: readonly Layer[]; readonly build_input_shape: unknown; readonly output_layers: unknown };
  readonly compile_config: unknown;
}

const modelShape = objectOf<KerasModel>({
  class_name: text, config: objectOf<KerasModel['config']>({ layers: listOf(layerShape), build_input_shape: anything, output_layers: anything }), compile_config: anything,
});

/** A layer that is no model itself, with the places of its variables. */
interface PlacedLayer {
  readonly layer: Layer;
  /** The layer of the whole model that it is or that it lies in, by name: the group of an .h5 file. */
  readonly outermost: string;
  /** The group of a .keras file. */
  readonly group: string;
}

/** Of a layer, its variables in order. */
type Variables = (layer: PlacedLayer) => readonly Hdf5Array[];

/** Classes of models, which may stand among the layers of another. */
const functional: readonly string[] = ['Functional', 'Model'];
const models: readonly string[] = ['Sequential', ...functional];

/**
 * The network of a .keras file (Keras 3, and Keras 2 as TensorFlow 2.15 has it): a Sequential model, or a functional one whose layers stand one behind the other; models among the layers likewise. Needs the package
 * h5wasm. Throws ERR_DATA, naming the file and the layer, for any other, for layers that a multi-layer perceptron has not, and for a file that is damaged.
 */
export function networkOfKeras(bytes: Uint8Array, file: string): ImportedNetwork {
  const entries = readZip(new MemoryBytes(file, bytes), 'a model that Keras 3 saved');
  const contents = (name: string): Buffer => {
    const entry = entries.find((one) => one.name === name);
    if (entry === undefined) throw fileError('ERR_DATA', `a model that Keras 3 saved, with ${name},`, file, 'an archive without it');
    const source = entry.open();
    return readBytes(source, 0, source.size);
  };
  const model = modelIn(contents('config.json').toString('utf8'), file);
  const weights = readHdf5(contents('model.weights.h5'), `model.weights.h5 in ${file}`);
  return networkOf(model, ({ group }) => numbered(weights, `${group}/vars`), file);
}

/** As {@link networkOfKeras}, of a whole model in an HDF5 file (.h5, the older format). */
export function networkOfHdf5(bytes: Uint8Array, file: string): ImportedNetwork {
  const weights = readHdf5(bytes, file);
  const { model_config: config, training_config: compiled } = weights.texts.get('') ?? {};
  if (typeof config !== 'string') throw fileError('ERR_DATA', 'a whole model (model.save of Keras), with the attribute model_config,', file, 'another HDF5 file');
  const model = { ...modelIn(config, file), compile_config: typeof compiled === 'string' ? parseJson(compiled, { file, code: 'ERR_DATA' }) : undefined };
  return networkOf(model, ({ layer, outermost }) => {
    const group = `model_weights/${outermost}`;
    const names = weights.texts.get(group)?.['weight_names'] ?? [];
    const own = nameOf(layer);
    // Those of a model among the layers are listed together; each ends with its layer's name and its own.
    const wanted = (typeof names === 'string' ? [names] : names).filter((name) => own === outermost || name.split('/').at(-2) === own);
    return wanted.map((name) => arrayIn(weights, `${group}/${name}`, file));
  }, file);
}

function modelIn(json: string, file: string): KerasModel {
  const source = { file: `the configuration of ${file}`, code: 'ERR_DATA' } as const;
  return checkShape(parseJson(json, source), modelShape, source);
}

function networkOf(model: KerasModel, variables: Variables, file: string): ImportedNetwork {
  const layers = new KerasLayers(file);
  layers.takeShape(model.config.build_input_shape);
  for (const placed of chainOf(model, file)) layers.visit(placed.layer, variables(placed));
  return layers.network(model.compile_config);
}

/** The layers of a model, and of the models among them, in the order in which rows pass them. */
function chainOf(model: KerasModel, file: string, within = '', outermost?: string): readonly PlacedLayer[] {
  const { layers } = model.config;
  const groups = groupNames(layers);
  return orderOf(model, file).flatMap((at) => {
    const layer = layers[at]!;
    const place = { layer, outermost: outermost ?? nameOf(layer), group: `${within}layers/${groups[at]!}` };
    if (!models.includes(layer.class_name)) return [place];
    const source = { file: `the layer ${nameOf(layer)} of ${file}`, code: 'ERR_DATA' } as const;
    return chainOf(checkShape({ ...layer }, modelShape as Shape<unknown>, source) as KerasModel, source.file, `${place.group}/`, place.outermost);
  });
}

/** The layers' places in the order in which rows pass them. */
function orderOf({ class_name: kind, config: { layers, output_layers: outputs } }: KerasModel, file: string): readonly number[] {
  if (kind === 'Sequential') return layers.map((_, at) => at);
  if (!functional.includes(kind)) throw fileError('ERR_DATA', 'a Sequential or functional model', file, `a model of class ${kind}`);
  const refuse = (received: string): BlastrainError => fileError('ERR_DATA', 'layers one behind the other', file, received);
  const ends = sourcesIn(outputs);
  if (ends.length > 1) throw refuse(`${String(ends.length)} outputs: ${anyOf(ends, 'and')}`);
  const sources = layers.map(({ inbound_nodes: nodes = [] }) => nodes.flatMap(sourcesIn));
  const joined = sources.findIndex((names) => names.length > 1);
  if (joined >= 0) throw refuse(`the layer ${nameOf(layers[joined]!)} (${layers[joined]!.class_name}), which takes ${anyOf(sources[joined]!, 'and')}`);
  const order: number[] = [];
  for (let next: string | undefined; order.length < layers.length;) {
    const found = sources.flatMap(([name], at) => (name === next ? [at] : []));
    const names = found.map((at) => nameOf(layers[at]!));
    if (found.length !== 1) throw refuse(`${String(found.length)} ${next === undefined ? 'inputs' : `layers that take ${next}`}${found.length === 0 ? '' : `: ${anyOf(names, 'and')}`}`);
    order.push(found[0]!);
    [next] = names;
  }
  return order;
}

function nameOf({ config }: KerasLayer): string {
  return String(config['name']);
}

/** Names of the layers whose outputs a call of a layer takes: Keras 3 has them as keras_history, Keras 2 as lists that begin with a name. */
function sourcesIn(value: unknown): string[] {
  if (Array.isArray(value)) return typeof value[0] === 'string' && typeof value[1] === 'number' ? [value[0]] : value.flatMap(sourcesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, own]) => (key === 'keras_history' && Array.isArray(own) ? [String(own[0])] : sourcesIn(own)));
}

/** Keras names the groups of a .keras file by the classes of layers, and counts those of a class: dense, dense_1. */
function groupNames(layers: readonly KerasLayer[]): readonly string[] {
  const counts = new Map<string, number>();
  return layers.map(({ class_name: kind }) => {
    const name = kind.replace(/\W/g, '').replace(/(.)([A-Z][a-z]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    return before === 0 ? name : `${name}_${String(before)}`;
  });
}

function numbered({ arrays }: Hdf5File, group: string): readonly Hdf5Array[] {
  const found: Hdf5Array[] = [];
  for (let array = arrays.get(`${group}/0`); array !== undefined; array = arrays.get(`${group}/${String(found.length)}`)) found.push(array);
  return found;
}

function arrayIn({ arrays }: Hdf5File, path: string, file: string): Hdf5Array {
  const array = arrays.get(path);
  if (array === undefined) throw fileError('ERR_DATA', `the array ${path}`, file, 'none');
  return array;
}
