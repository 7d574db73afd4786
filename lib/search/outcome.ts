import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TrialWorker } from './trialWorker';
import { modelFile, searchFiles } from '../runFolder/runFolder';
import { readJsonIfThere, replaceFile, sizeLimits } from '../files';
import { pairedBootstrap } from './bootstrap';
import type { PairedComparison } from './bootstrap';
import type { SearchEnd, SearchResult } from './events';
import { parameterImportances } from './importance';
import type { Importances } from './importance';
import type { SearchHead } from './journal';
import { reportShape } from './shapes';
import { specOf } from './space';
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

/** What the parameters matter to the scores on a rung: the first, as most trials have one there. */
export interface ParameterImportances extends Importances {
  readonly rung: number;
}

/** How the best trial does against the next that came as far, on the validation rows of all replicates. */
export interface Significance extends PairedComparison {
  readonly winner: number;
  readonly runnerUp: number;
}

/** What search.json holds. */
export interface SearchReport extends SearchResult {
  /** The best first; trials that came further stand before those left behind. */
  readonly ranking: readonly RankedTrial[];
  /** Null where too few trials have a score. */
  readonly importances: ParameterImportances | null;
  /** Null where no other trial came as far as the best. */
  readonly significance: Significance | null;
  readonly failures: readonly { readonly trial: number; readonly assignment: Assignment; readonly code: string; readonly message: string }[];
}

interface Ended {
  readonly folder: string;
  readonly head: SearchHead;
  /** To look up how the best models do on each row. */
  readonly workers: readonly TrialWorker[];
  readonly state: SearchState;
  readonly ended: SearchEnd;
  readonly seconds: () => number;
}

/** Draws the sum of a search: writes search.json, and best.json where a trial succeeded. Throws ERR_IO, ERR_CHECKPOINT. */
export async function conclude({ folder, head, workers, state, ended, seconds }: Ended): Promise<SearchResult> {
  const { name, spec: { space, seeds } } = head;
  const ranking = state.ranking().map((trial) => rankedTrial(trial, state));
  const [winner, next] = ranking;
  const best: SearchResult['best'] = winner === undefined ? null : {
    trial: winner.trial,
    valAccuracy: winner.valAccuracy,
    ...(winner.valAccuracyStd !== undefined && { valAccuracyStd: winner.valAccuracyStd }),
    assignment: winner.assignment,
    spec: specOf(space, winner.assignment),
    run: winner.runs[0]!,
    runs: winner.runs,
  };
  const rightness = async ({ runs }: RankedTrial, member: TrialWorker): Promise<Float64Array> => {
    const rows: Uint8Array[] = [];
    for (const [replicate, run] of runs.entries()) rows.push(await member.check(join(folder, basename(run)), Math.floor(replicate / seeds)));
    return meansOverSeeds(rows, seeds);
  };
  let significance: Significance | null = null;
  if (winner !== undefined && next?.rung === winner.rung && [winner, next].every(({ runs }) => hasModels(folder, runs))) {
    const [first, second] = await Promise.all([rightness(winner, workers[0]!), rightness(next, workers[1] ?? workers[0]!)]);
    significance = { winner: winner.trial, runnerUp: next.trial, ...pairedBootstrap(first, second) };
  }
  const scored = state.trials.flatMap((trial) => {
    const score = scoreOf(trial, 0);
    return score === undefined ? [] : [{ assignment: trial.assignment, score: score.score }];
  });
  const importances = parameterImportances(space, scored);
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
    importances: importances === undefined ? null : { rung: 0, ...importances },
    significance,
    failures: failed.map(({ trial, assignment, decision }) => ({ trial, assignment, ...decision!.reason! })),
  };
  replaceFile(join(folder, searchFiles.report), `${JSON.stringify(report, null, 2)}\n`);
  if (best !== null) replaceFile(join(folder, searchFiles.best), `${JSON.stringify(best.spec, null, 2)}\n`);
  return result;
}

/** What search.json holds; undefined before the search's first end. Throws ERR_IO, ERR_DATA for another content. */
export function readSearchReport(folder: string): SearchReport | undefined {
  return readJsonIfThere(join(folder, searchFiles.report), reportShape, { limit: sizeLimits.report, code: 'ERR_DATA' });
}

/** A trial that was stopped in its last segment, or given up, may have none. */
function hasModels(folder: string, runs: readonly string[]): boolean {
  return runs.every((run) => existsSync(modelFile(join(folder, basename(run)))));
}

/** How right the models are on each row: the rows of one fold behind those of the other, the mean over the seeds of each. */
function meansOverSeeds(rows: readonly Uint8Array[], seeds: number): Float64Array {
  const folds = rows.filter((_, replicate) => replicate % seeds === 0);
  return Float64Array.from(folds.flatMap((first, fold) =>
    Array.from(first, (_, row) => rows.slice(fold * seeds, (fold + 1) * seeds).reduce((sum, one) => sum + one[row]!, 0) / seeds)));
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
