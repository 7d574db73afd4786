import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One entry of a tar archive, made by hand because no tool would make the bad ones. */
export interface Entry {
  readonly path: string;
  readonly content?: Uint8Array | string;
  /** ustar type flag: '0' file, '1' hard link, '2' symbolic link, '3' device, '5' folder. */
  readonly type?: string;
  readonly link?: string;
  /** A size that the header claims instead of the content's own. */
  readonly claimedSize?: number;
}

function header({ path, content = '', type = '0', link = '', claimedSize }: Entry): Buffer {
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${(claimedSize ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** The bytes of an archive, not compressed. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '');
    return [header(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Packs a folder with 184 MB of mostly zeros into a .tar.gz of some hundred kB. */
export function packFolder(folder: string, top: string, files: readonly string[], archive: string): void {
  const entries = files.map((file) => ({ path: `${top}/${file}`, content: readFileSync(join(folder, file)) }));
  writeFileSync(archive, gzipSync(tarOf([{ path: `${top}/`, type: '5' }, ...entries]), { level: 1 }));
}

/** Changes one byte of a file in place. */
export function damage(file: string, position: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Uint8Array.of(0xff), 0, 1, position);
  closeSync(descriptor);
}
