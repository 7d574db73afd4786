import { expected } from '../../errors';
import type { FloatArray, Kernels } from '../../kernels/contract';
import { setGradientProduct } from '../arena';
import type { Parameter, ParameterSpec } from '../arena';
import type { Flops, Layer, Scratch } from '../layer';
import { sizeOf } from '../shape';
import { signs } from '../starts';
import type { Shape } from '../shape';
import { layerType, size } from './define';
import type { MakeContext } from './define';

/** What the first layer of an ensemble reads: rows that belong to no member yet. */
interface Expansion {
  /** ∂loss/∂(x⊙R) [maxBatch, members, inputs], and room for a dx that nobody reads. */
  readonly gradient: FloatArray;
  readonly room: FloatArray;
}

/**
 * A linear layer whose weights the members of an ensemble share (Wen, Tran & Ba 2020, "BatchEnsemble"; Gorishniy, Kotelnikov & Babenko
 * 2024, "TabM"): y_j = ((x_j⊙R_j)·Wᵀ)⊙S_j + B_j with W[outputs, inputs], and R[members, inputs], S and B[members, outputs]. The rows of all
 * members are one matrix, so that the weights are multiplied once, with m·members rows.
 *
 * The first layer of an ensemble, for which `members` is given, expands each row to all members. Its R starts at random signs, which is
 * what makes the members differ; R of later layers and S start at 1. R, S and B are not regularised.
 *
 * Backward, with z = (x⊙R)·Wᵀ: dB = Σ rows of dy, dS = Σ rows of dy⊙z, dz = dy⊙S, dW = dzᵀ·(x⊙R) over the rows of all members,
 * dR = Σ rows of (dz·W)⊙x, dx = (dz·W)⊙R, which the first layer sums over the members. See docs/backpropagation.md.
 */
export class BatchEnsemble implements Layer {
  readonly kind = 'batch-ensemble';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly members: number;
  readonly parameterSpecs: readonly ParameterSpec[];
  readonly isFirst: boolean;
  /** Of one member. */
  private readonly inputs: number;
  private readonly outputs: number;
  private inputScale!: Parameter;
  private weight!: Parameter;
  private outputScale!: Parameter;
  private bias!: Parameter;
  /** x⊙R [maxBatch, members, inputs] of the last forward pass. */
  private scaled!: FloatArray;
  /** z [maxBatch, members, outputs] of the last forward pass; dz after the backward pass. */
  private product!: FloatArray;
  private expansion: Expansion | undefined;

  /**
   * @param inputShape [members, inputs], or with `members` of any shape.
   * @param index which linear layer of the model this is, from 1: names the parameters R1, W1, S1 and B1.
   * @param members given for the first layer of an ensemble.
   */
  constructor(private readonly kernels: Kernels, inputShape: Shape, outputs: number, index: number, members?: number) {
    this.inputShape = inputShape;
    this.isFirst = members !== undefined;
    this.members = members ?? inputShape[0]!;
    this.inputs = sizeOf(inputShape) / (this.isFirst ? 1 : this.members);
    this.outputs = outputs;
    this.outputShape = [this.members, outputs];
    const { inputs } = this;
    const own = (name: string, columns: number): Pick<ParameterSpec, 'name' | 'shape' | 'regularised'> =>
      ({ name: `${name}${String(index)}`, shape: [this.members, columns], regularised: false });
    this.parameterSpecs = [
      { ...own('R', inputs), group: 'scale', initial: this.isFirst ? signs : 1 },
      { name: `W${String(index)}`, shape: [outputs, inputs], regularised: true, isProduct: true, fans: { in: inputs, out: outputs } },
      { ...own('S', outputs), group: 'scale', initial: 1 },
      { ...own('B', outputs), group: 'bias' },
    ];
  }

  attach(parameters: readonly Parameter[]): void {
    [this.inputScale, this.weight, this.outputScale, this.bias] = parameters as [Parameter, Parameter, Parameter, Parameter];
  }

  flops(): Flops {
    const { members, inputs, outputs } = this;
    const product = 2 * members * inputs * outputs;
    // The gradient of R needs that of x⊙R in the first layer too.
    return { forward: product + members * (inputs + 2 * outputs), step: 3 * product + members * (4 * inputs + 6 * outputs) };
  }

  get scratch(): Scratch {
    const { members, inputs, outputs, isFirst } = this;
    return { fixed: 0, perRow: members * (inputs + outputs) + (isFirst ? (members + 1) * inputs : 0) };
  }

