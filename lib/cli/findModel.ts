import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { findRun, runName } from '../runFolder/runFolder';

/** A model that was named on the command line. */
export interface NamedModel {
  /** Of a model's file, or of the folder of a run. */
  readonly path: string;
  readonly isFile: boolean;
  /** The run's name, or that of the file. */
  readonly name: string;
}

/**
 * A model's file by its path, or a run by its name below `runs` or the path of its folder. Throws ERR_CONFIG, naming the nearest run,
 * and `argument` as what named it, where there is neither.
 */
export function findModel(given: string, runs = 'runs', argument = 'MODEL'): NamedModel {
  if (statSync(given, { throwIfNoEntry: false })?.isFile() === true) return { path: given, isFile: true, name: basename(given) };
  const path = findRun(runs, given, argument);
  return { path, isFile: false, name: runName(path) };
}
