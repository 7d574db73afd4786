/**
 * Codes of the texts of a column, in the order in which they come. Texts that come as bytes are found by these, so that only the first of
 * each becomes a string.
 */
export class Dictionary {
  readonly names: string[] = [];
  private readonly codes = new Map<string, number>();
  /** A hash table with linear probing of places in the lists below, plus 1; 0 where there is none. Its length is a power of two. */
  private slots = new Int32Array(64);
  private readonly hashes: number[] = [];
  private readonly codeAt: number[] = [];
  /** Where the bytes of each text begin, and where those of the last end. */
  private readonly starts: number[] = [0];
  private bytes = new Uint8Array(1024);

  /** @param isNone whether a text stands for nothing: its code is −1. */
  constructor(private readonly isNone: (text: string) => boolean) {}

  codeOf(text: string): number {
    const known = this.codes.get(text);
    if (known !== undefined) return known;
    if (this.isNone(text)) return -1;
    this.codes.set(text, this.names.length);
    return this.names.push(text) - 1;
  }

  /** The code of the text in bytes [from, to); undefined where it has not been added. */
  find(bytes: Uint8Array, from: number, to: number): number | undefined {
    const hash = hashOf(bytes, from, to);
    const { slots } = this;
    const mask = slots.length - 1;
    for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const place = slots[slot]! - 1;
      if (this.hashes[place] === hash && this.holds(place, bytes, from, to)) return this.codeAt[place]!;
    }
    return undefined;
  }

  /** Adds bytes [from, to), which are not known, and always stand for this text; returns its code. */
  add(bytes: Uint8Array, from: number, to: number, text: string): number {
    const code = this.codeOf(text);
    const start = this.starts[this.hashes.length]!;
    const end = start + to - from;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(bytes.subarray(from, to), start);
    this.starts.push(end);
    this.codeAt.push(code);
    this.hashes.push(hashOf(bytes, from, to));
    if (2 * this.hashes.length < this.slots.length) this.insert(this.hashes.length - 1);
    else {
      this.slots = new Int32Array(2 * this.slots.length);
      for (let place = 0; place < this.hashes.length; place++) this.insert(place);
    }
    return code;
  }

  private holds(place: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.starts[place]!;
    if (this.starts[place + 1]! - start !== to - from) return false;
    for (let i = 0; i < to - from; i++) if (this.bytes[start + i] !== bytes[from + i]) return false;
    return true;
  }

  private insert(place: number): void {
    const mask = this.slots.length - 1;
    let slot = this.hashes[place]! & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = place + 1;
  }
}

/** FNV-1a of 32 bits, whose high bits reach the low ones that choose a slot. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
