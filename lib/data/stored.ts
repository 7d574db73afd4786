import type { SourceArray } from '../kernels/contract';
import { requireMemory } from '../machine';
import type { RandomState } from '../random';
import type { ByteSource } from './bytes';
import { badFile } from './files';
import { sharedBytes } from './shared';

/** Number formats on disk, by NumPy's names: little-endian, as is every machine that Node.js runs on. */
export const numberFormats = {
  u1: Uint8Array, i4: Int32Array, i8: BigInt64Array, f4: Float32Array, f8: Float64Array,
} as const;
export type NumberFormat = keyof typeof numberFormats;

/** Number format in memory by format on disk: u1 and f4 unchanged, all others as float64. */
export const memoryFormats = { u1: 'u1', i4: 'f8', i8: 'f8', f4: 'f4', f8: 'f8' } as const;
export type MemoryFormat = (typeof memoryFormats)[NumberFormat];

/** Contiguous rows of the same length. */
export interface StoredPart {
  readonly bytes: ByteSource;
  readonly rows: number;
}

/** Where the numbers of each row are on disk. */
export interface StoredLayout {
  readonly parts: readonly StoredPart[];
  readonly format: NumberFormat;
  /** Numbers per row. */
  readonly featureSize: number;
  /** Bytes before the first row of a part. */
  readonly offset: number;
  /** Bytes of a row before its numbers. */
  readonly skip: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Whether NaN stands for a number that is missing, of f8; else it is refused. */
  readonly mayBeMissing?: boolean;
  /** Whether the parts are files that nobody needs once the rows were used. */
  readonly isTemporary?: boolean;
}

/** Bytes of the buffer for one read, which keeps the memory for reading small; a longer row has a buffer of its length. */
const blockBytes = 2 ** 20;

/**
 * Features on disk: row i of a data set is row `order[i]` of the parts, counted through all of them. Throws ERR_DATA, naming file
 * and row, for floats that are not finite.
 */
export class StoredFeatures {
  readonly #block: Uint8Array<ArrayBuffer>;
  /** [featureSize] for i8, else empty: the largest rounding error by column of 64-bit integers read as float64. */
  readonly roundingErrors: Float64Array;

  /**
   * @param order ascending row numbers, so that reading consecutive rows reads forwards.
   * @param inMemory number format in memory; it has to represent the numbers exactly.
   */
  constructor(
    readonly layout: StoredLayout, readonly order: Int32Array, readonly inMemory: MemoryFormat = memoryFormats[layout.format],
  ) {
    this.roundingErrors = new Float64Array(layout.format === 'i8' ? layout.featureSize : 0);
    const { stride, parts } = layout;
    const whole = stride * parts.reduce((sum, { rows }) => sum + rows, 0);
    this.#block = new Uint8Array(Math.max(stride, Math.min(whole, blockBytes - (blockBytes % stride))));
  }

  get featureSize(): number {
    return this.layout.featureSize;
  }

  /** Rows [from, from + size) of these. */
  slice(from: number, size: number): StoredFeatures {
    return new StoredFeatures(this.layout, this.order.subarray(from, from + size), this.inMemory);
  }

  /** An array [rows, featureSize] of the type that {@link read} fills; on shared memory where asked for. */
  allocate(rows: number, shared = false): SourceArray {
    const type = numberFormats[this.inMemory];
    const bytes = type.BYTES_PER_ELEMENT * rows * this.layout.featureSize;
    return new type(shared ? sharedBytes(bytes) : new ArrayBuffer(bytes));
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
      let blockEnd = i + 1;
      while (blockEnd < end && this.order[blockEnd]! < limit) blockEnd++;
      this.#readBlock(parts[p]!, first - base, i, blockEnd, into, from);
      i = blockEnd;
    }
  }

  /** One read: rows [i, end) of the data set, the first of which is row `first` of the part. */
  #readBlock({ bytes }: StoredPart, first: number, i: number, end: number, into: SourceArray, from: number): void {
    const { format, featureSize, offset, skip, stride, mayBeMissing = false } = this.layout;
    const rows = this.order[end - 1]! - this.order[i]! + 1;
    bytes.read(this.#block.subarray(0, rows * stride), offset + first * stride);
    for (let row = i; row < end; row++) {
      const at = (this.order[row]! - this.order[i]!) * stride + skip;
      const values = new numberFormats[format](this.#block.buffer, at, featureSize);
      const to = (row - from) * featureSize;
      if (format === 'u1') into.set(values as Uint8Array, to);
      else if (mayBeMissing) into.set(values as Float64Array, to);
      else copyFinite(values, into, to, this.roundingErrors, () => `${bytes.name}, row ${String(first + this.order[row]! - this.order[i]!)}`);
    }
  }
}

