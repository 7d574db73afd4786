import { join } from 'node:path';
import { AppendFile, badLines, readFileIfThere, readJsonLines, sizeLimits, withLock } from '../files';
import { count, numberOrNaN, objectOf, text } from '../files/shape';
import { evaluateSplit, recordEvaluation } from './evaluateRun';
import type { RunEvaluation } from './evaluateRun';
import { runsOf } from '../runFolder/runFolder';

/** One look at a test split, as kept in the ledger. */
export interface TestResult {
  readonly run: string;
  readonly when: string;
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly testRows: number;
  readonly dataDigest: string;
  /** How often this data set's test split has now been looked at, this time included. */
  readonly look: number;
}

/** Name of the ledger, beside the runs. */
export const ledgerFile = 'test-ledger.jsonl';

/**
 * Evaluates a run's model on the test split that its spec names. The look is written into the ledger beside the runs, the
 * scores into the run's evaluation.json; `leftOut` has a sentence for each line of the ledger that does not count. Throws as {@link evaluateRun} does.
 */
export function testRun(folder: string, name: string): TestResult & { readonly evaluation: RunEvaluation; readonly leftOut: readonly string[] } {
  const { evaluation, origin } = evaluateSplit(folder, name, 'test');
  const ledger = join(runsOf(folder), ledgerFile);
  // Counted and written by one process at a time: no two looks have the same number.
  const { result, leftOut } = withLock(`${ledger}.lock`, () => {
    const file = new AppendFile(ledger);
    try {
      file.repairLastLine();
      const before = readLedger(ledger);
      const earlier = before.looks.filter((entry) => entry.dataDigest === origin.digest).length;
      const look: TestResult = {
        run: name,
        when: evaluation.when,
        testAccuracy: evaluation.accuracy,
        testLoss: evaluation.loss,
        testRows: evaluation.rows,
        dataDigest: origin.digest,
        look: earlier + 1,
      };
      file.append(`${JSON.stringify(look)}\n`);
      file.sync();
      return { result: look, leftOut: before.leftOut };
    } finally {
      file.close();
    }
  });
  recordEvaluation(folder, evaluation);
  return { ...result, evaluation, leftOut };
}

/** What a line of a ledger, and the depth.json of an experiment, hold of a look. */
export const testResultShape = objectOf<TestResult>({
  run: text, when: text, testAccuracy: numberOrNaN, testLoss: numberOrNaN, testRows: count, dataDigest: text, look: count,
});

/**
 * All looks in a ledger; none when the file is not there. A bad line is kept out, and named in `leftOut`: the looks before and behind it
 * count all the same. Throws ERR_IO.
 */
export function readLedger(ledger: string): { readonly looks: readonly TestResult[]; readonly leftOut: readonly string[] } {
  const bytes = readFileIfThere(ledger, { limit: sizeLimits.events });
  const read = readJsonLines(bytes ?? Buffer.alloc(0), testResultShape, { file: ledger, code: 'ERR_DATA' });
  return { looks: read.lines.map(({ value }) => value), leftOut: badLines(read, ledger) };
}
