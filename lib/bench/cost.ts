import type { KernelName } from '../kernels/contract';
import { sizesIn, volumeOf } from '../kernels/declare';
import type { ArrayArgument } from '../kernels/declare';
import { signatures } from '../kernels/signatures';

/** FLOPs and minimum bytes of a call. */
export interface Cost {
  /** Its sizes as text, for tables. */
  readonly shape: string;
  /** FLOPs of products; 0 for elementwise kernels, whose arithmetic takes less time than their memory accesses. */
  readonly flops: number;
  /** Minimum bytes read and written, each element once in each direction. Arrays of one number per row are not counted. */
  readonly bytes: number;
}

/** The cost of a call of `kernel` with these arguments, with floats of `width` bytes. */
export function costOf(kernel: KernelName, args: readonly unknown[], width: number): Cost {
  const { args: declared, product } = signatures[kernel];
  const valueOf = (name: string): unknown => args[declared.findIndex((argument) => argument.name === name)];
  const volume = (shape: readonly string[]): number => volumeOf(shape, (name) => valueOf(name) as number);
  const sizes = declared.flatMap(({ kind, name }) => (kind === 'size' ? [name] : []));
  const [rows] = sizes as [string, ...string[]];
  const widths = { floats: width, doubles: 8, bytes: 1, ints: 4, indices: 4 };
  const bytesOf = ({ kind, name, shape, use, readUnlessZero, unusedIfZero }: ArrayArgument): number => {
    if (kind === 'source' || kind === 'anySource' || kind === 'byteSource') {
      return (valueOf(name) as Uint8Array).BYTES_PER_ELEMENT * volume([rows, ...shape]);
    }
    const hasColumns = sizes.length === 1 || shape.some((factor) => factor !== rows && sizesIn(factor).length > 0);
    if (use === 'room' || !hasColumns || (unusedIfZero !== undefined && valueOf(unusedIfZero) === 0)) return 0;
    const directions = use === 'updates' && !(readUnlessZero !== undefined && valueOf(readUnlessZero) === 0) ? 2 : 1;
    return directions * widths[kind] * volume(shape);
  };
  const transposed = declared.flatMap(({ kind }, i) => (kind === 'flag' && i < 2 ? [args[i] === true ? 'T' : 'N'] : [])).join('');
  return {
    shape: `${transposed === '' ? '' : `${transposed} `}${sizes.map(valueOf).join('x')}`,
    flops: product ? 2 * volume(sizes) : 0,
    bytes: declared.reduce((sum, argument) => sum + ('shape' in argument ? bytesOf(argument) : 0), 0),
  };
}
