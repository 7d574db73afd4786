import { blocksOf } from '../data/blocks';
import { alignRows } from '../data/columns/align';
import type { Dataset, StoredDataset } from '../data/dataset';
import { loadData } from '../data/sources';
import type { ViewOptions } from '../data/views';
import { expected, toPlain } from '../errors';
import { Model } from './model';
import { evaluateInFull } from './evaluateRun';
import type { ScoredRows } from './evaluateRun';
import { recordTest } from './ledger';
import { readRows } from './readRows';
import type { ReadRowsOptions } from './readRows';
import { dataRequest } from '../spec/spec';

/** Evaluation of a run's model on the rows of another file. */
export type FileEvaluation = ScoredRows & {
  readonly file: string;
  /** How many of them are rows of the run's test split, whose features and labels are the same; null where the run's data is not at hand. */
  readonly testRows: number | null;
  /** Where some are: number of evaluations on this data set's test split so far, including this one. */
  readonly look?: number;
  /** A sentence for each line of the ledger that is left out. */
  readonly leftOut: readonly string[];
};

/** How another file is read and evaluated. */
export type EvaluateFileOptions = ReadRowsOptions & ViewOptions;

/**
 * Evaluates a run's model on all rows of a file, whose columns, classes and targets are matched by name. Where rows of the run's test split are among
 * them the evaluation goes into the ledger beside the runs, as {@link testRun} writes it. Throws what {@link readRows} and `Model.evaluate` throw.
 */
export function evaluateFile(folder: string, name: string, file: string, { tta, ...options }: EvaluateFileOptions = {}): FileEvaluation {
  const model = Model.load(folder, tta && { tta });
  const data = alignRows(readRows(model, file, options), model);
  if (data.size === 0) throw expected('ERR_DATA', 'at least one row', file, data.size, { file });
  const testRows = countTestRows(model, data);
  const evaluation: ScoredRows = {
    run: name, when: new Date().toISOString(), rows: data.size, dataDigest: model.dataDigest, ...evaluateInFull(model, data), ...(tta && { tta }),
  };
  if (testRows === null || testRows === 0) return { ...evaluation, file, testRows, leftOut: [] };
  const { result: { look }, leftOut } = recordTest(folder, evaluation, testRows);
  return { ...evaluation, file, testRows, look, leftOut };
}

/** How many rows are of the test split of the model's data; null where that is not at hand. */
function countTestRows(model: Model, data: Dataset | StoredDataset): number | null {
  const splits = splitsOf(model);
  if (splits === undefined) return null;
  const [test, others] = [new Set<number>(), new Set<number>()];
  const keys = (rows: Dataset | StoredDataset): Generator<number> => keysOf(alignRows(rows, model));
  for (const key of keys(splits.test)) test.add(key);
  if (test.size === 0) return 0;
  for (const rows of [splits.train, splits.validation]) for (const key of keys(rows)) if (test.has(key)) others.add(key);
  let [count, sealed] = [0, 0];
  for (const key of keysOf(data)) {
    if (!test.has(key)) continue;
    count++;
    if (!others.has(key)) sealed++;
  }
  // A row that stands in another split too tells nothing of the test split, unless one is there that stands in none.
  return sealed === 0 ? 0 : count;
}

function splitsOf({ spec, dataDigest }: Model): ReturnType<typeof loadData> | undefined {
  if (dataDigest === '') return undefined; // of an imported model
  try {
    const splits = loadData(dataRequest(spec));
    return splits.origin.digest === dataDigest ? splits : undefined;
  } catch (error) {
    const { code } = toPlain(error);
    if (code !== 'ERR_DATA' && code !== 'ERR_IO' && code !== 'ERR_CONFIG') throw error;
    return undefined;
  }
}

/** A number for each row, by its features and label or targets: 53 bits, so that of a million rows two different ones hardly ever share one. */
function* keysOf(data: Dataset | StoredDataset): Generator<number> {
  const { featureSize, labels, targets, size } = data;
  const width = targets === undefined ? 0 : targets.length / size;
  const row = new Float64Array(featureSize + (width === 0 ? 1 : width));
  const words = new Uint32Array(row.buffer);
  for (const { features, from, size: rows } of blocksOf(data, 1024)) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < featureSize; j++) row[j] = features[i * featureSize + j]! + 0; // −0 is 0
      if (width === 0) row[featureSize] = labels[from + i]!;
      else for (let j = 0; j < width; j++) row[featureSize + j] = targets![(from + i) * width + j]! + 0;
      let [high, low] = [0x9e3779b9, 0x85ebca6b];
      for (const word of words) {
        high = Math.imul(high ^ word, 0x01000193) ^ (high >>> 15);
        low = Math.imul(low ^ word, 0xc2b2ae35) ^ (low >>> 13);
      }
      yield (high >>> 0) * 2 ** 21 + (low >>> 11);
    }
  }
}
