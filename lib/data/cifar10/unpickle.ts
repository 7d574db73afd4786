import type { BlastrainError, ErrorDetails } from '../../errors';
import { badFile } from '../files';

/**
 * A value of a pickle. Text and byte strings are both bytes (Latin-1), tuples are lists, keys of dicts are strings. The kind `array`
 * is a NumPy array of uint8 in C order.
 */
export type Pickled =
  | null | boolean | number | Uint8Array | Pickled[] | Map<string, Pickled>
  | { readonly kind: 'array'; shape: readonly number[]; data: Uint8Array }
  | { readonly kind: 'dtype'; readonly name: string }
  | { readonly kind: 'global'; readonly name: GlobalName };

type GlobalName = 'reconstruct' | 'ndarray' | 'dtype' | 'encode';

/** The functions and classes that a pickle may name, with their names here. */
const globals: ReadonlyMap<string, GlobalName> = new Map([
  ['numpy.core.multiarray._reconstruct', 'reconstruct'],
  ['numpy._core.multiarray._reconstruct', 'reconstruct'],
  ['numpy.ndarray', 'ndarray'],
  ['numpy.dtype', 'dtype'],
  ['_codecs.encode', 'encode'],
]);

/**
 * Reads a pickle of protocol 0 to 2, as in the python version of CIFAR-10, written by Python 2 or 3: dicts, lists, tuples, numbers,
 * strings and NumPy arrays of uint8. A pickle is a program, so only the opcodes needed are implemented, and of functions only
 * NumPy's array constructors and `_codecs.encode`, which code of this file replaces. Nothing else is looked up or called. Throws
 * ERR_DATA with details.file, and details.global for a refused function.
 */
export function unpickle(bytes: Uint8Array, file: string): Pickled {
  return new Unpickler(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), file).run();
}

class Unpickler {
  private position = 0;
  private stack: Pickled[] = [];
  /** The stack below each MARK. */
  private readonly below: Pickled[][] = [];
  private readonly memo = new Map<number, Pickled>();

  constructor(private readonly bytes: Buffer, private readonly file: string) {}

  run(): Pickled {
    for (;;) {
      const at = this.position;
      const opcode = this.byte();
      if (opcode === 0x2e /* STOP */) return this.pop();
      if (!this.execute(opcode)) {
        throw this.error('a pickle of protocol 0 to 2', `opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${String(at)}`);
      }
    }
  }

  /** Executes one opcode other than STOP, named as in Python's pickletools. Returns false for one that is not implemented. */
  private execute(opcode: number): boolean {
    switch (opcode) {
      case 0x80 /* PROTO */: return this.byte() <= 2;
      case 0x28 /* MARK */: this.below.push(this.stack); this.stack = []; return true;
      case 0x63 /* GLOBAL */: return this.push(this.global(`${this.line()}.${this.line()}`));
      case 0x52 /* REDUCE */: return this.push(this.call(this.pop(), this.pop()));
      case 0x62 /* BUILD */: this.build(this.pop(), this.top()); return true;

      case 0x4e /* NONE */: return this.push(null);
      case 0x88 /* NEWTRUE */: return this.push(true);
      case 0x89 /* NEWFALSE */: return this.push(false);
      case 0x49 /* INT */: return this.push(this.integer(this.line()));
      case 0x4a /* BININT */: return this.push(this.take(4).readInt32LE());
      case 0x4b /* BININT1 */: return this.push(this.byte());
      case 0x4d /* BININT2 */: return this.push(this.take(2).readUInt16LE());

      case 0x53 /* STRING */: return this.push(this.quoted(this.line()));
      case 0x54 /* BINSTRING */: return this.push(this.take(this.length()));
      case 0x55 /* SHORT_BINSTRING */: return this.push(this.take(this.byte()));
      case 0x58 /* BINUNICODE */: return this.push(this.latin1(this.take(this.length())));

      case 0x5d /* EMPTY_LIST */: return this.push([]);
      case 0x29 /* EMPTY_TUPLE */: return this.push([]);
      case 0x85 /* TUPLE1 */: return this.push([this.pop()]);
      case 0x86 /* TUPLE2 */: return this.push([this.pop(), this.pop()].reverse());
      case 0x87 /* TUPLE3 */: return this.push([this.pop(), this.pop(), this.pop()].reverse());
      case 0x6c /* LIST */: return this.push(this.popMark());
      case 0x74 /* TUPLE */: return this.push(this.popMark());
      case 0x61 /* APPEND */: return this.append([this.pop()]);
      case 0x65 /* APPENDS */: return this.append(this.popMark());

      case 0x7d /* EMPTY_DICT */: return this.push(new Map());
      case 0x64 /* DICT */: {
        const items = this.popMark();
        this.push(new Map());
        return this.setItems(items, this.top());
      }
      case 0x73 /* SETITEM */: return this.setItems([this.pop(), this.pop()].reverse(), this.top());
      case 0x75 /* SETITEMS */: return this.setItems(this.popMark(), this.top());

      case 0x70 /* PUT */: return this.setMemo(Number(this.line()));
      case 0x71 /* BINPUT */: return this.setMemo(this.byte());
      case 0x72 /* LONG_BINPUT */: return this.setMemo(this.length());
      case 0x67 /* GET */: return this.push(this.getMemo(Number(this.line())));
      case 0x68 /* BINGET */: return this.push(this.getMemo(this.byte()));
      case 0x6a /* LONG_BINGET */: return this.push(this.getMemo(this.length()));
      default: return false;
    }
  }

