'use strict';

/* Readers of pickles, as CIFAR-10's Python version has them; models are lists of opcodes, [opcode, argument]. */

const { closeSync, ftruncateSync, openSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { editText, hostileTexts } = require('../mutate');
const { demand, dist } = require('./shared');

const made = new Map();
/** `length` bytes, cached. */
function pixels(length) {
  if (!made.has(length)) made.set(length, Buffer.alloc(length, 7));
  return made.get(length);
}
const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const line = (text) => Buffer.from(`${text}\n`, 'latin1');
/** Encoders of the arguments of opcodes; bytes are preceded by their length. */
const writers = {
  '\x80': (value) => Buffer.from([value]), 'K': (value) => Buffer.from([value]), 'M': (value) => Buffer.from([value & 255, (value >> 8) & 255]), 'J': u32,
  'q': (value) => Buffer.from([value]), 'h': (value) => Buffer.from([value]), 'r': u32, 'j': u32, 'c': (value) => line(value), 'I': line, 'S': line, 'p': line, 'g': line,
  'U': (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]),
  'T': (value) => (value.pixels === undefined ? Buffer.concat([u32(value.length), Buffer.from(value, 'latin1')]) : Buffer.concat([u32(value.pixels), pixels(value.pixels)])),
  'X': (value) => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value, 'utf8')]),
};
const plain = ['(', 'R', 'b', 'N', '\x88', '\x89', ']', ')', '\x85', '\x86', '\x87', 'l', 't', 'a', 'e', '}', 'd', 's', 'u', '.', '0', '2', '1', 'o', '\x81', '\x95', 'G', 'B', '\xff'];

const array = (rows, width, bytes) => [
  ['c', 'numpy.core.multiarray\n_reconstruct'], ['q', 1], ['c', 'numpy\nndarray'], ['q', 2], ['K', 0], ['\x85'], ['U', 'b'], ['\x87'], ['R'], ['q', 3],
  ['('], ['K', 1], ['M', rows], ['M', width], ['\x86'], ['c', 'numpy\ndtype'], ['U', 'u1'], ['K', 0], ['K', 1], ['\x87'], ['R'],
  ['('], ['K', 3], ['U', '|'], ['N'], ['N'], ['N'], ['J', 0xffffffff], ['J', 0xffffffff], ['K', 0], ['t'], ['b'], ['\x89'], ['T', bytes], ['t'], ['b'],
];

/** data and labels of `rows` images of `width` bytes. */
const batch = (rows, width) => [
  ['\x80', 2], ['}'], ['q', 0], ['('], ['U', 'data'], ...array(rows, width, { pixels: rows * width }),
  ['U', 'labels'], [']'], ['('], ...Array.from({ length: rows }, (_, i) => ['K', i % 10]), ['e'],
  ['U', 'batch_label'], ['X', 'training batch 1 of 5'], ['u'], ['.'],
];
const names = [
  ['\x80', 2], ['}'], ['U', 'label_names'], [']'], ['('], ...Array.from('abcdefghij', (name) => ['U', name]), ['e'], ['s'], ['.'],
];
const text = [['('], ['d'], ['p', '0'], ['S', '\'labels\''], ['('], ['l'], ['I', '5'], ['a'], ['I', '01'], ['a'], ['s'], ['.']];

function editOpcodes(random, list) {
  const at = random.below(list.length);
  const numbers = [0, 1, 2, 3, 255, 256, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  const value = (old) => (typeof old === 'number' ? random.pick(numbers) : random.chance(0.5) ? random.pick(hostileTexts).slice(0, 250) : editText(random, String(old)).slice(0, 250));
  switch (random.below(9)) {
    case 0: list.splice(at, 1); break;
    case 1: list.splice(at, 0, [...list[at] ?? ['.']]); break;
    case 2: list.splice(random.below(list.length + 1), 0, ...list.splice(at, 1)); break;
    case 3: list.splice(at, 0, [random.pick(plain)]); break;
    case 4: list.splice(at, 0, [random.pick(['q', 'r', 'h', 'j', 'K', 'J', 'M', '\x80']), random.pick(numbers)]); break;
    case 5: list.splice(at, 0, ...list.slice(at, at + random.below(20))); break;
    case 6: list.splice(at, 0, ['c', random.pick(['os\nsystem', 'numpy\ndtype', 'numpy\nndarray', '_codecs\nencode', 'builtins\neval', '__proto__\nx', 'numpy.core.multiarray\n_reconstruct'])]); break;
    default: {
      const with_ = list.map((one, i) => [one, i]).filter(([one]) => one.length > 1);
      if (with_.length > 0) {
        const [one] = random.pick(with_);
        one[1] = value(one[1]);
      }
    }
  }
  return list;
}

const bytesOf = (list) => Buffer.concat(list.flatMap(([opcode, argument]) => {
  const head = Buffer.from(opcode, 'latin1');
  if (argument === undefined || writers[opcode] === undefined) return [head];
  return [head, writers[opcode](argument)];
}));

/** Checks that a value and all its parts have types that a pickle may yield. */
function checkPickled(value, depth = 0) {
  if (depth > 20 || value === null || ['boolean', 'number'].includes(typeof value) || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) value.slice(0, 20).forEach((item) => { checkPickled(item, depth + 1); });
  else if (value.global !== undefined) demand(typeof value.global === 'string', 'a function without a name');
  else if (value.kind === undefined) for (const item of [...value.values()].slice(0, 20)) checkPickled(item, depth + 1);
  else if (value.kind === 'array') demand(value.data.length === value.shape.reduce((product, extent) => product * extent, 1), 'an array of another size than its shape');
}

const pickle = {
  title: 'pickles of CIFAR-10\'s python version',
  models: () => [{ list: batch(3, 4) }, { list: names }, { list: text }],
  edit: (random, { list }) => ({ list: editOpcodes(random, list) }),
  encode: ({ list }) => [bytesOf(list)],
  shrinks: true,
  open() {
    const { unpickleBatch } = dist('data', 'cifar10', 'unpickle');
    return ([bytes]) => { checkPickled(unpickleBatch(bytes, 'data_batch_1')); };
  },
};

const cifarPython = {
  title: 'CIFAR-10 in the python layout, whole files',
  models: () => [{ whole: batch(10_000, 3072), names }],
  edit: (random, model) => {
    // Only the opcodes around the pixels are edited.
    const which = random.chance(0.8) ? 'whole' : 'names';
    model[which] = editOpcodes(random, model[which]);
    return model;
  },
  encode: ({ whole, names: list }) => [bytesOf(whole), bytesOf(list)],
  slow: true,
  open(folder) {
    const { layouts, loadCifar10 } = dist('data', 'cifar10', 'cifar10');
    const [, { trainFiles, testFile, metaFile }] = layouts;
    writeFileSync(join(folder, testFile), bytesOf(batch(10_000, 3072)));
    for (const name of trainFiles.slice(1)) {
      const descriptor = openSync(join(folder, name), 'w');
      ftruncateSync(descriptor, 0);
      closeSync(descriptor);
    }
    return ([bytes, list]) => {
      writeFileSync(join(folder, trainFiles[0]), bytes);
      writeFileSync(join(folder, metaFile), list);
      const { train } = loadCifar10(folder, { train: 5, validation: 3, test: 2 });
      demand(train.size === 5 && train.labels.every((label) => label >= 0 && label < 10), 'labels beyond the classes');
    };
  },
};

module.exports = { bytesOf, editOpcodes, readers: { pickle, cifarPython } };
