import { dtypeOf } from '../kernels/contract';
import type { FloatArray, Kernels, SourceArray } from '../kernels/contract';
import type { RowChanges } from './augment';
import type { Dataset, ImageShape, StoredDataset } from './dataset';
import { ColumnEncoder } from './columns/encoder';
import { featureSizeOf, inputSizeOf } from './normalize/transform';
import type { ByteNormalization, FloatNormalization, Normalization } from './normalize/transform';
import { ShardWindow } from './stored';

/** Source of the inputs of a model, and how features become inputs. */
export interface InputOptions {
  readonly data: Dataset | StoredDataset;
  readonly normalization: Normalization;
  readonly maxBatch: number;
  /** Order in which rows will be read: consecutively, maxBatch at a time, or as permuted by `shardedOrder`. */
  readonly order: 'sequential' | 'sharded';
  /** What is done to rows as they are read: their augmentation. */
  readonly changes?: RowChanges | undefined;
  /** [maxBatch, inputSize], a buffer for the inputs that readers used one after another can share; by default one of its own. */
  readonly buffer?: FloatArray;
  /** Whether x may stay uint8, for a model whose first layer dequantises as scale·x + shift. Default false. */
  readonly mayBeBytes?: boolean;
}

/** Bytes of encoded training rows that are kept, so that a step only gathers them. */
const mostKept = 256e6;

/** Bytes of the inputs of encoded rows where they are kept: 0 for more than {@link mostKept}, which are encoded as they are read. */
export function keptBytes(rows: number, inputSize: number, bytes: number): number {
  const all = rows * inputSize * bytes;
  return all <= mostKept ? all : 0;
}

/** Rows that are encoded together where they are kept. */
const rowsPerBlock = 1024;

/**
 * Turns rows of a data set into inputs of a model: reads them from memory or disk, augments, normalises, whitens and mixes.
 * Allocates on construction only.
 */
export class InputReader {
  /** [maxBatch, inputSize], the inputs read last: floats, or bytes that the model itself scales and shifts. */
  readonly x: SourceArray;
  private readonly source: ShardWindow | undefined;
  private readonly features: SourceArray;
  private readonly order: Int32Array | undefined;
  /** [maxBatch], rows of a batch as row indices of the features, where the data set has an order. */
  private readonly indices: Int32Array;
  /** Features of a batch in the kernels' dtype, where scale and shift apply to floats that the data set holds in the other dtype. */
  private readonly converted: FloatArray | undefined;
  /** 0, 1, 2, …: the row indices of a converted batch. */
  private readonly identity: Int32Array;
  private readonly featureSize: number;
  private readonly inputSize: number;
  private readonly imageShape: ImageShape | undefined;
  private readonly normalization: Normalization;
  private readonly encoder: ColumnEncoder | undefined;
  /** [size, inputSize], the encoded rows of the set, and what `gatherRows` takes to leave them as they are; undefined where they are not kept. */
  private readonly kept: { readonly inputs: FloatArray; readonly ones: FloatArray; readonly zeros: FloatArray } | undefined;
  private readonly changes: RowChanges | undefined;
  /** Rows before whitening, and before mixing; undefined without these. */
  private readonly gathered: FloatArray | undefined;
  private readonly unmixed: FloatArray | undefined;

  constructor(private readonly kernels: Kernels, options: InputOptions) {
    const { data, normalization, maxBatch, order, changes, buffer, mayBeBytes } = options;
    this.normalization = normalization;
    if ('columns' in normalization) this.encoder = new ColumnEncoder(normalization);
    this.changes = changes;
    this.featureSize = featureSizeOf(normalization);
    this.inputSize = inputSizeOf(normalization);
    this.imageShape = changes?.isGeometric === true ? changes.shape : undefined;
    if ('stored' in data) {
      this.source = order === 'sequential'
        ? new ShardWindow(data.stored, data.size, maxBatch, maxBatch, 1)
        : ShardWindow.forTraining(data.stored, data.size, maxBatch, data.chunkRows);
      this.features = this.source.features;
    } else {
      this.features = data.features;
      this.order = data.order;
    }
    this.indices = new Int32Array(this.order === undefined ? 0 : maxBatch);
    const isOtherDtype = 'scale' in normalization && this.features.BYTES_PER_ELEMENT > 1 && dtypeOf(this.features as FloatArray) !== kernels.dtype;
    if (isOtherDtype) this.converted = kernels.allocate(maxBatch * this.featureSize);
    this.identity = Int32Array.from({ length: isOtherDtype ? maxBatch : 0 }, (_, i) => i);
    if (normalization.matrix !== undefined) this.gathered = kernels.allocate(maxBatch * this.featureSize);
    if (changes?.isMixing === true) this.unmixed = kernels.allocate(maxBatch * this.inputSize);
    // By element size, as typed arrays can come from another realm. Not with cutout: its inputs of 0 need not correspond to a byte.
    const isBytes = mayBeBytes === true && 'scale' in normalization && this.features.BYTES_PER_ELEMENT === 1 && normalization.matrix === undefined &&
      changes?.isMixing !== true && changes?.isCutting !== true;
    const length = maxBatch * this.inputSize;
    if (order === 'sharded' && !('stored' in data)) this.kept = this.keep(data);
    if (isBytes) this.x = buffer === undefined ? new Uint8Array(length) : new Uint8Array(buffer.buffer, buffer.byteOffset, length);
    else this.x = buffer ?? kernels.allocate(length);
  }

