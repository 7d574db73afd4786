import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { filesOf } from '../../lib/data/cifar10/archive';
import { layouts, loadCifar10 } from '../../lib/data/cifar10/cifar10';
import { installCifar10, installSynthetic, officialArchives } from '../../lib/data/cifar10/install';
import { makeSynthetic } from '../../lib/data/synthetic';
import { temporaryFolder } from '../support/folder';
import { writeBinaryLayout, writePythonLayout } from './fakeCifar';
import { damage, packFolder, tarOf } from './tarball';

const root = temporaryFolder();
const md5Of = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex');
const archives = layouts.map((layout) => {
  const folder = layout.kind === 'bin' ? writeBinaryLayout(root) : writePythonLayout(root);
  const archive = join(root, `${layout.kind}.tar.gz`);
  packFolder(folder, layout.folder, filesOf(layout), archive);
  return { format: layout.kind, layout, folder, archive, md5: md5Of(archive) };
});
const [bin, py] = archives as [(typeof archives)[0], (typeof archives)[0]];
const everything = { train: 50_000, validation: 0, test: 10_000 };

let count = 0;
const freshFolder = (): string => join(root, `datasets-${String(count++)}`);

test.each([
  { ...bin, address: 'a path', url: bin.archive },
  { ...py, address: 'a file address', url: pathToFileURL(py.archive).href },
])('installs the $format layout from $address', async ({ format, layout, folder, archive, md5, url }) => {
  const { origin } = loadCifar10(folder, everything);
  const datasets = freshFolder();
  const installed = await installCifar10(datasets, { format, url, md5: md5.toUpperCase() });
  expect(installed).toEqual({ folder: join(datasets, layout.folder), isNew: true, digest: origin.digest });
  expect(readdirSync(datasets)).toEqual([layout.folder]);
  expect(readdirSync(installed.folder).sort()).toEqual([...filesOf(layout)].sort());
  expect(existsSync(archive)).toBe(true);
});

test('installs from a server, says when the archive is verified, and leaves nothing but the files', async () => {
  const server = createServer((_, response) => response.end(readFileSync(bin.archive)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const datasets = freshFolder();
  const said: string[] = [];
  await installCifar10(datasets, {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, md5: bin.md5,
    onProgress: () => said.push('progress'), onVerified: () => said.push('verified'),
  });
  expect(said[0]).toBe('progress');
  expect(said.at(-1)).toBe('verified');
  expect(readdirSync(datasets)).toEqual([bin.layout.folder]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('does nothing when everything is there; replaces a damaged data set and completes a partial one', async () => {
  const datasets = freshFolder();
  const options = { url: bin.archive, md5: bin.md5 };
  const { folder, digest } = await installCifar10(datasets, options);
  // What an installation that was killed left goes, though there is nothing to install.
  for (const name of ['tmp-aB3_x9', '12345678-99-12.0a1b2c.tmp']) mkdirSync(join(datasets, `${bin.layout.folder}.${name}`));
  // Nothing is fetched any more: the address leads nowhere.
  expect(await installCifar10(datasets, { url: join(root, 'nowhere') })).toEqual({ folder, isNew: false, digest });
  expect(readdirSync(datasets)).toEqual([bin.layout.folder]);
  damage(join(folder, 'data_batch_2.bin'), 0);
  expect(await installCifar10(datasets, options)).toEqual({ folder, isNew: true, digest });
  rmSync(join(folder, 'test_batch.bin'));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  expect(await installCifar10(datasets, options)).toEqual({ folder, isNew: true, digest });
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});

test('an archive with another MD5 than the official one is not opened', async () => {
  const datasets = freshFolder();
  await expect(installCifar10(datasets, { url: bin.archive })).rejects.toMatchObject({
    code: 'ERR_DATA', message: expect.stringContaining(officialArchives.bin.md5), details: { file: bin.archive, md5: bin.md5 },
  });
  expect(readdirSync(datasets)).toEqual([]);
});

test('an archive whose files are not CIFAR-10 leaves no files', async () => {
  const datasets = freshFolder();
  const archive = join(root, 'wrong.tar.gz');
  writeFileSync(archive, gzipSync(tarOf(filesOf(bin.layout).map((file) => ({ path: `${bin.layout.folder}/${file}`, content: 'short' })))));
  await expect(installCifar10(datasets, { url: archive, md5: md5Of(archive) })).rejects.toMatchObject({ code: 'ERR_DATA' });
  expect(readdirSync(datasets)).toEqual([]);
});

test('a datasets folder that is a file is ERR_IO', async () => {
  const datasets = freshFolder();
  writeFileSync(datasets, '');
  await expect(installCifar10(datasets, { url: bin.archive, md5: bin.md5 })).rejects.toMatchObject({ code: 'ERR_IO' });
});

test('a file in the place of the folder is ERR_IO and stays', async () => {
  const datasets = freshFolder();
  mkdirSync(datasets);
  writeFileSync(join(datasets, bin.layout.folder), 'mine');
  await expect(installCifar10(datasets, { url: bin.archive, md5: bin.md5 })).rejects.toMatchObject({ code: 'ERR_IO' });
  expect(readdirSync(datasets)).toEqual([bin.layout.folder]);
});

test.each([
  ['format', { format: 'zip' as 'bin' }],
  ['md5', { md5: 'none' }],
  ['url', { url: 'ftp://example.org/cifar-10-binary.tar.gz' }],
  ['url', { url: 'http://[' }],
])('refuses a bad %s: %p', async (path, options) => {
  await expect(installCifar10(freshFolder(), options)).rejects.toMatchObject({ code: 'ERR_CONFIG', details: { path } });
});

test('a path that leads nowhere is ERR_DATA', async () => {
  await expect(installCifar10(freshFolder(), { url: join(root, 'nowhere') })).rejects.toMatchObject({
    code: 'ERR_DATA', message: expect.stringContaining('nowhere'),
  });
});

test('synthetic images on disk are those that are generated', async () => {
  const datasets = freshFolder();
  const { folder } = await installSynthetic(datasets, 5);
  const sizes = { train: 60, validation: 20, test: 10 };
  const loaded = loadCifar10(folder, sizes);
  const made = makeSynthetic(sizes, 5);
  expect(loaded.origin.digest).toBe(made.origin.digest);
  expect(loaded.train.classNames).toEqual(made.train.classNames);
});
