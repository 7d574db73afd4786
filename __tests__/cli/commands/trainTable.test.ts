import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../../lib/inference/model';
import { RandomState } from '../../../lib/random';
import { blastrain, jsonLines } from '../../support/cli';
import { writeFlowers } from '../../support/data/flowers';
import { temporaryFolder } from '../../support/folder';
import { saveNpy } from '../../support/data/npy';

const cwd = temporaryFolder();
writeFlowers(cwd);
const flowers = ['data=csv', 'dataFile=flowers.csv', 'target=kind', 'testRows=0.2', 'layers=4,16,3', 'learningRate=0.1', 'momentum=0.9', 'batchSize=16', 'epochs=20'];
writeFileSync(join(cwd, 'table.json'), '{"epochs": 20}');

test('a CSV trains, is tested and predicts by the names of its classes', async () => {
  const { stdout, stderr, status } = await blastrain(['train', 'table.json', '--set', ...flowers, '--name', 'flowers', '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = jsonLines(stdout);
  expect(events[0]).toMatchObject({ type: 'start', data: 'flowers.csv (150 rows; the first line names the columns; target kind; commas between cells)' });
  expect(events.pop()!['valAccuracy']).toBeGreaterThan(0.8);

  const [tested] = jsonLines((await blastrain(['test', 'flowers', '--json'], { cwd })).stdout);
  expect(tested).toMatchObject({ testRows: 30, look: 1 });
  expect(tested!['testAccuracy']).toBeGreaterThan(0.8);

  const classifier = Model.load(join(cwd, 'runs', 'flowers', 'checkpoint.safetensors'));
  expect(classifier.classNames).toEqual(['setosa', 'versicolor', 'virginica']);
  expect(classifier.predict(Float32Array.of(5.1, 3.5, 1.4, 0.2))[0]).toMatchObject({ label: 0, className: 'setosa' });
});

test('members=4 trains an ensemble, which is evaluated, saved and loaded as any model', async () => {
  const ensemble = [...flowers.filter((setting) => !setting.startsWith('layers')), 'hidden=16,16', 'members=4', 'restoreBest=true', 'labelSmoothing=0.1'];
  const { stdout, stderr, status } = await blastrain(['train', 'table.json', '--set', ...ensemble, '--name', 'ensemble', '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = jsonLines(stdout);
  expect(events[0]).toMatchObject({ layers: [4, 16, 16, 3] });
  const { valAccuracy, valLoss } = events.pop()!;
  expect(valAccuracy).toBeGreaterThan(0.8);

  const [evaluation] = jsonLines((await blastrain(['evaluate', 'ensemble', '--json'], { cwd })).stdout);
  expect(evaluation).toMatchObject({ accuracy: valAccuracy, loss: valLoss });
  expect(evaluation!['scores']).toMatchObject({ logLoss: expect.closeTo(valLoss as number, 5) as number });
  const model = Model.load(join(cwd, 'runs', 'ensemble'));
  const { probabilities } = model.predict(Float32Array.of(5.1, 3.5, 1.4, 0.2))[0]!;
  expect(probabilities).toHaveLength(3);
  expect(probabilities!.reduce((sum, p) => sum + p)).toBeCloseTo(1, 6);
});

test('a CSV of numbers is a regression with loss=mse', async () => {
  const random = new RandomState(5);
  const lines = Array.from({ length: 200 }, () => {
    const [a, b] = [random.gaussian(), random.gaussian()];
    return [a, b, 2 * a - b + 0.5].map((value) => value.toFixed(4)).join(',');
  });
  writeFileSync(join(cwd, 'plane.csv'), `a,b,height\n${lines.join('\n')}\n`);
  const { stdout, stderr } = await blastrain([
    'train', 'table.json', '--set', 'data=csv', 'dataFile=plane.csv', 'loss=mse', 'layers=2,1', 'learningRate=0.05', 'batchSize=10', '--json',
  ], { cwd });
  expect(stderr).toBe('');
  expect(jsonLines(stdout).pop()!['valRmse']).toBeLessThan(0.01);
});

test('without a loss it follows from the target, which is said and recorded; --set loss= overrules', async () => {
  writeFileSync(join(cwd, 'ages.csv'), `a,age\n${Array.from({ length: 100 }, (_, i) => `${String(i % 9)},${String(i)}`).join('\n')}\n`);
  const loss = async (name: string, ...settings: readonly string[]): Promise<unknown> => {
    const { stdout, stderr, status } = await blastrain(['train', 'table', '--set', 'dataFile=ages.csv', 'hidden=4', 'epochs=1', ...settings, '--name', name, '--json'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const spec = JSON.parse(readFileSync(join(cwd, 'runs', name, 'spec.json'), 'utf8')) as Record<string, unknown>;
    return [spec['loss'], spec['targetScaling'], jsonLines(stdout)[0]!['type']];
  };
  expect(await loss('followed')).toEqual(['mse', 'standardize', 'assumed']);
  expect(await loss('overruled', 'loss=mae')).toEqual(['mae', 'standardize', 'start']);
  const { stdout } = await blastrain(['summary', 'table', '--set', 'dataFile=ages.csv'], { cwd });
  expect(stdout).toMatch(/^Assumed: the target has many different numbers, so they are predicted as\nnumbers: loss=cross-entropy takes them for classes\nModel of table/);
});

test.each([['train', 'table'], ['lr-find', 'table-ensemble', '--set', 'loss=mse']])('%s %s without a table is refused with the command that has one', async (...args) => {
  expect(await blastrain(args, { cwd })).toMatchObject({
    status: 1, stdout: '', stderr: `blastrain: Expected the path of a table, which the preset ${args[1]} is for, but received none: type blastrain ${args[0]} ${args[1]} --set dataFile=FILE [ERR_CONFIG]\n`,
  });
});

test('four rows leave none for validation: they train, and what needs validation rows is refused by name', async () => {
  writeFileSync(join(cwd, 'xor.csv'), 'a,b,y\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n');
  const xor = ['data=csv', 'dataFile=xor.csv', 'layers=2,16,2', 'batchSize=+4', 'learningRate=.5', 'epochs=200.'];
  const { stdout, stderr, status } = await blastrain(['train', 'table.json', '--set', ...xor, '--name', 'xor', '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(jsonLines(stdout).pop()).toMatchObject({ type: 'result', trainAccuracy: 1, valAccuracy: null, valLoss: null, bestValAccuracy: null });
  expect((await blastrain(['show', 'xor'], { cwd })).stdout).toMatch(/train\s100\.0\s%,\svalidation\s–/);
  for (const [args, message] of [
    [['train', 'table.json', '--set', ...xor, 'restoreBest=true'], 'at least one validation row, as restoreBest goes by them, for validationRows but received 0'],
    [['evaluate', 'xor'], 'at least one row for the validation split of xor.csv but received 0'],
    [['test', 'xor'], 'at least one row for the test split of xor.csv but received 0'],
  ] as const) {
    const refused = await blastrain([...args], { cwd });
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining(`Expected ${message} [ERR_`) as string });
  }
});

test('NumPy arrays train from disk', async () => {
  const random = new RandomState(0);
  const labels = Int32Array.from({ length: 400 }, (_, i) => i % 2);
  saveNpy(join(cwd, 'x.npy'), '<f8', '(400, 3)', Float64Array.from({ length: 1200 }, (_, at) => random.gaussian() + 4 * labels[Math.floor(at / 3)]!));
  saveNpy(join(cwd, 'y.npy'), '<i4', '(400,)', labels);
  const { stdout, stderr } = await blastrain([
    'train', 'table.json', '--set', 'data=npy', 'dataFile=x.npy', 'target=y.npy', 'chunkRows=64', 'layers=3,8,2', 'learningRate=0.1',
    'batchSize=16', 'epochs=3', '--json',
  ], { cwd });
  expect(stderr).toBe('');
  expect(jsonLines(stdout).pop()!['valAccuracy']).toBeGreaterThan(0.9);
});

test.each([
  ['a number that is none', 'dataFile=holes.csv', 'ERR_DATA', 'holes.csv, line 3, column 2 (b)'],
  ['an unknown column', 'target=knid', 'ERR_CONFIG', 'kind'],
  ['a table that is not there', 'dataFile=nowhere.csv', 'ERR_DATA', 'nowhere.csv'],
  ['pictures asked for', 'flip=true', 'ERR_CONFIG', 'flip'],
  ['too many rows', 'trainRows=1000', 'ERR_CONFIG', '150'],
])('%s ends in one sentence with a code', async (_, setting, code, part) => {
  writeFileSync(join(cwd, 'holes.csv'), 'a,b,kind\n1,2,x\n1,2?,y\n');
  const { status, stderr } = await blastrain(['train', 'table.json', '--set', ...flowers, setting], { cwd });
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`^blastrain: Expected .*\\[${code}\\]\n$`));
  expect(stderr).toContain(part);
});
