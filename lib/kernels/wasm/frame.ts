import type { SourceArray } from '../contract';
import { arrayTypeOf, bufferOf, lengthOf, offsetOf, setArray } from '../validate';
import type { ArrayType } from '../validate';
import type { Instance } from './instance';

type AnyArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What a slot of native/wasm/frame.h holds: an array of this type, or one of these. */
const arrayKinds: Readonly<Record<ArrayType, number>> = { Uint8Array: 1, Int32Array: 5, Float32Array: 7, Float64Array: 8 };
const [other, number, flag] = [0, -1, -2];
/* By these kinds. What an array says of itself may be false or, where its prototype was changed, missing. */
const arrayTypes: Readonly<Record<number, new (buffer: ArrayBuffer, offset: number, length: number) => AnyArray>> = { 1: Uint8Array, 5: Int32Array, 7: Float32Array, 8: Float64Array };
const sizes: Readonly<Record<number, number>> = { 1: 1, 5: 4, 7: 4, 8: 8 };

/** As many as there are slots. */
const mostArguments = 18;
/** Up to so many elements are copied one by one: a view, which a faster copy needs, is an object for the collector. */
const few = 256;
/** Foreign arrays of more bytes than this together have no room kept for the next call. */
const keptBytes = 2 ** 26;
const lineBytes = 64;

/**
 * The arguments of a call. Numbers are written as they are; of arrays their address. Arrays that are not in the module's memory are copied into
 * room that is kept from call to call, and outputs back after the call.
 */
export class Frame {
  private readonly at: number;
  /** The blocks for foreign arrays: one, but in a call that needs more than it had. */
  private blocks: number[] = [];
  private blockBytes = 0;
  private used = 0;
  private readonly views: Readonly<Record<number, AnyArray>>;
  private readonly words = new WeakMap<SourceArray, Int32Array>();
  private order = { address: 0, count: 0 };

  /** The arguments of the call that is under way. */
  readonly values: unknown[] = new Array<unknown>(mostArguments).fill(undefined);

  constructor(private readonly instance: Instance) {
    this.at = instance.frame / 4;
    this.views = { 1: instance.bytes, 5: instance.ints, 7: instance.floats, 8: instance.doubles };
  }

  number(slot: number, value: number): void {
    this.instance.doubles[(this.at + 4 * slot) / 2] = value;
    this.instance.ints[this.at + 4 * slot + 2] = number;
  }

  flag(slot: number, value: boolean): void {
    this.instance.doubles[(this.at + 4 * slot) / 2] = value ? 1 : 0;
    this.instance.ints[this.at + 4 * slot + 2] = flag;
  }

  /** An array in the module's memory, or what is no array; returns false for an array from elsewhere. */
  own(slot: number, value: unknown): boolean {
    const type = arrayTypeOf(value);
    if (type === undefined) {
      this.instance.ints[this.at + 4 * slot + 2] = other;
      return true;
    }
    if (bufferOf(value) !== this.instance.memory) return false;
    this.view(slot, arrayKinds[type], offsetOf(value), lengthOf(value));
    return true;
  }

  /** An array from elsewhere, of which the call uses the first `count` elements; `isRead` where their values matter. */
  copy(slot: number, value: unknown, count: number, isRead: boolean): void {
    const array = value as AnyArray;
    const kind = arrayKinds[arrayTypeOf(value)!];
    const length = lengthOf(array);
    if (!(count >= 0 && count <= length)) { // which will be refused
      this.view(slot, kind, 0, length);
      return;
    }
    const size = sizes[kind]!;
    const address = this.room(count * size);
    if (isRead) copyIn(kind, array, 0, this.views[kind]!, address / size, count);
    this.view(slot, kind, address, length);
  }

  /** Copies an array that {@link copy} was given back from the module's memory. */
  output(slot: number, value: unknown, count: number): void {
    const array = value as AnyArray;
    if (bufferOf(array) === this.instance.memory) return;
    const address = this.instance.ints[this.at + 4 * slot]! >>> 0;
    const kind = this.instance.ints[this.at + 4 * slot + 2]!;
    copyOut(this.views[kind]!, address / sizes[kind]!, array, count);
  }

