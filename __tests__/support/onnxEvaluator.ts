import type { Attribute, OnnxModel, OnnxNode } from '../../lib/formats/onnx/messages';

/** A tensor of numbers, booleans as 0 and 1, or of texts. */
export interface Value {
  readonly type: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number> | readonly string[];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
const numbers = (value: Value): ArrayLike<number> => value.values as ArrayLike<number>;
/** Rounds to the type, as a runtime does after each node. */
function made(type: string, shape: readonly number[], values: ArrayLike<number> | readonly string[]): Value {
  if (sizeOf(shape) !== values.length) throw new Error(`${String(values.length)} values for [${shape.join(', ')}]`);
  if (type === 'string') return { type, shape, values };
  return { type, shape, values: type === 'float' ? Float32Array.from(values as ArrayLike<number>) : Float64Array.from(values as ArrayLike<number>) };
}

/** The place in a tensor of `shape` for an element of the broadcast `out`. */
function broadcastPlaces(shape: readonly number[], out: readonly number[]): Int32Array {
  const places = new Int32Array(sizeOf(out));
  for (let at = 0; at < places.length; at++) {
    let [rest, place, stride] = [at, 0, 1];
    for (let d = out.length - 1; d >= 0; d--) {
      const index = rest % out[d]!;
      rest = Math.floor(rest / out[d]!);
      const own = shape[d - out.length + shape.length];
      if (own === undefined) continue;
      if (own !== 1) place += index * stride;
      stride *= own;
    }
    places[at] = place;
  }
  return places;
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, d) => {
    const extents = shapes.map((shape) => shape[d - rank + shape.length] ?? 1);
    const largest = Math.max(...extents);
    const extent = extents.includes(0) ? 0 : largest;
    if (extents.some((one) => one !== 1 && one !== extent)) throw new Error(`shapes ${JSON.stringify(shapes)} do not broadcast`);
    return extent;
  });
}

type Inputs = readonly Value[];
type Op = (inputs: Inputs, attributes: Readonly<Record<string, Attribute>>) => Value;

const integer = (attribute: Attribute | undefined, otherwise: number): number => (attribute !== undefined && 'i' in attribute ? attribute.i : otherwise);
const float = (attribute: Attribute | undefined, otherwise: number): number => (attribute !== undefined && 'f' in attribute ? attribute.f : otherwise);

const unary = (f: (x: number, attributes: Readonly<Record<string, Attribute>>) => number, type?: string): Op => ([x], attributes) =>
  made(type ?? x!.type, x!.shape, Float64Array.from(numbers(x!), (value) => f(value, attributes)));
const nary = (f: (...values: number[]) => number, type?: string): Op => (inputs) => {
  const shape = broadcast(inputs.map((one) => one.shape));
  const places = inputs.map((one) => broadcastPlaces(one.shape, shape));
  const types = new Set(inputs.map((one) => one.type));
  if (types.size > 1 && f !== where) throw new Error(`types ${[...types].join(', ')} in one operation`);
  return made(type ?? inputs[inputs.length - 1]!.type, shape, Float64Array.from({ length: sizeOf(shape) }, (_, at) => f(...inputs.map((one, i) => numbers(one)[places[i]![at]!]!))));
};
const where = (...[condition, yes, no]: number[]): number => (condition === 1 ? yes! : no!);

/** [..., m, k] × [..., k, n], with leading extents broadcast. */
function matMul(a: Value, b: Value): Value {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[b.shape.length - 1]!;
  const batch = broadcast([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const [atA, atB] = [broadcastPlaces(a.shape.slice(0, -2), batch), broadcastPlaces(b.shape.slice(0, -2), batch)];
  const y = new Float64Array(sizeOf(batch) * m * n);
  for (let q = 0; q < atA.length; q++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += numbers(a)[(atA[q]! * m + i) * k + l]! * numbers(b)[(atB[q]! * k + l) * n + j]!;
        y[(q * m + i) * n + j] = sum;
      }
    }
  }
  return made(a.type, [...batch, m, n], y);
}

