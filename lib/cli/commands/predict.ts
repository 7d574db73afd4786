import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { csvLine } from '../../data/csv/csvLine';
import { expected } from '../../errors';
import { StreamedFile, systemError } from '../../files';
import { Model } from '../../inference/model';
import type { Prediction } from '../../inference/prediction';
import { readRows } from '../../inference/readRows';
import { csvBlocks, jsonLinesBlocks } from '../../inference/rowBlocks';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import type { Command } from '../command';
import { readOptions, requirePositional } from '../options';

export const predictCommand: Command = {
  name: 'predict',
  summary: 'write what a model predicts for the rows of a file',
  help: `Usage: blastrain predict MODEL FILE [options]

MODEL is a model file, a checkpoint, a run's name or the path of its folder.
FILE is a table with the columns that the model was trained on, found by name;
further columns play no part. A .csv, .jsonl or - for CSV on standard input is
read piece by piece, however large, and needs no target; a .parquet, .arrow,
.npy or .npz is read whole, with its target. Rows keep their order.

Options:
  --out FILE         where predictions go, a .csv or .jsonl [CSV on standard
                     output]; it appears when it is whole
  --probabilities    also the probability of each class or label
  --id COLUMN        a column of a .csv or .jsonl to write beside predictions
  --runs DIR         where the runs are [runs]
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args, { out: { type: 'string' }, probabilities: { type: 'boolean' }, id: { type: 'string' }, runs: { type: 'string' } }, { names: ['MODEL', 'FILE'] },
    );
    const given = requirePositional(positionals[0], 'MODEL', 'predict');
    const file = requirePositional(positionals[1], 'FILE', 'predict');
    const { out } = values;
    const format = out === undefined ? '.csv' : extname(out).toLowerCase();
    if (format !== '.csv' && format !== '.jsonl') throw expected('ERR_CONFIG', 'a file ending in .csv or .jsonl', '--out', out, { path: 'out' });
    announceFallback();
    const model = Model.load(findModel(given, values.runs).path);
    const lines = linesOf(model, { format, id: values.id, withProbabilities: values.probabilities === true });
    const target = out === undefined ? undefined : new StreamedFile(out);
    const write = async (text: string): Promise<void> => {
      if (target !== undefined) target.write(text);
      else if (!process.stdout.write(text)) await new Promise<void>((resolve) => { process.stdout.once('drain', resolve); });
    };
    try {
      for await (const { features, ids } of blocks(model, file, values.id)) await write(lines.of(model.predict(features), ids));
      target?.finish();
    } catch (error) {
      target?.abandon();
      throw error;
    }
    return 0;
  },
};

type Blocks = AsyncIterable<{ readonly features: Parameters<Model['predict']>[0]; readonly ids: readonly string[] | undefined }>;

function blocks(model: Model, file: string, id: string | undefined): Blocks {
  const options = { name: file === '-' ? 'standard input' : file, id };
  const ending = extname(file).toLowerCase();
  if (file === '-' || ['.csv', '.tsv', '.tab', '.txt'].includes(ending)) return csvBlocks(model, pieces(file), options);
  if (ending === '.jsonl' || ending === '.ndjson') return jsonLinesBlocks(model, pieces(file), options);
  if (id !== undefined) throw expected('ERR_CONFIG', 'a .csv or .jsonl with --id', 'FILE', file, { path: 'id' });
  return wholeTable(model, file);
}

// eslint-disable-next-line @typescript-eslint/require-await -- a table that is in memory, as one that comes in pieces
async function* wholeTable(model: Model, file: string): Blocks {
  yield { features: readRows(model, file), ids: undefined };
}

async function* pieces(file: string): AsyncGenerator<Uint8Array> {
  const name = file === '-' ? 'standard input' : file;
  try {
    const stream = (file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 2 ** 20 })) as AsyncIterable<Uint8Array>;
    for await (const piece of stream) yield piece;
  } catch (error) {
    throw systemError(error, 'ERR_IO', 'a file', name);
  }
}

/** The text of predictions, block by block; the first has the names of the columns. */
function linesOf({ outputNames, classNames }: Model, { format, id, withProbabilities }: { format: string; id: string | undefined; withProbabilities: boolean }) {
  const isOfNumbers = (one: Prediction): boolean => one.numbers !== undefined;
  const said = ({ className, labels, numbers }: Prediction): Readonly<Record<string, unknown>> =>
    numbers ?? (className !== undefined ? { prediction: className } : { prediction: labels });
  if (format === '.jsonl') {
    return {
      of: (all: readonly Prediction[], ids: readonly string[] | undefined) => all.map((one, i) => `${JSON.stringify({
        ...(ids && { [id!]: ids[i] }), ...said(one),
        ...(withProbabilities && !isOfNumbers(one) && { probabilities: Object.fromEntries(outputNames.map((name, j) => [name, one.probabilities![j]])) }),
      })}\n`).join(''),
    };
  }
  const line = (cells: readonly (string | number)[]): string => `${csvLine(cells)}\n`;
  let areNumbers: boolean | undefined = classNames.length > 0 ? false : undefined;
  const head = (): string => line([
    ...(id === undefined ? [] : [id]), ...(areNumbers === true ? outputNames : ['prediction', ...(withProbabilities ? outputNames.map((name) => `probability ${name}`) : [])]),
  ]);
  let isBegun = false;
  return {
    of(all: readonly Prediction[], ids: readonly string[] | undefined): string {
      areNumbers ??= all[0]?.numbers !== undefined;
      const begin = isBegun ? '' : head();
      isBegun = true;
      return begin + all.map((one, i) => line([
        ...(ids === undefined ? [] : [ids[i]!]),
        ...(one.numbers !== undefined ? Object.values(one.numbers) : [one.className ?? one.labels!.join(' '), ...(withProbabilities ? one.probabilities! : [])]),
      ])).join('');
    },
  };
}
