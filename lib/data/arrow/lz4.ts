/** The magic number of an LZ4 frame. */
const frameMagic = 0x184d2204;

/**
 * Unpacks an LZ4 frame (LZ4 frame format 1.6.4, block format of 2022): blocks of literals and copies of what went before, also across blocks.
 * Checksums are not looked at. Throws an Error for one that is damaged.
 */
export function unpackLz4Frame(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 7 || view.getUint32(0, true) !== frameMagic) throw new Error('no LZ4 frame');
  const flags = packed[4]!;
  const [hasBlockSums, hasSize, hasDictionary] = [(flags & 0x10) !== 0, (flags & 0x08) !== 0, (flags & 0x01) !== 0];
  const first = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  const sumBytes = hasBlockSums ? 4 : 0;
  const output = new Uint8Array(blocksFrom(view, first, sumBytes) * 2 ** (8 + 2 * ((packed[5]! >> 4) & 7)));
  let at = first;
  let to = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) return output.subarray(0, to);
    const size = header & 0x7fffffff;
    if (at + size > packed.length) throw new Error('an LZ4 block beyond the end');
    const block = packed.subarray(at, at + size);
    if (header >>> 31 === 1) {
      output.set(block, to);
      to += size;
    } else to = unpackBlock(block, output, to);
    at += size + sumBytes;
  }
}

/** How many blocks a frame has: each holds at most 64 kB to 4 MB, as its header says. */
function blocksFrom(view: DataView, first: number, sumBytes: number): number {
  let blocks = 0;
  for (let at = first; ; blocks++) {
    const header = view.getUint32(at, true); // throws behind the end
    if (header === 0) return blocks;
    at += 4 + (header & 0x7fffffff) + sumBytes;
  }
}

/** Appends a block at output[to]; returns where the next begins. */
function unpackBlock(block: Uint8Array, output: Uint8Array, from: number): number {
  let to = from;
  let at = 0;
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) for (let byte = 255; byte === 255; length += byte) byte = block[at++] ?? Number.NaN;
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = lengthOf(token >> 4);
    if (!(at + literals <= block.length && to + literals <= output.length)) throw new Error('LZ4 literals beyond the end');
    output.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) return to; // the last sequence has literals alone
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = lengthOf(token & 15) + 4;
    if (!(distance > 0 && distance <= to && to + length <= output.length)) throw new Error('an LZ4 copy from or to beyond the end');
    if (distance >= length) output.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i++) output[to + i] = output[to + i - distance]!; // what is copied overlaps what it becomes
    to += length;
  }
  return to;
}
