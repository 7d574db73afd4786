import { join } from 'node:path';
import { AppendFile, badLines, readFileIfThere, readJsonLines, sizeLimits, withLock } from '../files';
import { count, numberOrNaN, objectOf, optional, text } from '../files/shape';
import { runsOf } from '../runFolder/runFolder';
import type { Evaluation } from '../train/evaluate';

/** One evaluation on a test split, as kept in the ledger. */
export interface TestResult {
  readonly run: string;
  readonly when: string;
  /** Of classes and labels. */
  readonly testAccuracy?: number | undefined;
  /** Root mean squared error, of numbers and counts. */
  readonly testRmse?: number | undefined;
  readonly testLoss: number;
  readonly testRows: number;
  /** Rows that were scored in all, where a file had rows beside those of the test split: the scores are theirs too. */
  readonly scoredRows?: number | undefined;
  readonly dataDigest: string;
  /** The test-time augmentation, where there was one. */
  readonly tta?: string | undefined;
  /** Number of evaluations on this data set's test split so far, including this one. */
  readonly look: number;
}

/** Name of the ledger, beside the runs. */
export const ledgerFile = 'test-ledger.jsonl';

/** What the ledger keeps of an evaluation. */
interface ScoredTest extends Pick<Evaluation, 'accuracy' | 'rmse' | 'loss'> {
  readonly run: string;
  readonly when: string;
  /** All rows that were scored. */
  readonly rows: number;
  readonly dataDigest: string;
  readonly tta?: string | undefined;
}

/**
 * Writes an evaluation of which `testRows` rows were test rows of a run into the ledger beside the runs, and counts those on the same data; `leftOut`
 * has a sentence for each line of the ledger that is left out. Throws ERR_IO.
 */
export function recordTest(folder: string, evaluation: ScoredTest, testRows: number): { readonly result: TestResult; readonly leftOut: readonly string[] } {
  const ledger = join(runsOf(folder), ledgerFile);
  const { run, when, accuracy, rmse, loss, rows, dataDigest, tta } = evaluation;
  const entry: Omit<TestResult, 'look'> = {
    run, when, ...(accuracy !== undefined && { testAccuracy: accuracy }), ...(rmse !== undefined && { testRmse: rmse }), testLoss: loss, testRows,
    ...(testRows < rows && { scoredRows: rows }), dataDigest, ...(tta !== undefined && { tta }),
  };
  // Counted and written under a lock, so that no two evaluations get the same number.
  return withLock(`${ledger}.lock`, () => {
    const file = new AppendFile(ledger);
    try {
      file.repairLastLine();
      const { testEvaluations, leftOut } = readLedger(ledger);
      const earlier = testEvaluations.filter(({ dataDigest }) => dataDigest === entry.dataDigest).length;
      const result: TestResult = { ...entry, look: earlier + 1 };
      file.append(`${JSON.stringify(result)}\n`);
      file.sync();
      return { result, leftOut };
    } finally {
      file.close();
    }
  });
}

/** Shape of a line of the ledger, and of `test` in depth.json. */
export const testResultShape = objectOf<TestResult>({
  run: text, when: text, testAccuracy: optional(numberOrNaN), testRmse: optional(numberOrNaN), testLoss: numberOrNaN, testRows: count, scoredRows: optional(count), dataDigest: text, tta: optional(text), look: count,
});

/**
 * Reads the evaluations in a ledger; none where the file is missing. Bad lines are left out, with a sentence for each in `leftOut`.
 * Throws ERR_IO.
 */
export function readLedger(ledger: string): { readonly testEvaluations: readonly TestResult[]; readonly leftOut: readonly string[] } {
  const bytes = readFileIfThere(ledger, { limit: sizeLimits.events });
  const read = readJsonLines(bytes ?? Buffer.alloc(0), testResultShape, { file: ledger, code: 'ERR_DATA' });
  return { testEvaluations: read.lines.map(({ value }) => value), leftOut: badLines(read, ledger) };
}

/** The last evaluation of each run on its test split alone, by the run's name. */
export function lastTests(testEvaluations: readonly TestResult[]): Map<string, TestResult> {
  return new Map(testEvaluations.filter(({ scoredRows }) => scoredRows === undefined).map((test) => [test.run, test]));
}
