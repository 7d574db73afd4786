import type { SourceArray } from '../kernels/contract';
import { requireMemory } from '../machine';
import type { RandomState } from '../random';
import type { ByteSource } from './bytes';
import { badFile } from './files';

/** The numbers that features are read from, by NumPy's names: little-endian, as on every machine that Node.js runs on. */
export const numberFormats = {
  u1: Uint8Array, i4: Int32Array, i8: BigInt64Array, f4: Float32Array, f8: Float64Array,
} as const;
export type NumberFormat = keyof typeof numberFormats;

/** What features are in memory: bytes and float32 as they came, all other numbers as float64. */
export const memoryFormats = { u1: 'u1', i4: 'f8', i8: 'f8', f4: 'f4', f8: 'f8' } as const;
export type MemoryFormat = (typeof memoryFormats)[NumberFormat];

/** One stretch of rows of the same length, one behind the other. */
export interface StoredPart {
  readonly bytes: ByteSource;
  readonly rows: number;
}

export interface StoredLayout {
  readonly parts: readonly StoredPart[];
  readonly format: NumberFormat;
  /** Numbers in a row. */
  readonly featureSize: number;
  /** Bytes before the first row of a part, before the numbers of a row, and from one row to the next. */
  readonly offset: number;
  readonly skip: number;
  readonly stride: number;
}

/** Bytes that one read may fetch, so that the memory for reading stays small; a row may be larger. */
const blockBytes = 2 ** 20;

/**
 * Features on disk: row i of a data set is row `order[i]` of the parts, counted through all of them. Throws ERR_DATA, naming file
 * and row, for floats that are not finite.
 */
export class StoredFeatures {
  readonly #block: Uint8Array<ArrayBuffer>;
  /** How far integers of 64 bits in each column were moved, at most, when they became float64. */
  readonly moved: Float64Array;

  /**
   * @param order rising row numbers: reading a stretch of rows then reads forwards.
   * @param inMemory what the numbers are in memory; it has to hold them.
   */
  constructor(
    readonly layout: StoredLayout, private readonly order: Int32Array, readonly inMemory: MemoryFormat = memoryFormats[layout.format],
  ) {
    this.moved = new Float64Array(layout.format === 'i8' ? layout.featureSize : 0);
    const { stride, parts } = layout;
    const whole = stride * parts.reduce((sum, { rows }) => sum + rows, 0);
    this.#block = new Uint8Array(Math.max(stride, Math.min(whole, blockBytes - (blockBytes % stride))));
  }

  get featureSize(): number {
    return this.layout.featureSize;
  }

  /** A part of these rows: [from, from + size). */
  slice(from: number, size: number): StoredFeatures {
    return new StoredFeatures(this.layout, this.order.subarray(from, from + size), this.inMemory);
  }

