import type { Dtype, FloatArray, Kernels, SourceArray } from '../kernels/contract';
import { sizeOf } from './shape';
import type { Start } from './starts';
import type { Shape } from './shape';

/** Kinds of parameters, to which a training may give learning rates and weight decays of their own. */
export const parameterGroups = ['weight', 'bias', 'norm', 'scale', 'embedding', 'activation'] as const;

export type ParameterGroup = (typeof parameterGroups)[number];

/** What a layer asks the arena for. */
export interface ParameterSpec {
  /** Unique within a model: W1, b1, W2, … numbered by linear layer, as in the literature. */
  readonly name: string;
  readonly shape: Shape;
  /** Whether L2 regularisation and weight decay apply; true for weights, false for biases. */
  readonly regularised: boolean;
  /** Whether it is a matrix [outputs, inputs] that is multiplied with a layer's inputs, so that its gradient is the product dyᵀ·x. */
  readonly isProduct?: boolean;
  /**
   * For weights that an initialiser draws: how many inputs an output depends on through them, and how many outputs an input; of a
   * convolution, channels times the kernel's area. Absent where the parameter starts at {@link initial}.
   */
  readonly fans?: { readonly in: number; readonly out: number };
  /** Whether the first extent counts matrices, which an initialiser draws one by one. */
  readonly isStack?: boolean;
  /** Where a parameter without fans starts: at a number, or as drawn; 0 when absent. */
  readonly initial?: number | Start;
  /** Its kind; by default `weight` where it is regularised, else `bias`. */
  readonly group?: ParameterGroup;
  /**
   * s, where the layer's parametrisation is w = s·v and v is what it would train: updates of w are those of v. Rules whose updates do
   * not grow with the gradient multiply the learning rate by s; SGD, as dv is s·dw too, by s². Decoupled weight decay shrinks v and w by
   * the same share, and is not multiplied. 1 when absent.
   */
  readonly rate?: number;
}

/** The kind of a parameter. */
export function groupOf({ group, regularised }: ParameterSpec): ParameterGroup {
  return group ?? (regularised ? 'weight' : 'bias');
}

/** How bytes become inputs: scale·byte + shift, both [inputs]. */
export interface ByteScale {
  readonly scale: FloatArray;
  readonly shift: FloatArray;
}

/**
 * A gradient dyᵀ·x[outputs, inputs] over m rows dy[m, outputs] and x[m, inputs]. A backward pass stores the factors, which are
 * not changed until the next one; while the gradient is deferred it does not multiply them.
 */
export interface GradientProduct {
  isDeferred: boolean;
  m: number;
  dy: FloatArray;
  /** Bytes where `byteScale` is given. */
  x: SourceArray;
  byteScale: ByteScale | undefined;
}

/** A parameter in the arena: views on its value and its gradient, both of the given shape, row-major. */
export interface Parameter extends ParameterSpec {
  readonly value: FloatArray;
  readonly gradient: FloatArray;
  /** The factors of the gradient, where it is a product. */
  readonly product?: GradientProduct;
  /** Whether training leaves it as it is, see {@link Arena.freeze}. */
  isFrozen: boolean;
}

/** A contiguous range of the arena. */
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
  /** The parameters as they lie in memory. */
  readonly ordered: readonly Parameter[];
  readonly regularised: Block;
  readonly unregularised: Block;
  private isDeferring = false;

  constructor(private readonly kernels: Kernels, specs: readonly ParameterSpec[]) {
    const ordered = [...specs.filter((spec) => spec.regularised), ...specs.filter((spec) => !spec.regularised)];
    this.values = kernels.allocate(ordered.reduce((sum, spec) => sum + sizeOf(spec.shape), 0));
    this.gradients = kernels.allocate(this.values.length);

    const placed = new Map<ParameterSpec, Parameter>();
    let offset = 0;
    let boundary = 0;
    for (const spec of ordered) {
      const end = offset + sizeOf(spec.shape);
      placed.set(spec, {
        ...spec,
        value: this.values.subarray(offset, end),
        gradient: this.gradients.subarray(offset, end),
        isFrozen: false,
        ...(spec.isProduct === true && { product: { isDeferred: false, m: 0, dy: this.gradients, x: this.values, byteScale: undefined } }),
      });
      offset = end;
      if (spec.regularised) boundary = end;
    }
    this.parameters = specs.map((spec) => placed.get(spec)!);
    this.ordered = ordered.map((spec) => placed.get(spec)!);
    this.regularised = { values: this.values.subarray(0, boundary), gradients: this.gradients.subarray(0, boundary) };
    this.unregularised = { values: this.values.subarray(boundary), gradients: this.gradients.subarray(boundary) };
  }

  get dtype(): Dtype {
    return this.kernels.dtype;
  }

  /** A zeroed array as long as {@link values}, in the memory of the same backend: for gradients' sums, momenta and averages. */
  allocateAlike(): FloatArray {
    return this.kernels.allocate(this.values.length);
  }

  /**
   * Whether backward passes defer the gradients that are products: an update may then compute them in parts, while
   * the weights are in the cache, and never store them.
   */
  deferProducts(defer: boolean): void {
    this.isDeferring = defer;
    for (const { product, isFrozen } of this.parameters) if (product !== undefined) product.isDeferred = defer || isFrozen;
  }

  get defersProducts(): boolean {
    return this.isDeferring;
  }

  /**
   * Freezes parameters: optimisers made from now on leave them as they are, and their gradients that are products are not computed. Others are
   * until {@link clearFrozen}.
   */
  freeze(parameters: readonly Parameter[]): void {
    for (const parameter of parameters) parameter.isFrozen = true;
    this.deferProducts(this.isDeferring);
  }

  /** Sets the gradients of frozen parameters to 0, so that a norm of all gradients is that of the others. */
  clearFrozen(): void {
    for (const { isFrozen, gradient } of this.parameters) if (isFrozen) gradient.fill(0);
  }

  /** The parameter of that name, or undefined. */
  find(name: string): Parameter | undefined {
    return this.parameters.find((parameter) => parameter.name === name);
  }
}

/**
 * Stores the factors of the gradient dyᵀ·x of a parameter that has one, over m rows, and multiplies them unless that is deferred. Bytes x
 * need their scale.
 */
export function setGradientProduct(
  kernels: Kernels, parameter: Parameter, m: number, dy: FloatArray, x: SourceArray, byteScale: ByteScale | undefined,
): void {
  const product = parameter.product!;
  product.m = m;
  product.dy = dy;
  product.x = x;
  product.byteScale = byteScale;
  if (!product.isDeferred) multiplyGradient(kernels, parameter);
}

/** Computes a parameter's gradient from the stored factors; does nothing where it is not a product. */
export function multiplyGradient(kernels: Kernels, { shape, product, gradient }: Parameter): void {
  if (product === undefined) return;
  const { m, dy, x, byteScale } = product;
  const [outputs, inputs] = shape as [number, number];
  if (byteScale === undefined) kernels.gemm(true, false, outputs, inputs, m, 1, dy, x as FloatArray, 0, gradient);
  else kernels.byteLinearBackward(m, outputs, inputs, dy, x as Uint8Array, byteScale.scale, byteScale.shift, gradient);
}
