import type { BlastrainError } from '../../errors';
import { fileError } from '../../files';
import { activationOf, composed } from './forms';
import type { Form } from './forms';
import { externalData } from './externalData';
import { decodeModel } from '../onnx/messages';
import type { Attribute, OnnxModel, OnnxNode } from '../onnx/messages';
import type { LayerDescription } from '../../model/layers';
import { LayerList, spread, transposed } from './layerList';
import type { ImportedNetwork, NamedArray } from './network';

/** Nodes that do nothing to a row of numbers in evaluation. */
const plain: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Dropout', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);
/** Nodes behind probabilities that name the class. */
const naming: ReadonlySet<string> = new Set([...plain, 'ArgMax', 'ArrayFeatureExtractor', 'Gather', 'ZipMap', 'Concat', 'Sub', 'Normalizer']);

const activations: Readonly<Record<string, (node: OnnxNode) => LayerDescription | undefined>> = {
  Relu: () => ({ type: 'relu' }), Tanh: () => ({ type: 'tanh' }), Mish: () => ({ type: 'mish' }), Sigmoid: () => ({ type: 'sigmoid' }),
  LeakyRelu: (node) => ({ type: 'leaky-relu', slope: numberIn(node, 'alpha', 0.01) }),
  Gelu: ({ attributes: { approximate } }) => (approximate === undefined || ('s' in approximate && approximate.s === 'none') ? { type: 'gelu' } : undefined),
  Selu: (node) => (Math.abs(numberIn(node, 'alpha', 1.6732632) - 1.6732632) < 1e-4 && Math.abs(numberIn(node, 'gamma', 1.050701) - 1.050701) < 1e-4 ? { type: 'selu' } : undefined),
};

/**
 * The network of an ONNX file that holds a multi-layer perceptron, as torch.onnx, skl2onnx, tf2onnx and Keras write them: products by Gemm or MatMul, also of transposed
 * constants, sums and factors of each unit, normalisations, activation functions, residual blocks, and a softmax or sigmoid at the end. Weights may lie in files beside it. Throws ERR_DATA, naming the
 * file and the node, for any other network, and for weights outside the file's folder; ERR_IO for files of weights that cannot be read.
 */
export function networkOfOnnx(bytes: Uint8Array, file: string): ImportedNetwork {
  const model = decodeModel(bytes, file, externalData(file));
  const walk = new Walk(model, file);
  for (const node of model.nodes) walk.visit(node);
  return walk.network();
}

/** A residual block whose end is not reached. */
interface Block {
  /** The value that it adds at its end. */
  readonly rows: string;
  readonly outer: LayerList;
}

class Walk {
  private readonly constants = new Map<string, NamedArray>();
  private readonly texts = new Map<string, readonly string[]>();
  /** The value that holds the rows as they go through the net; undefined behind the probabilities. */
  private rows: string;
  private list: LayerList;
  private readonly blocks: Block[] = [];
  /** Values computed of shapes of rows, and of probabilities. */
  private readonly shapes = new Set<string>();
  private readonly derived = new Set<string>();
  /** What values are of the rows where several nodes read these, and how many are still to read a value. */
  private readonly forms = new Map<string, Form>();
  private formNodes: OnnxNode[] = [];
  private readonly readers = new Map<string, number>();
  private classNames: readonly string[] | undefined;

  constructor(private readonly model: OnnxModel, private readonly file: string) {
    this.list = new LayerList(file);
    for (const { name, type, shape, values } of model.initializers) {
      if (type === 'string') this.texts.set(name, values as readonly string[]);
      else this.constants.set(name, { shape, values: values as ArrayLike<number> });
    }
    const inputs = model.inputs.filter(({ name }) => !this.constants.has(name) && !this.texts.has(name));
    if (inputs.length !== 1) throw fileError('ERR_DATA', 'a network of one input', file, String(inputs.length));
    this.rows = inputs[0]!.name;
    for (const name of model.nodes.flatMap((node) => node.inputs)) this.readers.set(name, (this.readers.get(name) ?? 0) + 1);
  }

  visit(node: OnnxNode): void {
    const { op, inputs, outputs } = node;
    const output = outputs[0] ?? '';
    if (this.folds(node, output)) return;
    // What names a class, or makes two probabilities of one, comes behind the last layer.
    if (naming.has(op) && !plain.has(op) && !this.isAffine(node) && this.blocks.length === 0) this.list.endWithSigmoid();
    if (this.list.end !== undefined) {
      if (!naming.has(op) || !inputs.some((name) => name === this.rows || this.derived.has(name) || this.constants.has(name) || this.texts.has(name))) throw this.refuse(node, 'the choice of a class behind probabilities');
      outputs.forEach((name) => this.derived.add(name));
      this.readNames(node);
      return;
    }
    if (this.closesBlock(node, output) || this.branches(node, output)) return;
    if (!inputs.includes(this.rows)) throw this.refuse(node, 'one node behind the other');
    this.add(node);
    this.rows = output;
  }

