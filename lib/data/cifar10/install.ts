import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expected } from '../../errors';
import { extractLayout, filesOf } from './archive';
import { cifar10Rows, imagesPerFile, layouts, loadCifar10, recordBytes } from './cifar10';
import type { Layout } from './cifar10';
import type { DataSplits } from '../dataset';
import { download, md5Of } from './download';
import type { DownloadOptions } from './download';
import { acquireLock, makeFolders, waitAsync, systemError, temporaryName, withFileErrors } from '../../files';
import { badFile } from '../files';
import { pixelsPerImage } from '../images';
import { makeSynthetic, syntheticClasses } from '../synthetic';

/** Where CIFAR-10 is published (https://www.cs.toronto.edu/~kriz/cifar.html), with the MD5 sums given there. */
export const officialArchives: Readonly<Record<Layout['kind'], { readonly url: string; readonly md5: string }>> = {
  bin: { url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530' },
  py: { url: 'https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz', md5: 'c58f30108f718f92721af3b95e74349a' },
};

export interface InstallOptions extends Pick<DownloadOptions, 'onProgress' | 'stallMilliseconds' | 'attempts' | 'retryMilliseconds'> {
  /** The layout to fetch; default bin, which loads faster. */
  readonly format?: Layout['kind'];
  /** Address of a mirror (http, https or file) or path of a local archive; default the official address. */
  readonly url?: string;
  /** The archive's MD5 in hex; to be given for a mirror whose bytes are not the official archive's. */
  readonly md5?: string;
  /** Called once, when the archive is complete and its MD5 right. */
  readonly onVerified?: () => void;
}

/** Result of an installation. */
export interface Installed {
  /** The folder with the files. */
  readonly folder: string;
  /** False when the data set was installed already. */
  readonly isNew: boolean;
  /** SHA-256 over all 60,000 images, as in DataOrigin. */
  readonly digest: string;
}

/**
 * Puts CIFAR-10 into a datasets folder: downloads the archive, checks its MD5 before anything is unpacked, unpacks into a
 * temporary folder, loads everything once and only then moves the files to their place. Does nothing when the data set is
 * there and loads. Throws ERR_CONFIG for a bad option, ERR_LOCKED while another process installs it, ERR_NETWORK, ERR_DATA, ERR_IO.
 */
export async function installCifar10(datasets: string, options: InstallOptions = {}): Promise<Installed> {
  const { format = 'bin' } = options;
  const layout = layouts.find(({ kind }) => kind === format);
  if (layout === undefined) throw expected('ERR_CONFIG', 'bin or py', 'format', format, { path: 'format' });
  const { url = officialArchives[format].url, md5 = officialArchives[format].md5 } = options;
  if (!/^[0-9a-f]{32}$/i.test(md5)) throw expected('ERR_CONFIG', '32 hex digits', 'md5', md5, { path: 'md5' });

  const isRemote = /^https?:/i.test(url);
  if (isRemote && !URL.canParse(url)) throw expected('ERR_CONFIG', 'an address', 'url', url, { path: 'url' });

  const folder = join(datasets, layout.folder);
  const present = loadIfComplete(folder, layout);
  if (present !== undefined) {
    // Removes temporary folders; may fail, as the data set is complete.
    if (leftoversOf(folder).length > 0) await withLock(folder, () => Promise.resolve()).catch(() => undefined);
    return { folder, isNew: false, digest: present.origin.digest };
  }
  return withLock(folder, () => fetchAndUnpack(datasets, layout, options, { url, md5: md5.toLowerCase(), isRemote }));
}

async function fetchAndUnpack(
  datasets: string, layout: Layout, options: InstallOptions, { url, md5, isRemote }: { readonly url: string; readonly md5: string; readonly isRemote: boolean },
): Promise<Installed> {
  const archive = isRemote ? join(datasets, basename(officialArchives[layout.kind].url)) : localPath(url);
  await (isRemote
    ? download({ ...options, url, file: archive, md5 })
    : verify(archive, md5));
  options.onVerified?.();
  const digest = await replaceFiles(datasets, layout, (temporary) => extractLayout(archive, layout, temporary));
  if (isRemote) withFileErrors(archive, () => { rmSync(archive); });
  return { folder: join(datasets, layout.folder), isNew: true, digest };
}

/**
 * Writes 50,000 + 10,000 synthetic images into a folder in CIFAR-10's binary layout, for programs that read it; the rows are those
 * of `makeSynthetic` with the same seed. Throws ERR_IO, ERR_LOCKED, ERR_CONFIG for a bad seed.
 */
export async function installSynthetic(datasets: string, seed = 0): Promise<Installed> {
  const layout = layouts[0]!;
  const { train, test } = makeSynthetic({ ...cifar10Rows, validation: 0 }, seed);
  const folder = join(datasets, layout.folder);
  const digest = await withLock(folder, () => replaceFiles(datasets, layout, (temporary) => {
    layout.trainFiles.forEach((file, i) => {
      writeBinary(join(temporary, file), train, i * imagesPerFile);
    });
    writeBinary(join(temporary, layout.testFile), test, 0);
    writeFileSync(join(temporary, layout.metaFile), `${syntheticClasses.join('\n')}\n`);
  }));
  return { folder, isNew: true, digest };
}

function loadIfComplete(folder: string, layout: Layout): DataSplits | undefined {
  if (!filesOf(layout).every((file) => existsSync(join(folder, file)))) return undefined;
  try {
    return loadCifar10(folder, { ...cifar10Rows, validation: 0 });
  } catch {
    return undefined; // damaged: the files are replaced
  }
}

/**
 * Runs `install` under the lock of a folder, as two processes would write into the same download. First removes the temporary folders
 * of killed processes, each of the size of the whole data set.
 */
async function withLock<T>(folder: string, install: () => Promise<T>): Promise<T> {
  makeFolders(dirname(folder));
  const lock = await waitAsync(acquireLock(`${folder}.lock`));
  try {
    lock.keepAlive();
    for (const name of leftoversOf(folder)) withFileErrors(name, () => { rmSync(name, { recursive: true, force: true }); });
    return await install();
  } finally {
    lock.release();
  }
}

/** Temporary folders beside a data set's; their names ended in random letters in older versions. */
function leftoversOf(folder: string): string[] {
  const isTemporary = new RegExp(`^${basename(folder)}\\.(tmp-\\w{6}|[\\w-]+\\.[0-9a-f]+\\.tmp)$`);
  if (!existsSync(dirname(folder))) return [];
  return withFileErrors(dirname(folder), () => readdirSync(dirname(folder))).filter((name) => isTemporary.test(name)).map((name) => join(dirname(folder), name));
}

/**
 * Fills a temporary folder beside the data set's, loads it as a check, and moves its files into place one by one, last the file by
 * which a data set is recognised. Returns the digest. On any failure no partially written file is left.
 */
async function replaceFiles(datasets: string, layout: Layout, fill: (temporary: string) => Promise<void> | void): Promise<string> {
  const folder = join(datasets, layout.folder);
  const temporary = temporaryName(folder);
  try {
    mkdirSync(temporary);
    await fill(temporary);
    const { digest } = loadCifar10(temporary, { ...cifar10Rows, validation: 0 }).origin;
    makeFolders(folder);
    for (const file of filesOf(layout)) renameSync(join(temporary, file), join(folder, file));
    return digest;
  } catch (error) {
    throw systemError(error, 'ERR_IO', 'a writable folder', folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function writeBinary(file: string, { features, labels }: DataSplits['train'], from: number): void {
  const records = Buffer.alloc(imagesPerFile * recordBytes);
  for (let i = 0; i < imagesPerFile; i++) {
    const at = i * recordBytes;
    records[at] = labels[from + i]!;
    records.set(features.subarray((from + i) * pixelsPerImage, (from + i + 1) * pixelsPerImage), at + 1);
  }
  writeFileSync(file, records);
}

function localPath(url: string): string {
  if (/^file:/i.test(url)) return fileURLToPath(url);
  if (/^[a-z][a-z0-9+.-]+:/i.test(url)) throw expected('ERR_CONFIG', 'an http, https or file address or a path', 'url', url, { path: 'url' });
  return url;
}

async function verify(archive: string, md5: string): Promise<void> {
  const actual = await md5Of(archive);
  if (actual !== md5) throw badFile(`MD5 ${md5}`, archive, `MD5 ${actual}`, { md5: actual });
}
