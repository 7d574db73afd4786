import { basename } from 'node:path';
import { checkOptions, checkText } from '../../arguments';
import { expected } from '../../errors';
import { FileBytes } from '../fileBytes';
import type { Dataset, DataSplits, ImageShape, StoredDataset } from '../dataset';
import { badFile } from '../files';
import { readNpyHeader, readNpz, readNumbers } from './npy';
import type { NpyArray } from './npy';
import { numberFormats } from '../stored';
import { splitTable } from '../table';
import type { TableOptions } from '../table';

export interface NumpyOptions extends TableOptions {
  /** The targets: the path of another .npy file, or the name of an array in the .npz archive, by default y. */
  readonly target?: string;
}

/** Larger class numbers are taken for a mistake, such as numeric targets. */
const maxClasses = 65_536;

/**
 * Loads features and targets from NumPy arrays: two .npy files, or an .npz archive, in which the features are the only array beside
 * the targets, or else x. Features are [rows, features], or images [rows, height, width] or [rows, channels, height, width]; bytes
 * stay bytes. Targets are class numbers [rows], with the class names '0', '1', …, or for a regression numbers [rows] or
 * [rows, targets].
 *
 * Throws ERR_DATA, naming the file, for arrays of other types or shapes and for numbers that are not finite; ERR_CONFIG for a target that is
 * missing or not given, sizes that do not fit, or chunkRows on a compressed array.
 */
export function loadNumpy(file: string, options: NumpyOptions = {}): DataSplits<Dataset | StoredDataset> {
  checkText(file, 'file');
  checkOptions(options);
  checkOptions(options.sizes, 'sizes');
  if (options.target !== undefined) checkText(options.target, 'target', 'a path or the name of an array');
  const isArchive = file.endsWith('.npz');
  const { features, target } = isArchive ? fromArchive(file, options.target) : fromFiles(file, options.target);
  const [rows = 0, ...extents] = features.shape;
  const featureSize = extents.reduce((product, extent) => product * extent, 1);
  const { name } = features.bytes;
  if (extents.length < 1 || extents.length > 3 || rows * featureSize === 0) {
    throw badFile('rows of features, or pictures,', name, `shape (${features.shape.join(', ')})`);
  }
  if (target.shape[0] !== rows) {
    throw badFile(`targets for ${String(rows)} rows`, target.bytes.name, `shape (${target.shape.join(', ')})`);
  }
  if (options.chunkRows !== undefined && features.bytes.inMemory) {
    throw expected('ERR_CONFIG', 'null, as the archive is compressed (np.savez and np.save do not),', 'chunkRows', options.chunkRows, { path: 'chunkRows' });
  }
  return splitTable({
    ...(options.numericTargets === undefined || options.numericTargets === false ? readLabels(target) : { targets: readTargets(target), classNames: [] }),
    ...(extents.length > 1 && { imageShape: shapeOf(extents) }),
    layout: {
      parts: [{ bytes: features.bytes, rows }],
      format: features.format,
      featureSize,
      offset: features.offset,
      skip: 0,
      stride: featureSize * numberFormats[features.format].BYTES_PER_ELEMENT,
    },
    files: isArchive ? [file] : [file, target.bytes.name],
    name: basename(file),
    choices: { target: isArchive ? options.target ?? null : null },
  }, options);
}

function fromArchive(file: string, wanted = 'y'): { features: NpyArray; target: NpyArray } {
  const arrays = readNpz(new FileBytes(file));
  const names = [...arrays.keys()].join(', ');
  const target = arrays.get(wanted);
  if (target === undefined) throw expected('ERR_CONFIG', `one of the arrays ${names}`, 'target', wanted, { path: 'target' });
  const others = [...arrays].filter(([name]) => name !== wanted);
  const features = others.length === 1 ? others[0]![1] : arrays.get('x');
  if (features === undefined) throw badFile('an array x', file, `the arrays ${names}`);
  return { features, target };
}

function fromFiles(file: string, target: string | undefined): { features: NpyArray; target: NpyArray } {
  if (target === undefined) throw expected('ERR_CONFIG', 'the .npy file of the targets', 'target', null, { path: 'target' });
  return { features: readNpyHeader(new FileBytes(file)), target: readNpyHeader(new FileBytes(target)) };
}

function shapeOf(extents: readonly number[]): ImageShape {
  const [channels, height, width] = [1, ...extents].slice(-3) as [number, number, number];
  return { channels, height, width };
}

function readLabels(array: NpyArray): { labels: Int32Array; classNames: readonly string[] } {
  const { shape, bytes: { name } } = array;
  if (shape.slice(1).some((extent) => extent !== 1)) throw badFile('one class number a row', name, `shape (${shape.join(', ')})`);
  let maxLabel = 0;
  const labels = Int32Array.from<number | bigint>(readNumbers(array), (value, row) => {
    const label = Number(value);
    if (!(Number.isInteger(label) && label >= 0 && label < maxClasses)) {
      throw badFile(`class numbers from 0 to ${String(maxClasses - 1)}`, `${name}, row ${String(row)}`, String(value), { row });
    }
    maxLabel = Math.max(maxLabel, label);
    return label;
  });
  return { labels, classNames: Array.from({ length: maxLabel + 1 }, (_, label) => String(label)) };
}

function readTargets(array: NpyArray): Float64Array {
  const width = array.shape.slice(1).reduce((product, extent) => product * extent, 1);
  return Float64Array.from<number | bigint>(readNumbers(array), (value, i) => {
    const number = Number(value);
    if (!Number.isFinite(number)) throw badFile('finite targets', `${array.bytes.name}, row ${String(Math.floor(i / width))}`, String(value));
    return number;
  });
}
