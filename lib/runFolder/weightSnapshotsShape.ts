import type { ImageShape } from '../data/dataset';
import { objectOf, shapeOf } from '../files/shape';

/** The first line of a film; every frame is then its step, 4 bytes, and `units` pictures in planes of bytes. All is little-endian. */
export interface WeightSnapshotsHeader {
  readonly units: number;
  readonly imageShape: ImageShape;
}

const size = shapeOf<number>('a whole number above 0', (value) => Number.isSafeInteger(value) && (value as number) > 0);

/** Apart from the film itself: the dashboard's page reads it. */
export const weightSnapshotsShape = objectOf<WeightSnapshotsHeader>({ units: size, imageShape: objectOf<ImageShape>({ channels: size, height: size, width: size }) });
