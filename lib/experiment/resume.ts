import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlastrainError, expected, toPlain } from '../errors';
import { withFileErrors } from '../files';
import type { Schedule } from '../optim/schedules';
import { decodeCheckpoint } from '../train/checkpoint';
import type { Checkpoint } from '../train/checkpoint';
import type { WarningEvent } from '../train/events';
import { planOf } from './build';
import { makeSchedule } from './optimization';
import { changeable } from './resumedSpec';
import type { RunRecord } from './run';
import { readJsonFile, runFiles } from './runFolder';
import { parseSpec } from './spec';
import type { TrainSpec } from './spec';

/** Where a run goes on. */
export interface Resumption {
  readonly record: RunRecord;
  /** Absent for a run that was ended before its first checkpoint: it begins again. */
  readonly checkpoint?: Checkpoint;
  /** What should be known about the checkpoint. */
  readonly warnings: readonly WarningEvent[];
}

/**
 * The last checkpoint of a run, or the one before it, with a warning, where the last is damaged or not of this run. Throws
 * ERR_CHECKPOINT when there are checkpoints but none that serves, ERR_IO.
 */
export function findResumption(folder: string, spec: TrainSpec): Resumption {
  const { record } = readJsonFile(join(folder, runFiles.spec)) as { record: RunRecord };
  const warnings: WarningEvent[] = [];
  for (const name of [runFiles.checkpoint, runFiles.previous]) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    try {
      return { record, checkpoint: decodeOwn(withFileErrors(file, () => readFileSync(file)), file, spec), warnings };
    } catch (error) {
      const { code, message } = toPlain(error);
      if (code !== 'ERR_CHECKPOINT') throw error;
      warnings.push({ type: 'warning', code, message: `${message} [${code}]; going on from the checkpoint before it` });
    }
  }
  const [refused] = warnings;
  if (refused === undefined) return { record, warnings };
  throw new BlastrainError('ERR_CHECKPOINT', refused.message.replace(/; going on.*$/, ', and no earlier checkpoint serves'));
}

/** Throws ERR_CHECKPOINT when the bytes are damaged or were made with another spec, but for {@link changeable} keys. */
function decodeOwn(bytes: Uint8Array, file: string, spec: TrainSpec): Checkpoint {
  const checkpoint = decodeCheckpoint(bytes, file);
  const its = parseSpec(checkpoint.facts.spec);
  for (const key of Object.keys(spec) as (keyof TrainSpec)[]) {
    if (!changeable.includes(key) && JSON.stringify(its[key]) !== JSON.stringify(spec[key])) {
      throw expected('ERR_CHECKPOINT', `${key} ${JSON.stringify(spec[key])}, as in the run's spec.json,`, file, its[key], { file });
    }
  }
  return checkpoint;
}

/** The bytes of best.safetensors, if they are those of the run's given step. Throws ERR_IO. */
export function readBest(folder: string, spec: TrainSpec, step: number): Uint8Array | undefined {
  const file = join(folder, runFiles.best);
  if (!existsSync(file)) return undefined;
  const bytes = withFileErrors(file, () => readFileSync(file));
  try {
    return decodeOwn(bytes, file, spec).progress.step === step ? bytes : undefined;
  } catch (error) {
    if (toPlain(error).code !== 'ERR_CHECKPOINT') throw error;
    return undefined;
  }
}

/**
 * A warning where another length of training changes the learning rates that were still to come at step `from`: the run is
 * then neither the shorter one nor the longer one from its start.
 */
export function scheduleChange(before: TrainSpec, now: TrainSpec, trainRows: number, from: number): WarningEvent | undefined {
  if (before.steps === now.steps && before.epochs === now.epochs) return undefined;
  const [old, fresh] = [before, now].map((spec) => {
    const plan = planOf(spec, trainRows);
    return { steps: plan.steps, rate: makeSchedule(spec, plan).schedule };
  }) as [PlannedRate, PlannedRate];
  for (let step = from; step < Math.min(old.steps, fresh.steps); step++) {
    if (old.rate(step) !== fresh.rate(step)) {
      return {
        type: 'warning',
        code: 'RESUME_SCHEDULE',
        message: `The schedule ${now.schedule} follows the new length of ${String(fresh.steps)} steps: the learning rate of step ` +
          `${String(step + 1)} is ${String(fresh.rate(step))} where it was to be ${String(old.rate(step))}`,
      };
    }
  }
  return undefined;
}

interface PlannedRate {
  readonly steps: number;
  readonly rate: Schedule;
}
