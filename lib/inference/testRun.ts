import { join } from 'node:path';
import { AppendFile, badLines, readFileIfThere, readJsonLines, sizeLimits, withLock } from '../files';
import { count, numberOrNaN, objectOf, text } from '../files/shape';
import { evaluateSplit, recordEvaluation } from './evaluateRun';
import type { RunEvaluation } from './evaluateRun';
import { runsOf } from '../runFolder/runFolder';

/** One evaluation on a test split, as kept in the ledger. */
export interface TestResult {
  readonly run: string;
  readonly when: string;
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly testRows: number;
  readonly dataDigest: string;
  /** Number of evaluations on this data set's test split so far, including this one. */
  readonly look: number;
}

/** Name of the ledger, beside the runs. */
export const ledgerFile = 'test-ledger.jsonl';

/**
 * Evaluates a run's model on the test split of its spec's data. Records the evaluation in the ledger beside the runs, and the scores in
 * the run's evaluation.json; `leftOut` has a sentence for each line of the ledger that is left out. Throws as {@link evaluateRun} does.
 */
export function testRun(folder: string, name: string): TestResult & { readonly evaluation: RunEvaluation; readonly leftOut: readonly string[] } {
  const { evaluation, origin } = evaluateSplit(folder, name, 'test');
  const ledger = join(runsOf(folder), ledgerFile);
  // Counted and written under a lock, so that no two evaluations get the same number.
  const { result, leftOut } = withLock(`${ledger}.lock`, () => {
    const file = new AppendFile(ledger);
    try {
      file.repairLastLine();
      const before = readLedger(ledger);
      const earlier = before.testEvaluations.filter((entry) => entry.dataDigest === origin.digest).length;
      const result: TestResult = {
        run: name,
        when: evaluation.when,
        testAccuracy: evaluation.accuracy,
        testLoss: evaluation.loss,
        testRows: evaluation.rows,
        dataDigest: origin.digest,
        look: earlier + 1,
      };
      file.append(`${JSON.stringify(result)}\n`);
      file.sync();
      return { result, leftOut: before.leftOut };
    } finally {
      file.close();
    }
  });
  recordEvaluation(folder, evaluation);
  return { ...result, evaluation, leftOut };
}

/** Shape of a line of the ledger, and of `test` in depth.json. */
export const testResultShape = objectOf<TestResult>({
  run: text, when: text, testAccuracy: numberOrNaN, testLoss: numberOrNaN, testRows: count, dataDigest: text, look: count,
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