function transpose(x: Value, perm: readonly number[]): Value {
  const shape = perm.map((d) => x.shape[d]!);
  const strides = x.shape.map((_, d) => sizeOf(x.shape.slice(d + 1)));
  const y = Array.from({ length: sizeOf(shape) }, (_, at) => {
    let [rest, place] = [at, 0];
    for (let d = shape.length - 1; d >= 0; d--) {
      place += (rest % shape[d]!) * strides[perm[d]!]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return numbers(x)[place]!;
  });
  return made(x.type, shape, y);
}

/** f of each run of the last axis. */
const rowwise = (f: (row: number[]) => number[]): Op => ([x]) => {
  const width = x!.shape[x!.shape.length - 1]!;
  const rows = Array.from({ length: sizeOf(x!.shape) / width }, (_, i) => f(Array.from(numbers(x!)).slice(i * width, (i + 1) * width)));
  return made(x!.type, x!.shape, rows.flat());
};

const erf = (x: number): number => {
  // The series of erf, which for |x| < 6 has converged to the last digits after 200 terms.
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) sum += (term *= (-x * x) / n) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
};
const castTo: Readonly<Record<number, string>> = { 1: 'float', 7: 'int64', 9: 'bool', 11: 'double' };

const ops: Readonly<Record<string, Op>> = {
  Add: nary((a, b) => a + b), Sub: nary((a, b) => a - b), Mul: nary((a, b) => a * b), Div: nary((a, b) => a / b),
  Max: nary(Math.max), Min: nary(Math.min), Clip: nary((x, low, high) => Math.min(high, Math.max(low, x))),
  And: nary((a, b) => a * b), Where: nary(where),
  Less: nary((a, b) => Number(a < b), 'bool'), LessOrEqual: nary((a, b) => Number(a <= b), 'bool'),
  GreaterOrEqual: nary((a, b) => Number(a >= b), 'bool'), Equal: nary((a, b) => Number(a === b), 'bool'),
  Not: unary((x) => 1 - x), IsNaN: unary((x) => Number(Number.isNaN(x)), 'bool'), Neg: unary((x) => -x), Abs: unary(Math.abs), Sqrt: unary(Math.sqrt), Exp: unary(Math.exp),
  Log: unary(Math.log), Floor: unary(Math.floor), Round: unary((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))), Sin: unary(Math.sin), Cos: unary(Math.cos),
  Relu: unary((x) => Math.max(x, 0)), LeakyRelu: unary((x, { alpha }) => (x > 0 ? x : float(alpha, 0.01) * x)), Tanh: unary(Math.tanh),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))), Gelu: unary((x) => (x / 2) * (1 + erf(x / Math.SQRT2))), Mish: unary((x) => x * Math.tanh(Math.log1p(Math.exp(x)))),
  Selu: unary((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))),
  Identity: ([x]) => x!,
  Cast: ([x], { to }) => made(castTo[integer(to, 0)]!, x!.shape, integer(to, 0) === 7 ? Array.from(numbers(x!), Math.trunc) : numbers(x!)),
  Softmax: rowwise((row) => {
    const powers = row.map((x) => Math.exp(x - Math.max(...row)));
    return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
  }),
  MatMul: ([a, b]) => matMul(a!, b!),
  Gemm: ([a, b, c], { transB }) => ops['Add']!([matMul(a!, integer(transB, 0) === 1 ? transpose(b!, [1, 0]) : b!), ...(c === undefined ? [made(a!.type, [], [0])] : [c])], {}),
  Transpose: ([x], { perm }) => transpose(x!, (perm as { ints: number[] }).ints),
  Reshape: ([x, shape]) => {
    const given = Array.from(numbers(shape!), (extent, d) => (extent === 0 ? x!.shape[d]! : extent));
    const known = given.filter((extent) => extent !== -1).reduce((a, b) => a * b, 1);
    return made(x!.type, given.map((extent) => (extent === -1 ? x!.values.length / known : extent)), x!.values);
  },
  Concat: (inputs, { axis }) => {
    const at = integer(axis, 0);
    const extents = inputs.map(({ shape }) => shape[at]!);
    const [outer, inner] = [sizeOf(inputs[0]!.shape.slice(0, at)), sizeOf(inputs[0]!.shape.slice(at + 1))];
    const values = Array.from({ length: outer }, (_, i) => inputs.map((one, j) => Array.from(numbers(one)).slice(i * extents[j]! * inner, (i + 1) * extents[j]! * inner))).flat(2);
    return made(inputs[0]!.type, inputs[0]!.shape.map((extent, d) => (d === at ? extents.reduce((a, b) => a + b, 0) : extent)), values);
  },
  Gather: ([x, indices], { axis }) => {
    const at = integer(axis, 0);
    const [outer, inner, extent] = [sizeOf(x!.shape.slice(0, at)), sizeOf(x!.shape.slice(at + 1)), x!.shape[at]!];
    const values: (number | string)[] = [];
    for (let i = 0; i < outer; i++) {
      for (const index of Array.from(numbers(indices!))) {
        if (!(index >= -extent && index < extent)) throw new Error(`index ${String(index)} of ${String(extent)}`);
        for (let k = 0; k < inner; k++) values.push(x!.values[(i * extent + (index < 0 ? index + extent : index)) * inner + k]!);
      }
    }
    return made(x!.type, [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)], values as number[]);
  },
  ReduceSum: ([x, axes], { keepdims }) => reduce(x!, numbers(axes!)[0]!, integer(keepdims, 1) === 1, (row) => row.reduce((a, b) => a + b, 0)),
  ReduceMean: ([x, axes], { keepdims }) => reduce(x!, numbers(axes!)[0]!, integer(keepdims, 1) === 1, (row) => row.reduce((a, b) => a + b, 0) / row.length),
  ArgMax: ([x], { axis, keepdims }) => ({ ...reduce(x!, integer(axis, 0), integer(keepdims, 1) === 1, (row) => row.indexOf(Math.max(...row))), type: 'int64' }),
  BatchNormalization: ([x, scale, bias, mean, variance], { epsilon }) => {
    const size = x!.shape[1]!;
    return made(x!.type, x!.shape, Float64Array.from(numbers(x!), (value, at) =>
      ((value - numbers(mean!)[at % size]!) / Math.sqrt(numbers(variance!)[at % size]! + float(epsilon, 1e-5))) * numbers(scale!)[at % size]! + numbers(bias!)[at % size]!));
  },
  LayerNormalization: ([x, scale, bias], { epsilon }) => rowwise((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, j) => ((value - mean) / Math.sqrt(variance + float(epsilon, 1e-5))) * numbers(scale!)[j]! + numbers(bias!)[j]!);
  })([x!], {}),
  LabelEncoder: ([x], { keys_strings: keys, values_int64s: values, default_int64: otherwise }) => {
    const known = new Map((keys as { strings: string[] }).strings.map((key, i) => [key, (values as { ints: number[] }).ints[i]!]));
    return made('int64', x!.shape, Array.from(x!.values as readonly string[], (text) => known.get(text) ?? integer(otherwise, -1)));
  },
};

