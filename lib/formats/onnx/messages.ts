import { bytesField, floatField, protobufFields, repeatedIntegers, varintField } from '../../files/protobuf';
import type { ProtobufField } from '../../files/protobuf';
import { fileError } from '../../files';
import { codeOf, decodeTensor, encodeTensor, typeOf } from './tensor';
import type { OnnxTensor, ReadExternal, Refuse, TensorType } from './tensor';

/**
 * ONNX models as messages of protocol buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), with the fields that exports write and
 * imports read.
 */

/** An attribute of a node; the keys are those of the format. */
export type Attribute =
  | { readonly f: number } | { readonly i: number } | { readonly s: string } | { readonly t: OnnxTensor }
  | { readonly floats: readonly number[] } | { readonly ints: readonly number[] } | { readonly strings: readonly string[] };

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  /** Of the operator set; '' for the standard one. */
  readonly domain: string;
  /** Names of values; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output of a graph: a tensor whose first extent is the number of rows where `shape` has a name in its place. */
export interface OnnxValue {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly producer: string;
  /** Version of each operator set, by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/** The version of the file format, which all runtimes since 2024 read. */
const irVersion = 9;

/** The bytes of a model. */
export function encodeModel(model: OnnxModel, graphName: string, producerVersion: string): Uint8Array {
  const graph = Buffer.concat([
    ...model.nodes.map((node) => bytesField(1, encodeNode(node))),
    bytesField(2, graphName),
    ...model.initializers.map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...model.inputs.map((value) => bytesField(11, encodeValue(value))),
    ...model.outputs.map((value) => bytesField(12, encodeValue(value))),
  ]);
  return Buffer.concat([
    varintField(1, irVersion),
    bytesField(2, model.producer),
    bytesField(3, producerVersion),
    bytesField(7, graph),
    ...Object.entries(model.opsets).map(([domain, version]) => bytesField(8, Buffer.concat([bytesField(1, domain), varintField(2, version)]))),
    ...Object.entries(model.metadata).map(([key, value]) => bytesField(14, Buffer.concat([bytesField(1, key), bytesField(2, value)]))),
  ]);
}

function encodeNode({ op, name, domain, inputs, outputs, attributes }: OnnxNode): Uint8Array {
  return Buffer.concat([
    ...inputs.map((input) => bytesField(1, input)),
    ...outputs.map((output) => bytesField(2, output)),
    bytesField(3, name),
    bytesField(4, op),
    ...Object.entries(attributes).map(([key, attribute]) => bytesField(5, Buffer.concat([bytesField(1, key), ...encodeAttribute(attribute)]))),
    ...(domain === '' ? [] : [bytesField(7, domain)]),
  ]);
}

function encodeAttribute(attribute: Attribute): Uint8Array[] {
  if ('f' in attribute) return [floatField(2, attribute.f), varintField(20, 1)];
  if ('i' in attribute) return [varintField(3, attribute.i), varintField(20, 2)];
  if ('s' in attribute) return [bytesField(4, attribute.s), varintField(20, 3)];
  if ('t' in attribute) return [bytesField(5, encodeTensor(attribute.t)), varintField(20, 4)];
  if ('floats' in attribute) return [...attribute.floats.map((value) => floatField(7, value)), varintField(20, 6)];
  if ('ints' in attribute) return [...attribute.ints.map((value) => varintField(8, value)), varintField(20, 7)];
  return [...attribute.strings.map((value) => bytesField(9, value)), varintField(20, 8)];
}

function encodeValue({ name, type, shape }: OnnxValue): Uint8Array {
  const extents = shape.map((extent) => bytesField(1, typeof extent === 'number' ? varintField(1, extent) : bytesField(2, extent)));
  const tensor = Buffer.concat([varintField(1, codeOf(type)), bytesField(2, Buffer.concat(extents))]);
  return Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, tensor))]);
}

/**
 * Reads a model. Throws ERR_DATA, naming the file, for bytes that are none, for weights of a type that is not known, and for weights that lie in other files where these are not read.
 * @param external reads weights that lie in other files.
 */
export function decodeModel(bytes: Uint8Array, file: string, external?: ReadExternal): OnnxModel {
  const refuse: Refuse = (received, what = 'an ONNX model') => fileError('ERR_DATA', what, file, received);
  let [producer, hasGraph] = ['', false];
  const [opsets, metadata]: [Record<string, number>, Record<string, string>] = [{}, {}];
  const graph = { inputs: [] as OnnxValue[], outputs: [] as OnnxValue[], nodes: [] as OnnxNode[], initializers: [] as OnnxTensor[] };
  for (const { field, bytes: content } of protobufFields(bytes, refuse)) {
    if (field === 2) producer = content.toString();
    else if (field === 7) {
      hasGraph = true;
      decodeGraph(content, graph, refuse, external);
    } else if (field === 8) {
      const fields = [...protobufFields(content, refuse)];
      opsets[textOf(fields, 1)] = fields.find((one) => one.field === 2)?.integer ?? 0;
    } else if (field === 14) {
      const fields = [...protobufFields(content, refuse)];
      metadata[textOf(fields, 1)] = textOf(fields, 2);
    }
  }
  if (!hasGraph) throw refuse('other bytes');
  return { producer, opsets, metadata, ...graph };
}

