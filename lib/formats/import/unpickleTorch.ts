import { fileError } from '../../files';
import { isDict, isGlobal, unpickle } from '../../files/pickle';
import type { Pickled, PickledGlobal } from '../../files/pickle';

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

/** A value of such a pickle. */
export type TorchValue = Pickled<string | TorchStorage | TorchTensor | PickledGlobal>;

/** Types of storages by their class. */
const storageTypes: Readonly<Record<string, string>> = {
  'torch.FloatStorage': 'F32', 'torch.DoubleStorage': 'F64', 'torch.HalfStorage': 'F16', 'torch.BFloat16Storage': 'BF16', 'torch.LongStorage': 'I64', 'torch.IntStorage': 'I32',
};

/** What a pickle may name; code of this file stands in the place of the functions. */
const allowed: ReadonlySet<string> = new Set([...Object.keys(storageTypes), 'collections.OrderedDict', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_parameter']);

/** Reads the pickle of a state_dict: dicts, lists, numbers, texts and tensors. Throws ERR_DATA as `unpickle` of lib/files does. */
export function unpickleTorch(bytes: Uint8Array, file: string): TorchValue {
  return unpickle<string | TorchStorage | TorchTensor>(bytes, file, {
    what: 'a state_dict of tensors (torch.save(model.state_dict(), …) writes one)',
    allowed,
    textOf: (utf8) => utf8.toString('utf8'),
    keyOf: (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined),
    call(name, [first, offset, shape, strides]) {
      if (name === 'collections.OrderedDict') return new Map();
      if (name === 'torch._utils._rebuild_parameter') return isTensor(first) ? first : undefined;
      if (name !== 'torch._utils._rebuild_tensor_v2' || !isStorage(first) || !isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) return undefined;
      return { storage: first, offset, shape, strides };
    },
    // Attributes of a dict, such as versions of modules, play no part.
    build: () => undefined,
    persistent(id) {
      const [kind, type, key] = Array.isArray(id) ? id : [];
      const name = isGlobal(type) ? storageTypes[type.global] : undefined;
      if (kind !== 'storage' || name === undefined || typeof key !== 'string') throw fileError('ERR_DATA', 'the storage of a tensor', file, 'something else');
      return { type: name, key };
    },
  });
}

/** The items of a dict; undefined for another value. */
export function itemsOf(value: TorchValue | undefined): ReadonlyMap<string, TorchValue> | undefined {
  return isDict<TorchValue>(value) ? value : undefined;
}

export function isTensor(value: TorchValue | undefined): value is TorchTensor {
  return typeof value === 'object' && value !== null && 'storage' in value;
}

const isCount = (value: TorchValue | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: TorchValue | undefined): value is number[] => Array.isArray(value) && value.every(isCount);

function isStorage(value: TorchValue | undefined): value is TorchStorage {
  return typeof value === 'object' && value !== null && 'key' in value;
}
