import type { KernelName } from '../contract';
import { volumeOf } from '../declare';
import type { Argument, ArrayArgument } from '../declare';
import { signatures } from '../signatures';
import { isSize, isSource } from '../validate';
import type { Frame } from './frame';
import type { ErrorOf, ModuleKernel } from './instance';

type Operation = (...values: unknown[]) => unknown;

/** How many elements of an array a call with these arguments uses. */
type Volume = (values: readonly unknown[]) => number;

/** Writes an argument into the frame; returns false where it is refused already. */
type Put = (values: readonly unknown[]) => boolean;

/** A kernel of the module as a function: a loop over its signature, for where Node may not compile text (--disallow-code-generation-from-strings). */
export function interpretCall(name: KernelName, { run, returns }: ModuleKernel, frame: Frame, errorOf: ErrorOf): Operation {
  const { args } = signatures[name];
  const puts = args.map((argument, slot) => putOf(frame, args, argument, slot));
  const outputs = args.flatMap((argument, slot) => ('shape' in argument && (argument.use === 'writes' || argument.use === 'updates')
    ? [{ slot, volume: volumeIn(args, argument) }] : []));
  return (...values) => {
    let result;
    let isRefused = false;
    try {
      isRefused = !puts.every((put) => put(values));
      if (!isRefused) result = run();
    } catch (error) {
      throw errorOf(name, values, error);
    }
    if (isRefused) throw errorOf(name, values);
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
