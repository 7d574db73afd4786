import { checkList, checkObject, checkOptions, checkText } from '../../arguments';
import { MemoryBytes } from '../../data/bytes';
import { readNpz, readNumbers } from '../../data/numpy/npy';
import { expected } from '../../errors';
import { readFile, sizeLimits } from '../../files';
import type { Model } from '../../inference/model';
import { networkOfHdf5, networkOfKeras } from './kerasFile';
import { modelOf } from './network';
import type { ImportedNetwork, NamedArray } from './network';
import { networkOfOnnx } from './onnxFile';
import { networkOfState } from './stateDict';
import { readSafetensors } from './tensors';
import { readTorchFile } from './torchFile';

export interface ImportOptions {
  /** Keys of a training's spec that say what the file does not, such as `activation` and `loss`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Names of the classes, in the order of the outputs; by default those in the file, or numbers from 0. */
  readonly classNames?: readonly string[];
}

/** A model of another program, and what was assumed, in sentences. */
export interface Imported {
  readonly model: Model;
  readonly notes: readonly string[];
}

type Reader = (bytes: Uint8Array, file: string) => Map<string, NamedArray>;

const stateReaders: Readonly<Record<string, Reader>> = {
  '.safetensors': readSafetensors, '.pt': readTorchFile, '.pth': readTorchFile, '.npz': readArrays,
};

const graphReaders: Readonly<Record<string, (bytes: Uint8Array, file: string) => ImportedNetwork>> = {
  '.onnx': networkOfOnnx, '.keras': networkOfKeras, '.h5': networkOfHdf5, '.hdf5': networkOfHdf5,
};

/** How the names of files end that can be imported. */
export const importEndings: readonly string[] = [...Object.keys(stateReaders), ...Object.keys(graphReaders)];

/**
 * Makes a model of a file of another program: a state_dict of linear layers and normalisations as .safetensors, .pt or .npz, or a multi-layer perceptron as .onnx, .keras or .h5, the
 * last two by the package h5wasm. The model takes the inputs that the network took, as they are. Throws ERR_CONFIG for another ending and for a spec or class names that do not fit; ERR_DATA, naming the file and the array or node, for what is no such network; ERR_IO.
 */
export function importModel(file: string, options: ImportOptions = {}): Imported {
  checkText(file, 'file');
  checkOptions(options);
  const { spec = {}, classNames } = options;
  checkObject(spec, 'spec');
  if (classNames !== undefined) checkList(classNames, 'classNames', 'a list of names');
  const ending = importEndings.find((one) => file.toLowerCase().endsWith(one));
  if (ending === undefined) throw expected('ERR_CONFIG', `a name that ends in ${importEndings.join(', ')}`, 'file', file, { path: 'file' });
  const bytes = readFile(file, { limit: sizeLimits.checkpoint, follow: true });
  const network = graphReaders[ending]?.(bytes, file) ?? networkOfState(stateReaders[ending]!(bytes, file), spec, file);
  return { model: modelOf(network, spec, classNames, file), notes: network.notes };
}

function readArrays(bytes: Uint8Array, file: string): Map<string, NamedArray> {
  return new Map([...readNpz(new MemoryBytes(file, bytes))].map(([name, array]) => [name, { shape: array.shape, values: Float64Array.from<number | bigint>(readNumbers(array), Number) }]));
}
