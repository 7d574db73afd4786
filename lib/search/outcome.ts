import { join } from 'node:path';
import { searchFiles } from '../experiment/runFolder';
import { replaceFile } from '../files';
import { specOf } from './space';
import type { SearchEnd, SearchResult } from './events';
import type { SearchHead } from './journal';
import { hasFailed, rungDone, scoreOf } from './state';
import type { SearchState, Trial } from './state';
import type { Assignment } from './types';

/** A line of the ranking in search.json. */
export interface RankedTrial {
  readonly trial: number;
  readonly assignment: Assignment;
  readonly runs: readonly string[];
  /** The last rung that it has done, the step at its end, and the score there. */
  readonly rung: number;
  readonly step: number;
  readonly valAccuracy: number;
  readonly valAccuracyStd?: number;
  readonly finished: boolean;
  readonly seconds: number;
}

/** What search.json holds. */
export interface SearchReport extends SearchResult {
  /** The best first; trials that came further stand before those left behind. */
  readonly ranking: readonly RankedTrial[];
  readonly failures: readonly { readonly trial: number; readonly assignment: Assignment; readonly code: string; readonly message: string }[];
}

interface Ended {
  readonly folder: string;
  readonly head: SearchHead;
  readonly state: SearchState;
  readonly ended: SearchEnd;
  readonly seconds: () => number;
}

/** Draws the sum of a search: writes search.json, and best.json where a trial succeeded. Throws ERR_IO, ERR_CHECKPOINT. */
export function conclude({ folder, head, state, ended, seconds }: Ended): SearchResult {
  const { name, spec: { space } } = head;
  const ranking = state.ranking().map((trial) => rankedTrial(trial, state));
  const [winner] = ranking;
  const best: SearchResult['best'] = winner === undefined ? null : {
    trial: winner.trial,
    valAccuracy: winner.valAccuracy,
    ...(winner.valAccuracyStd !== undefined && { valAccuracyStd: winner.valAccuracyStd }),
    assignment: winner.assignment,
    spec: specOf(space, winner.assignment),
    run: winner.runs[0]!,
    runs: winner.runs,
  };
  const failed = state.trials.filter(hasFailed);
  const finished = ranking.filter((trial) => trial.finished).length;
  const result: SearchResult = {
    type: 'result', name, ended, best,
    trials: state.trials.length, finished, pruned: state.trials.length - finished - failed.length, failed: failed.length,
    seconds: seconds(),
  };
  const report: SearchReport = {
    ...result,
    ranking,
    failures: failed.map(({ trial, assignment, decision }) => ({ trial, assignment, ...decision!.reason! })),
  };
  replaceFile(join(folder, searchFiles.report), `${JSON.stringify(report, null, 2)}\n`);
  if (best !== null) replaceFile(join(folder, searchFiles.best), `${JSON.stringify(best.spec, null, 2)}\n`);
  return result;
}

function rankedTrial(trial: Trial, { rungs }: SearchState): RankedTrial {
  const { trial: number, assignment, runs, steps, seconds } = trial;
  const rung = rungDone(trial);
  const { score, std } = scoreOf(trial, rung)!;
  return {
    trial: number, assignment, runs, rung, step: steps[rung]!, valAccuracy: score, ...(std !== undefined && { valAccuracyStd: std }),
    finished: rung === rungs.length - 1, seconds,
  };
}
