import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlastrainError } from '../errors';
import { loadData } from '../data/locate';
import { Classifier } from './classifier';
import { withFileErrors } from './files';
import { runFiles } from './runFolder';
import { dataRequest } from './spec';

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
 * Evaluates a run's model on the test split that its spec names, and writes the look into the ledger beside the runs.
 * Throws ERR_DATA when the data is not that which the run was trained on, ERR_CHECKPOINT, ERR_IO.
 */
export function testRun(folder: string, name: string): TestResult {
  const classifier = Classifier.load(join(folder, runFiles.checkpoint));
  const { test, origin } = loadData(dataRequest(classifier.spec));
  if (origin.digest !== classifier.dataDigest) {
    throw new BlastrainError(
      'ERR_DATA',
      `Expected the data that run ${name} was trained on (digest ${classifier.dataDigest.slice(0, 12)}) for the test but ` +
        `received ${origin.description} (digest ${origin.digest.slice(0, 12)})`,
    );
  }
  const ledger = join(dirname(folder), ledgerFile);
  const earlier = readLedger(ledger).filter((entry) => entry.dataDigest === origin.digest).length;
  const { accuracy, loss } = classifier.evaluate(test);
  const result: TestResult = {
    run: name,
    when: new Date().toISOString(),
    testAccuracy: accuracy,
    testLoss: loss,
    testRows: test.size,
    dataDigest: origin.digest,
    look: earlier + 1,
  };
  withFileErrors(ledger, () => {
    appendFileSync(ledger, `${JSON.stringify(result)}\n`, { flush: true });
  });
  return result;
}

/** All looks in a ledger; none when the file is not there. */
export function readLedger(ledger: string): TestResult[] {
  if (!existsSync(ledger)) return [];
  const lines = withFileErrors(ledger, () => readFileSync(ledger, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TestResult);
}
