import { version } from '../../version';
import { encodeModel } from './messages';
import type { Attribute, OnnxNode, OnnxValue } from './messages';
import type { OnnxTensor, TensorType } from './tensor';

/** Operator sets that are written: the standard one, and the one of ONNX-ML, for texts as numbers. */
const opsets = { '': 20, 'ai.onnx.ml': 3 };

/** A value of a graph with the shape of a row of it; behind the first extent, that of the rows. */
export interface Flow {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Collects the nodes of an ONNX graph. Names of values are made here, and differ from those of inputs and outputs. */
export class GraphBuilder {
  private readonly names: Set<string>;
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxTensor[] = [];
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  private readonly constants = new Map<string, string>();

  /** @param outputs names that inputs and other values must not take. */
  constructor(outputs: readonly string[]) {
    this.names = new Set(outputs);
  }

  /** An input of rows; returns its name, which is the given one unless that is empty or taken. */
  input(name: string, type: TensorType, shape: readonly number[]): string {
    const own = this.unique(name === '' ? 'input' : name);
    this.inputs.push({ name: own, type, shape: ['rows', ...shape] });
    return own;
  }

  /** Adds a node with one output; returns the output's name, `as` where that is given. */
  add(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, { domain = '', as }: { domain?: string; as?: string } = {}): string {
    const output = as ?? this.unique(op.toLowerCase());
    this.nodes.push({ op, name: `${op}_${String(this.nodes.length)}`, domain, inputs, outputs: [output], attributes });
    return output;
  }

  /** An initialiser; of equal small ones there is one. */
  constant(type: TensorType, shape: readonly number[], values: ArrayLike<number> | readonly string[], hint = 'constant'): string {
    const key = values.length <= 4 ? JSON.stringify([type, shape, Array.from<unknown>(values)]) : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.unique(hint);
    this.initializers.push({ name, type, shape, values });
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  cast(value: string, to: 'float' | 'double' | 'int64', as?: string): string {
    return this.add('Cast', [value], { to: { i: { float: 1, double: 11, int64: 7 }[to] } }, { ...(as !== undefined && { as }) });
  }

  /** Values [rows, …] side by side. */
  concat(values: readonly string[], axis = 1): string {
    return values.length === 1 ? values[0]! : this.add('Concat', values, { axis: { i: axis } });
  }

  /** Some columns of values [rows, columns]; the values themselves where these are all of them, in order. */
  columns(value: string, which: readonly number[], of: number): string {
    if (which.length === of && which.every((column, i) => column === i)) return value;
    return this.add('Gather', [value, this.constant('int64', [which.length], which, 'columns')], { axis: { i: 1 } });
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.add('Reshape', [value, this.constant('int64', [shape.length + 1], [-1, ...shape], 'shape')]);
  }

  output(name: string, type: TensorType, shape: readonly number[]): void {
    this.outputs.push({ name, type, shape: ['rows', ...shape] });
  }

  /** The bytes of a model of this graph. */
  encode(graphName: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const { nodes, initializers, inputs, outputs } = this;
    return encodeModel({ producer: 'blastrain', opsets, metadata, inputs, outputs, nodes, initializers }, graphName, version);
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.names.has(name); i++) name = `${wanted}_${String(i)}`;
    this.names.add(name);
    return name;
  }
}
