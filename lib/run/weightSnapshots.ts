import { appendFileSync, truncateSync } from 'node:fs';
import { readFileIfThere, replaceFile, sizeLimits, withFileErrors } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { ImageShape } from '../data/dataset';
import { featureSizeOf, weightsOnFeatures } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';
import type { WeightSnapshotsHeader } from '../runFolder/weightSnapshotsShape';

/** Frames of a whole run, and units in a frame, at most: a file of 2.7 MB for pictures of CIFAR-10. */
const maxFrames = 24;
const maxUnits = 36;
/** Weights of so many root mean squares of their unit are black or white. */
const contrast = 3;

/** Pictures of the first layer's weights over a run, a frame at some of its evaluations, appended to one small file. */
export class WeightSnapshots {
  private constructor(
    private readonly file: string, private readonly model: Sequential, private readonly normalization: Normalization,
    private readonly units: number, private readonly steps: number, private takenAt: number,
  ) {}

  /**
   * The film of a run of `steps` steps that has done `begun`: frames after that are cut off. Undefined where the first layer
   * does not look at pictures. Throws ERR_IO.
   */
  static open(
    file: string, model: Sequential, normalization: Normalization, imageShape: ImageShape | undefined, steps: number, begun: number,
  ): WeightSnapshots | undefined {
    const weights = model.inputWeights;
    if (imageShape === undefined || weights === undefined) return undefined;
    const units = Math.min(maxUnits, weights.shape[0]!);
    const header = `${JSON.stringify({ units, imageShape } satisfies WeightSnapshotsHeader)}\n`;
    const bytes = begun > 0 ? readFileIfThere(file, { limit: sizeLimits.events }) : undefined;
    const kept = bytes && wholeFrames(bytes, header, 4 + units * featureSizeOf(normalization), begun);
    withFileErrors(file, () => {
      if (kept === undefined) replaceFile(file, header);
      else truncateSync(file, kept.end);
    });
    const takenAt = kept?.takenAt ?? -1;
    return new WeightSnapshots(file, model, normalization, units, steps, takenAt);
  }

  /** Takes a frame of the model as it stands, unless the last one was not long ago. Throws ERR_IO. */
  take(step: number): void {
    const share = (at: number): number => Math.floor((at * maxFrames) / this.steps);
    if (this.takenAt >= 0 && share(step) === share(this.takenAt)) return;
    const { model, units, normalization } = this;
    const size = featureSizeOf(normalization);
    const frame = new Uint8Array(4 + units * size);
    new DataView(frame.buffer).setUint32(0, step, true);
    const weights = weightsOnFeatures(model.inputWeights!.value, units, normalization, model.kernels);
    develop(weights, units, size, new Uint8ClampedArray(frame.buffer, 4)); // rounds and clamps as it stores
    withFileErrors(this.file, () => {
      appendFileSync(this.file, frame, { flush: true }); // the checkpoint that follows counts on it
    });
    this.takenAt = step;
  }
}

/** Mid-grey is weight 0. Each unit has a scale of its own, as their norms differ by an order of magnitude. */
function develop(weights: FloatArray, units: number, size: number, pixels: Uint8ClampedArray): void {
  for (let from = 0; from < units * size; from += size) {
    let squares = 0;
    for (let i = from; i < from + size; i++) squares += weights[i]! * weights[i]!;
    const level = squares === 0 ? 0 : 127.5 / (contrast * Math.sqrt(squares / size));
    for (let i = from; i < from + size; i++) pixels[i] = 127.5 + level * weights[i]!;
  }
}

/**
 * Where the last whole frame of a step up to `begun` ends in a film, and its step, or -1; undefined for a film that was not begun
 * as this one would be.
 */
function wholeFrames(bytes: Buffer, header: string, frame: number, begun: number): { end: number; takenAt: number } | undefined {
  if (bytes.toString('utf8', 0, header.length) !== header) return undefined;
  let end = header.length;
  let takenAt = -1;
  while (end + frame <= bytes.length) {
    const step = bytes.readUInt32LE(end);
    if (step <= takenAt || step > begun) break;
    takenAt = step;
    end += frame;
  }
  return { end, takenAt };
}
