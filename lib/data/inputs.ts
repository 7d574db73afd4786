import { allocate, dtypeOf } from '../kernels/contract';
import type { FloatArray, Kernels, SourceArray } from '../kernels/contract';
import type { Augmenter } from './augment';
import type { Dataset, ImageShape, StoredDataset } from './dataset';
import { featureSizeOf, inputSizeOf } from './normalize/normalization';
import type { ByteNormalization, FloatNormalization, Normalization } from './normalize/normalization';
import { ShardWindow } from './stored';

/** Where the inputs of a model come from and what is done to them on the way. */
export interface InputOptions {
  readonly data: Dataset | StoredDataset;
  readonly normalization: Normalization;
  readonly maxBatch: number;
  /** How rows will be asked for: one after the other in steps of maxBatch, or in an order that `shardedOrder` made. */
  readonly order: 'sequential' | 'sharded';
  /** Varies the rows, in training. */
  readonly augmenter?: Augmenter;
  /** Room for maxBatch inputs, for readers that follow one another; by default the reader's own. */
  readonly room?: FloatArray;
  /** Whether the model may be given bytes that stand for inputs. Default false. */
  readonly mayBeBytes?: boolean;
}

/**
 * Turns rows of a data set into inputs of a model: fetches them from memory or disk, varies them, normalises, whitens and
 * mixes. Memory is allocated on construction alone.
 */
export class InputReader {
  /** The inputs that were read last, [maxBatch, inputSize]: numbers, or bytes that the normalisation makes such of. */
  readonly x: SourceArray;
  private readonly source: ShardWindow | undefined;
  private readonly features: SourceArray;
  private readonly order: Int32Array | undefined;
  /** Where the rows of a batch are among the features. */
  private readonly places: Int32Array;
  /** Rows of a batch as floats of the kernels, where a scale and a shift are for floats that the data set holds in the other format. */
  private readonly converted: FloatArray | undefined;
  private readonly inOrder: Int32Array;
  private readonly featureSize: number;
  private readonly inputSize: number;
  private readonly imageShape: ImageShape | undefined;
  private readonly normalization: Normalization;
  private readonly augmenter: Augmenter | undefined;
  /** Rows before they are whitened, and before they are mixed. */
  private readonly gathered: FloatArray | undefined;
  private readonly unmixed: FloatArray | undefined;

  constructor(private readonly kernels: Kernels, options: InputOptions) {
    const { data, normalization, maxBatch, order, augmenter, room, mayBeBytes } = options;
    this.normalization = normalization;
    this.augmenter = augmenter;
    this.featureSize = featureSizeOf(normalization);
    this.inputSize = inputSizeOf(normalization);
    this.imageShape = augmenter?.isGeometric === true ? data.imageShape : undefined;
    if ('stored' in data) {
      this.source = order === 'sequential'
        ? new ShardWindow(data.stored, data.size, maxBatch, maxBatch, 1)
        : ShardWindow.forTraining(data.stored, data.size, maxBatch, data.chunkRows);
      this.features = this.source.features;
    } else {
      this.features = data.features;
      this.order = data.order;
    }
    this.places = new Int32Array(this.order === undefined ? 0 : maxBatch);
    const isForeign = 'scale' in normalization && this.features.BYTES_PER_ELEMENT > 1 && dtypeOf(this.features as FloatArray) !== kernels.dtype;
    if (isForeign) this.converted = allocate(kernels.dtype, maxBatch * this.featureSize);
    this.inOrder = Int32Array.from({ length: isForeign ? maxBatch : 0 }, (_, i) => i);
    if (normalization.matrix !== undefined) this.gathered = allocate(kernels.dtype, maxBatch * this.featureSize);
    if (augmenter?.isMixing === true) this.unmixed = allocate(kernels.dtype, maxBatch * this.inputSize);
    // Told by element size: typed arrays can come from another realm. A blank is 0 among inputs, which is no byte's.
    const isBytes = mayBeBytes === true && 'scale' in normalization && this.features.BYTES_PER_ELEMENT === 1 && normalization.matrix === undefined &&
      augmenter?.isMixing !== true && augmenter?.isCutting !== true;
    const length = maxBatch * this.inputSize;
    if (isBytes) this.x = room === undefined ? new Uint8Array(length) : new Uint8Array(room.buffer, room.byteOffset, length);
    else this.x = room ?? allocate(kernels.dtype, length);
  }

  /** Fills the first m rows of {@link x} with the inputs for rows[0 … m) of the data set; draws how they are varied. */
  read(m: number, rows: Int32Array): void {
    const { kernels, augmenter, inputSize, gathered, unmixed } = this;
    const x = this.x as FloatArray;
    const { matrix } = this.normalization;
    const places = this.source === undefined ? this.locate(m, rows) : this.source.locate(m, rows);
    augmenter?.draw(m);
    if (this.converted === undefined) this.gather(m, places, this.features, gathered ?? unmixed ?? x);
    else this.gather(m, this.inOrder, this.convert(m, places, this.converted), gathered ?? unmixed ?? x);
    if (matrix !== undefined) {
      kernels.gemm(false, true, m, inputSize, this.featureSize, 1, gathered!, matrix, 0, unmixed ?? x);
    }
    if (unmixed !== undefined) kernels.mixRows(m, inputSize, augmenter!.lambda, augmenter!.partners, unmixed, x);
  }

  private locate(m: number, rows: Int32Array): Int32Array {
    const { order, places } = this;
    if (order === undefined) return rows;
    for (let i = 0; i < m; i++) places[i] = order[rows[i]!]!;
    return places;
  }

  private convert(m: number, places: Int32Array, converted: FloatArray): FloatArray {
    const { features, featureSize: n } = this;
    for (let i = 0, to = 0; i < m; i++) {
      const from = places[i]! * n;
      for (let j = 0; j < n; j++) converted[to++] = features[from + j]!;
    }
    return converted;
  }

  private gather(m: number, places: Int32Array, features: SourceArray, out: SourceArray): void {
    const { normalization } = this;
    if (out.BYTES_PER_ELEMENT === 1) this.gatherBytes(m, places, features as Uint8Array, out as Uint8Array);
    else if ('mean' in normalization) this.standardize(m, places, features, normalization, out as FloatArray);
    else this.scaleAndShift(m, places, features, normalization, out as FloatArray);
  }

  private standardize(m: number, places: Int32Array, features: SourceArray, { mean, std }: FloatNormalization, out: FloatArray): void {
    const { kernels, featureSize, imageShape, augmenter } = this;
    if (imageShape === undefined) {
      kernels.standardizeRows(m, featureSize, places, features, mean, std, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.standardizeImages(m, channels, height, width, places, augmenter!.geometry, features, mean, std, out);
    }
  }

  private scaleAndShift(m: number, places: Int32Array, features: SourceArray, { scale, shift }: ByteNormalization, out: FloatArray): void {
    const { kernels, featureSize, imageShape, augmenter } = this;
    if (imageShape === undefined) {
      kernels.gatherRows(m, featureSize, places, features, scale, shift, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.gatherImages(m, channels, height, width, places, augmenter!.geometry, features, scale, shift, out);
    }
  }

  private gatherBytes(m: number, places: Int32Array, features: Uint8Array, out: Uint8Array): void {
    const { kernels, featureSize, imageShape, augmenter } = this;
    if (imageShape === undefined) {
      kernels.gatherBytes(m, featureSize, places, features, out);
    } else {
      const { channels, height, width } = imageShape;
      kernels.gatherByteImages(m, channels, height, width, places, augmenter!.geometry, features, out);
    }
  }
}
