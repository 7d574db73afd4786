import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeLeftovers, withFileErrors } from '../files';
import { runFiles } from '../runFolder/runFiles';
import type { SearchSpec } from './searchSpec';
import { hasFailed } from './state';
import type { Trial } from './state';

/** Folder name of a replicate: trial-007, or trial-007-fold2-seed1 where there are several; folds count from 1, seeds are added to the base's. */
export function runName(trial: number, replicate: number, { folds, seeds }: Pick<SearchSpec, 'folds' | 'seeds'>): string {
  const fold = folds > 1 ? `-fold${String(1 + Math.floor(replicate / seeds))}` : '';
  const seed = seeds > 1 ? `-seed${String(replicate % seeds)}` : '';
  return `trial-${String(trial).padStart(3, '0')}${fold}${seed}`;
}

/** The folder of a run, which is named SEARCH/RUN, in that of its search. */
export function runFolderIn(searchFolder: string, run: string): string {
  return join(searchFolder, basename(run));
}

/** Deletes the checkpoints, weight snapshots and histograms of a replicate. Throws ERR_IO. */
export function removeCheckpoints(searchFolder: string, { runs }: Trial, replicate: number): void {
  removeFiles(runFolderIn(searchFolder, runs[replicate]!), [runFiles.checkpoint, runFiles.previous, runFiles.best, runFiles.kept, runFiles.weightSnapshots, runFiles.histograms]);
}

/**
 * Deletes all but the last checkpoint of a replicate that has finished its rung: it is needed only if the trial is promoted, and the
 * run then writes others. The best one stays where the model that a run ends with is the best (`restoreBest`). Throws ERR_IO.
 */
export function removeSpareCheckpoints(searchFolder: string, { runs }: Trial, replicate: number, restoreBest: boolean): void {
  removeFiles(runFolderIn(searchFolder, runs[replicate]!), [runFiles.previous, ...(restoreBest ? [] : [runFiles.best])]);
}

/**
 * Deletes what a replicate that is not to be trained no longer needs after a kill: checkpoints, where it came between the journal entry and
 * the deletion, and temporary files, as a trial that has reached its rung is not opened again. Throws ERR_IO.
 */
export function removeUnneeded(searchFolder: string, trial: Trial, replicate: number, restoreBest: boolean): void {
  const folder = runFolderIn(searchFolder, trial.runs[replicate]!);
  for (const path of [folder, join(folder, runFiles.kept)]) removeLeftovers(path, { isOwner: true });
  if (trial.isDropped || hasFailed(trial)) removeCheckpoints(searchFolder, trial, replicate);
  else removeSpareCheckpoints(searchFolder, trial, replicate, restoreBest);
}

function removeFiles(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const file = join(folder, name);
    withFileErrors(file, () => {
      rmSync(file, { recursive: true, force: true });
    });
  }
}
