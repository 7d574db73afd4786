import type { CheckpointEvent } from '../train/events';
import type { SaveRequest } from '../train/train';
import type { RunFolder } from './runFolder';

/** Decides which checkpoints of a run are written where, and keeps the best where it will be asked for. */
export class Keeper {
  /** The step of the last checkpoint in the folder; -1 before the first. */
  savedAt = -1;

  /**
   * @param encode gives the checkpoint of the moment.
   * @param best the checkpoint of the best evaluation so far, where `holdBest` and there is one.
   */
  constructor(
    private readonly encode: () => Uint8Array,
    private readonly folder: RunFolder | undefined,
    private readonly holdBest: boolean,
    public best?: Uint8Array,
  ) {}

  /**
   * Saves what is due at a step; returns the event that tells, for a run with a folder. The event is in the metrics before
   * the checkpoint is in place: a run that goes on from there finds it among what was said before.
   */
  save(step: number, { best, keep }: SaveRequest): CheckpointEvent | undefined {
    if (this.folder === undefined) {
      if (best && this.holdBest) this.best = this.encode();
      return undefined;
    }
    const { last, kept } = this.folder.checkpointFiles(step);
    const event: CheckpointEvent = { type: 'checkpoint', step, file: last, best, ...(keep && { kept }) };
    this.folder.appendEvent(event);
    const bytes = this.saveLast(step)!;
    if (best) this.saveBest(bytes);
    if (keep) this.folder.writeKept(bytes, step);
    return event;
  }

  /** Replaces the last checkpoint, without a word. */
  saveLast(step: number): Uint8Array | undefined {
    if (this.folder === undefined) return undefined;
    const bytes = this.encode();
    this.folder.writeCheckpoint(bytes);
    this.savedAt = step;
    return bytes;
  }

  /** Makes a checkpoint the best. */
  saveBest(bytes: Uint8Array): void {
    this.folder?.writeBest(bytes);
    if (this.holdBest) this.best = bytes;
  }
}
