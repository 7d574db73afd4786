import { storedDtype } from '../contract';
import type { Dtype, KernelName, Kernels, Precision } from '../contract';
import { volumeOf } from '../declare';
import type { Argument, ArrayArgument } from '../declare';
import { signatures } from '../signatures';
import { isSize, isSource, refusalOf } from '../validate';
import { Frame } from './frame';
import type { CallEnded, Instance, ModuleKernel } from './instance';

type Operation = (...values: unknown[]) => unknown;

/**
 * The kernels of a precision on an instance of the WebAssembly module. The module checks every argument and refuses with a bare reason, as the
 * addon does; the checks of TypeScript run only then, to put the refusal into words.
 */
export function wasmKernels(instance: Instance, precision: Precision): Kernels {
  const dtype = storedDtype(precision);
  const operations = new Map([...instance.kernels(dtype), ...instance.kernels(precision)]);
  const frame = frames.get(instance) ?? new Frame(instance);
  frames.set(instance, frame);
  const bound = [...operations].map(([name, kernel]) => [name, bind(name as KernelName, dtype, kernel, instance, frame)]);
  return {
    ...Object.fromEntries(bound),
    backend: 'wasm',
    dtype,
    prefersBytes: precision === 'bfloat16',
    allocate: (length: number) => instance.array(dtype, length),
  } as Kernels;
}

/** One frame for all kernels of an instance, as they run one after the other. */
const frames = new WeakMap<Instance, Frame>();

/** How many elements of an array a call with these arguments uses. */
type Volume = (values: readonly unknown[]) => number;

/** Writes an argument into the frame; returns false where it is refused already. */
type Put = (values: readonly unknown[]) => boolean;

function bind(name: KernelName, dtype: Dtype, { run, returns }: ModuleKernel, instance: Instance, frame: Frame): Operation {
  const { args } = signatures[name];
  const puts = args.map((argument, slot) => putOf(frame, args, argument, slot));
  const outputs = args.flatMap((argument, slot) => ('shape' in argument && (argument.use === 'writes' || argument.use === 'updates')
    ? [{ slot, volume: volumeIn(args, argument) }] : []));
  const refusal = (values: readonly unknown[]): Error => {
    instance.unwind();
    frame.clear();
    return refusalOf(name, dtype, values);
  };
  return (...values) => {
    for (const put of puts) if (!put(values)) throw refusal(values);
    let result;
    try {
      result = run();
    } catch (error) {
      const { reason } = error as Partial<CallEnded>;
      if (reason === undefined) throw error; // a trap, which no arguments should cause
      if (reason === 'refused') throw refusal(values);
      refusal(values);
      throw instance.full(instance.freeBytes());
    }
    for (const { slot, volume } of outputs) frame.output(slot, values[slot], volume(values));
    frame.clear();
    return returns ? result : undefined;
  };
}

function putOf(frame: Frame, args: readonly Argument[], argument: Argument, slot: number): Put {
  if (argument.kind === 'flag') {
    return (values) => {
      const value = values[slot];
      if (typeof value !== 'boolean') return false;
      frame.flag(slot, value);
      return true;
    };
  }
  if (argument.kind === 'size' || argument.kind === 'scalar') {
    const isLegal = argument.kind === 'size' ? isSize : (value: unknown): boolean => typeof value === 'number';
    return (values) => {
      const value = values[slot];
      if (!isLegal(value)) return false;
      frame.number(slot, value as number);
      return true;
    };
  }
  const volume = volumeIn(args, argument);
  if (isSource(argument)) {
    const indexSlot = args.findIndex((other) => 'shape' in other && other.bound === argument.name);
    const count = volumeIn(args, args[indexSlot] as ArrayArgument);
    return (values) => {
      const columns = volume(values);
      return isSize(columns) && frame.source(slot, values[slot], columns, indexSlot, values[indexSlot], count(values));
    };
  }
  const isRead = argument.use !== 'room';
  return (values) => {
    frame.array(slot, values[slot], volume(values), isRead);
    return true;
  };
}

/** Sizes stand before arrays, so that they have been checked where this is called. */
function volumeIn(args: readonly Argument[], { shape, unusedIfZero }: ArrayArgument): Volume {
  const at = (name: string): number => args.findIndex((argument) => argument.name === name);
  const places = shape.map(at);
  const [first, second, third] = places as [number, number, number];
  const general: Volume = (values) => volumeOf(shape, (name) => values[at(name)] as number);
  const volume: Volume = places.includes(-1) || places.length > 3 || places.length === 0 ? general
    : places.length === 1 ? (values) => values[first] as number
    : places.length === 2 ? (values) => (values[first] as number) * (values[second] as number)
    : (values) => (values[first] as number) * (values[second] as number) * (values[third] as number);
  if (unusedIfZero === undefined) return volume;
  const scalar = at(unusedIfZero);
  return (values) => (values[scalar] === 0 ? 0 : volume(values));
}
