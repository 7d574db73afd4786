import type { ImageShape } from '../data/dataset';
import { objectOf, shapeOf } from '../files/shape';

/** The first line of a file of weight snapshots. Each snapshot after it is its step, 4 bytes little-endian, and `units` pictures in planes of bytes. */
export interface WeightSnapshotsHeader {
  readonly units: number;
  readonly imageShape: ImageShape;
}

const size = shapeOf<number>('a whole number above 0', (value) => Number.isSafeInteger(value) && (value as number) > 0);

/** In a file of its own, without the writer, as the dashboard's page imports it. */
export const weightSnapshotsShape = objectOf<WeightSnapshotsHeader>({ units: size, imageShape: objectOf<ImageShape>({ channels: size, height: size, width: size }) });
