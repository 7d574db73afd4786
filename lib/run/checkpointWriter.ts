import type { UseChunks } from '../train/checkpoint';
import type { CheckpointEvent } from '../train/events';
import type { SaveRequest } from '../train/train';
import type { RunFolder } from '../runFolder/runFolder';

/** Decides which checkpoints of a run are written where; the best of a run without a folder stays in memory. */
export class CheckpointWriter {
  /** The step of the last checkpoint in the folder; -1 before the first. */
  savedAt = -1;
  /** The checkpoint of the best evaluation so far, where `holdBest`, no folder has it, and there is one. */
  best: Uint8Array | undefined;

  /** @param use does something with the checkpoint of the moment. */
  constructor(
    private readonly use: (what: UseChunks<void>) => void,
    private readonly folder: RunFolder | undefined,
    private readonly holdBest: boolean,
  ) {}

  /**
   * Saves what is due at a step; returns the event that tells, for a run with a folder. The event is in the metrics before
   * the checkpoint is in place: a run that goes on from there finds it among what was said before.
   */
  save(step: number, { best, keep }: SaveRequest): CheckpointEvent | undefined {
    const { folder } = this;
    if (folder === undefined) {
      if (best && this.holdBest) this.use((pieces) => { this.best = Buffer.concat(pieces); });
      return undefined;
    }
    const { last, kept } = folder.checkpointFiles(step);
    const event: CheckpointEvent = { type: 'checkpoint', step, file: last, best, ...(keep && { kept }) };
    folder.appendEvent(event);
    this.use((pieces) => {
      folder.writeCheckpoint(pieces, keep ? step : undefined);
      this.savedAt = step;
    });
    if (best) folder.keepBest();
    return event;
  }

  /** Replaces the last checkpoint, without a word. */
  saveLast(step: number): void {
    if (this.folder === undefined) return;
    this.use((pieces) => { this.folder!.writeCheckpoint(pieces); });
    this.savedAt = step;
  }

  /** Puts the checkpoint of the moment among those that stay, where it is missing: its run was killed before it came there. */
  restoreKept(step: number): void {
    this.use((pieces) => this.folder?.restoreKept(pieces, step));
  }

  /** Makes the checkpoint of the moment the best. */
  saveBest(): void {
    this.use((pieces) => this.folder?.writeBest(pieces));
  }
}