  /**
   * A data set from elsewhere, with `columns` in a row, and the indices of the `count` rows that the call asks for. These rows alone are
   * copied, and counted anew. Returns false if an index is not one of a row.
   */
  source(slot: number, value: unknown, columns: number, indexSlot: number, indices: unknown, count: number): boolean {
    const kind = arrayKinds[arrayTypeOf(value)!];
    const source = value as SourceArray;
    if (arrayTypeOf(indices) !== 'Int32Array' || lengthOf(indices) < count || columns === 0) {
      this.view(slot, kind, 0, lengthOf(source)); // of no columns, or to be refused
      return true;
    }
    const rows = Math.floor(lengthOf(source) / columns);
    const size = sizes[kind]!;
    const rowBytes = columns * size;
    const address = this.room(count * rowBytes);
    const words = rowBytes % 4 === 0 ? this.wordsOf(source, size) : undefined;
    for (let i = 0; i < count; i++) {
      const index = (indices as Int32Array)[i]!;
      if (!(index >= 0 && index < rows)) return false;
      const to = address + i * rowBytes;
      if (words === undefined) copyIn(kind, source, index * columns, this.views[kind]!, to / size, columns);
      else copyWords(words, index * rowBytes / 4, this.instance.ints, to / 4, rowBytes / 4);
    }
    this.view(slot, kind, address, count * columns);
    this.view(indexSlot, arrayKinds.Int32Array, this.ascending(count), count);
    return true;
  }

  /** Whether arrays were copied for this call, after which {@link clear} is to be called. */
  get holdsCopies(): boolean {
    return this.total > 0;
  }

  /** Forgets what was copied. */
  clear(): void {
    if (this.blocks.length > 1 || this.blockBytes > keptBytes) {
      for (const block of this.blocks) this.instance.free(block);
      const needed = this.total;
      this.blocks = [];
      this.blockBytes = 0;
      if (needed <= keptBytes) this.block(needed);
    }
    this.used = 0;
    this.total = 0;
  }

  /** Bytes that were asked for in this call. */
  private total = 0;

  private room(bytes: number): number {
    const lines = Math.ceil(bytes / lineBytes) * lineBytes;
    this.total += lines;
    if (this.used + lines > this.blockBytes) this.block(Math.max(lines, Math.min(2 * this.total, keptBytes)));
    const address = (this.blocks.at(-1) ?? 0) + this.used;
    this.used += lines;
    return address;
  }

  private block(bytes: number): void {
    this.blocks.push(this.instance.allocate(Math.max(bytes, lineBytes)));
    this.blockBytes = bytes;
    this.used = 0;
  }

  private view(slot: number, kind: number, address: number, length: number): void {
    const { ints } = this.instance;
    const at = this.at + 4 * slot;
    ints[at] = address;
    ints[at + 1] = length;
    ints[at + 2] = kind;
  }

  /** The bytes of a data set four at a time, undefined where it does not lie so. */
  private wordsOf(source: SourceArray, size: number): Int32Array | undefined {
    if (offsetOf(source) % 4 !== 0) return undefined;
    let words = this.words.get(source);
    if (words === undefined) {
      words = new Int32Array(bufferOf(source), offsetOf(source), Math.floor(lengthOf(source) * size / 4));
      this.words.set(source, words);
    }
    return words;
  }

  /** The address of the numbers from 0 to count - 1. */
  private ascending(count: number): number {
    if (count > this.order.count) {
      if (this.order.address !== 0) this.instance.free(this.order.address);
      const [address, room] = [this.instance.allocate(8 * count), 2 * count];
      for (let i = 0; i < room; i++) this.instance.ints[address / 4 + i] = i;
      this.order = { address, count: room };
    }
    return this.order.address;
  }
}

/** Copies `count` elements from `at` on into the module's memory. */
function copyIn(kind: number, from: SourceArray | AnyArray, at: number, to: AnyArray, start: number, count: number): void {
  if (count <= few) {
    for (let i = 0; i < count; i++) to[start + i] = from[at + i]!;
  } else {
    setArray(to, at === 0 && count === lengthOf(from) ? from : new arrayTypes[kind]!(bufferOf(from), offsetOf(from) + at * sizes[kind]!, count), start);
  }
}

/** Copies as many elements from `at` on out of it. */
function copyOut(from: AnyArray, at: number, to: AnyArray, count: number): void {
  if (count <= few) {
    for (let i = 0; i < count; i++) to[i] = from[at + i]!;
  } else {
    setArray(to, from.subarray(at, at + count), 0);
  }
}

function copyWords(from: Int32Array, at: number, to: Int32Array, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[start + i] = from[at + i]!;
}
