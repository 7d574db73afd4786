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
  /** How many times this data set's test split has been evaluated on, this time included. */
  readonly look: number;
}

/** Name of the ledger, beside the runs. */
export const ledgerFile = 'test-ledger.jsonl';

/**
 * Evaluates a run's model on the test split that its spec names. The evaluation is written into the ledger beside the runs, the
 * scores into the run's evaluation.json; `leftOut` has a sentence for each line of the ledger that does not count. Throws as {@link evaluateRun} does.
 */
export function testRun(folder: string, name: string): TestResult & { readonly evaluation: RunEvaluation; readonly leftOut: readonly string[] } {
  const { evaluation, origin } = evaluateSplit(folder, name, 'test');
  const ledger = join(runsOf(folder), ledgerFile);
  // Counted and written by one process at a time: no two evaluations have the same number.
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

/** What a line of a ledger, and the depth.json of an experiment, hold of an evaluation on the test split. */
export const testResultShape = objectOf<TestResult>({
  run: text, when: text, testAccuracy: numberOrNaN, testLoss: numberOrNaN, testRows: count, dataDigest: text, look: count,
});

/**
 * All evaluations in a ledger; none when the file is not there. A bad line is left out, and named in `leftOut`; the lines before and after
 * it count. Throws ERR_IO.
 */
export function readLedger(ledger: string): { readonly testEvaluations: readonly TestResult[]; readonly leftOut: readonly string[] } {
  const bytes = readFileIfThere(ledger, { limit: sizeLimits.events });
  const read = readJsonLines(bytes ?? Buffer.alloc(0), testResultShape, { file: ledger, code: 'ERR_DATA' });
  return { testEvaluations: read.lines.map(({ value }) => value), leftOut: badLines(read, ledger) };
}
