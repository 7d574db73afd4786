import { inflateRawSync } from 'node:zlib';
import { requireMemory } from '../machine';
import { MemoryBytes } from './bytes';
import { readBytes } from './readBytes';
import type { ByteSource } from './bytes';
import { utf8Of } from './csv/utf8';
import { badFile } from './files';

/** Bytes of the largest entry that is unpacked. */
const maxInflated = 2 ** 31;

/** A file in a zip archive. */
export interface ZipFile {
  readonly name: string;
  /** Its contents: a stored one stays where it is, a deflated one is unpacked into memory. Throws ERR_DATA for one that is damaged. */
  readonly open: () => ByteSource;
}

/**
 * The files of a zip archive in the order of its directory. Throws ERR_DATA for bytes that are none, an archive that is truncated and one larger than 4 GB.
 * @param what the archive in error messages, as in «an archive of NumPy arrays (.npz)».
 * @param instead what to do about one of more than 4 GB.
 */
export function readZip(archive: ByteSource, what: string, instead = ''): ZipFile[] {
  return directoryOf(archive, what, instead).map((entry) => ({ name: entry.name, open: () => openEntry(archive, entry) }));
}

/** One entry in the central directory of a zip file (PKWARE's APPNOTE 6.3, section 4.3.12). */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly packedSize: number;
  readonly size: number;
  readonly position: number;
}

function directoryOf(archive: ByteSource, what: string, instead: string): ZipEntry[] {
  const tail = readBytes(archive, Math.max(0, archive.size - 22 - 65535), Math.min(archive.size, 22 + 65535));
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > tail.length) throw badFile(what, archive.name, 'something else');
  const count = tail.readUInt16LE(end + 10);
  const [length, start] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (start + length > archive.size) throw badFile('a whole archive of at most 4 GB', archive.name, `${String(archive.size)} bytes`);
  const directory = readBytes(archive, start, length);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > length || directory.readUInt32LE(at) !== 0x02014b50) throw badFile('a whole archive', archive.name, 'a damaged directory');
    const nameLength = directory.readUInt16LE(at + 28);
    const [packedSize, size, position] = [20, 24, 42].map((field) => directory.readUInt32LE(at + field)) as [number, number, number];
    if (Math.max(packedSize, size, position) === 0xffffffff) throw badFile('an archive of at most 4 GB', archive.name, `a larger one${instead}`);
    const name = utf8Of(directory.subarray(at + 46, at + 46 + nameLength), `the name of entry ${String(entries.length + 1)} of ${archive.name}`).toString('utf8');
    entries.push({ name, method: directory.readUInt16LE(at + 10), packedSize, size, position });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

function openEntry(archive: ByteSource, { name, method, packedSize, size, position }: ZipEntry): ByteSource {
  const label = `${name} in ${archive.name}`;
  const header = position + 30 <= archive.size ? readBytes(archive, position, 30) : Buffer.alloc(30);
  const start = position + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (header.readUInt32LE(0) !== 0x04034b50 || start + packedSize > archive.size) throw badFile('a whole entry', label, 'a damaged one');
  if (method === 0) {
    return {
      name: label,
      size: packedSize,
      inMemory: archive.inMemory,
      read: (into, from) => {
        archive.read(into, start + from);
      },
    };
  }
  if (method !== 8 || size > maxInflated) throw badFile('an entry that is stored or deflated, of at most 2 GB,', label, `method ${String(method)}`);
  requireMemory(packedSize + size, 'dataFile', label);
  try {
    return new MemoryBytes(label, inflateRawSync(readBytes(archive, start, packedSize), { maxOutputLength: size }));
  } catch (error) {
    throw badFile('a whole entry', label, (error as Error).message);
  }
}
