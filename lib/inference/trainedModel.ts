import { checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { checkTestTimeAugmentation } from '../data/views';
import type { ViewOptions } from '../data/views';
import type { BackendName } from '../kernels/contract';
import { decodeTrained } from '../train/modelFile';
import type { TrainedModel } from '../train/modelFile';

/** How a model is loaded. */
export interface LoadOptions extends ViewOptions {
  /** Can be another than that of the training. */
  readonly backend?: BackendName;
  /** What error messages call the bytes; of a file its path. */
  readonly name?: string;
  /** Whether to use the initial parameters, which follow from the spec's seed, in place of the trained ones. */
  readonly untrained?: boolean;
}

/** A trained model from the bytes of a file. Throws ERR_CONFIG for anything but bytes, ERR_CHECKPOINT for bytes of something else. */
export function decodeModel(from: Uint8Array, options: LoadOptions, what = 'the bytes of a model'): TrainedModel {
  checkLoadOptions(options);
  if (!isBytes(from)) throw expected('ERR_CONFIG', what, 'from', from, { path: 'from' });
  return decodeTrained(from, options.name ?? 'the bytes of a model');
}

/** Throws ERR_CONFIG for what are none. */
export function checkLoadOptions(options: LoadOptions): void {
  checkOptions(options);
  if (options.name !== undefined) checkText(options.name, 'options.name', 'a name');
  if (options.tta !== undefined) checkTestTimeAugmentation(options.tta);
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT === 1;
}
