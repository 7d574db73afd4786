import type { KernelName } from '../contract';
import { volumeOf } from '../declare';
import type { Argument, ArrayArgument } from '../declare';
import { signatures } from '../signatures';
import { isSize, isSource } from '../validate';
import type { Frame } from './frame';
import type { ErrorOf, ModuleKernel } from './instance';

/** A kernel as a function of its arguments. Of a parameter for each, as one that takes the rest would leave an array to the collector at every call. */
export type Operation = (
  a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown, f?: unknown, g?: unknown, h?: unknown, i?: unknown,
  j?: unknown, k?: unknown, l?: unknown, m?: unknown, n?: unknown, o?: unknown, p?: unknown, q?: unknown, r?: unknown,
) => unknown;

/** How many elements of an array a call uses; of a source, how many a row has. */
type Volume = (values: readonly unknown[]) => number;

const [number, flag, array, source] = [0, 1, 2, 3];

/** What is done with an argument. */
interface Step {
  readonly slot: number;
  readonly kind: number;
  readonly volume: Volume;
  /** Whether the values of an array matter to the kernel, and whether it writes them. */
  readonly isRead: boolean;
  readonly isWritten: boolean;
  /** Of a source: the slot of the indices of its rows. */
  readonly indexSlot: number;
  readonly indexVolume: Volume;
}

/** A kernel of the module as a function: it writes the arguments into the frame, runs the kernel, and copies back what foreign arrays were given. */
export function callOf(name: KernelName, { run, returns }: ModuleKernel, frame: Frame, errorOf: ErrorOf): Operation {
  const { args } = signatures[name];
  let steps: readonly Step[] = []; // made at the first call, as a program calls few of the kernels
  const { values } = frame;
  return (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r) => {
    values[0] = a; values[1] = b; values[2] = c; values[3] = d; values[4] = e; values[5] = f; values[6] = g; values[7] = h; values[8] = i;
    values[9] = j; values[10] = k; values[11] = l; values[12] = m; values[13] = n; values[14] = o; values[15] = p; values[16] = q; values[17] = r;
    if (steps.length === 0) steps = args.map((argument, slot) => stepOf(args, argument, slot));
    let result;
    let isRefused = false;
    try {
      isRefused = !put(steps, frame);
      if (!isRefused) result = run();
    } catch (error) {
      throw errorOf(name, values.slice(0, args.length), error);
    }
    if (isRefused) throw errorOf(name, values.slice(0, args.length));
    if (frame.holdsCopies) takeBack(steps, frame);
    return returns ? result : undefined;
  };
}

/** Writes the arguments into the frame; returns false where one is refused already. What is not, the module looks at. */
function put(steps: readonly Step[], frame: Frame): boolean {
  const { values } = frame;
  for (let i = 0; i < steps.length; i++) {
    const { slot, kind, volume, isRead, indexSlot, indexVolume } = steps[i]!;
    const value = values[slot];
    if (kind === number) {
      if (typeof value !== 'number') return false;
      frame.number(slot, value);
    } else if (kind === flag) {
      if (typeof value !== 'boolean') return false;
      frame.flag(slot, value);
    } else if (!frame.own(slot, value)) {
      if (kind === array) {
        frame.copy(slot, value, volume(values), isRead);
      } else {
        const [columns, rows] = [volume(values), indexVolume(values)];
        if (!isSize(columns) || !isSize(rows) || !frame.source(slot, value, columns, indexSlot, values[indexSlot], rows)) return false;
      }
    }
  }
  return true;
}

/** Copies foreign outputs back from the module's memory. */
function takeBack(steps: readonly Step[], frame: Frame): void {
  for (const { slot, volume, isWritten } of steps) if (isWritten) frame.output(slot, frame.values[slot], volume(frame.values));
  frame.clear();
}

function stepOf(args: readonly Argument[], argument: Argument, slot: number): Step {
  const none: Volume = () => 0;
  const step: Step = { slot, kind: number, volume: none, isRead: false, isWritten: false, indexSlot: 0, indexVolume: none };
  if (argument.kind === 'flag') return { ...step, kind: flag };
  if (!('shape' in argument)) return step;
  const { use } = argument;
  const volume = volumeIn(args, argument);
  if (!isSource(argument)) return { ...step, kind: array, volume, isRead: use !== 'room', isWritten: use === 'writes' || use === 'updates' };
  const indexSlot = args.findIndex((other) => 'shape' in other && other.bound === argument.name);
  return { ...step, kind: source, volume, indexSlot, indexVolume: volumeIn(args, args[indexSlot] as ArrayArgument) };
}

/** For values that are numbers where sizes are asked for; of others NaN or any number. */
function volumeIn(args: readonly Argument[], { shape, unusedIfZero }: ArrayArgument): Volume {
  const at = (name: string): number => args.findIndex((argument) => argument.name === name);
  const [first = -1, second = -1] = shape.map(at);
  const volume: Volume = shape.length === 1 && first >= 0 ? (values) => values[first] as number
    : shape.length === 2 && first >= 0 && second >= 0 ? (values) => (values[first] as number) * (values[second] as number)
    : (values) => volumeOf(shape, (name) => values[at(name)] as number);
  if (unusedIfZero === undefined) return volume;
  const scalar = at(unusedIfZero);
  return (values) => (values[scalar] === 0 ? 0 : volume(values));
}
