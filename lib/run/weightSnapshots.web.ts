import type { ImageShape } from '../data/dataset';
import type { Normalization } from '../data/normalize/transform';
import type { Sequential } from '../model/sequential';

/** A page has no folders of runs, into which snapshots could be written. */
export class WeightSnapshots {
  static open(_folder: string, _model: Sequential, _normalization: Normalization, _imageShape: ImageShape | undefined, _steps: number, _begun: number): WeightSnapshots | undefined {
    return undefined;
  }

  take(_step: number): void {
    // never called
  }
}
