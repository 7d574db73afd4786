'use strict';

/* Readers of models of other programs: what `import` takes. Models of files are their parts, put together as the formats say. */

const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { encodeNpy, encodeZip } = require('../formats');
const { editBytes, editJson, editText, hostileNumbers, hostileTexts, toJson } = require('../mutate');
const { bytesOf, editOpcodes } = require('./pickle');
const { demand, dist } = require('./shared');

const golden = join(__dirname, '..', '..', '..', '__tests__', 'golden', 'imports');
const floats = (length, start = 0.1) => Buffer.from(Float32Array.from({ length }, (_, i) => Math.sin(start + i)).buffer);

/** Parameters of a net of 3, 4 and 2 units. */
const parameters = [['0.weight', [4, 3]], ['0.bias', [4]], ['1.weight', [4]], ['1.bias', [4]], ['1.running_mean', [4]], ['1.running_var', [4]], ['3.weight', [2, 4]], ['3.bias', [2]]];
const sizeOf = (shape) => shape.reduce((product, extent) => product * extent, 1);
/** A variance is not negative. */
const numbersOf = (name, shape) => floats(sizeOf(shape), name.endsWith('var') ? 0.5 : 0.1).map((byte, i) => (name.endsWith('var') && i % 4 === 3 ? byte & 0x7f : byte));

/** Imports what is accepted, and predicts a row. */
function opener(ending, options = () => ({})) {
  return (folder) => {
    const { importModel } = dist('formats', 'import', 'importModel');
    const file = join(folder, `model${ending}`);
    writeFileSync(join(folder, 'weights0'), floats(6));
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const { model } = importModel(file, options(random));
      const { layers, parameterCount } = model.summary();
      demand(layers.length > 0 && parameterCount > 0, 'a model without layers');
      demand(model.outputs(new Float64Array(model.featureSize)).length === model.outputNames.length, 'other outputs than names');
    };
  };
}

const losses = (random) => (random.chance(0.3) ? { spec: { loss: 'mse' } } : {});

const foreignSafetensors = {
  title: 'state_dicts of other programs (.safetensors)',
  models: () => ['F32', 'F64', 'F16'].map((dtype) => {
    let at = 0;
    const width = { F32: 4, F64: 8, F16: 2 }[dtype];
    const header = Object.fromEntries(parameters.map(([name, shape]) => {
      const from = at;
      at += width * sizeOf(shape);
      return [name, { dtype, shape: [...shape], data_offsets: [from, at] }];
    }));
    return { header, data: Buffer.alloc(at, 1) };
  }),
  edit: (random, model) => {
    if (random.chance(0.85)) model.header = editJson(random, model.header);
    else model.data = editBytes(random, model.data);
    return model;
  },
  encode: ({ header, data }) => {
    const text = Buffer.from(toJson(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text.length));
    return [Buffer.concat([start, text, data])];
  },
  open: opener('.safetensors', losses),
};

const npzState = {
  title: 'state_dicts as archives of NumPy arrays (.npz)',
  models: () => [{ arrays: parameters.map(([name, shape]) => ({ name, shape: [...shape], descr: '<f4', order: false, data: numbersOf(name, shape) })) }],
  edit: (random, model) => {
    const array = random.pick(model.arrays);
    switch (random.below(6)) {
      case 0: array.name = editText(random, array.name); break;
      case 1: array.shape[random.below(array.shape.length + 1)] = random.pick([0, 1, 2, 3, 4, 2 ** 31, 2 ** 53, -1]); break;
      case 2: array.descr = random.pick(['<f8', '<i8', '|u1', '<f2', '>f4', '']); break;
      case 3: model.arrays.splice(model.arrays.indexOf(array), 1); break;
      case 4: model.arrays.push(random.pick(model.arrays)); break;
      default: array.data = editBytes(random, array.data);
    }
    if (model.arrays.length === 0) model.arrays.push(array);
    return model;
  },
  encode: ({ arrays }) => [encodeZip(arrays.map((array) => ({ name: `${array.name}.npy`, data: encodeNpy(array, array.data), packed: false })))],
  open: opener('.npz', losses),
};

