import type { PlainError } from '../errors';
import type { RunRecord } from '../runFolder/runRecord';
import type { Checkpoint } from '../train/checkpoint';
import type { WarningEvent } from '../train/events';

/** Where a run resumes. */
export interface Resumption {
  readonly record: RunRecord;
  /** Absent for a run that ended before its first checkpoint, which starts again. */
  readonly checkpoint?: Checkpoint;
  /**
   * Returns the resumption from the checkpoint before, with a warning, for when this one does not fit what is built from the spec.
   * Throws ERR_CHECKPOINT, with the given reason, where no other is usable.
   */
  readonly fallBack: (reason: PlainError) => Resumption;
  /** Warnings about unusable later checkpoints. */
  readonly warnings: readonly WarningEvent[];
}
