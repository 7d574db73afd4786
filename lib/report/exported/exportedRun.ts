import { epochMarks, StepClock } from '../../history/clock';
import type { RunHistory } from '../../history/runHistory';
import { finite, isOwn } from '../metrics';

/** A run as other programs get it. */
export interface ExportedRun {
  /** Path below the folder of runs: `two-layer-1`, `search-1/trial-003`. */
  readonly name: string;
  readonly state: 'running' | 'finished' | 'stopped' | 'failed' | 'unfinished' | 'damaged';
  /** Why it failed. */
  readonly failure: string | null;
  /** Its conditions; `startedAt` as ISO 8601. */
  readonly record: {
    readonly startedAt: string; readonly data: string; readonly dataDigest: string; readonly backend: string; readonly dtype: string;
    readonly threads: number; readonly platform: string; readonly versions: Readonly<Record<string, string>>;
  };
  /** All keys of its spec. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly history: RunHistory;
  /** Of the last evaluation on its test split. */
  readonly test: { readonly testAccuracy?: number | undefined; readonly testRmse?: number | undefined; readonly testLoss: number } | undefined;
}

/** A key's value in one line: numbers and text as they are, all else as JSON; empty for what is not given. */
export function cellOf(value: unknown): string | number {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? value : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The last scores of a run, those of its test split too, by their names in metrics.jsonl and in the ledger. What is not finite is left out. */
export function lastScores({ history, test }: ExportedRun): Record<string, number> {
  const { trainAccuracy, trainRmse, valLoss, valAccuracy, valRmse, monitored } = history.scores ?? {};
  const { trainLoss } = history.lastEvaluation ?? {};
  const { testLoss, testAccuracy, testRmse } = test ?? {};
  return finite({
    trainLoss, trainAccuracy, trainRmse, valLoss, valAccuracy, valRmse, ...(isOwn(monitored) && { [monitored.metric]: monitored.value }),
    testLoss, testAccuracy, testRmse,
  });
}

/**
 * When a step of a run was done, in milliseconds since 1970, by the seconds of its steps, in runs of earlier versions by those of its epochs. A run that was interrupted is counted
 * without its pauses.
 */
export function clockOf({ record, history: { steps, epochs, result, step: last } }: Pick<ExportedRun, 'record' | 'history'>): (step: number) => number {
  const begun = Date.parse(record.startedAt);
  const timed = steps.flatMap(({ step, seconds }) => (seconds === undefined ? [] : [{ step, seconds }]));
  const marks = timed.length > 0 ? timed : epochMarks(epochs);
  const clock = new StepClock([...marks, ...(result === undefined ? [] : [{ step: last, seconds: Math.max(result.seconds, marks[marks.length - 1]?.seconds ?? 0) }])]);
  return (step) => Math.round((Number.isNaN(begun) ? 0 : begun) + (clock.isEmpty ? 0 : 1000 * clock.secondsAt(step)));
}
