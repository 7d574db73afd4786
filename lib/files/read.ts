import { constants as bufferLimits } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { toPlain } from '../errors';
import { fileError, withFileErrors } from './system';

/** Size limits in bytes of files that are read as a whole. Larger files were not written by blastrain, and would take seconds to read. */
export const sizeLimits = {
  /** A spec, a status, the table of a depth experiment. */
  small: 2 ** 20,
  /** Evaluations with their confusion matrices, a search's report, a ledger. */
  report: 2 ** 26,
  /** Files that grow by one line per event. */
  events: 2 ** 29 - 2 ** 10,
  checkpoint: bufferLimits.MAX_LENGTH,
} as const;

export interface ReadOptions {
  /** Largest size in bytes. */
  readonly limit: number;
  /** Whether to follow a symbolic link: only for a file that the user has named, never for one in a run's folder. */
  readonly follow?: boolean;
}

/**
 * Reads a regular file. Anything else is refused, and without waiting: a FIFO would block its reader for ever, and a link may point to
 * any file of the machine. Throws ERR_IO, also for a file larger than the limit.
 */
export function readFile(path: string, options: ReadOptions): Buffer {
  return withOpenFile(path, options, (descriptor, { size }) => {
    if (size > options.limit) throw fileError('ERR_IO', `at most ${String(options.limit)} bytes`, path, `${String(size)} bytes`);
    return readBytes(descriptor, 0, size, path);
  });
}

/** As {@link readFile}; undefined where the file does not exist. */
export function readFileIfThere(path: string, options: ReadOptions): Buffer | undefined {
  return ifThere(() => readFile(path, options));
}

/**
 * Reads a part of a regular file, given its size; undefined where the file does not exist. Fewer bytes are returned where the file is cut
 * meanwhile. Symbolic links are not followed. Throws ERR_IO.
 */
export function readPart(
  path: string, part: (size: number) => { from: number; length: number },
): { bytes: Buffer; from: number; size: number } | undefined {
  return ifThere(() => withOpenFile(path, {}, (descriptor, { size }) => {
    const { from, length } = part(size);
    return { bytes: readBytes(descriptor, from, Math.max(0, Math.min(length, size - from)), path), from, size };
  }));
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { errno } = toPlain(error).details;
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}

function withOpenFile<T>(path: string, { follow = false }: Partial<ReadOptions>, use: (descriptor: number, stat: Stats) => T): T {
  return withFileErrors(path, () => {
    const { descriptor, stat } = openRegular(path, constants.O_RDONLY, follow);
    try {
      return use(descriptor, stat);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Opens a regular file, creating it where the flags say so; never blocks, as on a FIFO. Throws ERR_IO, and errors of the operating system. */
export function openRegular(path: string, flags: number, follow = false): { readonly descriptor: number; readonly stat: Stats } {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW), 0o666);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ELOOP: a symbolic link. ENXIO: a FIFO without a reader, or a socket.
    if (code === 'ENXIO' || (code === 'ELOOP' && !follow)) throw fileError('ERR_IO', 'a regular file', path, kindOf(lstatSync(path)));
    throw error;
  }
  const stat = fstatSync(descriptor);
  if (stat.isFile()) return { descriptor, stat };
  closeSync(descriptor);
  throw fileError('ERR_IO', 'a regular file', path, kindOf(stat));
}

function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  return stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a FIFO' : stat.isSocket() ? 'a socket' : 'a device';
}

/** In a loop, as one call reads at most 2 GiB and may read less. */
function readBytes(descriptor: number, from: number, length: number, path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = Buffer.allocUnsafeSlow(length);
  } catch {
    throw fileError('ERR_IO', 'a size that memory holds', path, `${String(length)} bytes`);
  }
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, Math.min(length - done, 2 ** 30), from + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
