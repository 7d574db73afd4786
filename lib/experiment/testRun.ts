import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppendFile, withFileErrors, withLock } from '../files';
import { evaluateSplit, recordEvaluation } from './evaluateRun';
import type { RunEvaluation } from './evaluateRun';
import { runsOf } from './runFolder';

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
 * scores into the run's evaluation.json. Throws as {@link evaluateRun} does.
 */
export function testRun(folder: string, name: string): TestResult & { readonly evaluation: RunEvaluation } {
  const { evaluation, origin } = evaluateSplit(folder, name, 'test');
  const ledger = join(runsOf(folder), ledgerFile);
  // Counted and written by one process at a time: no two looks have the same number.
  const result = withLock(`${ledger}.lock`, () => {
    const file = new AppendFile(ledger);
    try {
      file.mendLastLine();
      const earlier = readLedger(ledger).filter((entry) => entry.dataDigest === origin.digest).length;
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
      return look;
    } finally {
      file.close();
    }
  });
  recordEvaluation(folder, evaluation);
  return { ...result, evaluation };
}

/** All looks in a ledger; none when the file is not there. */
export function readLedger(ledger: string): TestResult[] {
  if (!existsSync(ledger)) return [];
  const lines = withFileErrors(ledger, () => readFileSync(ledger, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TestResult);
}
