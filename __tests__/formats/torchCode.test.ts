import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportModel } from '../../lib/formats/exportModel';
import { torchCode } from '../../lib/formats/torch/torchCode';
import { kernelsFor } from '../../lib/kernels';
import { missingWords } from '../../lib/data/columns/column';
import { makeLayers } from '../../lib/model/description';
import { layerNames } from '../../lib/model/layers';
import type { LayerDescription } from '../../lib/model/layers';
import { stateKeys } from '../../lib/model/stateKeys';
import { encodeColumns, modules } from '../../lib/formats/torch/modules';
import { RandomState } from '../../lib/random';
import { exportCases, predictionsOf } from '../support/exportedModels';
import type { ExportCase } from '../support/exportedModels';
import { temporaryFolder } from '../support/folder';

const python = process.env['BLASTRAIN_PYTHON'];
const folder = temporaryFolder();
const names = Object.keys(exportCases);

function rowsOf({ features, records }: ExportCase): unknown {
  if (records !== undefined) return records;
  const size = features!.length / 3;
  return Array.from({ length: 3 }, (_, i) => Array.from(features!.subarray(i * size, (i + 1) * size)));
}

/** The modules of a file, without what they are made with. */
const modulesOf = (code: string): string[] => [...code.slice(code.indexOf('def make_net'), code.indexOf('def load')).matchAll(/\b(nn\.[A-Z]\w+|[A-Z]\w+)\(/g)].map((match) => match[1]!);

test('the file defines the net, and loads the weights beside it', async () => {
  const { model } = await exportCases['normalisations, residual blocks, scale and dropout']!();
  const path = join(folder, 'net of blocks.py');
  const { files } = exportModel(model, 'torch-code', path);
  expect(files).toEqual([path, join(folder, 'net of blocks.safetensors')]);
  const code = readFileSync(path, 'utf8');
  expect(code).toContain('WEIGHTS = Path(__file__).with_name("net of blocks.safetensors")\nCLASSES = ["a","b","c"]\n');
  expect(code.slice(code.indexOf('    return nn.Sequential('), code.indexOf('def load'))).toBe(`    return nn.Sequential(
        nn.Dropout(0.1),
        Scale(12),
        nn.Linear(12, 6),
        nn.BatchNorm1d(6, eps=0.01),
        nn.LeakyReLU(0.2),
        Residual(
            nn.Linear(6, 6),
            nn.LayerNorm(6, eps=0.1),
            nn.Mish(),
        ),
        Residual(
            nn.Linear(6, 3),
            nn.BatchNorm1d(3, eps=0.00001),
            nn.GELU(),
            nn.Linear(3, 6),
        ),
        nn.Linear(6, 3),
    )


`);
  expect(() => exportModel(model, 'torch-code', join(folder, 'net of blocks.txt'))).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  expect(existsSync(join(folder, 'net of blocks.txt'))).toBe(false);
});

/** The parameters that a Python class declares. */
const declared = (name: keyof typeof modules): string[] => [...modules[name].matchAll(/self\.(\w+) = nn\.Parameter/g)].map((match) => match[1]!).sort();

test.each<[keyof typeof modules, readonly LayerDescription[]]>([
  ['BatchEnsemble', [{ type: 'batch-ensemble', members: 2 }]], ['MemberLinear', [{ type: 'batch-ensemble', members: 2, size: 3 }, { type: 'member-linear' }]], ['Scale', [{ type: 'scale', bias: true }]],
  ['Parametric', [{ type: 'relu', parametric: true }]], ['Embedding', [{ type: 'embedding' }]],
])('%s has the parameters of a model file', (name, descriptions) => {
  const layers = makeLayers(descriptions, 4, 2, kernelsFor('float32', 'typescript'), new RandomState(0), name === 'Embedding' ? { numbers: 2, passed: 0, categories: [3, 4] } : undefined);
  const last = stateKeys(layers).parameters.filter((key) => key.startsWith(`${String(layers.length - 1)}.`)).map((key) => key.split('.')[1]!);
  expect(declared(name)).toEqual(last.sort());
});

test('Python takes for missing what we do', () => {
  const listed = [...encodeColumns.slice(0, encodeColumns.indexOf('}')).matchAll(/'([^']*)'/g)].map((match) => match[1]);
  expect(listed.sort()).toEqual([...missingWords].sort());
});

describe.each(names)('the code of %s', (name) => {
  test('has a module for each layer', async () => {
    const made = await exportCases[name]!();
    const found = modulesOf(torchCode(made.model, 'w.safetensors'));
    const count = (layers: (typeof made.model.parts.net.layers)): number => layers.reduce((sum, { body, parameterSpecs, kind }) => sum + 1 + count(body ?? []) + Number(body === undefined && parameterSpecs.length === 1 && parameterSpecs[0]!.name.startsWith('a') && kind !== 'scale'), 0);
    expect(found).toHaveLength(1 + count(made.model.parts.net.layers));
    if (python === undefined) return;
    exportModel(made.model, 'torch-code', join(folder, `${name}.py`));
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ rows: rowsOf(made), predictions: predictionsOf(made) }));
  });
});

(python === undefined ? test.skip : test)('PyTorch computes the same', () => {
  const path = join(folder, 'net of blocks.json');
  writeFileSync(path, readFileSync(join(folder, 'normalisations, residual blocks, scale and dropout.json')));
  expect(execFileSync(python!, [join(__dirname, '..', 'golden', 'torchCode.py'), folder], { encoding: 'utf8' })).toContain(`${String(names.length + 1)} models`);
});

test('every layer has a form in PyTorch', async () => {
  const kinds = new Set<string>();
  const collect = (layers: readonly { kind: string; body?: readonly { kind: string }[] }[]): void => { layers.forEach(({ kind, body }) => { kinds.add(kind); collect(body ?? []); }); };
  for (const name of names) collect((await exportCases[name]!()).model.parts.net.layers);
  expect(layerNames().filter((name) => name !== 'bottleneck' && !kinds.has(name))).toEqual([]);
});