/** A tensor, as torch.save pickles it. */
const tensor = ([, shape], i) => [
  ['c', 'torch._utils\n_rebuild_tensor_v2'], ['('], ['('], ['X', 'storage'], ['c', 'torch\nFloatStorage'], ['X', String(i)], ['X', 'cpu'], ['K', sizeOf(shape)], ['t'], ['Q'],
  ['K', 0], ['('], ...shape.map((extent) => ['K', extent]), ['t'], ['('], ...shape.map((_, d) => ['K', sizeOf(shape.slice(d + 1))]), ['t'], ['\x89'],
  ['c', 'collections\nOrderedDict'], [')'], ['R'], ['t'], ['R'], ['q', i],
];
const stateDict = [['\x80', 2], ['c', 'collections\nOrderedDict'], [')'], ['R'], ['('], ...parameters.flatMap((one, i) => [['X', one[0]], ...tensor(one, i)]), ['u'], ['.']];
const checkpointDict = [['\x80', 2], ['}'], ['('], ['X', 'epoch'], ['K', 3], ['X', 'state_dict'], ...stateDict.slice(1, -1), ['u'], ['.']];

const torchState = {
  title: 'state_dicts that torch.save wrote (.pt)',
  models: () => [stateDict, checkpointDict].map((list) => ({ list, storages: parameters.map(([name, shape]) => numbersOf(name, shape)), folder: 'archive' })),
  edit: (random, model) => {
    const part = random.below(25);
    if (part < 20) model.list = editOpcodes(random, model.list);
    else if (part < 24) model.storages[random.below(model.storages.length)] = editBytes(random, random.pick(model.storages));
    else model.folder = random.pick([...hostileTexts.slice(0, 20), 'archive/data']);
    return model;
  },
  encode: ({ list, storages, folder }) => [encodeZip([
    { name: `${folder}/data.pkl`, data: bytesOf(list), packed: false }, ...storages.map((data, i) => ({ name: `${folder}/data/${i}`, data, packed: false })),
  ])],
  open: opener('.pt', losses),
};

/** Messages of protocol buffers: lists of fields [number, value], whose values are integers, texts, bytes, {float} or messages. */
function encodeMessage(fields) {
  return Buffer.concat(fields.map(([field, value]) => {
    if (typeof value === 'number') return Buffer.concat([varint(8 * field), varint(value)]);
    if (value?.float !== undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value.float);
      return Buffer.concat([varint(8 * field + 5), bytes]);
    }
    const content = typeof value === 'string' ? Buffer.from(value) : ArrayBuffer.isView(value) ? value : encodeMessage(value);
    return Buffer.concat([varint(8 * field + 2), varint(content.length), content]);
  }));
}

function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(Number.isFinite(value) ? value : 0)));
  const bytes = [];
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const raw = (name, shape, type = 1) => [5, [...shape.map((extent) => [1, extent]), [2, type], [8, name], [9, numbersOf(name, shape)]]];
const external = (name, shape, location) => [5, [...shape.map((extent) => [1, extent]), [2, 1], [8, name], [13, [[1, 'location'], [2, location]]], [13, [[1, 'offset'], [2, '0']]], [14, 1]]];
const node = (op, inputs, output, attributes = []) => [1, [...inputs.map((name) => [1, name]), [2, output], [3, `${op} of ${output}`], [4, op], ...attributes.map((fields) => [5, fields])]];
const value = (field, name, extent) => [field, [[1, name], [2, [[1, [[1, 1], [2, [[1, [[2, 'n']]], [1, [[1, extent]]]]]]]]]]];
const onnx = (nodes, tensors) => ({ message: [[1, 9], [7, [...nodes, [2, 'net'], ...tensors, value(11, 'x', 3), value(12, 'y', 2)]], [8, [[1, ''], [2, 20]]]] });
const onnxTexts = ['', 'x', 'y', 'h', 'w', 'Gemm', 'MatMul', 'Add', 'Relu', 'Gelu', 'Softmax', 'Sigmoid', 'Identity', 'Constant', 'Loop', 'perm', 'axis', '../weights0', '/etc/passwd', 'weights0', 'location', '-1', '99999999999'];