function reduce(x: Value, axis: number, keeps: boolean, f: (row: number[]) => number): Value {
  const [outer, inner, extent] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1)), x.shape[axis]!];
  const values = Array.from({ length: outer * inner }, (_, at) => {
    const [i, k] = [Math.floor(at / inner), at % inner];
    return f(Array.from({ length: extent }, (__, l) => numbers(x)[(i * extent + l) * inner + k]!));
  });
  return made(x.type, x.shape.flatMap((one, d) => (d !== axis ? [one] : keeps ? [1] : [])), values);
}

/** Computes one node. */
export function evaluateNode({ op, attributes }: Pick<OnnxNode, 'op' | 'attributes'>, inputs: Inputs): Value {
  const compute = ops[op];
  if (compute === undefined) throw new Error(`no operator ${op}`);
  return compute(inputs, attributes);
}

export const operators = Object.keys(ops);

/** The outputs of a model for inputs by name, computed node by node as the ONNX operators are defined, with sums in float64. */
export function evaluateOnnx(model: OnnxModel, feeds: Readonly<Record<string, Value>>): Record<string, Value> {
  const values = new Map<string, Value>(model.initializers.map((one) => [one.name, made(one.type, one.shape, one.values)]));
  for (const { name, type, shape } of model.inputs) {
    const given = feeds[name];
    if (given === undefined) throw new Error(`no input ${name}`);
    if (given.type !== type || given.shape.length !== shape.length) throw new Error(`${name} is ${given.type} [${given.shape.join(', ')}], not ${type} [${shape.join(', ')}]`);
    values.set(name, given);
  }
  for (const node of model.nodes) {
    try {
      values.set(node.outputs[0]!, evaluateNode(node, node.inputs.map((name) => values.get(name)!)));
    } catch (error) {
      throw new Error(`${node.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return Object.fromEntries(model.outputs.map(({ name }) => [name, values.get(name)!]));
}
