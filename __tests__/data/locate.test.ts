import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { datasetsFolder, datasetsFolders, locateImages } from '../../lib/data/locate';
import { loadData } from '../../lib/data/sources';
import { temporaryFolder } from '../support/folder';
import { writeBinaryLayout } from './fakeCifar';

const root = realpathSync(temporaryFolder());
const filled = join(root, 'filled');
const empty = join(root, 'empty');
mkdirSync(filled);
mkdirSync(empty);
const layout = writeBinaryLayout(filled);

const { BLASTRAIN_DATASETS: before } = process.env;
const folderBefore = process.cwd();
beforeEach(() => {
  process.env['BLASTRAIN_DATASETS'] = empty;
  process.chdir(root);
});
afterAll(() => {
  process.chdir(folderBefore);
  if (before === undefined) delete process.env['BLASTRAIN_DATASETS'];
  else process.env['BLASTRAIN_DATASETS'] = before;
});

test('downloads go to BLASTRAIN_DATASETS, else to ./datasets', () => {
  expect(datasetsFolder()).toBe(empty);
  process.env['BLASTRAIN_DATASETS'] = 'filled';
  expect(datasetsFolder()).toBe(filled);
  process.env['BLASTRAIN_DATASETS'] = '';
  expect(datasetsFolder()).toBe(join(root, 'datasets'));
});

test("data is looked for there, in ./datasets and in the package's own folder", () => {
  expect(datasetsFolders()).toEqual([empty, join(root, 'datasets'), join(__dirname, '../../datasets')]);
});

test.each(['auto', 'cifar10'] as const)('%s finds CIFAR-10 where the environment says', (name) => {
  process.env['BLASTRAIN_DATASETS'] = filled;
  expect(locateImages({ name })).toMatchObject({ kind: 'cifar10', folder: layout });
});

test.each(['auto', 'cifar10'] as const)('%s takes a folder that is given, and no other', (name) => {
  expect(locateImages({ name, folder: filled }).folder).toBe(layout);
  process.env['BLASTRAIN_DATASETS'] = filled;
  expect(() => locateImages({ name, folder: empty })).toThrow(
    expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('data get cifar10'), details: { file: empty } }),
  );
});

test('synthetic images are generated even where CIFAR-10 is, unless a folder is given', () => {
  process.env['BLASTRAIN_DATASETS'] = filled;
  const located = locateImages({ name: 'synthetic' });
  expect(located.kind).toBe('synthetic');
  expect(located.folder).toBeUndefined();
  expect(locateImages({ name: 'synthetic', folder: filled }).folder).toBe(layout);
  expect(loadData({ name: 'synthetic', sizes: { train: 5, validation: 2, test: 1 } }).origin.name).toBe('synthetic');
});

test('what was found is loaded, in the sizes asked for', () => {
  const { train, validation, test: testRows, origin } = loadData({ folder: filled, sizes: { train: 7, validation: 2, test: 1 } });
  expect([train.size, validation.size, testRows.size]).toEqual([7, 2, 1]);
  expect(origin.description).toContain(layout);
});
