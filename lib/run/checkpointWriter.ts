import { concatBytes } from '../files';
import { withFacts } from '../train/checkpoint';
import type { UseChunks } from '../train/checkpoint';
import type { CheckpointFacts } from '../train/checkpointShape';
import type { CheckpointEvent } from '../train/events';
import type { SaveRequest } from '../train/train';
import type { RunFolder } from '../runFolder/runFolder';

/** Writes a run's checkpoints into its folder. Without a folder only the best one is held, in memory. */
export class CheckpointWriter {
  /** The step of the last checkpoint in the folder; -1 before the first. */
  savedAt = -1;
  /** The checkpoint of the best evaluation so far, for a run without a folder, with `holdBest`. */
  best: Uint8Array | undefined;

  /** @param use calls its argument with the checkpoint of the current state. */
  constructor(
    private readonly use: (write: UseChunks<void>) => void,
    private readonly folder: RunFolder | undefined,
    private readonly holdBest: boolean,
  ) {}

  /**
   * Saves the checkpoints requested at a step; returns their event for a run with a folder. The event is in the metrics before the
   * checkpoint is in place, so that a run that resumes from it finds the event among the earlier ones.
   */
  save(step: number, { best, keep }: SaveRequest): CheckpointEvent | undefined {
    const { folder } = this;
    if (folder === undefined) {
      if (best && this.holdBest) this.use((chunks) => { this.best = concatBytes(chunks); });
      return undefined;
    }
    const { last, kept } = folder.checkpointFiles(step);
    const event: CheckpointEvent = { type: 'checkpoint', step, file: last, best, ...(keep && { kept }) };
    folder.appendEvent(event);
    this.use((chunks) => {
      folder.writeCheckpoint(chunks, keep ? step : undefined);
      this.savedAt = step;
    });
    if (best) folder.linkBest();
    return event;
  }

  /** Replaces the last checkpoint. Emits no event. */
  saveLast(step: number): void {
    if (this.folder === undefined) return;
    this.use((chunks) => { this.folder!.writeCheckpoint(chunks); });
    this.savedAt = step;
  }

  /** Puts other facts into the checkpoint that has the model, the best or the last one; its state stays. */
  replaceFacts(facts: CheckpointFacts, isBest: boolean): void {
    this.folder?.rewriteCheckpoint(isBest ? 'best' : 'checkpoint', (bytes, source) => withFacts(bytes, source, facts));
  }

  /** Adds the current state to the kept checkpoints where it is missing, because the run was killed before that was written. */
  restoreKept(step: number): void {
    this.use((chunks) => this.folder?.restoreKept(chunks, step));
  }

  /** Writes the current state as the best checkpoint. */
  saveBest(): void {
    this.use((chunks) => this.folder?.writeBest(chunks));
  }
}