  /** An array for so many rows, of the type that {@link read} fills. */
  allocate(rows: number, shared = false): SourceArray {
    const type = numberFormats[this.inMemory];
    const bytes = type.BYTES_PER_ELEMENT * rows * this.layout.featureSize;
    return new type((shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)) as ArrayBuffer);
  }

  /** into[count, featureSize] ← rows [from, from + count). */
  read(from: number, count: number, into: SourceArray): void {
    const { parts, stride } = this.layout;
    const perBlock = Math.floor(this.#block.length / stride);
    const end = from + count;
    let base = 0;
    let p = 0;
    for (let i = from; i < end; ) {
      const first = this.order[i]!;
      while (first >= base + parts[p]!.rows) base += parts[p++]!.rows;
      const limit = Math.min(first + perBlock, base + parts[p]!.rows);
      let behind = i + 1;
      while (behind < end && this.order[behind]! < limit) behind++;
      this.#readBlock(parts[p]!, first - base, i, behind, into, from);
      i = behind;
    }
  }

  /** One read: rows [i, behind) of the data set, the first of which is row `first` of the part. */
  #readBlock({ bytes }: StoredPart, first: number, i: number, behind: number, into: SourceArray, from: number): void {
    const { format, featureSize, offset, skip, stride } = this.layout;
    const rows = this.order[behind - 1]! - this.order[i]! + 1;
    bytes.read(this.#block.subarray(0, rows * stride), offset + first * stride);
    for (let row = i; row < behind; row++) {
      const at = (this.order[row]! - this.order[i]!) * stride + skip;
      const values = new numberFormats[format](this.#block.buffer, at, featureSize);
      const to = (row - from) * featureSize;
      if (format === 'u1') into.set(values as Uint8Array, to);
      else copyFinite(values, into, to, this.moved, () => `${bytes.name}, row ${String(first + this.order[row]! - this.order[i]!)}`);
    }
  }
}

function copyFinite(values: ArrayLike<number | bigint>, into: SourceArray, to: number, moved: Float64Array, where: () => string): void {
  for (let j = 0; j < values.length; j++) {
    const value = Number(values[j]);
    if (moved.length > 0 && !Number.isSafeInteger(value)) moved[j] = Math.max(moved[j]!, Math.abs(Number(BigInt(value) - (values[j] as bigint))));
    into[to + j] = value;
    if (!Number.isFinite(into[to + j])) throw badFile('finite features', `${where()}, column ${String(j)}`, String(value), { column: j });
  }
}

/** Shards that are in memory at once, and those that are shuffled together. A batch then reaches into two groups at most. */
const shardsInMemory = 8;
const shardsTogether = shardsInMemory / 2;

/** The fewest rows in memory that batches of this size can be drawn from. */
export function minChunkRows(batchSize: number): number {
  return Math.max(shardsInMemory, 4 * batchSize);
}

/** How many rows come from disk together, when `chunkRows` of them may be in memory. */
const shardRowsOf = (chunkRows: number): number => Math.floor(chunkRows / shardsInMemory);

/**
 * An order of rows for an epoch that can be read through a window of `chunkRows` rows: the shards (stretches of
 * ⌊chunkRows / 8⌋ rows) in random order, and the rows of each four shards that follow one another in random order. Less
 * random than a permutation of all rows: what lies together on disk tends to stay together.
 */
export function shardedOrder(chunkRows: number): (order: Int32Array, random: RandomState) => void {
  const shardRows = shardRowsOf(chunkRows);
  return (order, random) => {
    const shards = random.permutation(Math.ceil(order.length / shardRows));
    let groupStart = 0;
    let at = 0;
    shards.forEach((shard, i) => {
      const end = Math.min(order.length, (shard + 1) * shardRows);
      for (let row = shard * shardRows; row < end; row++) order[at++] = row;
      if ((i + 1) % shardsTogether === 0 || i + 1 === shards.length) {
        random.shuffle(order.subarray(groupStart, at));
        groupStart = at;
      }
    });
  };
}

/**
 * Some shards of stored rows in memory, the least recently used of which give way to those that a batch needs: `shards` of
 * them, with `shardRows` rows each.
 */
export class ShardWindow {
  /** [shards · shardRows, featureSize] */
  readonly features: SourceArray;
  /** Which shard is in each slot, −1 for none, and the call that last needed it. */
  readonly #shardIn: Int32Array;
  readonly #lastUse: Float64Array;
  readonly #slotOf: Int32Array;
  readonly #places: Int32Array;
  #calls = 0;

  /** A window on `size` rows for batches of up to `maxBatch` rows, which lie in no more shards than there is room for. */
  constructor(
    private readonly stored: StoredFeatures,
    private readonly size: number,
    maxBatch: number,
    private readonly shardRows: number,
    shards: number,
  ) {
    const room = Math.min(shards, Math.ceil(size / shardRows));
    const numbers = room * Math.min(shardRows, size) * stored.featureSize;
    requireMemory(numbers * stored.allocate(0).BYTES_PER_ELEMENT, 'chunkRows', shards * shardRows);
    this.features = stored.allocate(room * Math.min(shardRows, size));
    this.#shardIn = new Int32Array(room).fill(-1);
    this.#lastUse = new Float64Array(room);
    this.#slotOf = new Int32Array(Math.ceil(size / shardRows)).fill(-1);
    this.#places = new Int32Array(maxBatch);
  }

  /** A window for the batches that {@link shardedOrder} gives rise to. */
  static forTraining(stored: StoredFeatures, size: number, maxBatch: number, chunkRows: number): ShardWindow {
    return new ShardWindow(stored, size, maxBatch, shardRowsOf(chunkRows), shardsInMemory);
  }

  /** Sees to it that rows[0 … m) are in {@link features}; returns where. The array is overwritten by the next call. */
  locate(m: number, rows: Int32Array): Int32Array {
    this.#calls++;
    for (let i = 0; i < m; i++) {
      const shard = Math.floor(rows[i]! / this.shardRows);
      const slot = this.#slotOf[shard] === -1 ? this.#load(shard) : this.#slotOf[shard]!;
      this.#lastUse[slot] = this.#calls;
      this.#places[i] = slot * this.shardRows + (rows[i]! - shard * this.shardRows);
    }
    return this.#places;
  }

  #load(shard: number): number {
    let slot = 0;
    for (let other = 1; other < this.#lastUse.length; other++) if (this.#lastUse[other]! < this.#lastUse[slot]!) slot = other;
    const before = this.#shardIn[slot]!;
    if (before !== -1) this.#slotOf[before] = -1;
    this.#shardIn[slot] = shard;
    this.#slotOf[shard] = slot;
    const from = shard * this.shardRows;
    const { featureSize } = this.stored;
    const start = slot * this.shardRows * featureSize;
    const count = Math.min(this.shardRows, this.size - from);
    this.stored.read(from, count, this.features.subarray(start, start + count * featureSize));
    return slot;
  }
}
