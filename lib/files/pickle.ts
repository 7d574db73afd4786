import type { BlastrainError, ErrorDetails } from '../errors';
import { fileError } from './system';

/** A value of a pickle: tuples are lists, and what a dialect makes of texts, of bytes and of calls is its own. */
export type Pickled<Own> = null | boolean | number | Uint8Array | Own | Pickled<Own>[] | Map<string, Pickled<Own>>;

/** A function or class that a pickle names. */
export interface PickledGlobal {
  readonly global: string;
}

/** What the pickles of one program may hold. */
export interface PickleDialect<Own> {
  /** What is expected of a file, in errors. */
  readonly what: string;
  /** The functions and classes that it may name. */
  readonly allowed: ReadonlySet<string>;
  /** Of a text, from its UTF-8 form. */
  readonly textOf: (utf8: Buffer) => Pickled<Own>;
  /** The key of a dict; undefined for a value that is none. */
  readonly keyOf: (value: Pickled<Own | PickledGlobal>) => string | undefined;
  /** Stands in the place of an allowed function; undefined refuses the call. */
  readonly call: (name: string, args: readonly Pickled<Own | PickledGlobal>[]) => Pickled<Own> | undefined;
  /** Sets the state of a value. */
  readonly build: (target: Pickled<Own | PickledGlobal>, state: Pickled<Own | PickledGlobal>) => void;
  /** What a persistent id stands for; undefined refuses it. */
  readonly persistent?: (id: Pickled<Own | PickledGlobal>) => Pickled<Own> | undefined;
}

/**
 * Reads a pickle of protocol 0 to 4. A pickle is a program: only the opcodes of plain data are implemented, and of functions only those that the dialect has a replacement for; nothing is looked up
 * or called. Throws ERR_DATA with details.file, and details.global for a function or class that is refused.
 */
export function unpickle<Own>(bytes: Uint8Array, file: string, dialect: PickleDialect<Own>): Pickled<Own | PickledGlobal> {
  return new Unpickler(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), file, dialect).run();
}

class Unpickler<Own, Value extends Pickled<Own | PickledGlobal> = Pickled<Own | PickledGlobal>> {
  private position = 0;
  private stack: Value[] = [];
  /** The stack below each MARK. */
  private readonly below: Value[][] = [];
  private readonly memo = new Map<number, Value>();

  constructor(private readonly bytes: Buffer, private readonly file: string, private readonly dialect: PickleDialect<Own>) {}

  run(): Value {
    for (;;) {
      const at = this.position;
      const opcode = this.byte();
      if (opcode === 0x2e /* STOP */) return this.pop();
      if (!this.execute(opcode)) throw this.error('a pickle of plain data, of protocol 0 to 4,', `opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${String(at)}`);
    }
  }

  /** Executes one opcode other than STOP, named as in Python's pickletools. Returns false for one that is not implemented. */
  private execute(opcode: number): boolean {
    switch (opcode) {
      case 0x80 /* PROTO */: return this.byte() <= 4;
      case 0x95 /* FRAME */: this.take(8); return true;
      case 0x28 /* MARK */: this.below.push(this.stack); this.stack = []; return true;
      case 0x63 /* GLOBAL */: return this.pushGlobal(`${this.line()}.${this.line()}`);
      case 0x93 /* STACK_GLOBAL */: { const name = this.key(); return this.pushGlobal(`${this.key()}.${name}`); }
      case 0x52 /* REDUCE */: { const args = this.pop(); return this.call(this.pop(), args); }
      case 0x62 /* BUILD */: { const state = this.pop(); this.dialect.build(this.top(), state); return true; }
      case 0x51 /* BINPERSID */: { const found = this.dialect.persistent?.(this.pop()); return found !== undefined && this.push(found); }

      case 0x4e /* NONE */: return this.push(null);
      case 0x88 /* NEWTRUE */: return this.push(true);
      case 0x89 /* NEWFALSE */: return this.push(false);
      case 0x49 /* INT */: return this.push(this.integer(this.line()));
      case 0x4a /* BININT */: return this.push(this.take(4).readInt32LE());
      case 0x4b /* BININT1 */: return this.push(this.byte());
      case 0x4d /* BININT2 */: return this.push(this.take(2).readUInt16LE());
      case 0x8a /* LONG1 */: return this.push(longOf(this.take(this.byte())));
      case 0x47 /* BINFLOAT */: return this.push(this.take(8).readDoubleBE());

      case 0x53 /* STRING */: return this.push(this.quoted(this.line()));
      case 0x54 /* BINSTRING */: return this.push(this.take(this.length()));
      case 0x55 /* SHORT_BINSTRING */: return this.push(this.take(this.byte()));
      case 0x58 /* BINUNICODE */: return this.push(this.dialect.textOf(this.take(this.length())));
      case 0x8c /* SHORT_BINUNICODE */: return this.push(this.dialect.textOf(this.take(this.byte())));

      case 0x5d /* EMPTY_LIST */: case 0x29 /* EMPTY_TUPLE */: return this.push([]);
      case 0x85 /* TUPLE1 */: return this.push([this.pop()]);
      case 0x86 /* TUPLE2 */: return this.push([this.pop(), this.pop()].reverse());
      case 0x87 /* TUPLE3 */: return this.push([this.pop(), this.pop(), this.pop()].reverse());
      case 0x6c /* LIST */: case 0x74 /* TUPLE */: return this.push(this.popMark());
      case 0x61 /* APPEND */: return this.append([this.pop()]);
      case 0x65 /* APPENDS */: return this.append(this.popMark());

      case 0x7d /* EMPTY_DICT */: return this.push(new Map());
      case 0x64 /* DICT */: { const items = this.popMark(); this.push(new Map()); return this.setItems(items); }
      case 0x73 /* SETITEM */: return this.setItems([this.pop(), this.pop()].reverse());
      case 0x75 /* SETITEMS */: return this.setItems(this.popMark());

      case 0x70 /* PUT */: return this.remember(Number(this.line()));
      case 0x71 /* BINPUT */: return this.remember(this.byte());
      case 0x72 /* LONG_BINPUT */: return this.remember(this.length());
      case 0x94 /* MEMOIZE */: return this.remember(this.memo.size);
      case 0x67 /* GET */: return this.recall(Number(this.line()));
      case 0x68 /* BINGET */: return this.recall(this.byte());
      case 0x6a /* LONG_BINGET */: return this.recall(this.length());
      default: return false;
    }
  }

