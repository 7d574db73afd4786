import { basename, dirname, extname, join } from 'node:path';
import { BlastrainError } from '../../errors';
import { exportFormats, exportModel, formatOf } from '../../formats/exportModel';
import type { ExportFormatName } from '../../formats/exportModel';
import { Model } from '../../inference/model';
import { jsonLine, printableLines } from '../../text';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import { helpEntry } from '../command';
import type { Command } from '../command';
import { outputOption, readOptions, requirePositional } from '../options';
import { fileLines, wrap } from '../terminal/style';

export const exportCommand: Command = {
  name: 'export',
  summary: 'write a model in a format of other programs',
  help: `Usage: blastrain export MODEL --to FORMAT [options]

MODEL is a run's name, the path of its folder, or a model's file. The formats:

${Object.entries(exportFormats).map(([name, { help }]) => helpEntry(name, 16, help)).join('\n')}

What the files take in and give out is printed; docs/formats.md has more.

Options:
  --to FORMAT   the format
  --out PATH    where it goes [model.onnx or the like, beside the model]
  --force       replace files that are there
  --runs DIR    where the runs are [runs]
  --json        the result as one line of JSON on standard output
`,
  run(args) {
    const { values, positionals } = readOptions(
      args,
      { to: { type: 'string' }, out: { type: 'string' }, force: { type: 'boolean' }, runs: { type: 'string' }, json: { type: 'boolean' } },
      { names: ['MODEL'] },
    );
    const given = requirePositional(positionals[0], 'MODEL', 'export');
    if (values.to === undefined) throw new BlastrainError('ERR_CONFIG', `Expected --to ${Object.keys(exportFormats).join('|')} for blastrain export but received nothing`, { path: 'to' });
    const { ending } = formatOf(values.to);
    announceFallback();
    const { path, isFile } = findModel(given, values.runs);
    const folder = isFile ? dirname(path) : path;
    const model = Model.load(path);
    const out = outputOption('out', values.out) ?? join(folder, `${isFile ? basename(given, extname(given)) : 'model'}${ending}`);
    const { files, notes } = exportModel(model, values.to as ExportFormatName, out, { force: values.force === true });
    const text = `${notes.map((note) => `${wrap(note, 80)}\n`).join('')}${fileLines(files)}`;
    process.stdout.write(values.json === true ? jsonLine({ type: 'export', to: values.to, files, notes }) : printableLines(text));
    return Promise.resolve(0);
  },
};