  network(): ImportedNetwork {
    if (this.forms.size > 0) throw fileError('ERR_DATA', 'a known activation function', this.file, `${String(this.forms.size - 1)} nodes at its end that compute another`);
    if (this.blocks.length > 0) throw fileError('ERR_DATA', 'a sum at the end of each residual block', this.file, 'a block without one');
    return this.list.network(this.classNames ?? (this.texts.size === 1 ? [...this.texts.values()][0] : undefined));
  }

  /** Constants, and what is made of constants alone. Returns whether the node is one. */
  private folds(node: OnnxNode, output: string): boolean {
    const { op, inputs, attributes } = node;
    if (op === 'Constant') {
      const { value, value_float: float, value_int: int, value_floats: floats, value_ints: ints } = attributes;
      if (value !== undefined && 't' in value) {
        if (value.t.type === 'string') this.texts.set(output, value.t.values as readonly string[]);
        else this.constants.set(output, { shape: value.t.shape, values: value.t.values as ArrayLike<number> });
      } else if (float !== undefined && 'f' in float) this.constants.set(output, { shape: [], values: [float.f] });
      else if (int !== undefined && 'i' in int) this.constants.set(output, { shape: [], values: [int.i] });
      else if (floats !== undefined && 'floats' in floats) this.constants.set(output, { shape: [floats.floats.length], values: floats.floats });
      else if (ints !== undefined && 'ints' in ints) this.constants.set(output, { shape: [ints.ints.length], values: ints.ints });
      return true;
    }
    const given = this.constants.get(inputs[0] ?? '');
    if (given === undefined || inputs.slice(1).some((name) => !this.constants.has(name))) {
      // The shape that rows are brought into is computed by some writers, and plays no part.
      if (op === 'Shape' || (inputs.length > 0 && inputs.every((name) => this.constants.has(name) || this.shapes.has(name)) && inputs.some((name) => this.shapes.has(name)))) {
        this.shapes.add(output);
        return true;
      }
      return false;
    }
    if (op === 'Transpose' && given.shape.length === 2) this.constants.set(output, transposed(given));
    else if (plain.has(op)) this.constants.set(output, { shape: op === 'Reshape' ? reshaped(given, this.constants.get(inputs[1]!)!.values) : given.shape, values: given.values });
    else throw this.refuse(node, 'constants that are only transposed or reshaped');
    return true;
  }

  /**
   * Nodes that together compute an activation function, as exporters write those that their operator set lacks: several read the same rows. Returns whether the node is one of them; the
   * last of them adds the layer.
   */
  private branches(node: OnnxNode, output: string): boolean {
    const { rows, forms } = this;
    if (forms.size === 0 && (this.readers.get(rows) ?? 0) < 2) return false;
    forms.set(rows, (x) => x);
    const inputs = node.inputs.map((name): Form | undefined => {
      const constant = this.constants.get(name);
      return forms.get(name) ?? (constant?.values.length === 1 ? () => constant.values[0]! : undefined);
    });
    const form = inputs.every((one) => one !== undefined) ? composed(node.op, inputs) : undefined;
    this.formNodes.push(node);
    if (form === undefined) {
      if (!this.opensBlock()) throw this.refuse(node, 'nodes that compute a known activation function before it');
      return true;
    }
    forms.set(output, form);
    for (const name of node.inputs) if (forms.has(name)) this.readers.set(name, this.readers.get(name)! - 1);
    if ([...forms.keys()].some((name) => name !== output && this.readers.get(name)! > 0)) return true;
    const type = activationOf(form);
    if (type === undefined) return true; // a factor may follow, as the half of GELU does
    this.list.add({ type });
    this.endForms();
    this.rows = output;
    return true;
  }

  private endForms(): void {
    this.forms.clear();
    this.formNodes = [];
  }

  /** Where the nodes that read the rows are no activation function, and a sum of the rows and something else comes: begins a residual block with these nodes. */
  private opensBlock(): boolean {
    const { rows, formNodes: nodes, list } = this;
    if (list.width === 0 || !this.model.nodes.some(({ op, inputs }) => op === 'Add' && inputs.includes(rows)) || this.blocks.some((block) => block.rows === rows)) return false;
    // As before the nodes, less the sum at the end.
    for (const name of nodes.slice(0, -1).flatMap(({ inputs }) => inputs)) if (this.forms.has(name)) this.readers.set(name, this.readers.get(name)! + 1);
    this.readers.set(rows, this.readers.get(rows)! - 1);
    this.endForms();
    this.blocks.push({ rows, outer: list });
    this.list = list.openBlock();
    for (const node of nodes) this.visit(node);
    return true;
  }

  /** Ends the innermost residual block where a node is its sum. Returns whether it is. */
  private closesBlock(node: OnnxNode, output: string): boolean {
    const { op, inputs } = node;
    const block = this.blocks[this.blocks.length - 1];
    if (block === undefined || op !== 'Add' || !inputs.includes(block.rows) || !inputs.includes(this.rows) || this.forms.size > 0) return false;
    if (this.list.width !== block.outer.width) throw this.refuse(node, `a residual block that keeps ${String(block.outer.width)} numbers`);
    block.outer.addBlock(this.list);
    this.list = block.outer;
    this.blocks.pop();
    this.rows = output;
    return true;
  }

