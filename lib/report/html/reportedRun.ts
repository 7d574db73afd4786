import type { Columns } from '../../history/curves/columns';
import type { Outcome } from '../../history/outcome';
import type { RunHistory } from '../../history/runHistory';
import type { RunReportData } from '../../inference/runReportData';
import type { Labels } from '../../runFolder/labels';

/** What a report is made from: the data of a run, and its history. */
export interface ReportedRun {
  readonly reportData: RunReportData;
  /** Of its steps only the last. */
  readonly history: RunHistory;
  readonly steps: Columns;
  /** What people wrote about it. */
  readonly labels?: Labels | undefined;
  /** How it ended otherwise than planned. */
  readonly outcome?: Outcome | undefined;
}
