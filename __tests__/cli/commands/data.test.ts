import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataCommand } from '../../../lib/cli/commands/data';
import { filesOf } from '../../../lib/data/cifar10/archive';
import { layouts, loadCifar10 } from '../../../lib/data/cifar10/cifar10';
import { makeSynthetic } from '../../../lib/data/synthetic';
import { fakeClasses, writeBinaryLayout } from '../../data/fakeCifar';
import { packFolder } from '../../data/tarball';
import { capture } from '../../support/capture';
import { temporaryFolder } from '../../support/folder';

const root = temporaryFolder();
const layout = layouts[0]!;
const fake = writeBinaryLayout(root);
const archive = join(root, 'archive.tar.gz');
packFolder(fake, layout.folder, filesOf(layout), archive);
const md5 = createHash('md5').update(readFileSync(archive)).digest('hex');
const { digest } = loadCifar10(fake, { train: 50_000, validation: 0, test: 10_000 }).origin;

const data = (...args: string[]): ReturnType<typeof capture> => capture(() => dataCommand.run(args));

/** What went to standard error meanwhile. */
let errors = '';
beforeEach(() => {
  errors = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('data get', () => {
  const dir = join(root, 'datasets');
  const get = (...more: string[]): ReturnType<typeof capture> => data('get', 'cifar10', '--dir', dir, '--url', archive, ...more);

  test('installs an archive, and says so again when everything is there', async () => {
    expect(await get('--md5', md5)).toEqual({ status: 0, output: `CIFAR-10 is in ${join(dir, layout.folder)}\n` });
    expect(errors).toContain('MD5 is right');
    expect(await get()).toEqual({ status: 0, output: `CIFAR-10 was already in ${join(dir, layout.folder)}\n` });
  });

  test('--json prints one object and nothing else', async () => {
    const { output } = await get('--json');
    expect(JSON.parse(output)).toEqual({
      folder: join(dir, layout.folder), format: 'bin', rows: { train: 50_000, test: 10_000 }, digest, isNew: false,
    });
  });

  test('a wrong MD5 is ERR_DATA and nothing is unpacked', async () => {
    const empty = join(root, 'empty');
    await expect(data('get', 'cifar10', '--dir', empty, '--url', archive)).rejects.toMatchObject({ code: 'ERR_DATA' });
    expect(readdirSync(empty)).toEqual([]);
  });

  test('an archive that is not there is ERR_DATA', async () => {
    await expect(data('get', 'cifar10', '--dir', join(root, 'offline'), '--url', 'file:///nowhere/archive.tar.gz')).rejects.toMatchObject({ code: 'ERR_DATA' });
  });
});

describe('data info', () => {
  test('shows what is in a folder', async () => {
    const { status, output } = await data('info', root);
    expect(status).toBe(0);
    expect(output).toContain(fake);
    expect(output).toContain('50000 training, 0 validation and 10000 test images');
    expect(output).toContain(digest);
    expect(output).toMatch(/^a +4\d{4} +0 +9\d{3}$/m);
  });

  test('--json gives the same facts', async () => {
    const facts = JSON.parse((await data('info', root, '--json')).output) as Record<string, unknown>;
    expect(facts).toMatchObject({
      kind: 'cifar10', folder: fake, rows: { train: 50_000, validation: 0, test: 10_000 }, digest,
      defaultSplitDigest: loadCifar10(fake).origin.digest,
    });
    const classes = facts['classes'] as { name: string; train: number; test: number }[];
    expect(classes.map(({ name }) => name)).toEqual(fakeClasses);
    expect(classes.reduce((sum, { train, test: tested }) => sum + train + tested, 0)).toBe(60_000);
  });

  test('a folder with nothing in it is ERR_DATA', async () => {
    await expect(data('info', join(root, 'nowhere'))).rejects.toMatchObject({ code: 'ERR_DATA' });
  });
});

test('data synth writes the generated images', async () => {
  const out = join(root, 'synthetic');
  const facts = JSON.parse((await data('synth', '--out', out, '--seed', '3', '--json')).output) as Record<string, unknown>;
  expect(facts).toMatchObject({ folder: join(out, layout.folder), seed: 3 });
  const sizes = { train: 50, validation: 0, test: 5 };
  expect(loadCifar10(out, sizes).origin.digest).toBe(makeSynthetic(sizes, 3).origin.digest);
});

test.each<[string, string[], RegExp]>([
  ['nothing', [], /get, synth, info/],
  ['an unknown word', ['gte'], /get .* 'gte'/],
  ['an unknown data set', ['get', 'imagenet'], /cifar10 .* 'imagenet'/],
  ['no data set', ['get'], /cifar10 .* nothing/],
  ['an unknown format', ['get', 'cifar10', '--format', 'zip'], /bin or py/],
  ['no MD5', ['get', 'cifar10', '--md5', 'none'], /32 hex digits/],
  ['a misspelt option', ['get', 'cifar10', '--ulr', 'x'], /--url/],
  ['a bad seed', ['synth', '--seed', '-1'], /seed/],
])('refuses %s', async (_, args, message) => {
  const run = (): Promise<unknown> => data(...args);
  await expect(run()).rejects.toThrow(message);
  await expect(run()).rejects.toMatchObject({ code: 'ERR_CONFIG' });
});