  /** Fills the first m rows of {@link x} with the inputs of rows[0 … m) of the data set, changed as is drawn for them. */
  read(m: number, rows: Int32Array): void {
    const { kernels, changes, inputSize, gathered, unmixed } = this;
    const x = this.x as FloatArray;
    const { matrix } = this.normalization;
    const indices = this.source === undefined ? this.locate(m, rows) : this.source.locate(m, rows);
    changes?.draw(m);
    if (this.kept !== undefined) kernels.gatherRows(m, inputSize, rows, this.kept.inputs, this.kept.ones, this.kept.zeros, unmixed ?? x);
    else if (this.converted === undefined) this.gather(m, indices, this.features, gathered ?? unmixed ?? x);
    else this.gather(m, this.identity, this.convert(m, indices, this.converted), gathered ?? unmixed ?? x);
    if (matrix !== undefined) {
      kernels.gemm(false, true, m, inputSize, this.featureSize, 1, gathered!, matrix, 0, unmixed ?? x);
    }
    if (unmixed !== undefined) kernels.mixRows(m, inputSize, changes!.lambda, changes!.partners, unmixed, x);
  }

  /** All rows encoded, for training, which reads them again and again. */
  private keep({ size, features, order }: Dataset): InputReader['kept'] {
    const { kernels, encoder, inputSize } = this;
    if (encoder === undefined || keptBytes(size, inputSize, kernels.dtype === 'float32' ? 4 : 8) === 0) return undefined;
    const inputs = kernels.allocate(size * inputSize);
    for (let from = 0; from < size; from += rowsPerBlock) {
      const places = order?.subarray(from, from + rowsPerBlock) ?? Int32Array.from({ length: Math.min(rowsPerBlock, size - from) }, (_, i) => from + i);
      encoder.encode(places.length, places, features, inputs.subarray(from * inputSize, (from + places.length) * inputSize));
    }
    return { inputs, ones: kernels.allocate(inputSize).fill(1), zeros: kernels.allocate(inputSize) };
  }

  private locate(m: number, rows: Int32Array): Int32Array {
    const { order, indices } = this;
    if (order === undefined) return rows;
    for (let i = 0; i < m; i++) indices[i] = order[rows[i]!]!;
    return indices;
  }

  private convert(m: number, indices: Int32Array, converted: FloatArray): FloatArray {
    const { features, featureSize: n } = this;
    for (let i = 0, to = 0; i < m; i++) {
      const from = indices[i]! * n;
      for (let j = 0; j < n; j++) converted[to++] = features[from + j]!;
    }
    return converted;
  }

  private gather(m: number, indices: Int32Array, features: SourceArray, out: SourceArray): void {
    const { normalization } = this;
    if (this.encoder !== undefined) this.encoder.encode(m, indices, features, out as FloatArray);
    else if (out.BYTES_PER_ELEMENT === 1) this.gatherBytes(m, indices, features as Uint8Array, out as Uint8Array);
    else if ('mean' in normalization) this.standardize(m, indices, features, normalization, out as FloatArray);
    else this.scaleAndShift(m, indices, features, normalization as ByteNormalization, out as FloatArray);
  }

  private standardize(m: number, indices: Int32Array, features: SourceArray, { mean, std }: FloatNormalization, out: FloatArray): void {
    const { kernels, featureSize, imageShape, changes } = this;
    if (imageShape === undefined) {
      kernels.standardizeRows(m, featureSize, indices, features, mean, std, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.standardizeImages(m, channels, height, width, indices, changes!.geometry, features, mean, std, out);
    }
  }

  private scaleAndShift(m: number, indices: Int32Array, features: SourceArray, { scale, shift }: ByteNormalization, out: FloatArray): void {
    const { kernels, featureSize, imageShape, changes } = this;
    if (imageShape === undefined) {
      kernels.gatherRows(m, featureSize, indices, features, scale, shift, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.gatherImages(m, channels, height, width, indices, changes!.geometry, features, scale, shift, out);
    }
  }

  private gatherBytes(m: number, indices: Int32Array, features: Uint8Array, out: Uint8Array): void {
    const { kernels, featureSize, imageShape, changes } = this;
    if (imageShape === undefined) {
      kernels.gatherBytes(m, featureSize, indices, features, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.gatherByteImages(m, channels, height, width, indices, changes!.geometry, features, out);
    }
  }
}