  private pushGlobal(name: string): true {
    const { allowed, what } = this.dialect;
    if (!allowed.has(name)) throw this.error(what, `a file that names ${name}, which was not called`, { global: name });
    return this.push({ global: name });
  }

  private call(callee: Value, args: Value): true {
    const name = isGlobal(callee) ? callee.global : 'something else';
    const result = isGlobal(callee) ? this.dialect.call(name, Array.isArray(args) ? args : []) : undefined;
    if (result === undefined) throw this.error(this.dialect.what, `a call of ${name}`);
    return this.push(result);
  }

  private append(items: readonly Value[]): true {
    const list = this.top();
    if (!Array.isArray(list)) throw this.error('a list to append to', 'something else');
    for (const item of items) list.push(item);
    return true;
  }

  private setItems(items: readonly Value[]): true {
    const dict = this.top();
    if (!isDict(dict) || items.length % 2 !== 0) throw this.error('a dict and pairs to put in', 'something else');
    for (let i = 0; i < items.length; i += 2) dict.set(this.keyOf(items[i]!), items[i + 1]!);
    return true;
  }

  private integer(text: string): number | boolean {
    // Protocol 0 writes True and False as the integers 01 and 00.
    if (text === '00' || text === '01') return text === '01';
    if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
    throw this.error('an integer', text.slice(0, 20));
  }

  private quoted(text: string): Uint8Array {
    const inner = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(text);
    if (inner === null) throw this.error('a quoted string without escapes', text.slice(0, 40));
    return Buffer.from(inner[1] ?? inner[2]!, 'latin1');
  }

  /** A text from the stack. */
  private key(): string {
    return this.keyOf(this.pop());
  }

  private keyOf(value: Value): string {
    const key = this.dialect.keyOf(value);
    if (key === undefined) throw this.error('a text', 'something else');
    return key;
  }

  private push(item: Pickled<Own | PickledGlobal>): true {
    this.stack.push(item as Value);
    return true;
  }

  private pop(): Value {
    const item = this.stack.pop();
    if (item === undefined) throw this.error('a whole pickle', 'an opcode without its operand');
    return item;
  }

  private top(): Value {
    const item = this.pop();
    this.stack.push(item);
    return item;
  }

  private popMark(): Value[] {
    const items = this.stack;
    const below = this.below.pop();
    if (below === undefined) throw this.error('a whole pickle', 'an opcode without its mark');
    this.stack = below;
    return items;
  }

  private remember(index: number): true {
    this.memo.set(index, this.top());
    return true;
  }

  private recall(index: number): true {
    const item = this.memo.get(index);
    if (item === undefined) throw this.error('a remembered value', `number ${String(index)}, which was never stored`);
    return this.push(item);
  }

  private byte(): number {
    return this.take(1)[0]!;
  }

  private length(): number {
    return this.take(4).readUInt32LE();
  }

  private take(size: number): Buffer {
    const end = this.position + size;
    if (end > this.bytes.length) throw this.truncated();
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.truncated();
    const line = this.bytes.toString('latin1', this.position, end);
    this.position = end + 1;
    return line;
  }

  private truncated(): BlastrainError {
    return this.error('a whole pickle', `one that ends at byte ${String(this.bytes.length)}`);
  }

  private error(what: string, received: string, details: ErrorDetails = {}): BlastrainError {
    return fileError('ERR_DATA', what, this.file, received, details);
  }
}

/** An integer in little-endian two's complement, as the nearest double. */
function longOf(digits: Uint8Array): number {
  let value = 0n;
  for (let i = digits.length - 1; i >= 0; i--) value = value * 256n + BigInt(digits[i]!);
  return Number(BigInt.asIntN(8 * digits.length, value));
}

/** Whether a value of a pickle is a dict, also one of another realm. */
export function isDict<Value>(value: Value | Map<string, Value> | undefined): value is Map<string, Value> {
  return Object.prototype.toString.call(value) === '[object Map]';
}

/** Whether a value of a pickle is bytes. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

/** Whether a value of a pickle is a function or class that it names. */
export function isGlobal(value: unknown): value is PickledGlobal {
  return typeof value === 'object' && value !== null && 'global' in value;
}