  private add(node: OnnxNode): void {
    const { op, inputs } = node;
    if (plain.has(op)) return;
    const constant = (i: number): NamedArray | undefined => this.constants.get(inputs[i] ?? '');
    const make = Object.hasOwn(activations, op) ? activations[op] : undefined;
    if (op === 'Gemm' || op === 'MatMul') {
      const given = constant(1);
      if (given?.shape.length !== 2 || numberIn(node, 'alpha', 1) !== 1 || numberIn(node, 'beta', 1) !== 1 || numberIn(node, 'transA', 0) !== 0) throw this.refuse(node, 'a product of rows with a constant matrix');
      const weight = numberIn(node, 'transB', 0) === 1 ? given : transposed(given);
      this.takes(node, weight.shape[1]!);
      this.list.addLinear(weight, constant(2));
    } else if (op === 'Add' || op === 'Sub' || op === 'Mul' || op === 'Div') this.affine(node);
    else if (op === 'Scaler') {
      const [offset, scale] = [listIn(node, 'offset'), listIn(node, 'scale')];
      this.takes(node, Math.max(offset.length, scale.length));
      const factors = spread(scale, this.list.width);
      this.list.addScaled(factors, spread(offset, this.list.width).map((value, j) => -value * factors[j]!));
    } else if (op === 'BatchNormalization' || op === 'LayerNormalization') {
      const isBatch = op === 'BatchNormalization';
      const size = constant(1)?.values.length;
      if (size === undefined || (!isBatch && numberIn(node, 'axis', -1) > 1)) throw this.refuse(node, 'a normalisation with constant parameters');
      this.takes(node, size);
      const arrays = (isBatch ? [1, 2, 3, 4] : [1, 2]).map((i) => constant(i)?.values ?? new Float64Array(size));
      this.list.add({ type: isBatch ? 'batch-norm' : 'layer-norm', epsilon: numberIn(node, 'epsilon', 1e-5) }, arrays);
    } else if (op === 'Softmax') this.list.end = 'softmax';
    else {
      const description = make?.(node);
      if (description === undefined) throw this.refuse(node, 'an operator of a multi-layer perceptron');
      this.list.add(description);
    }
  }

  /** Whether a difference is that of rows less a constant. */
  private isAffine({ op, inputs }: OnnxNode): boolean {
    return op === 'Sub' && inputs[0] === this.rows;
  }

  private affine(node: OnnxNode): void {
    const { op, inputs } = node;
    const at = inputs[0] === this.rows ? 1 : 0;
    const given = this.constants.get(inputs[at] ?? '');
    if (given === undefined || (at === 0 && (op === 'Sub' || op === 'Div'))) throw this.refuse(node, 'a constant that is added to rows or multiplies them');
    const { width } = this.list;
    this.takes(node, given.values.length === 1 && width > 0 ? width : given.values.length);
    const values = spread(given.values, this.list.width);
    if (op === 'Add' || op === 'Sub') this.list.addScaled(values.map(() => 1), values.map((value) => (op === 'Add' ? value : -value)));
    else this.list.addScaled(values.map((value) => (op === 'Mul' ? value : 1 / value)), values.map(() => 0));
  }

  /** Throws where a row has another number of numbers. */
  private takes(node: OnnxNode, size: number): void {
    if (!this.list.takes(size)) throw this.refuse(node, `parameters for ${String(this.list.width)} numbers`);
  }

  /** Names of classes where a node holds them. */
  private readNames({ op, inputs, attributes }: OnnxNode): void {
    const list = (attribute: Attribute | undefined): readonly string[] | undefined =>
      (attribute === undefined ? undefined : 'strings' in attribute ? attribute.strings : 'ints' in attribute ? attribute.ints.map(String) : undefined);
    const own = list(attributes['classlabels_strings']) ?? list(attributes['classlabels_int64s']);
    if (own !== undefined && own.length > 0) this.classNames = own;
    const table = op === 'ArrayFeatureExtractor' || op === 'Gather' ? inputs[0]! : '';
    const found = this.texts.get(table) ?? (this.constants.has(table) ? Array.from(this.constants.get(table)!.values, String) : undefined);
    if (found !== undefined) this.classNames ??= found;
  }

  private refuse({ op, name }: OnnxNode, what: string): BlastrainError {
    return fileError('ERR_DATA', `${what} for the node ${name === '' ? op : name}`, this.file, op);
  }
}

function reshaped({ values }: NamedArray, wanted: ArrayLike<number>): number[] {
  const known = Array.from(wanted).reduce((product, extent) => product * (extent > 0 ? extent : 1), 1);
  return Array.from(wanted, (extent) => (extent > 0 ? extent : values.length / known));
}

function numberIn({ attributes }: OnnxNode, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute === undefined ? otherwise : 'f' in attribute ? attribute.f : 'i' in attribute ? attribute.i : otherwise;
}

function listIn({ attributes }: OnnxNode, name: string): readonly number[] {
  const attribute = attributes[name];
  return attribute !== undefined && 'floats' in attribute ? attribute.floats : [];
}
