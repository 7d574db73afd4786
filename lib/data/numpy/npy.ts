import { requireMemory } from '../../machine';
import { readBytes } from '../readBytes';
import type { ByteSource } from '../bytes';
import { badFile } from '../files';
import { numberFormats } from '../stored';
import type { NumberFormat } from '../stored';
import { readZip } from '../zip';

/** A NumPy array whose header was read: little-endian numbers in C order. */
export interface NpyArray {
  readonly bytes: ByteSource;
  readonly shape: readonly number[];
  readonly format: NumberFormat;
  /** Bytes before the first number. */
  readonly offset: number;
}

const magic = '\x93NUMPY';
/** Bytes of the longest header accepted; one for plain numbers has about 100. */
const maxHeader = 2 ** 16;

/**
 * Reads the header of a .npy file (versions 1 to 3), or of an entry of an .npz archive. Throws ERR_DATA, naming the file, for
 * anything else, number formats other than u1, i4, i8, f4 and f8, Fortran order and a length that does not fit the shape.
 */
export function readNpyHeader(bytes: ByteSource): NpyArray {
  const { name, size } = bytes;
  const head = readBytes(bytes, 0, Math.min(12, size));
  if (head.toString('latin1', 0, 6) !== magic || size < 12) throw badFile('a NumPy array (.npy)', name, 'something else');
  const version = head[6]!;
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const offset = start + length;
  if (version < 1 || version > 3 || length > maxHeader || offset > size) {
    throw badFile('a .npy header of version 1 to 3', name, `version ${String(version)} with ${String(length)} bytes`);
  }

  const header = readBytes(bytes, start, length).toString('latin1');
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = shapeIn(header);
  const format = descr?.replace(/^[<|]/, '') as NumberFormat | undefined;
  if (format === undefined || !Object.hasOwn(numberFormats, format)) {
    throw badFile(`numbers of type ${Object.keys(numberFormats).join(', ')}, little-endian,`, name, descr ?? 'records');
  }
  if (shape === undefined) throw badFile('a shape of whole numbers', name, /'shape':[^)]{0,60}\)?/.exec(header)?.[0] ?? 'a header without one');
  if (order !== 'False') throw badFile('an array in C order', name, order === 'True' ? 'one in Fortran order' : 'a header that does not tell');
  const wanted = offset + shape.reduce((product, extent) => product * extent, numberFormats[format].BYTES_PER_ELEMENT);
  if (wanted !== size) throw badFile(`${String(wanted)} bytes for shape (${shape.join(', ')})`, name, String(size));
  return { bytes, shape, format, offset };
}

/** The shape in a header; undefined unless all extents are integers. NumPy of Python 2 writes long ones with an L. */
function shapeIn(header: string): number[] | undefined {
  const extents = /'shape':\s*\(([^()]*)\)/.exec(header)?.[1]?.split(',').map((extent) => extent.trim());
  if (extents?.at(-1) === '') extents.pop(); // after a trailing comma, or of ()
  return extents?.every((extent) => /^\d+L?$/.test(extent)) === true ? extents.map((extent) => Number.parseInt(extent, 10)) : undefined;
}

/** Reads the numbers of an array into memory. */
export function readNumbers({ bytes, shape, format, offset }: NpyArray): InstanceType<(typeof numberFormats)[NumberFormat]> {
  const length = shape.reduce((product, extent) => product * extent, 1);
  requireMemory(length * numberFormats[format].BYTES_PER_ELEMENT, 'dataFile', bytes.name);
  const numbers = new numberFormats[format](length);
  bytes.read(new Uint8Array(numbers.buffer), offset);
  return numbers;
}

/**
 * The arrays of an .npz archive (a zip file, as np.savez and np.savez_compressed write it) by name. Stored entries
 * stay on disk, deflated ones are unpacked into memory. Throws ERR_DATA for an archive that is truncated, larger than 4 GB or
 * compressed by another method.
 */
export function readNpz(archive: ByteSource): ReadonlyMap<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const entry of readZip(archive, 'an archive of NumPy arrays (.npz)', '; np.save writes a .npy')) {
    if (!entry.name.endsWith('.npy')) continue;
    const name = entry.name.slice(0, -4);
    if (arrays.has(name)) throw badFile(`one array named ${name}`, archive.name, 'two');
    arrays.set(name, readNpyHeader(entry.open()));
  }
  return arrays;
}
