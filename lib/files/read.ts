import { constants as bufferLimits } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { toPlain } from '../errors';
import { fileError, withFileErrors } from './system';

/** Largest sizes in bytes of the files that we read as a whole. What is larger was not written by us, and reading it would cost seconds. */
export const sizeLimits = {
  /** A spec, a status, the table of a depth experiment. */
  small: 2 ** 20,
  /** Evaluations with their confusion matrices, a search's report, a ledger. */
  report: 2 ** 26,
  /** Files that grow by a line an event. */
  events: 2 ** 29 - 2 ** 10,
  checkpoint: bufferLimits.MAX_LENGTH,
} as const;

export interface ReadOptions {
  /** Bytes that the file may have. */
  readonly limit: number;
  /** Whether the name may be a symbolic link: only where the user has named the file, never for a file of a run's folder. */
  readonly follow?: boolean;
}

/**
 * The bytes of a regular file. Whatever else has the name is refused without waiting for it: a FIFO would keep its reader for ever, and
 * a link may point at any file of the machine. Throws ERR_IO, also for a file that is larger than the limit.
 */
export function readFile(path: string, options: ReadOptions): Buffer {
  return opened(path, options, (descriptor, { size }) => {
    if (size > options.limit) throw fileError('ERR_IO', `at most ${String(options.limit)} bytes`, path, `${String(size)} bytes`);
    return readBytes(descriptor, 0, size, path);
  });
}

/** As {@link readFile}; undefined where there is nothing of that name. */
export function readFileIfThere(path: string, options: ReadOptions): Buffer | undefined {
  return ifThere(() => readFile(path, options));
}

/**
 * A part of a regular file, and the file's size; undefined where there is nothing of that name. The file may grow meanwhile, or be cut.
 * Symbolic links are not followed. Throws ERR_IO.
 */
export function readPart(
  path: string, part: (size: number) => { from: number; length: number },
): { bytes: Buffer; from: number; size: number } | undefined {
  return ifThere(() => opened(path, {}, (descriptor, { size }) => {
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

function opened<T>(path: string, { follow = false }: Partial<ReadOptions>, use: (descriptor: number, stat: Stats) => T): T {
  return withFileErrors(path, () => {
    const { descriptor, stat } = openRegular(path, constants.O_RDONLY, follow);
    try {
      return use(descriptor, stat);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Opens a regular file, or makes it where the flags say so; never waits, as for the other end of a FIFO. Throws ERR_IO, and what the system says. */
export function openRegular(path: string, flags: number, follow = false): { readonly descriptor: number; readonly stat: Stats } {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW), 0o666);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link is not followed; a FIFO that nobody reads takes no writer, and a socket nobody at all.
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

/** One call reads 2 GiB at most, and may read less. */
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
