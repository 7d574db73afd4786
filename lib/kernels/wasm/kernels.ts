import { storedDtype } from '../contract';
import type { Dtype, KernelName, Kernels, Precision } from '../contract';
import { refusalOf } from '../validate';
import { callOf } from './calls';
import { Frame } from './frame';
import type { CallEnded, ErrorOf, Instance } from './instance';

/**
 * The kernels of a precision on an instance of the WebAssembly module. The module checks every argument and refuses with a bare reason, as the
 * addon does; the checks of TypeScript run only then, to put the refusal into words.
 */
export function wasmKernels(instance: Instance, precision: Precision): Kernels {
  const dtype = storedDtype(precision);
  const operations = new Map([...instance.kernels(dtype), ...instance.kernels(precision)]);
  const frame = frames.get(instance) ?? new Frame(instance);
  frames.set(instance, frame);
  const errorOf = endingOf(instance, frame, dtype);
  const calls = Object.fromEntries([...operations].map(([name, kernel]) => [name, callOf(name as KernelName, kernel, frame, errorOf)]));
  return {
    ...calls,
    backend: 'wasm',
    dtype,
    prefersBytes: precision === 'bfloat16',
    allocate: (length: number) => instance.array(dtype, length),
  } as Kernels;
}

/** One frame for all kernels of an instance, as they run one after the other. */
const frames = new WeakMap<Instance, Frame>();

function endingOf(instance: Instance, frame: Frame, dtype: Dtype): ErrorOf {
  return (kernel, values, cause) => {
    instance.unwind();
    frame.clear();
    const reason = cause === undefined ? 'refused' : (cause as Partial<CallEnded>).reason;
    if (reason === undefined) return cause; // ERR_MEMORY of a foreign array, or a trap, which no arguments should cause
    return reason === 'refused' ? refusalOf(kernel, dtype, values) : instance.full(instance.freeBytes());
  };
}
