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
 * When a step of a run was done, in milliseconds since 1970: events have no times, but epochs have the seconds that they took; between their ends,
 * and behind the last, steps are taken as equally long. A run that was interrupted is counted without its pauses.
 */
export function clockOf({ record, history: { epochs, result, step: last } }: Pick<ExportedRun, 'record' | 'history'>): (step: number) => number {
  const begun = Date.parse(record.startedAt);
  const marks = [{ step: 0, time: 0 }];
  for (const { step, seconds } of epochs) marks.push({ step, time: marks[marks.length - 1]!.time + 1000 * seconds });
  const end = marks[marks.length - 1]!;
  if (result !== undefined && last > end.step) marks.push({ step: last, time: Math.max(end.time, 1000 * result.seconds) });
  return (step) => {
    const next = Math.max(1, marks.findIndex((mark) => mark.step >= step));
    const [from, to] = [marks[next - 1]!, marks[next] ?? marks[next - 1]!];
    const share = to.step > from.step ? (step - from.step) / (to.step - from.step) : 0;
    return Math.round((Number.isNaN(begun) ? 0 : begun) + from.time + share * (to.time - from.time));
  };
}
