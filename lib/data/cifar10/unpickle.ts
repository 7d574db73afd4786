import { isBytes, isGlobal, unpickle } from '../../files/pickle';
import type { Pickled, PickleDialect } from '../../files/pickle';
import { badFile } from '../files';

/** A NumPy array of uint8 in C order, or a NumPy type. */
type NumpyValue = { readonly kind: 'array'; shape: readonly number[]; data: Uint8Array } | { readonly kind: 'dtype'; readonly name: string };

/** A value of such a pickle. Text and byte strings are both bytes (Latin-1). */
export type BatchValue = Pickled<NumpyValue | { readonly global: string }>;

/** The functions and classes that such a pickle may name. */
const allowed: ReadonlySet<string> = new Set(['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct', 'numpy.ndarray', 'numpy.dtype', '_codecs.encode']);

/**
 * Reads a pickle of the python version of CIFAR-10, written by Python 2 or 3: plain data and NumPy arrays of uint8. Of functions only NumPy's array constructors and `_codecs.encode` are allowed, which
 * code of this file replaces. Throws ERR_DATA as `unpickle` of lib/files does.
 */
export function unpickleBatch(bytes: Uint8Array, file: string): BatchValue {
  const refuse = (what: string, received: string): Error => badFile(what, file, received);
  const dialect: PickleDialect<NumpyValue> = {
    what: 'a pickle of plain data and NumPy arrays',
    allowed,
    textOf(utf8) {
      const bytesOfText = latin1Of(utf8);
      if (bytesOfText === undefined) throw refuse('Latin-1 text', 'other characters');
      return bytesOfText;
    },
    keyOf: textIn,
    call(name, [first, second]) {
      if (name.endsWith('._reconstruct')) return { kind: 'array', shape: [0], data: new Uint8Array(0) };
      const type = textIn(first);
      if (name === 'numpy.dtype') return type === undefined ? undefined : { kind: 'dtype', name: type };
      // Python 3 pickles bytes for protocol 2 as text: each byte as the character of that code.
      return name === '_codecs.encode' && isBytes(first) && textIn(second) === 'latin1' ? first : undefined;
    },
    /** Sets the state of an array: (version, shape, dtype, isFortran, bytes). That of a dtype is ignored: uint8 needs none. */
    build(target, state) {
      if (isNumpy(target) && target.kind === 'dtype') return;
      if (!isNumpy(target) || !Array.isArray(state)) throw refuse('the state of an array', 'something else');
      const [, shape, dtype, isFortran, data] = state;
      if (!isNumpy(dtype) || dtype.kind !== 'dtype' || dtype.name !== 'u1') throw refuse('an array of uint8', 'one of another type');
      if (isFortran !== false && isFortran !== 0) throw refuse('an array in C order', 'one in Fortran order');
      if (!Array.isArray(shape) || !shape.every((extent) => typeof extent === 'number')) throw refuse('the shape of an array', 'something else');
      const size = shape.reduce((product, extent) => product * extent, 1);
      if (!isBytes(data) || data.length !== size) throw refuse(`${String(size)} bytes of an array`, isBytes(data) ? String(data.length) : 'something else');
      target.shape = shape;
      target.data = data;
    },
  };
  return unpickle(bytes, file, dialect);
}

/** The bytes of text that has no character beyond U+00FF, from its UTF-8 form; undefined for other text. */
function latin1Of(utf8: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(utf8.length);
  let length = 0;
  for (let i = 0; i < utf8.length; i++) {
    const byte = utf8[i]!;
    if (byte < 0x80) {
      out[length++] = byte;
    } else {
      const next = utf8[++i] ?? 0;
      if ((byte !== 0xc2 && byte !== 0xc3) || (next & 0xc0) !== 0x80) return undefined;
      out[length++] = ((byte & 0x03) << 6) | (next & 0x3f);
    }
  }
  return out.subarray(0, length);
}

function textIn(value: BatchValue | undefined): string | undefined {
  return isBytes(value) ? Buffer.from(value).toString('latin1') : undefined;
}

function isNumpy(value: BatchValue | undefined): value is NumpyValue {
  return typeof value === 'object' && value !== null && 'kind' in value && !isGlobal(value);
}
