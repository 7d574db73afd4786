import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { predictsOf } from '../build/buildOptimizer';
import type { TrialWorker } from './trialWorker';
import { modelFile, searchFiles } from '../runFolder/runFolder';
import { readJsonIfThere, replaceFile, sizeLimits } from '../files';
import { pairedBootstrap } from './analysis/bootstrap';
import type { SearchEnd, SearchResult } from './events';
import { parameterImportances } from './analysis/importance';
import type { RankedTrial, SearchHead, SearchReport, Significance } from './records';
import { reportShape } from './shapes';
import { specOf } from './space';
import { hasFailed, rungDone, scoreOf } from './state';
import type { SearchState, Trial } from './state';
import { runFolderIn } from './trialFiles';

interface EndedSearch {
  readonly folder: string;
  readonly head: SearchHead;
  /** They evaluate the two best models row by row. */
  readonly workers: readonly TrialWorker[];
  readonly state: SearchState;
  readonly ended: SearchEnd;
  readonly seconds: () => number;
  /** Runs an operation while no other process writes to the folder, on the latest state. */
  readonly hold: (write: () => SearchResult) => Promise<SearchResult>;
}

/**
 * Writes search.json, and best.json where a trial succeeded; returns the search's last event. In a shared search others may have gone on
 * meanwhile; the report is then on what they have found too. Throws ERR_IO, ERR_CHECKPOINT.
 */
export async function writeReport(search: EndedSearch): Promise<SearchResult> {
  const significance = await compareLeaders(search);
  return search.hold(() => writeFiles(search, significance));
}

/** The two best trials that reached the same rung, row by row; null where there are no two with models, or nothing is classified. */
async function compareLeaders({ folder, head, workers, state }: EndedSearch): Promise<Significance | null> {
  const { spec: { space, seeds }, monitor: { metric } = { metric: 'accuracy' } } = head;
  const [winner, next] = state.ranking();
  const isByRow = metric === 'accuracy' && predictsOf(space.base) === 'classes';
  if (!isByRow || winner === undefined || next === undefined || rungDone(next) !== rungDone(winner)) return null;
  if (![winner, next].every(({ runs }) => hasModels(folder, runs))) return null;
  const correctRows = async ({ runs }: Trial, worker: TrialWorker): Promise<Float64Array> => {
    const rows: Uint8Array[] = [];
    for (const [replicate, run] of runs.entries()) rows.push(await worker.check(runFolderIn(folder, run), Math.floor(replicate / seeds)));
    return meansOverSeeds(rows, seeds);
  };
  const [first, second] = await Promise.all([correctRows(winner, workers[0]!), correctRows(next, workers[1] ?? workers[0]!)]);
  return { winner: winner.trial, runnerUp: next.trial, ...pairedBootstrap(first, second) };
}

function writeFiles({ folder, head, state, ended: how, seconds }: EndedSearch, compared: Significance | null): SearchResult {
  const { name, spec: { space }, monitor: { metric } = { metric: 'accuracy' } } = head;
  const ended = state.hasEnded ? 'finished' : how;
  const ranking = state.ranking().map((trial) => rankedTrial(trial, state, metric));
  const [winner, next] = ranking;
  const significance = compared !== null && compared.winner === winner?.trial && compared.runnerUp === next?.trial ? compared : null;
  const best: SearchResult['best'] = winner === undefined ? null : {
    trial: winner.trial,
    ...scoresOf(winner),
    assignment: winner.assignment,
    spec: specOf(space, winner.assignment),
    run: winner.runs[0]!,
    runs: winner.runs,
  };
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

/** Reads search.json; undefined while the search has not ended once. Throws ERR_IO, ERR_DATA for other contents. */
export function readSearchReport(folder: string): SearchReport | undefined {
  return readJsonIfThere(join(folder, searchFiles.report), reportShape, { limit: sizeLimits.report, code: 'ERR_DATA' });
}

/** Whether all runs have a model: a trial that was stopped in its last segment, or dropped, may have none. */
function hasModels(folder: string, runs: readonly string[]): boolean {
  return runs.every((run) => existsSync(modelFile(runFolderIn(folder, run))));
}

/** Share of the seeds whose model is correct, for each validation row: the rows of the first fold, then those of the second, … */
function meansOverSeeds(rows: readonly Uint8Array[], seeds: number): Float64Array {
  const folds = rows.filter((_, replicate) => replicate % seeds === 0);
  return Float64Array.from(folds.flatMap((first, fold) =>
    Array.from(first, (_, row) => rows.slice(fold * seeds, (fold + 1) * seeds).reduce((sum, one) => sum + one[row]!, 0) / seeds)));
}

type Scores = Pick<RankedTrial, 'score' | 'scoreStd' | 'valAccuracy' | 'valAccuracyStd'>;

function scoresOf({ score, scoreStd, valAccuracy, valAccuracyStd }: RankedTrial): Scores {
  return {
    score, ...(scoreStd !== undefined && { scoreStd }),
    ...(valAccuracy !== undefined && { valAccuracy, ...(valAccuracyStd !== undefined && { valAccuracyStd }) }),
  };
}

function rankedTrial(trial: Trial, { rungs }: SearchState, metric: string): RankedTrial {
  const { trial: number, assignment, runs, steps, seconds } = trial;
  const rung = rungDone(trial);
  const { score, std } = scoreOf(trial, rung)!;
  return {
    trial: number, assignment, runs, rung, step: steps[rung]!, score, ...(std !== undefined && { scoreStd: std }),
    ...(metric === 'accuracy' && { valAccuracy: score, ...(std !== undefined && { valAccuracyStd: std }) }),
    finished: rung === rungs.length - 1, seconds,
  };
}
