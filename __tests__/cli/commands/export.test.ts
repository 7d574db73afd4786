import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '../../../lib/formats/onnx/messages';
import { Model } from '../../../lib/inference/model';
import { blastrain, jsonLines } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const table = Array.from({ length: 60 }, (_, i) => `${String(i % 3)}.5,${['Bern', 'Zug'][i % 2]!},2020-01-${String(10 + (i % 9))},${['a', 'b', 'c'][i % 3]!}`);
writeFileSync(join(cwd, 'rows.csv'), `size,town,day,kind\n${table.join('\n')}\n`);

beforeAll(async () => {
  const trained = await blastrain(['train', 'table', '--name', 'first', '--set', 'dataFile=rows.csv', 'hidden=4', 'epochs=2'], { cwd });
  expect(trained).toMatchObject({ status: 0 });
});

test('a run becomes a file of ONNX beside it, with a line on each input', async () => {
  const { status, stdout, stderr } = await blastrain(['export', 'first', '--to', 'onnx'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const file = join('runs', 'first', 'model.onnx');
  expect(stdout).toBe(`input size (double): numbers\ninput town (string): texts\ninput day (double): seconds since 1970 in UTC\noutput label, probabilities\n  ${file}\n`);
  expect(decodeModel(readFileSync(join(cwd, file)), file).inputs.map(({ name }) => name)).toEqual(['size', 'town', 'day']);
});

test('a run becomes a model file', async () => {
  expect(await blastrain(['export', 'first', '--to', 'safetensors'], { cwd })).toEqual({ status: 0, stdout: `  ${join('runs', 'first', 'model.safetensors')}\n`, stderr: '' });
  const [file, run] = ['model.safetensors', ''].map((name) => Model.load(join(cwd, 'runs', 'first', name)));
  const row = [{ size: 1, town: 'Zug', day: null }];
  expect(file!.predict(row)).toEqual(run!.predict(row));
});

test('files that are there stay, unless told otherwise', async () => {
  writeFileSync(join(cwd, 'mine.onnx'), 'mine');
  const args = ['export', join('runs', 'first', 'checkpoint.safetensors'), '--to', 'onnx', '--out', 'mine.onnx', '--json'];
  const refused = await blastrain(args, { cwd });
  expect(refused).toMatchObject({ status: 1, stdout: '', stderr: 'blastrain: Expected a path where there is no file (--force replaces it) for the export but received \'mine.onnx\' [ERR_CONFIG]\n' });
  expect(readFileSync(join(cwd, 'mine.onnx'), 'utf8')).toBe('mine');
  const { status, stdout } = await blastrain([...args, '--force'], { cwd });
  expect(status).toBe(0);
  expect(jsonLines(stdout)).toMatchObject([{ type: 'export', to: 'onnx', files: ['mine.onnx'] }]);
  expect(decodeModel(readFileSync(join(cwd, 'mine.onnx')), 'mine').nodes.length).toBeGreaterThan(5);
});

test.each([
  [['first'], /Expected --to safetensors\|onnx\|npz\|huggingface\|torch-code for blastrain export but received nothing/], [['first', '--to', 'tflite'], /Expected one of safetensors, onnx, npz, huggingface, torch-code for the format but received 'tflite'/],
  [['second', '--to', 'onnx'], /Expected a run of runs.* but received 'second'/], [['rows.csv', '--to', 'onnx'], /Expected .* for rows.csv but received/],
])('%j is refused in one sentence', async (args, message) => {
  const { status, stderr } = await blastrain(['export', ...args], { cwd });
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(existsSync(join(cwd, 'rows.onnx'))).toBe(false);
});
