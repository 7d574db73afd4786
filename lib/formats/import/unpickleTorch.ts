import { fileError } from '../../files';

/** Where the numbers of tensors lie: a file of the archive. */
export interface TorchStorage {
  readonly type: string;
  readonly key: string;
}

/** A tensor as torch.save describes it, in elements of its storage. */
export interface TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A value of such a pickle. Tuples are lists. */
export type TorchValue = null | boolean | number | string | TorchValue[] | Map<string, TorchValue> | TorchStorage | TorchTensor | { readonly global: string };

/** Types of storages by their class. */
const storageTypes: Readonly<Record<string, string>> = {
  'torch.FloatStorage': 'F32', 'torch.DoubleStorage': 'F64', 'torch.HalfStorage': 'F16', 'torch.BFloat16Storage': 'BF16', 'torch.LongStorage': 'I64', 'torch.IntStorage': 'I32',
};
/** What a pickle may name beside storages; code of this file stands in their place. */
const allowed: readonly string[] = ['collections.OrderedDict', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_parameter'];

/**
 * Reads the pickle of a state_dict (protocol 2 to 4): dicts, lists, tuples, numbers, texts, and tensors. A pickle is a program: only the opcodes needed are implemented, and of functions
 * only those that rebuild tensors, which nothing outside this file is called for. Throws ERR_DATA, naming the file, and what it names that is not allowed.
 */
export function unpickleTorch(bytes: Buffer, file: string): TorchValue {
  const refuse = (what: string, received: string): Error => fileError('ERR_DATA', what, file, received);
  let at = 0;
  let stack: TorchValue[] = [];
  const below: TorchValue[][] = [];
  const memo = new Map<number, TorchValue>();
  const take = (size: number): Buffer => {
    if (size < 0 || at + size > bytes.length) throw refuse('a whole pickle', `one that ends at byte ${String(bytes.length)}`);
    at += size;
    return bytes.subarray(at - size, at);
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    const text = take(Math.max(0, end - at) + 1).toString('utf8');
    return text.slice(0, -1);
  };
  const pop = (): TorchValue => {
    const value = stack.pop();
    if (value === undefined) throw refuse('a whole pickle', 'an opcode without its operand');
    return value;
  };
  const popMark = (): TorchValue[] => {
    const [items, under] = [stack, below.pop()];
    if (under === undefined) throw refuse('a whole pickle', 'an opcode without its mark');
    stack = under;
    return items;
  };
  const globalOf = (name: string): TorchValue => {
    if (!Object.hasOwn(storageTypes, name) && !allowed.includes(name)) throw refuse('a state_dict of tensors (torch.save(model.state_dict(), …) writes one)', `a file that names ${name}, which was not called`);
    return { global: name };
  };
  const setItems = (items: readonly TorchValue[]): void => {
    const dict = stack[stack.length - 1];
    if (!isMap(dict) || items.length % 2 !== 0) throw refuse('a dict and pairs to put in', 'something else');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      dict.set(textOf(key), items[i + 1]!);
    }
  };
  const textOf = (value: TorchValue): string => {
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw refuse('a text', 'something else');
  };
  const append = (items: readonly TorchValue[]): void => {
    const list = stack[stack.length - 1];
    if (!Array.isArray(list)) throw refuse('a list to append to', 'something else');
    list.push(...items);
  };
  const remembered = (index: number): TorchValue => {
    const value = memo.get(index);
    if (value === undefined) throw refuse('a remembered value', `number ${String(index)}, which was never stored`);
    return value;
  };
  const remember = (index: number): void => {
    const value = pop();
    stack.push(value);
    memo.set(index, value);
  };
  const call = (args: TorchValue, callee: TorchValue): TorchValue => {
    const name = typeof callee === 'object' && callee !== null && 'global' in callee ? callee.global : 'something else';
    const list = Array.isArray(args) ? args : [];
    if (name === 'collections.OrderedDict') return new Map();
    if (name === 'torch._utils._rebuild_parameter') return list[0] ?? null;
    const [storage, offset, shape, strides] = list;
    if (name !== 'torch._utils._rebuild_tensor_v2' || !isStorage(storage) || !isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) throw refuse('a tensor', `a call of ${name}`);
    return { storage, offset, shape, strides };
  };
  const persistent = (id: TorchValue): TorchValue => {
    const [kind, type, key] = Array.isArray(id) ? id : [];
    const name = typeof type === 'object' && type !== null && 'global' in type ? storageTypes[type.global] : undefined;
    if (kind !== 'storage' || name === undefined || typeof key !== 'string') throw refuse('the storage of a tensor', 'something else');
    return { type: name, key };
  };
  const long = (size: number): number => {
    const digits = take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(digits[i]!);
    return Number(BigInt.asIntN(8 * Math.max(1, size), value));
  };
  for (;;) {
    const start = at;
    const opcode = take(1)[0]!;
    switch (opcode) {
      case 0x2e /* STOP */: return pop();
      case 0x80 /* PROTO */: if (take(1)[0]! > 4) throw refuse('a pickle of protocol 2 to 4', 'a later one'); break;
      case 0x95 /* FRAME */: take(8); break;
      case 0x28 /* MARK */: below.push(stack); stack = []; break;
      case 0x63 /* GLOBAL */: stack.push(globalOf(`${line()}.${line()}`)); break;
      case 0x93 /* STACK_GLOBAL */: { const name = textOf(pop()); stack.push(globalOf(`${textOf(pop())}.${name}`)); break; }
      case 0x52 /* REDUCE */: { const args = pop(); stack.push(call(args, pop())); break; }
      case 0x51 /* BINPERSID */: stack.push(persistent(pop())); break;
      case 0x62 /* BUILD */: pop(); break; // attributes of the dict, such as versions of modules
      case 0x4e /* NONE */: stack.push(null); break;
      case 0x88 /* NEWTRUE */: stack.push(true); break;
      case 0x89 /* NEWFALSE */: stack.push(false); break;
      case 0x4a /* BININT */: stack.push(take(4).readInt32LE()); break;
      case 0x4b /* BININT1 */: stack.push(take(1)[0]!); break;
      case 0x4d /* BININT2 */: stack.push(take(2).readUInt16LE()); break;
      case 0x8a /* LONG1 */: stack.push(long(take(1)[0]!)); break;
      case 0x47 /* BINFLOAT */: stack.push(take(8).readDoubleBE()); break;
      case 0x58 /* BINUNICODE */: stack.push(take(take(4).readUInt32LE()).toString('utf8')); break;
      case 0x8c /* SHORT_BINUNICODE */: stack.push(take(take(1)[0]!).toString('utf8')); break;
      case 0x5d /* EMPTY_LIST */: case 0x29 /* EMPTY_TUPLE */: stack.push([]); break;
      case 0x85 /* TUPLE1 */: stack.push([pop()]); break;
      case 0x86 /* TUPLE2 */: stack.push([pop(), pop()].reverse()); break;
      case 0x87 /* TUPLE3 */: stack.push([pop(), pop(), pop()].reverse()); break;
      case 0x74 /* TUPLE */: { const items = popMark(); stack.push(items); break; }
      case 0x61 /* APPEND */: append([pop()]); break;
      case 0x65 /* APPENDS */: append(popMark()); break;
      case 0x7d /* EMPTY_DICT */: stack.push(new Map()); break;
      case 0x73 /* SETITEM */: setItems([pop(), pop()].reverse()); break;
      case 0x75 /* SETITEMS */: setItems(popMark()); break;
      case 0x71 /* BINPUT */: remember(take(1)[0]!); break;
      case 0x72 /* LONG_BINPUT */: remember(take(4).readUInt32LE()); break;
      case 0x94 /* MEMOIZE */: remember(memo.size); break;
      case 0x68 /* BINGET */: stack.push(remembered(take(1)[0]!)); break;
      case 0x6a /* LONG_BINGET */: stack.push(remembered(take(4).readUInt32LE())); break;
      default: throw refuse('a pickle of a state_dict', `opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${String(start)}`);
    }
  }
}

export const isMap = (value: TorchValue | undefined): value is Map<string, TorchValue> => Object.prototype.toString.call(value) === '[object Map]';
const isCount = (value: TorchValue | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: TorchValue | undefined): value is number[] => Array.isArray(value) && value.every(isCount);

function isStorage(value: TorchValue | undefined): value is TorchStorage {
  return typeof value === 'object' && value !== null && 'key' in value;
}
