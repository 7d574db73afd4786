import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Model } from '../../../lib/inference/model';
import { blastrain, jsonLines } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const imports = join(__dirname, '..', '..', 'golden', 'imports');
for (const name of ['plain.pt', 'checkpoint.pth', 'sklearn-three.onnx']) copyFileSync(join(imports, name), join(cwd, name));

test('a state_dict becomes a model beside it, and says what was assumed', async () => {
  const { status, stdout, stderr } = await blastrain(['import', 'plain.pt', '--classes', 'x,y,z'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.replace(/\s+/g, ' ')).toBe('a state_dict says nothing of activation functions: relu was taken (--spec with {"activation": …} takes another) linear, relu, linear: 43 parameters, classes x, y, z plain.model.safetensors ');
  expect(Model.load(join(cwd, 'plain.model.safetensors')).classNames).toEqual(['x', 'y', 'z']);
});

test('a spec says what the file does not, and files that are there stay', async () => {
  writeFileSync(join(cwd, 'spec.json'), '{"activation": "tanh"}');
  writeFileSync(join(cwd, 'there.safetensors'), 'mine');
  const args = ['import', 'checkpoint.pth', '--spec', 'spec.json', '--out', 'there.safetensors', '--json'];
  const refused = await blastrain(args, { cwd });
  expect(refused).toMatchObject({ status: 1, stdout: '', stderr: 'blastrain: Expected a path where there is no file (--force replaces it) for the model but received \'there.safetensors\' [ERR_CONFIG]\n' });
  expect(readFileSync(join(cwd, 'there.safetensors'), 'utf8')).toBe('mine');
  const { stdout } = await blastrain([...args, '--force'], { cwd });
  expect(jsonLines(stdout)).toEqual([{ type: 'import', file: 'there.safetensors', notes: [], classNames: ['0', '1'], parameters: 99, layers: ['linear', 'batch-norm', 'tanh', 'linear', 'layer-norm', 'tanh', 'linear'] }]);
});

test('a network of scikit-learn leaves as one of ours', async () => {
  expect(await blastrain(['import', 'sklearn-three.onnx', '--out', 'trees.safetensors'], { cwd })).toMatchObject({ status: 0 });
  expect(await blastrain(['export', 'trees.safetensors', '--to', 'onnx'], { cwd })).toMatchObject({ status: 0, stdout: 'input features (double): numbers\noutput label, probabilities\n  trees.onnx\n' });
});

test.each([[['none.pt'], /ERR_IO/], [['spec.json'], /Expected a name that ends in .*\.onnx, .* for file but received 'spec.json' \[ERR_CONFIG\]/], [[], /Expected FILE, whose name ends in/], [['plain.pt', '--classes', 'a', '--out', 'p'], /3 different names/]])(
  '%j is refused in one sentence', async (args, message) => {
    const { status, stderr } = await blastrain(['import', ...args], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  },
);