function copyFinite(values: ArrayLike<number | bigint>, into: SourceArray, to: number, roundingErrors: Float64Array, where: () => string): void {
  for (let j = 0; j < values.length; j++) {
    const value = Number(values[j]);
    if (roundingErrors.length > 0 && !Number.isSafeInteger(value)) {
      roundingErrors[j] = Math.max(roundingErrors[j]!, Math.abs(Number(BigInt(value) - (values[j] as bigint))));
    }
    into[to + j] = value;
    if (!Number.isFinite(into[to + j])) throw badFile('finite features', `${where()}, column ${String(j)}`, String(value), { column: j });
  }
}

/** Shards in memory at once, and shards shuffled together: half as many, as a batch can take rows of two groups. */
const shardsInMemory = 8;
const shardsTogether = shardsInMemory / 2;

/** Minimum of `chunkRows` for a batch size. */
export function minChunkRows(batchSize: number): number {
  return Math.max(shardsInMemory, 4 * batchSize);
}

/** The largest batch size for `chunkRows`, see {@link minChunkRows}. */
export function maxBatchOfChunks(chunkRows: number): number {
  return Math.max(1, Math.floor(chunkRows / 4));
}

/** Rows per shard, the unit of reading from disk. */
const shardRowsOf = (chunkRows: number): number => Math.floor(chunkRows / shardsInMemory);

/**
 * A row order for one epoch that can be read with `chunkRows` rows in memory: shards of ⌊chunkRows / 8⌋ consecutive rows are put in
 * random order, and then the rows within each group of four shards are shuffled. Less random than a permutation of all rows: rows
 * near each other on disk tend to stay near each other.
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
 * A cache of shards of stored rows: `shards` of them in memory, with `shardRows` rows each; the least recently used is replaced by a
 * shard that a batch needs.
 */
export class ShardWindow {
  /** [shards · shardRows, featureSize] */
  readonly features: SourceArray;
  /** By slot: its shard, −1 for none, and the number of the call that last used it. By shard: its slot, −1 for none. */
  readonly #shardIn: Int32Array;
  readonly #lastUse: Float64Array;
  readonly #slotOf: Int32Array;
  readonly #indices: Int32Array;
  #calls = 0;

  /** For `size` rows and batches of up to `maxBatch` rows, whose rows are in at most `shards` shards. */
  constructor(
    private readonly stored: StoredFeatures,
    private readonly size: number,
    maxBatch: number,
    private readonly shardRows: number,
    shards: number,
  ) {
    const slots = Math.min(shards, Math.ceil(size / shardRows));
    const numbers = slots * Math.min(shardRows, size) * stored.featureSize;
    requireMemory(numbers * stored.allocate(0).BYTES_PER_ELEMENT, 'chunkRows', shards * shardRows);
    this.features = stored.allocate(slots * Math.min(shardRows, size));
    this.#shardIn = new Int32Array(slots).fill(-1);
    this.#lastUse = new Float64Array(slots);
    this.#slotOf = new Int32Array(Math.ceil(size / shardRows)).fill(-1);
    this.#indices = new Int32Array(maxBatch);
  }

  /** For batches in the order of {@link shardedOrder}. */
  static forTraining(stored: StoredFeatures, size: number, maxBatch: number, chunkRows: number): ShardWindow {
    return new ShardWindow(stored, size, maxBatch, shardRowsOf(chunkRows), shardsInMemory);
  }

  /** Loads the shards of rows[0 … m); returns the row indices in {@link features}. Overwritten by the next call. */
  locate(m: number, rows: Int32Array): Int32Array {
    this.#calls++;
    for (let i = 0; i < m; i++) {
      const shard = Math.floor(rows[i]! / this.shardRows);
      const slot = this.#slotOf[shard] === -1 ? this.#load(shard) : this.#slotOf[shard]!;
      this.#lastUse[slot] = this.#calls;
      this.#indices[i] = slot * this.shardRows + (rows[i]! - shard * this.shardRows);
    }
    return this.#indices;
  }

  #load(shard: number): number {
    let slot = 0;
    for (let other = 1; other < this.#lastUse.length; other++) if (this.#lastUse[other]! < this.#lastUse[slot]!) slot = other;
    const evicted = this.#shardIn[slot]!;
    if (evicted !== -1) this.#slotOf[evicted] = -1;
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