interface Graph {
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
}

function decodeGraph(bytes: Uint8Array, graph: Graph, refuse: Refuse, external: ReadExternal | undefined): void {
  for (const { field, bytes: content } of protobufFields(bytes, refuse)) {
    if (field === 1) graph.nodes.push(decodeNode(content, refuse, external));
    else if (field === 5) graph.initializers.push(decodeTensor(content, refuse, external));
    else if (field === 11 || field === 12) {
      const value = decodeValue(content, refuse);
      if (value !== undefined) (field === 11 ? graph.inputs : graph.outputs).push(value);
    }
  }
}

function decodeNode(bytes: Uint8Array, refuse: Refuse, external: ReadExternal | undefined): OnnxNode {
  const fields = [...protobufFields(bytes, refuse)];
  const texts = (number: number): string[] => fields.filter(({ field }) => field === number).map((one) => one.bytes.toString());
  const attributes = fields.filter(({ field }) => field === 5).map((one) => decodeAttribute(one.bytes, refuse, external));
  return {
    op: textOf(fields, 4), name: textOf(fields, 3), domain: textOf(fields, 7), inputs: texts(1), outputs: texts(2),
    attributes: Object.fromEntries(attributes.flatMap((one) => (one === undefined ? [] : [one]))),
  };
}

/** Undefined for a graph within a node, and others that nothing here reads. Without a type, as older writers left it out, by the field that is there. */
function decodeAttribute(bytes: Uint8Array, refuse: Refuse, external: ReadExternal | undefined): [string, Attribute] | undefined {
  const fields = [...protobufFields(bytes, refuse)];
  const of = (number: number): ProtobufField[] => fields.filter(({ field }) => field === number);
  const type = of(20)[0]?.integer ?? fields.map(({ field }) => attributeTypes[field]).find((one) => one !== undefined);
  const float = ({ bytes: content }: ProtobufField): number => {
    if (content.length < 4) throw refuse('a number of other bytes', 'four bytes of an attribute');
    return content.readFloatLE();
  };
  const floats = of(7).flatMap(({ bytes: content }) => Array.from({ length: content.length / 4 }, (_, i) => content.readFloatLE(4 * i)));
  const attribute: Attribute | undefined =
    type === 1 ? { f: of(2)[0] === undefined ? 0 : float(of(2)[0]!) }
      : type === 2 ? { i: of(3)[0]?.integer ?? 0 }
        : type === 3 ? { s: textOf(fields, 4) }
          : type === 4 && of(5)[0] !== undefined ? { t: decodeTensor(of(5)[0]!.bytes, refuse, external) }
            : type === 6 ? { floats }
              : type === 7 ? { ints: of(8).flatMap((one) => repeatedIntegers(one, refuse)) }
                : type === 8 ? { strings: of(9).map((one) => one.bytes.toString()) } : undefined;
  return attribute === undefined ? undefined : [textOf(fields, 1), attribute];
}

/** The type of an attribute by the field that holds its value. */
const attributeTypes: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 3, 5: 4, 7: 6, 8: 7, 9: 8 };

/** Undefined for a value that is no tensor. */
function decodeValue(bytes: Uint8Array, refuse: Refuse): OnnxValue | undefined {
  const within = (content: Uint8Array | undefined, number: number): Uint8Array | undefined =>
    content && [...protobufFields(content, refuse)].find(({ field }) => field === number)?.bytes;
  const tensor = within(within(bytes, 2), 1);
  if (tensor === undefined) return undefined;
  const type = [...protobufFields(tensor, refuse)].find(({ field }) => field === 1)?.integer ?? 0;
  const extents = [...protobufFields(within(tensor, 2) ?? new Uint8Array(0), refuse)].filter(({ field }) => field === 1);
  const shape = extents.map(({ bytes: extent }) => {
    const fields = [...protobufFields(extent, refuse)];
    return fields.find(({ field }) => field === 1)?.integer ?? textOf(fields, 2);
  });
  return { name: textOf([...protobufFields(bytes, refuse)], 1), type: typeOf(type, refuse), shape };
}

function textOf(fields: readonly ProtobufField[], number: number): string {
  return fields.find(({ field }) => field === number)?.bytes.toString() ?? '';
}