  reserve(maxBatch: number): void {
    const { kernels, members, inputs, outputs, isFirst } = this;
    this.scaled = kernels.allocate(maxBatch * members * inputs);
    this.product = kernels.allocate(maxBatch * members * outputs);
    if (isFirst) this.expansion = { gradient: kernels.allocate(maxBatch * members * inputs), room: kernels.allocate(maxBatch * inputs) };
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { kernels, members, inputs, outputs, scaled, product, inputScale, weight, outputScale, bias } = this;
    if (this.isFirst) kernels.expandMembersForward(m, members, inputs, x, inputScale.value, scaled);
    else kernels.scaleColumnsForward(m, members * inputs, inputScale.value, x, scaled);
    kernels.gemm(false, true, m * members, outputs, inputs, 1, scaled, weight.value, 0, product);
    kernels.affineColumnsForward(m, members * outputs, product, outputScale.value, bias.value, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, members, inputs, outputs, scaled, product, inputScale, weight, outputScale, bias, expansion } = this;
    // dz takes the place of z: both the product of the weights' gradient and that of the inputs' read it afterwards.
    kernels.affineColumnsBackward(m, members * outputs, product, outputScale.value, dy, outputScale.gradient, bias.gradient, product);
    setGradientProduct(kernels, weight, m * members, product, scaled, undefined);
    // A layer that is not the first of its ensemble has another before it, so that dx is given.
    const dscaled = expansion?.gradient ?? dx!;
    kernels.gemm(false, false, m * members, inputs, outputs, 1, product, weight.value, 0, dscaled);
    if (expansion === undefined) kernels.scaleColumnsBackward(m, members * inputs, x, inputScale.value, dscaled, inputScale.gradient, dscaled);
    else kernels.expandMembersBackward(m, members, inputs, x, inputScale.value, dscaled, inputScale.gradient, dx ?? expansion.room);
  }
}

/**
 * A linear layer of its own for each member of an ensemble: y_j = x_j·W_jᵀ + B_j with W[members, outputs, inputs] and B[members, outputs].
 * Backward, for each member: dW_j = dy_jᵀ·x_j, dB_j = Σ rows of dy_j, dx_j = dy_j·W_j.
 */
export class MemberLinear implements Layer {
  readonly kind = 'member-linear';
  readonly inPlace = false;
  readonly reads = 'nothing';
  readonly bufferSpecs = [];
  readonly outputShape: Shape;
  readonly members: number;
  readonly parameterSpecs: readonly ParameterSpec[];
  private readonly inputs: number;
  private weight!: Parameter;
  private bias!: Parameter;

  /**
   * @param inputShape [members, inputs].
   * @param index which linear layer of the model this is, from 1: names the parameters W1 and B1.
   */
  constructor(private readonly kernels: Kernels, readonly inputShape: Shape, private readonly outputs: number, index: number) {
    const [members, inputs] = inputShape as readonly [number, number];
    this.members = members;
    this.inputs = inputs;
    this.outputShape = [members, outputs];
    this.parameterSpecs = [
      { name: `W${String(index)}`, shape: [members, outputs, inputs], regularised: true, isStack: true, fans: { in: inputs, out: outputs } },
      { name: `B${String(index)}`, shape: [members, outputs], regularised: false },
    ];
  }

  attach(parameters: readonly Parameter[]): void {
    [this.weight, this.bias] = parameters as [Parameter, Parameter];
  }

  flops(): Flops {
    const { members, inputs, outputs } = this;
    const product = 2 * members * inputs * outputs;
    return { forward: product + members * outputs, step: 3 * product + 2 * members * outputs };
  }

  forward(m: number, x: FloatArray, y: FloatArray): void {
    const { kernels, members, inputs, outputs, weight, bias } = this;
    kernels.memberLinearForward(m, members, outputs, inputs, x, weight.value, bias.value, y);
  }

  backward(m: number, x: FloatArray, _y: FloatArray, dy: FloatArray, dx: FloatArray | undefined): void {
    const { kernels, members, inputs, outputs, weight, bias } = this;
    kernels.biasBackward(m, members * outputs, dy, 0, bias.gradient);
    // Its inputs are those of members, so that a layer stands before it and dx is given.
    kernels.memberLinearBackward(m, members, outputs, inputs, x, weight.value, dy, weight.gradient, dx!);
  }
}

/** The members of the rows that come in. Throws ERR_SHAPE where they belong to none. */
function requireMembers({ inputShape }: MakeContext, type: string): void {
  if (inputShape.length !== 2) throw expected('ERR_SHAPE', 'a batch-ensemble layer with members before it', `a ${type} layer`, 'none');
}

export const batchEnsemble = layerType({
  help: 'a linear layer that the members of an ensemble share, each with scales of inputs and outputs and a bias of its own (Wen et al. 2020)',
  fields: {
    size: size('how many outputs each member has [those of the model, or of the block around it]'),
    members: size('how many members; in the first such layer, and only there'),
  },
  make(context, { size: outputs, members }) {
    const { kernels, inputShape, outputShape, next } = context;
    if (members === undefined) requireMembers(context, 'batch-ensemble');
    return new BatchEnsemble(kernels, inputShape, outputs ?? outputShape[outputShape.length - 1]!, next('linear'), members);
  },
});

export const memberLinear = layerType({
  help: 'a linear layer of its own for each member of an ensemble, behind batch-ensemble layers',
  fields: { size: size('how many outputs each member has [those of the model, or of the block around it]') },
  make(context, { size: outputs }) {
    const { kernels, inputShape, outputShape, next } = context;
    requireMembers(context, 'member-linear');
    return new MemberLinear(kernels, inputShape, outputs ?? outputShape[outputShape.length - 1]!, next('linear'));
  },
});