  private global(name: string): Pickled {
    const known = globals.get(name);
    if (known !== undefined) return { kind: 'global', name: known };
    throw this.error('a pickle of plain data and NumPy arrays', `one that names the function ${name} (it was not called)`, { global: name });
  }

  /** Runs the replacement of an allowed function. */
  private call(args: Pickled, callee: Pickled): Pickled {
    const name = isObject(callee) && callee.kind === 'global' ? callee.name : 'something else';
    const [first, second] = Array.isArray(args) ? args : [];
    switch (name) {
      case 'reconstruct':
        return { kind: 'array', shape: [0], data: new Uint8Array(0) };
      case 'dtype':
        return { kind: 'dtype', name: this.string(first) };
      case 'encode':
        // Python 3 pickles bytes for protocol 2 as text: each byte as the character of that code.
        if (isBytes(first) && this.string(second) === 'latin1') return first;
        throw this.error('text to encode as Latin-1', 'something else');
      default:
        throw this.error('a call of an array constructor', `a call of ${name}`);
    }
  }

  /** Sets the state of an array: (version, shape, dtype, isFortran, bytes). That of a dtype is ignored: uint8 needs none. */
  private build(state: Pickled, target: Pickled): void {
    if (isObject(target) && target.kind === 'dtype') return;
    if (!isObject(target) || target.kind !== 'array' || !Array.isArray(state)) throw this.error('the state of an array', 'something else');
    const [, shape, dtype, isFortran, data] = state;
    if (!isObject(dtype) || dtype.kind !== 'dtype' || dtype.name !== 'u1') throw this.error('an array of uint8', 'one of another type');
    if (isFortran !== false && isFortran !== 0) throw this.error('an array in C order', 'one in Fortran order');
    if (!Array.isArray(shape) || !shape.every((extent) => typeof extent === 'number')) throw this.error('the shape of an array', 'something else');
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (!isBytes(data) || data.length !== size) {
      throw this.error(`${String(size)} bytes of an array`, isBytes(data) ? String(data.length) : 'something else');
    }
    target.shape = shape;
    target.data = data;
  }

  private append(items: readonly Pickled[]): true {
    const list = this.top();
    if (!Array.isArray(list)) throw this.error('a list to append to', 'something else');
    for (const item of items) list.push(item);
    return true;
  }

  private setItems(items: readonly Pickled[], dict: Pickled): true {
    if (!isMap(dict) || items.length % 2 !== 0) throw this.error('a dict and pairs to put in', 'something else');
    for (let i = 0; i < items.length; i += 2) dict.set(this.string(items[i]), items[i + 1]!);
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

  /** The bytes of text that has no character beyond U+00FF, from its UTF-8 form. */
  private latin1(utf8: Uint8Array): Uint8Array {
    const out = new Uint8Array(utf8.length);
    let length = 0;
    for (let i = 0; i < utf8.length; i++) {
      const byte = utf8[i]!;
      if (byte < 0x80) {
        out[length++] = byte;
      } else {
        const next = utf8[++i] ?? 0;
        if ((byte !== 0xc2 && byte !== 0xc3) || (next & 0xc0) !== 0x80) throw this.error('Latin-1 text', 'other characters');
        out[length++] = ((byte & 0x03) << 6) | (next & 0x3f);
      }
    }
    return out.subarray(0, length);
  }

  private string(value: Pickled | undefined): string {
    if (!isBytes(value)) throw this.error('a string', 'something else');
    return Buffer.from(value).toString('latin1');
  }

  private push(item: Pickled): true {
    this.stack.push(item);
    return true;
  }

  private pop(): Pickled {
    const item = this.stack.pop();
    if (item === undefined) throw this.error('a whole pickle', 'an opcode without its operand');
    return item;
  }

  private top(): Pickled {
    const item = this.pop();
    this.stack.push(item);
    return item;
  }

  private popMark(): Pickled[] {
    const items = this.stack;
    const below = this.below.pop();
    if (below === undefined) throw this.error('a whole pickle', 'an opcode without its mark');
    this.stack = below;
    return items;
  }

  private setMemo(index: number): true {
    this.memo.set(index, this.top());
    return true;
  }

  private getMemo(index: number): Pickled {
    const item = this.memo.get(index);
    if (item === undefined) throw this.error('a remembered value', `number ${String(index)}, which was never stored`);
    return item;
  }

  private byte(): number {
    if (this.position >= this.bytes.length) throw this.truncated();
    return this.bytes[this.position++]!;
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
    return badFile(what, this.file, received, details);
  }
}

const isBytes = (value: Pickled | undefined): value is Uint8Array => ArrayBuffer.isView(value);
const isMap = (value: Pickled): value is Map<string, Pickled> => value !== null && typeof value === 'object' && 'set' in value && 'has' in value;
const isObject = (value: Pickled | undefined): value is Extract<Pickled, { kind: string }> =>
  value !== null && typeof value === 'object' && 'kind' in value;
