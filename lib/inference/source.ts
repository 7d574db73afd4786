import { statSync } from 'node:fs';
import { checkText } from '../arguments';
import { readFile, sizeLimits } from '../files';
import type { Kernels } from '../kernels/contract';
import { warmStart } from '../build/warmStart';
import type { WarmStart } from '../build/warmStart';
import type { TrainingData } from '../build/buildTraining';
import { modelFile } from '../runFolder/runFolder';
import type { TrainSpec } from '../spec/spec';
import { decodeTrained } from '../train/modelFile';
import type { TrainedModel } from '../train/modelFile';
import { checkLoadOptions, decodeModel } from './trainedModel';
import type { LoadOptions } from './trainedModel';

/** What a training of this spec takes over from the model that its key `from` names. Throws as `Model.load` and {@link warmStart} do. */
export function startOf(spec: TrainSpec, data: TrainingData, kernels: Kernels): WarmStart | undefined {
  return spec.from === null ? undefined : warmStart(spec, data, readTrained(spec.from, {}), kernels);
}

/** Reads a trained model, see `Model.load`. */
export function readTrained(from: string | Uint8Array, options: LoadOptions): TrainedModel {
  if (typeof from !== 'string') return decodeModel(from, options, 'a path or the bytes of a model');
  checkLoadOptions(options);
  checkText(from, 'from');
  const isFolder = statSync(from, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? modelFile(from) : from;
  // A link in a run's folder is not followed, one that the caller names is.
  return decodeTrained(readFile(file, { limit: sizeLimits.checkpoint, follow: !isFolder }), options.name ?? file);
}
