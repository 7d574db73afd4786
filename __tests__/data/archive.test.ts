import { existsSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { extractLayout, filesOf } from '../../lib/data/cifar10/archive';
import { layouts } from '../../lib/data/cifar10/cifar10';
import { temporaryFolder } from '../support/folder';
import { tarOf } from './tarball';
import type { Entry } from './tarball';

const root = temporaryFolder();
const layout = layouts[0]!;
const top = layout.folder;
const good: readonly Entry[] = filesOf(layout).map((file) => ({ path: `${top}/${file}`, content: `contents of ${file}` }));

async function extract(bytes: Uint8Array): Promise<string> {
  const place = mkdtempSync(join(root, 'place-'));
  const archive = join(place, 'archive');
  writeFileSync(archive, bytes);
  const folder = mkdtempSync(join(place, 'out-'));
  await extractLayout(archive, layout, folder);
  return folder;
}

test.each<[string, Uint8Array]>([
  ['a gzipped archive', gzipSync(tarOf(good))],
  ['a plain archive', tarOf(good)],
  ['the folder as an entry and paths that begin with ./', tarOf([{ path: `./${top}/`, type: '5' }, ...good.map((entry) => ({ ...entry, path: `./${entry.path}` }))])],
  ['files in another order', tarOf([...good].reverse())],
])('unpacks %s', async (_, bytes) => {
  const folder = await extract(bytes);
  expect(readdirSync(folder).sort()).toEqual([...filesOf(layout)].sort());
  for (const file of filesOf(layout)) expect(readFileSync(join(folder, file), 'utf8')).toBe(`contents of ${file}`);
});

test('leaves out what is not wanted', async () => {
  const folder = await extract(tarOf([
    { path: `${top}/readme.html`, content: '<html>' }, { path: 'data_batch_1.bin', content: 'beside' },
    { path: `${top}/more/data_batch_1.bin`, content: 'below' }, { path: 'other/data_batch_1.bin', content: 'elsewhere' },
    ...good, { path: `${top}/data_batch_1.bin`, content: 'a second one' },
  ]));
  expect(readdirSync(folder)).toHaveLength(7);
  expect(readFileSync(join(folder, 'data_batch_1.bin'), 'utf8')).toBe('contents of data_batch_1.bin');
});

describe('refuses', () => {
  test.each<[string, Entry, RegExp]>([
    ['a path upwards', { path: '../owned', content: 'x' }, /paths within the archive .* \.\.\/owned/],
    ['a path upwards from within', { path: `${top}/../../owned`, content: 'x' }, /\.\.\/\.\.\/owned/],
    ['an absolute path', { path: '/tmp/blastrain-owned', content: 'x' }, /\/tmp\/blastrain-owned/],
    ['a path for Windows', { path: `${top}\\..\\owned`, content: 'x' }, /owned/],
    ['a symbolic link', { path: `${top}/data_batch_1.bin`, type: '2', link: '/etc/passwd' }, /SymbolicLink/],
    ['a hard link', { path: `${top}/data_batch_1.bin`, type: '1', link: '/etc/passwd' }, /type Link/],
    ['a link as the folder', { path: top, type: '2', link: '/tmp' }, /SymbolicLink/],
    ['a device', { path: `${top}/data_batch_1.bin`, type: '3' }, /CharacterDevice/],
    ['a pipe', { path: `${top}/data_batch_1.bin`, type: '6' }, /FIFO/],
    ['a huge file', { path: `${top}/data_batch_1.bin`, content: Buffer.alloc(64_000_001) }, /64000000 bytes .* 64000001/],
  ])('%s, before or behind good entries', async (_, bad, message) => {
    for (const entries of [[bad, ...good], [...good, bad]]) {
      const extracted = extract(tarOf(entries));
      await expect(extracted).rejects.toThrow(message);
      await expect(extracted).rejects.toMatchObject({ code: 'ERR_DATA' });
    }
    expect(existsSync('/tmp/blastrain-owned')).toBe(false);
    expect(existsSync(join(root, 'owned'))).toBe(false);
  });

  test('more entries than could be meant', async () => {
    const many = Array.from({ length: 101 }, (_, i) => ({ path: `${top}/extra-${String(i)}` }));
    await expect(extract(tarOf([...many, ...good]))).rejects.toThrow(/at most 100 entries/);
  });

  test('an archive without one of the files', async () => {
    await expect(extract(tarOf(good.slice(0, -1)))).rejects.toThrow(/cifar-10-batches-bin\/data_batch_1\.bin/);
  });

  const whole = gzipSync(tarOf(good.map((entry) => ({ ...entry, content: Buffer.from(Array.from({ length: 5_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24)) }))));
  test.each<[string, Uint8Array]>([
    ['an empty file', new Uint8Array(0)],
    ['text', Buffer.from('<html>Not Found</html>'.repeat(100))],
    ['half an archive, gzipped', whole.subarray(0, whole.length / 2)],
    ['half an archive, plain', tarOf(good).subarray(0, 1_600)],
    ['damaged compression', Uint8Array.from(whole, (byte, i) => (i > 200 && i < 260 ? byte ^ 0x5a : byte))],
    ['a header whose sum is wrong', Uint8Array.from(tarOf(good), (byte, i) => (i === 5 ? byte ^ 1 : byte))],
  ])('%s', async (_, bytes) => {
    await expect(extract(bytes)).rejects.toMatchObject({ code: 'ERR_DATA' });
  });

  test('to write over or through what is there', async () => {
    const place = mkdtempSync(join(root, 'place-'));
    writeFileSync(join(place, 'archive'), tarOf(good));
    symlinkSync(join(place, 'elsewhere'), join(place, 'data_batch_2.bin'));
    await expect(extractLayout(join(place, 'archive'), layout, place)).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(existsSync(join(place, 'elsewhere'))).toBe(false);
  });
});