/** Changes one field, at any depth. */
function editMessage(random, fields) {
  const all = [];
  const walk = (list) => { list.forEach((field, at) => { all.push([list, at]); if (Array.isArray(field[1])) walk(field[1]); }); };
  walk(fields);
  if (all.length === 0) return [[random.below(20), 1]];
  const [list, at] = random.pick(all);
  const field = list[at];
  switch (random.below(7)) {
    case 0: list.splice(at, 1); break;
    case 1: list.splice(at, 0, structuredClone(field)); break;
    case 2: field[0] = 1 + random.below(21); break;
    case 3: list.splice(random.below(list.length + 1), 0, ...list.splice(at, 1)); break;
    default:
      if (typeof field[1] === 'number') field[1] = random.pick(hostileNumbers.filter((one) => typeof one === 'number'));
      else if (typeof field[1] === 'string') field[1] = random.chance(0.7) ? random.pick(onnxTexts) : random.pick(hostileTexts);
      else if (ArrayBuffer.isView(field[1])) field[1] = editBytes(random, field[1]);
      else field[1] = random.pick([[], 0, '', structuredClone(random.pick(all)[0])]);
  }
  return fields;
}

const onnxModel = {
  title: 'graphs (.onnx), with weights inside and beside',
  models: () => [
    onnx([node('Gemm', ['x', 'w', 'b'], 'h', [[[1, 'transB'], [3, 1], [20, 2]]]), node('Relu', ['h'], 'r'), node('MatMul', ['r', 'v'], 'm'), node('Add', ['m', 'c'], 'a'), node('Softmax', ['a'], 'y')],
      [raw('w', [4, 3]), raw('b', [4]), raw('v', [4, 2]), raw('c', [2])]),
    onnx([node('Gemm', ['x', 'w', 'b'], 'h', [[[1, 'transB'], [3, 1], [20, 2]]]), node('BatchNormalization', ['h', 'b', 'c4', 'd', 'var'], 'n', [[[1, 'epsilon'], [2, { float: 1e-3 }], [20, 1]]]), node('MatMul', ['n', 's'], 'f'), node('Tanh', ['f'], 't'),
      node('Add', ['h', 't'], 'z'), node('MatMul', ['z', 'v'], 'y')], [raw('w', [4, 3]), raw('b', [4]), raw('c4', [4]), raw('d', [4]), raw('var', [4]), raw('s', [4, 4]), raw('v', [4, 2])]),
    onnx([node('Sub', ['x', 'mean'], 'd'), node('MatMul', ['d', 'w'], 'y')], [raw('mean', [3]), external('w', [3, 2], 'weights0')]),
  ],
  edit: (random, model) => {
    model.message = editMessage(random, model.message);
    return model;
  },
  encode: ({ message }) => [encodeMessage(message)],
  open: opener('.onnx', losses),
};

const kerasFiles = {
  title: 'models that Keras saved (.keras): configuration and weights',
  models: () => ['keras-numbers.keras', 'keras.keras'].map((name) => {
    const bytes = readFileSync(join(golden, name));
    return { config: JSON.parse(entry(bytes, 'config.json')), weights: Buffer.from(entry(bytes, 'model.weights.h5')) };
  }),
  edit: (random, model) => {
    if (random.chance(0.7)) model.config = editJson(random, model.config);
    else model.weights = editBytes(random, model.weights);
    return model;
  },
  encode: ({ config, weights }) => [encodeZip([{ name: 'config.json', data: Buffer.from(toJson(config)), packed: false }, { name: 'model.weights.h5', data: weights, packed: false }])],
  slow: true,
  open: opener('.keras', losses),
};

/** A stored entry of an archive, by its local header. */
function entry(bytes, name) {
  const at = bytes.indexOf(Buffer.concat([Buffer.from(name)]), 0);
  const header = at - 30;
  const [size, extra] = [bytes.readUInt32LE(header + 22), bytes.readUInt16LE(header + 28)];
  const from = at + name.length + extra;
  return bytes.subarray(from, from + size);
}

module.exports = { foreignSafetensors, npzState, torchState, onnxModel, kerasFiles };
