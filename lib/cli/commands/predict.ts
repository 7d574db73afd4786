import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { expected } from '../../errors';
import { systemError } from '../../files';
import { Model } from '../../inference/model';
import { readRows } from '../../inference/readRows';
import { csvBlocks, jsonLinesBlocks } from '../../inference/rowBlocks';
import { announceFallback } from '../backend';
import { findModel } from '../findModel';
import type { Command } from '../command';
import { ttaOption } from '../flagValues';
import { outputOption, readOptions, requirePositional } from '../options';
import { openPredictions } from '../predictionFile';

/** Of files that predictions are written to. */
const endings: readonly string[] = ['.csv', '.jsonl', '.parquet'];

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
  --out FILE         where predictions go, a .csv, .jsonl or .parquet (needs the
                     package hyparquet-writer) [CSV on standard output]; it
                     appears when it is whole
  --probabilities    also the probability of each class or label
  --id COLUMN        a column of a .csv or .jsonl to write beside predictions
  --tta NAME         average outputs over views of each picture: flip or
                     flip-shift, as 'blastrain evaluate' does
  --runs DIR         where the runs are [runs]
`,
  async run(args) {
    const { values, positionals } = readOptions(
      args, { out: { type: 'string' }, probabilities: { type: 'boolean' }, id: { type: 'string' }, tta: { type: 'string' }, runs: { type: 'string' } },
      { names: ['MODEL', 'FILE'] },
    );
    const given = requirePositional(positionals[0], 'MODEL', 'predict');
    const file = requirePositional(positionals[1], 'FILE', 'predict');
    const out = outputOption('out', values.out);
    const ending = out === undefined ? '.csv' : extname(out).toLowerCase();
    if (!endings.includes(ending)) throw expected('ERR_CONFIG', `a file ending in ${endings.join(', ')}`, '--out', out, { path: 'out' });
    const views = ttaOption(values.tta);
    announceFallback();
    const model = Model.load(findModel(given, values.runs).path, views);
    const predictions = await openPredictions(model, out, { ending, id: values.id, withProbabilities: values.probabilities === true });
    try {
      for await (const { features, ids } of blocks(model, file, values.id)) await predictions.write(model.predict(features), ids);
      predictions.finish();
    } catch (error) {
      predictions.abandon();
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
