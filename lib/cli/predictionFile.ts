import { csvLine } from '../files/csvLine';
import { ParquetFile } from '../data/parquet/writeParquet';
import { expected } from '../errors';
import { StreamedFile } from '../files';
import type { Model } from '../inference/model';
import { predictsNumbers } from '../inference/prediction';
import type { Prediction } from '../inference/prediction';

/** Where predictions go, block by block, in the order of the rows. */
export interface PredictionFile {
  write(predictions: readonly Prediction[], ids: readonly string[] | undefined): void | Promise<void>;
  /** Gives the file its name. */
  finish(): void;
  /** Removes what was written, after an error. */
  abandon(): void;
}

export interface PredictionFormat {
  /** '.csv', '.jsonl' or '.parquet'. */
  readonly ending: string;
  /** Name of the column of ids. */
  readonly id: string | undefined;
  readonly withProbabilities: boolean;
}

/**
 * Opens what predictions are written to; without a path standard output. Throws ERR_CONFIG for an id that is called as a prediction is; ERR_IO; ERR_DATA where a Parquet file is wanted and
 * hyparquet-writer is not installed.
 */
export async function openPredictions(model: Model, path: string | undefined, format: PredictionFormat): Promise<PredictionFile> {
  const { ending, id } = format;
  const table = new PredictionTable(model, format);
  if (id !== undefined && table.names.includes(id)) throw expected('ERR_CONFIG', 'a column that is not called as a prediction is', '--id', id, { path: 'id' });
  if (ending === '.parquet') {
    const file = await ParquetFile.open(path!, table.columns);
    return { write: (all, ids) => { all.forEach((one, i) => { file.write(table.cells(one, ids?.[i])); }); }, finish: () => { file.finish(); }, abandon: () => { file.abandon(); } };
  }
  const file = path === undefined ? undefined : new StreamedFile(path);
  const line = (cells: readonly (string | number)[]): string => `${csvLine(cells)}\n`;
  let head = ending === '.jsonl' ? '' : line(table.columns.map(({ name }) => name));
  const textOf = (one: Prediction, rowId: string | undefined): string => (ending === '.jsonl' ? `${JSON.stringify(table.record(one, rowId))}\n` : line(table.cells(one, rowId)));
  return {
    async write(all, ids) {
      const text = head + all.map((one, i) => textOf(one, ids?.[i])).join('');
      head = '';
      if (file !== undefined) file.write(text);
      else if (!process.stdout.write(text)) await new Promise<void>((resolve) => { process.stdout.once('drain', resolve); });
    },
    finish() {
      if (file === undefined) process.stdout.write(head);
      else {
        file.write(head);
        file.finish();
      }
    },
    abandon: () => { file?.abandon(); },
  };
}

/** Predictions as rows of a table, and as objects. */
class PredictionTable {
  /** Of what is predicted. */
  readonly names: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: 'STRING' | 'DOUBLE' }[];

  constructor(private readonly model: Model, private readonly format: PredictionFormat) {
    const { outputNames } = model;
    const { id, withProbabilities } = format;
    const text = (name: string) => ({ name, type: 'STRING' }) as const;
    const number = (name: string) => ({ name, type: 'DOUBLE' }) as const;
    const predicted = predictsNumbers(model) ? outputNames.map(number) : [text('prediction'), ...(withProbabilities ? outputNames.map((name) => number(`probability ${name}`)) : [])];
    this.names = predicted.map(({ name }) => name);
    this.columns = [...(id === undefined ? [] : [text(id)]), ...predicted];
  }

  cells({ numbers, className, labels, probabilities }: Prediction, id: string | undefined): readonly (string | number)[] {
    return [...(id === undefined ? [] : [id]), ...(numbers !== undefined ? Object.values(numbers) : [className ?? labels!.join(' '), ...(this.format.withProbabilities ? probabilities! : [])])];
  }

  record({ numbers, className, labels, probabilities }: Prediction, id: string | undefined): Readonly<Record<string, unknown>> {
    const { format, model: { outputNames } } = this;
    return {
      ...(id !== undefined && { [format.id!]: id }), ...(numbers ?? { prediction: className ?? labels }),
      ...(format.withProbabilities && numbers === undefined && { probabilities: Object.fromEntries(outputNames.map((name, j) => [name, probabilities![j]])) }),
    };
  }
}
