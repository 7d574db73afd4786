'use strict';

/* Encodes ONNX models as protocol buffers (onnx.proto3): the parts that a training graph needs. */

const FLOAT = 1;

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const integer = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field, value) => {
  const content = typeof value === 'string' ? Buffer.from(value) : Buffer.concat([value].flat());
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
};
const float = (field, value) => {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), content]);
};

/** An attribute of a node: a list of integers, or a number, which is a float if its name is in `floats`. */
function attribute(name, value) {
  const floats = ['alpha', 'beta'];
  if (Array.isArray(value)) return [bytes(1, name), ...value.map((each) => integer(8, each)), integer(20, 7)];
  if (floats.includes(name)) return [bytes(1, name), float(2, value), integer(20, 1)];
  return [bytes(1, name), integer(3, value), integer(20, 2)];
}

/** output = op(inputs). */
function node(op, inputs, output, attributes = {}) {
  return [
    ...inputs.map((name) => bytes(1, name)), bytes(2, output), bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
  ];
}

/** A float32 constant. */
function scalar(name, value) {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return [integer(2, FLOAT), bytes(8, name), bytes(9, content)];
}

/** An int64 vector as a constant. */
function int64s(name, values) {
  return [integer(1, values.length), integer(2, 7), bytes(8, name), bytes(9, Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer))];
}

/** A float32 tensor that is an input or an output. */
function tensor(name, shape) {
  const dimensions = shape.map((extent) => bytes(1, integer(1, extent)));
  return [bytes(1, name), bytes(2, bytes(1, [integer(1, FLOAT), bytes(2, dimensions)]))];
}

/** A model of opset 17. */
function model({ nodes, constants, inputs, outputs }) {
  const graph = [
    ...nodes.map((each) => bytes(1, each)), bytes(2, 'step'), ...constants.map((each) => bytes(5, each)),
    ...inputs.map((each) => bytes(11, each)), ...outputs.map((each) => bytes(12, each)),
  ];
  return Buffer.concat([integer(1, 8), bytes(7, graph), bytes(8, [bytes(1, ''), integer(2, 17)])]);
}

module.exports = { int64s, model, node, scalar, tensor };
