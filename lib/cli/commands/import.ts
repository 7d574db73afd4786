import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { expected } from '../../errors';
import { readJson, sizeLimits } from '../../files';
import { anything, recordOf } from '../../files/shape';
import { importEndings, importModel } from '../../formats/import/importModel';
import { jsonLine, printable } from '../../text';
import { announceFallback } from '../backend';
import type { Command } from '../command';
import { outputOption, readOptions, requirePositional } from '../options';
import { fileLines, wrap } from '../terminal/style';

export const importCommand: Command = {
  name: 'import',
  summary: 'make a model of another program\'s file',
  help: `Usage: blastrain import FILE [options]

FILE is a state_dict of linear layers and normalisations (.safetensors, .pt,
.pth, .npz), or a multi-layer perceptron: as .onnx, as torch.onnx, skl2onnx,
tf2onnx and Keras write them, or a model that Keras saved (.keras, .h5; needs
the package h5wasm). The model is saved as a file that predict, evaluate and
export take; its inputs are those of the network, as they are.

Options:
  --spec FILE.json  what FILE does not say, as {"activation": "tanh"} or
                    {"loss": "mse"}
  --classes A,B,C   names of the classes, in the order of the outputs
  --out MODEL       where it goes [FILE with .model.safetensors at its end]
  --force           replace a file that is there
  --json            the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      { spec: { type: 'string' }, classes: { type: 'string' }, out: { type: 'string' }, force: { type: 'boolean' }, json: { type: 'boolean' } },
      { names: ['FILE'] },
    );
    const file = requirePositional(positionals[0], `FILE, whose name ends in ${importEndings.join(', ')},`, 'import');
    const spec = values.spec === undefined ? {} : readJson(values.spec, recordOf(anything), { limit: sizeLimits.small, code: 'ERR_CONFIG', follow: true });
    const out = outputOption('out', values.out) ?? join(dirname(file), `${basename(file, extname(file))}.model.safetensors`);
    if (existsSync(out) && values.force !== true) throw expected('ERR_CONFIG', 'a path where there is no file (--force replaces it)', 'the model', out, { path: 'out' });
    announceFallback();
    const { model, notes } = importModel(file, { spec, ...(values.classes !== undefined && { classNames: values.classes.split(',') }) });
    model.save(out);
    const { layers, parameterCount } = model.summary();
    const outputs = model.classNames.length > 0 ? `classes ${model.classNames.map(printable).join(', ')}` : `${String(model.outputNames.length)} numbers`;
    const said = [...notes, `${layers.map(({ kind }) => kind).join(', ')}: ${String(parameterCount)} parameters, ${outputs}`];
    process.stdout.write(values.json === true ? jsonLine({ type: 'import', file: out, notes, classNames: model.classNames, parameters: parameterCount, layers: layers.map(({ kind }) => kind) })
      : `${said.map((one) => `${wrap(one, 80)}\n`).join('')}${fileLines([out])}`);
    return Promise.resolve(0);
  },
};
