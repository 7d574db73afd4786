import { MemoryBytes } from '../../data/bytes';
import { readBytes } from '../../data/readBytes';
import { readZip } from '../../data/zip';
import { fileError } from '../../files';
import type { NamedArray } from './network';
import { numberTypes } from './tensors';
import type { NumberType } from './tensors';
import { isTensor, itemsOf, unpickleTorch } from './unpickleTorch';
import type { TorchTensor, TorchValue } from './unpickleTorch';

/** Names that training scripts give the state_dict within what they save. */
const holders = ['state_dict', 'model_state_dict', 'model', 'net'];

/**
 * The tensors of a state_dict that torch.save wrote (.pt, .pth: a zip archive, since PyTorch 1.6), also within a dict of other things under a usual name. Nothing is called that the file names: see
 * {@link unpickleTorch}. Throws ERR_DATA, naming the file, for anything else, such as a whole module, and for tensors that reach beyond their storage.
 */
export function readTorchFile(bytes: Uint8Array, file: string): Map<string, NamedArray> {
  const entries = readZip(new MemoryBytes(file, bytes), 'a file that torch.save wrote');
  const find = (ending: string) => entries.find(({ name }) => name.endsWith(ending));
  const pickle = find('/data.pkl');
  if (pickle === undefined) throw fileError('ERR_DATA', 'a file that torch.save wrote', file, 'an archive without data.pkl');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const contents = (name: string): Buffer | undefined => {
    const entry = entries.find((one) => one.name === `${folder}${name}`);
    if (entry === undefined) return undefined;
    const source = entry.open();
    return readBytes(source, 0, source.size);
  };
  if (contents('byteorder')?.toString() === 'big') throw fileError('ERR_DATA', 'numbers in little-endian order', file, 'others');
  const storages = new Map<string, Buffer>();
  const arrayOf = (name: string, { storage: { type, key }, offset, shape, strides }: TorchTensor): NamedArray => {
    const { size, read } = numberTypes[type as NumberType];
    const bytesOf = storages.get(key) ?? contents(`data/${key}`);
    if (bytesOf === undefined) throw fileError('ERR_DATA', `the storage ${key} of ${name}`, file, 'none');
    storages.set(key, bytesOf);
    const length = shape.reduce((product, extent) => product * extent, 1);
    const lastOf = shape.reduce((at, extent, d) => at + (extent - 1) * strides[d]!, offset);
    if (length > 0 && (lastOf + 1) * size > bytesOf.length) throw fileError('ERR_DATA', `${String((lastOf + 1) * size)} bytes for ${name}`, file, String(bytesOf.length));
    const values = Float64Array.from({ length }, (_, i) => {
      let [rest, at] = [i, offset];
      for (let d = shape.length - 1; d >= 0; d--) {
        at += (rest % shape[d]!) * strides[d]!;
        rest = Math.floor(rest / shape[d]!);
      }
      return read(bytesOf, at * size);
    });
    return { shape, values };
  };
  const state = stateIn(unpickleTorch(readAll(pickle.open()), file));
  if (state === undefined) throw fileError('ERR_DATA', 'a state_dict', file, 'something else');
  return new Map([...state].map(([name, tensor]) => [name, arrayOf(name, tensor)]));
}

function readAll(source: ReturnType<ReturnType<typeof readZip>[number]['open']>): Buffer {
  return readBytes(source, 0, source.size);
}

/** The dict whose values are all tensors, or that of a usual name within a dict. */
function stateIn(value: TorchValue | undefined, depth = 0): ReadonlyMap<string, TorchTensor> | undefined {
  const items = itemsOf(value);
  if (items === undefined || depth > 4) return undefined; // a dict may hold itself
  const tensors = [...items].filter((entry): entry is [string, TorchTensor] => isTensor(entry[1]));
  if (tensors.length === items.size && items.size > 0) return new Map(tensors);
  for (const holder of holders) {
    const found = stateIn(items.get(holder), depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
