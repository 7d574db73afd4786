import { join } from 'node:path';
import { BlastrainError, expected, fromPlain, toPlain } from '../errors';
import type { PlainError } from '../errors';
import { readFileIfThere, sizeLimits } from '../files';
import { decodeCheckpoint } from '../train/checkpoint';
import type { Checkpoint } from '../train/checkpoint';
import type { WarningEvent } from '../train/events';
import { changeable } from './resumedSpec';
import type { Resumption } from './resumption';
import { runFiles } from '../runFolder/runFolder';
import { readRunSpec } from '../runFolder/runRecord';
import type { RunRecord } from '../runFolder/runRecord';
import { trainedSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/**
 * Finds the last checkpoint of a run, or the one before it, with a warning, where the last is damaged or of another run. Throws
 * ERR_CHECKPOINT when there are checkpoints but none is usable, ERR_IO.
 */
export function findResumption(folder: string, spec: TrainSpec): Resumption {
  const { record } = readRunSpec(folder);
  return firstUsable(record, [runFiles.checkpoint, runFiles.previous].map((name) => join(folder, name)), spec, []);
}

/** The first of `files` that exists and is a usable checkpoint; `refusals` are the errors of those before them. */
function firstUsable(record: RunRecord, files: readonly string[], spec: TrainSpec, refusals: readonly PlainError[]): Resumption {
  const [file, ...others] = files;
  if (file === undefined) {
    const [first] = refusals;
    if (first !== undefined) throw new BlastrainError('ERR_CHECKPOINT', `${first.message}, and no earlier checkpoint serves`, first.details);
    return { record, warnings: [], fallBack: (reason) => { throw fromPlain(reason); } };
  }
  const fallBack = (reason: PlainError): Resumption => firstUsable(record, others, spec, [...refusals, reason]);
  let checkpoint: Checkpoint;
  try {
    const bytes = readFileIfThere(file, { limit: sizeLimits.checkpoint });
    if (bytes === undefined) return firstUsable(record, others, spec, refusals);
    checkpoint = decodeOwn(bytes, file, spec);
  } catch (error) {
    const reason = toPlain(error);
    // ERR_IO without errno: not a regular file, so unusable. An error of the operating system may be temporary and is thrown.
    if (reason.code !== 'ERR_CHECKPOINT' && !(reason.code === 'ERR_IO' && reason.details['errno'] === undefined)) throw error;
    return fallBack(reason);
  }
  const warnings = refusals.map(({ code, message }): WarningEvent => (
    { type: 'warning', code, message: `${message} [${code}]; going on from the checkpoint before it` }));
  return { record, checkpoint, warnings, fallBack };
}

/** Decodes a checkpoint of the run. Throws ERR_CHECKPOINT when it is damaged or its spec differs in other than the {@link changeable} keys. */
function decodeOwn(bytes: Uint8Array, file: string, spec: TrainSpec): Checkpoint {
  const checkpoint = decodeCheckpoint(bytes, file);
  const itsSpec = trainedSpec(checkpoint);
  for (const key of Object.keys(spec) as (keyof TrainSpec)[]) {
    if (!changeable.includes(key) && JSON.stringify(itsSpec[key]) !== JSON.stringify(spec[key])) {
      throw expected('ERR_CHECKPOINT', `${key} ${JSON.stringify(spec[key])}, as in the run's spec.json,`, file, itsSpec[key], { file });
    }
  }
  return checkpoint;
}

/** The bytes of best.safetensors; undefined unless it is usable and of the given step. `spec` is resolved, as checkpoints have it. Throws ERR_IO. */
export function readBest(folder: string, spec: TrainSpec, step: number): Uint8Array | undefined {
  const file = join(folder, runFiles.best);
  const bytes = readFileIfThere(file, { limit: sizeLimits.checkpoint });
  if (bytes === undefined) return undefined;
  try {
    return decodeOwn(bytes, file, spec).progress.step === step ? bytes : undefined;
  } catch (error) {
    if (toPlain(error).code !== 'ERR_CHECKPOINT') throw error;
    return undefined;
  }
}
