// An ES module, which Node 20.17 cannot require: its code is imported where it is needed.
import type * as H5wasm from 'h5wasm' with { 'resolution-mode': 'import' };
import { requireMemory } from '../../machine';
import { badFile } from '../files';
import { peer } from '../peer';

/** Numbers of a data set, in row-major order; integers of 64 bits as the nearest double. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** What an HDF5 file holds, by path: model_weights/dense/kernel. The path of the file itself is ''. */
export interface Hdf5File {
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
  /** Of each group those attributes that are texts or lists of texts. */
  readonly texts: ReadonlyMap<string, Readonly<Record<string, string | readonly string[]>>>;
}

/** Groups within groups, and objects in all: a group may be its own member. */
const limits = { depth: 16, objects: 20_000 } as const;

/** Classes of element types, H5T_class_t. */
const classes = { integer: 0, float: 1 } as const;

/** See `readHdf5` of ./hdf5. The file system of h5wasm is in memory, and holds nothing but these bytes. */
export async function readHdf5(file: string, { bytes }: { readonly bytes: Uint8Array }): Promise<Hdf5File> {
  const h5wasm = await peer('h5wasm', 'reads HDF5', file, () => import('h5wasm'));
  requireMemory(3 * bytes.length, 'file', file);
  const module = await h5wasm.ready;
  module.activate_throwing_error_handler();
  const [arrays, texts] = [new Map<string, Hdf5Array>(), new Map<string, Readonly<Record<string, string | readonly string[]>>>()];
  let objects = 0;
  const walk = (group: H5wasm.Group, path: string, depth: number): void => {
    texts.set(path, textsOf(group));
    for (const name of group.keys()) {
      if (depth > limits.depth || ++objects > limits.objects) throw badFile(`at most ${String(limits.objects)} objects, ${String(limits.depth)} groups deep,`, file, 'more');
      const member = group.get(name);
      const at = path === '' ? name : `${path}/${name}`;
      const kind: string = member !== null && 'type' in member ? member.type : ''; // links to nowhere and to other files have one too
      if (kind === 'Dataset') arrays.set(at, arrayOf(member as H5wasm.Dataset, at, file));
      else if (kind === 'Group') walk(member as H5wasm.Group, at, depth + 1);
    }
  };
  try {
    module.FS.writeFile('/file', bytes);
    walk(new h5wasm.File('/file', 'r'), '', 0);
  } catch (error) {
    if ((error as Error).name === 'BlastrainError') throw error;
    // The library's own errors are a stack of lines, the first of which says what was asked for.
    const { message } = error as Error;
    throw badFile('an HDF5 file that is whole', file, /\(\): (.*)/.exec(message)?.[1] ?? message.split('\n')[0]!);
  }
  return { arrays, texts };
}

function textsOf(group: H5wasm.Group): Record<string, string | readonly string[]> {
  const found = Object.entries(group.attrs).map(([name, { value }]): [string, unknown] => [name, value]);
  const isText = (value: unknown): value is string | readonly string[] => typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  return Object.fromEntries(found.filter((entry): entry is [string, string | readonly string[]] => isText(entry[1])));
}

/** Throws ERR_DATA for what is no array of numbers. */
function arrayOf(dataset: H5wasm.Dataset, path: string, file: string): Hdf5Array {
  const { metadata: { type, size, littleEndian, shape } } = dataset;
  const isFloat = type === classes.float && (size === 4 || size === 8);
  if (shape === null || !(isFloat || type === classes.integer) || !littleEndian) throw badFile(`integers or floats of 4 or 8 bytes, little-endian, for ${path}`, file, 'values of another type');
  const length = shape.reduce((product, extent) => product * extent, 1);
  requireMemory(length * (size + Float64Array.BYTES_PER_ELEMENT), 'file', file);
  const value = dataset.value as number | bigint | ArrayLike<number | bigint>;
  return { shape, values: typeof value === 'object' ? Float64Array.from<number | bigint>(value, Number) : Float64Array.of(Number(value)) };
}
