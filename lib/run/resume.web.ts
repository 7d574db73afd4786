import type { TrainSpec } from '../spec/spec';

/** A page has no folders of runs. */
export function readBest(_folder: string, _spec: TrainSpec, _step: number): Uint8Array | undefined {
  return undefined;
}
