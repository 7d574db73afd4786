import type { Dtype, FloatArray } from '../kernels/contract';
import { allocate } from '../kernels/contract';

/** What a layer asks the arena for. */
export interface ParameterSpec {
  /** Unique within a model: W1, b1, W2, … numbered by linear layer, as in the literature. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether L2 regularisation and weight decay apply; true for weights, false for biases. */
  readonly regularised: boolean;
  /** Where a parameter that is not drawn at random starts; 0 when absent. */
  readonly initial?: number;
}

/** A parameter in the arena: views on its value and its gradient, both of the given shape, row-major. */
export interface Parameter extends ParameterSpec {
  readonly value: FloatArray;
  readonly gradient: FloatArray;
}

/** A contiguous stretch of the arena. */
export interface Block {
  readonly values: FloatArray;
  readonly gradients: FloatArray;
}

/**
 * All parameters of a model in one flat array and all gradients in another, so that an update, a checkpoint or a norm is
 * one call. The regularised parameters come first: weight decay on weights only is then two calls, whatever the depth.
 */
export class Arena {
  readonly values: FloatArray;
  readonly gradients: FloatArray;
  readonly parameters: readonly Parameter[];
  readonly regularised: Block;
  readonly unregularised: Block;

  constructor(readonly dtype: Dtype, specs: readonly ParameterSpec[]) {
    const size = (spec: ParameterSpec): number => spec.shape.reduce((product, extent) => product * extent, 1);
    const ordered = [...specs.filter((spec) => spec.regularised), ...specs.filter((spec) => !spec.regularised)];
    this.values = allocate(dtype, ordered.reduce((sum, spec) => sum + size(spec), 0));
    this.gradients = allocate(dtype, this.values.length);

    const placed = new Map<ParameterSpec, Parameter>();
    let offset = 0;
    let boundary = 0;
    for (const spec of ordered) {
      const end = offset + size(spec);
      placed.set(spec, {
        ...spec,
        value: this.values.subarray(offset, end),
        gradient: this.gradients.subarray(offset, end),
      });
      offset = end;
      if (spec.regularised) boundary = end;
    }
    this.parameters = specs.map((spec) => placed.get(spec)!);
    this.regularised = { values: this.values.subarray(0, boundary), gradients: this.gradients.subarray(0, boundary) };
    this.unregularised = { values: this.values.subarray(boundary), gradients: this.gradients.subarray(boundary) };
  }

  /** The parameter of that name, or undefined. */
  find(name: string): Parameter | undefined {
    return this.parameters.find((parameter) => parameter.name === name);
  }
}
