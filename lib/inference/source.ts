import { statSync } from 'node:fs';
import { checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { readFile, sizeLimits } from '../files';
import type { BackendName, Kernels } from '../kernels/contract';
import { warmStart } from '../build/warmStart';
import type { WarmStart } from '../build/warmStart';
import type { TrainingData } from '../build/buildTraining';
import { modelFile } from '../runFolder/runFolder';
import type { TrainSpec } from '../spec/spec';
import { decodeTrained } from '../train/modelFile';
import type { TrainedModel } from '../train/modelFile';

/** How a model is loaded. */
export interface LoadOptions {
  /** Can be another than that of the training. */
  readonly backend?: BackendName;
  /** What error messages call the bytes; of a file its path. */
  readonly name?: string;
  /** Whether to use the initial parameters, which follow from the spec's seed, in place of the trained ones. */
  readonly untrained?: boolean;
}

/** What a training of this spec takes over from the model that its key `from` names. Throws as `Model.load` and {@link warmStart} do. */
export function startOf(spec: TrainSpec, data: TrainingData, kernels: Kernels): WarmStart | undefined {
  return spec.from === null ? undefined : warmStart(spec, data, readTrained(spec.from, {}), kernels);
}

/** Reads a trained model, see `Model.load`. */
export function readTrained(from: string | Uint8Array, options: LoadOptions): TrainedModel {
  checkOptions(options);
  if (options.name !== undefined) checkText(options.name, 'options.name', 'a name');
  if (typeof from === 'string') {
    checkText(from, 'from');
    const isFolder = statSync(from, { throwIfNoEntry: false })?.isDirectory() === true;
    const file = isFolder ? modelFile(from) : from;
    // A link in a run's folder is not followed, one that the caller names is.
    return decodeTrained(readFile(file, { limit: sizeLimits.checkpoint, follow: !isFolder }), options.name ?? file);
  }
  if (!isBytes(from)) throw expected('ERR_CONFIG', 'a path or the bytes of a model', 'from', from, { path: 'from' });
  return decodeTrained(from, options.name ?? 'the bytes of a model');
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT === 1;
}
