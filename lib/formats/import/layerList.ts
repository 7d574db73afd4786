import { fileError } from '../../files';
import type { LayerDescription } from '../../model/layers';
import type { ImportedLayer, ImportedNetwork, NamedArray } from './network';

/** Layers one behind the other, as a reader of another program's graph finds them. */
export class LayerList {
  /** Numbers of a row; 0 until a layer says. */
  width = 0;
  /** What makes probabilities of the outputs. */
  end: 'softmax' | 'sigmoid' | undefined;
  private inputSize = 0;
  private readonly layers: ImportedLayer[] = [];

  constructor(private readonly file: string) {}

  /** Adds a layer that keeps the number of numbers. */
  add(description: LayerDescription, arrays: readonly ArrayLike<number>[] = []): void {
    this.layers.push({ description, arrays });
  }

  /** Adds a linear layer. @param weight [outputs, inputs], for rows that were found to fit. */
  addLinear({ shape, values }: NamedArray, bias: NamedArray | undefined): void {
    const outputs = shape[0]!;
    this.add({ type: 'linear', size: outputs }, [values, bias === undefined ? new Float64Array(outputs) : spread(bias.values, outputs)]);
    this.width = outputs;
  }

  /** Settles how many numbers a row has; returns whether it has as many. */
  takes(size: number): boolean {
    if (this.width === 0) this.inputSize = this.width = size;
    return this.width === size;
  }

  /** Adds factor·x + shift, within the linear layer or scale before it. */
  addScaled(factor: ArrayLike<number>, shift: ArrayLike<number>): void {
    const last = this.layers[this.layers.length - 1];
    if (last?.description.type === 'linear' || last?.description.type === 'scale') {
      const [weight, bias] = last.arrays as [ArrayLike<number>, ArrayLike<number>];
      const each = weight.length / factor.length;
      this.layers[this.layers.length - 1] = {
        description: last.description,
        arrays: [Float64Array.from(weight, (value, i) => value * factor[Math.floor(i / each)]!), Float64Array.from(bias, (value, j) => value * factor[j]! + shift[j]!)],
      };
    } else this.add({ type: 'scale', bias: true }, [factor, shift]);
  }

  /** A list for the layers of a residual block behind these. */
  openBlock(): LayerList {
    const block = new LayerList(this.file);
    block.takes(this.width);
    return block;
  }

  /** Adds a residual block. Its layers keep the number of numbers. */
  addBlock({ layers: body }: LayerList): void {
    this.layers.push({ description: { type: 'residual', layers: body.map(({ description }) => description) }, arrays: [], body });
  }

  /** A sigmoid behind the last linear layer gives probabilities. */
  endWithSigmoid(): void {
    if (this.end !== undefined || this.layers[this.layers.length - 1]?.description.type !== 'sigmoid') return;
    this.layers.pop();
    this.end = 'sigmoid';
  }

  /**
   * The network of these layers. Throws ERR_DATA, naming the file, where none is linear.
   * @param names of the classes, where the file has some.
   * @param plainLoss what plain numbers at the end were trained by, where the file says so.
   */
  network(names?: readonly string[], plainLoss?: ImportedNetwork['loss']): ImportedNetwork {
    this.endWithSigmoid();
    const { layers, end, width, inputSize } = this;
    if (!hasLinear(layers)) throw fileError('ERR_DATA', 'a network with a linear layer', this.file, 'none');
    const last = layers[layers.length - 1]!;
    if (end === 'sigmoid' && width === 1 && names?.length === 2 && last.description.type === 'linear') {
      // The sigmoid of one number as the softmax of it and 0.
      const [weight, bias] = last.arrays as [ArrayLike<number>, ArrayLike<number>];
      const two: ImportedLayer = { description: { type: 'linear', size: 2 }, arrays: [[...Array.from(weight, () => 0), ...Array.from(weight)], [0, bias[0]!]] };
      return { layers: [...layers.slice(0, -1), two], inputSize, outputSize: 2, loss: 'cross-entropy', classNames: names, notes: [] };
    }
    const loss = end === 'softmax' ? 'cross-entropy' : end === 'sigmoid' ? 'bce' : plainLoss;
    const assumed = loss === undefined && width > 1 ? ['the file ends with plain numbers, which were taken for logits of classes (--spec with {"loss": "mse"} takes them as they are)'] : [];
    return { layers, inputSize, outputSize: width, ...(loss && { loss }), ...(names?.length === width && { classNames: names }), notes: assumed };
  }
}

function hasLinear(layers: readonly ImportedLayer[]): boolean {
  return layers.some(({ description: { type }, body }) => type === 'linear' || (body !== undefined && hasLinear(body)));
}

/** The transpose of a matrix. */
export function transposed({ shape, values }: NamedArray): NamedArray {
  const [rows, columns] = shape as [number, number];
  return { shape: [columns, rows], values: Float64Array.from({ length: values.length }, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!) };
}

/** Numbers for each unit, where one may stand for all. */
export function spread(values: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => values[values.length === 1 ? 0 : i]!);
}
