import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { readFileIfThere, replaceFile, sizeLimits, withFileErrors } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { ImageShape } from '../data/dataset';
import { featureSizeOf, weightsOnFeatures } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';
import { runFiles } from '../runFolder/runFolder';
import type { WeightSnapshotsHeader } from '../runFolder/weightSnapshotsShape';

/** Snapshots of a run, and units in each, at most: a file of 2.7 MB for images of CIFAR-10. */
const maxSnapshots = 24;
const maxUnits = 36;
/** Weights beyond this multiple of their unit's root mean square are black or white. */
const contrast = 3;

/** Pictures of the first layer's weights, taken at some evaluations of a run and appended to one small file. */
export class WeightSnapshots {
  private constructor(
    private readonly file: string, private readonly model: Sequential, private readonly normalization: Normalization,
    private readonly units: number, private readonly steps: number, private takenAt: number,
  ) {}

  /**
   * Opens the file in the folder of a run of `steps` steps that resumes at step `begun`, 0 for a new one; later snapshots are cut off. Undefined where
   * rows are not images or the first layer with weights is not linear. Throws ERR_IO.
   */
  static open(
    folder: string, model: Sequential, normalization: Normalization, imageShape: ImageShape | undefined, steps: number, begun: number,
  ): WeightSnapshots | undefined {
    const weights = model.inputWeights;
    if (imageShape === undefined || weights === undefined) return undefined;
    const file = join(folder, runFiles.weightSnapshots);
    const units = Math.min(maxUnits, weights.shape[0]!);
    const header = `${JSON.stringify({ units, imageShape } satisfies WeightSnapshotsHeader)}\n`;
    const bytes = begun > 0 ? readFileIfThere(file, { limit: sizeLimits.events }) : undefined;
    const kept = bytes && findEnd(bytes, header, 4 + units * featureSizeOf(normalization), begun);
    withFileErrors(file, () => {
      if (kept === undefined) replaceFile(file, header);
      else truncateSync(file, kept.end);
    });
    const takenAt = kept?.takenAt ?? -1;
    return new WeightSnapshots(file, model, normalization, units, steps, takenAt);
  }

  /** Takes a snapshot of the current weights, unless less than a {@link maxSnapshots}th of the run has passed since the last one. Throws ERR_IO. */
  take(step: number): void {
    const share = (at: number): number => Math.floor((at * maxSnapshots) / this.steps);
    if (this.takenAt >= 0 && share(step) === share(this.takenAt)) return;
    const { model, units, normalization } = this;
    const size = featureSizeOf(normalization);
    const snapshot = new Uint8Array(4 + units * size);
    new DataView(snapshot.buffer).setUint32(0, step, true);
    const weights = weightsOnFeatures(model.inputWeights!.value, units, normalization, model.kernels);
    toPixels(weights, units, size, new Uint8ClampedArray(snapshot.buffer, 4)); // a clamped array rounds and clamps
    withFileErrors(this.file, () => {
      appendFileSync(this.file, snapshot, { flush: true }); // must be on disk before the checkpoint that follows
    });
    this.takenAt = step;
  }
}

/** Converts weights to pixels: mid-grey is 0. Each unit has its own scale, as their norms differ by an order of magnitude. */
function toPixels(weights: FloatArray, units: number, size: number, pixels: Uint8ClampedArray): void {
  for (let from = 0; from < units * size; from += size) {
    let squares = 0;
    for (let i = from; i < from + size; i++) squares += weights[i]! * weights[i]!;
    const level = squares === 0 ? 0 : 127.5 / (contrast * Math.sqrt(squares / size));
    for (let i = from; i < from + size; i++) pixels[i] = 127.5 + level * weights[i]!;
  }
}

/**
 * The end in the file of the last complete snapshot up to step `begun`, and its step, or -1; undefined for a file with another header.
 * @param size bytes of a snapshot
 */
function findEnd(bytes: Buffer, header: string, size: number, begun: number): { end: number; takenAt: number } | undefined {
  if (bytes.toString('utf8', 0, header.length) !== header) return undefined;
  let end = header.length;
  let takenAt = -1;
  while (end + size <= bytes.length) {
    const step = bytes.readUInt32LE(end);
    if (step <= takenAt || step > begun) break;
    takenAt = step;
    end += size;
  }
  return { end, takenAt };
}
