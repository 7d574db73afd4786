'use strict';

/*
 * Readers of data. A reader has models, which are decoded inputs; `edit` changes a model in one place, `encode` makes bytes of it, with
 * lengths and checksums that fit unless they were edited, and `open` returns the function that reads them.
 */

const { ftruncateSync, openSync, closeSync, writeFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { encodeNpy, encodeZip } = require('../formats');
const { editText, hostileNumbers, hostileTexts } = require('../mutate');
const { Random } = require('../random');
const { checkSplits, dist } = require('./shared');

const extents = [0, 1, 2, 3, 4, 5, 7, 10, 12, 16, 48, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, -1, '1e3', '0x5', '5.0', ' 5', '5L', '05', ''];
const descrs = ['|u1', '<f4', '<f8', '<i4', '<i8', '>f8', '<f2', '<c8', '|b1', '|S5', '|O', '<U3', '=f4', 'f8', 'f4', '<u1', '', '<f16', '<i1', '<M8[ns]', '__proto__', 'constructor'];
const widths = { u1: 1, f4: 4, f8: 8, i4: 4, i8: 8, f2: 2, c8: 8, b1: 1, S5: 5, O: 8, U3: 12 };

/** An array of numbers as np.save would write it. */
function npyModel(random, shape, type) {
  const length = shape.reduce((product, extent) => product * extent, 1);
  const bytes = Buffer.alloc(length * widths[type]);
  for (let i = 0; i < length; i++) {
    const label = shape.length === 1 ? i % 3 : random.below(200);
    if (type === 'u1') bytes[i] = label;
    else if (type === 'i4') bytes.writeInt32LE(label, 4 * i);
    else if (type === 'i8') bytes.writeBigInt64LE(BigInt(label), 8 * i);
    else if (type === 'f4') bytes.writeFloatLE(shape.length === 1 ? label : random.unit() - 0.5, 4 * i);
    else bytes.writeDoubleLE(shape.length === 1 ? label : random.unit() - 0.5, 8 * i);
  }
  return { descr: type === 'u1' ? '|u1' : `<${type}`, order: false, version: 1, shape, data: bytes, fit: true };
}

function editNpy(random, model) {
  switch (random.below(12)) {
    case 0: model.descr = random.pick(descrs); break;
    case 1: case 2: model.shape[random.below(model.shape.length + 1)] = random.pick(extents); break;
    case 3: model.shape.splice(random.below(model.shape.length + 1), random.below(2), random.pick(extents)); break;
    case 4: model.order = random.pick([true, 'false', null]); break;
    case 5: model.version = random.pick([0, 1, 2, 3, 4, 255]); break;
    case 6: model.length = random.pick([0, 1, 64, 117, 118, 119, 65_535, 2 ** 31, 2 ** 32 - 1]); break;
    case 7: model.extents = random.pick(['()', '(,)', '(5)', '5', '(5,', '(1,,2)', '[5]', '(5, 3)', `(${'1,'.repeat(100)})`, '(5,)x', '(10,) , (5,)']); break;
    case 8: model.fit = false; break;
    case 9: model.text = editText(random, `{'descr': '${model.descr}', 'fortran_order': False, 'shape': (${model.shape.join(', ')},), }`); break;
    default:
      for (let n = 1 + random.below(4); n > 0 && model.data.length > 0; n--) {
        const at = random.below(model.data.length);
        // Bytes whose exponent bits are all ones: NaN and infinity.
        model.data.fill(random.pick([0, 0xff, 0x7f, 0x80, random.below(256)]), at, Math.min(model.data.length, at + random.pick([1, 4, 8])));
      }
  }
  return model;
}

function npyBytes(model) {
  let { data } = model;
  if (model.fit) {
    // As many bytes as the shape says, if such a file is possible.
    const size = model.shape.reduce((product, extent) => product * Number(extent), widths[model.descr.replace(/^[<|>=]/, '')] ?? 1);
    if (Number.isSafeInteger(size) && size >= 0 && size < 20_000) data = Buffer.concat([data.subarray(0, size), Buffer.alloc(Math.max(0, size - data.length), 1)]);
  }
  return encodeNpy(model, data);
}

const tableOptions = (random) => ({
  ...(random.chance(0.3) && { numericTargets: true }), ...(random.chance(0.3) && { chunkRows: random.pick([1, 2, 1000]) }),
});

const npy = {
  title: 'NumPy arrays (.npy), features or targets',
  models: () => {
    const random = new Random('npy');
    return [
      [[30, 4], 'f8'], [[30, 4], 'f4'], [[30, 2, 2], 'u1'], [[30, 3, 2, 2], 'u1'], [[30, 3], 'i4'], [[30, 2], 'i8'],
    ].flatMap(([shape, type]) => [
      { x: npyModel(random, shape, type), y: npyModel(random, [30], 'u1') }, { x: npyModel(random, shape, type), y: npyModel(random, [30], 'i8') },
    ]);
  },
  edit: (random, model) => {
    const which = random.chance(0.7) ? 'x' : 'y';
    model[which] = editNpy(random, model[which]);
    return model;
  },
  encode: ({ x, y }) => [npyBytes(x), npyBytes(y)],
  open(folder) {
    const { loadNumpy } = dist('data', 'numpy', 'numpy');
    const [x, y] = [join(folder, 'x.npy'), join(folder, 'y.npy')];
    return ([features, targets], random) => {
      writeFileSync(x, features);
      writeFileSync(y, targets);
      const options = tableOptions(random);
      checkSplits(loadNumpy(x, { ...options, target: y }), options);
    };
  },
};

const npz = {
  title: 'archives of NumPy arrays (.npz)',
  models: () => {
    const random = new Random('npz');
    return [true, false].map((packed) => ({
      end: {},
      entries: [
        { name: 'x.npy', packed, array: npyModel(random, [30, 4], 'f4') }, { name: 'y.npy', packed, array: npyModel(random, [30], 'i8') },
        ...(packed ? [{ name: 'note.txt', packed, text: 'x' }] : []),
      ],
    }));
  },
  edit: (random, model) => {
    const entry = random.pick(model.entries.length === 0 ? [{}] : model.entries);
    const sizes = [0, 1, 100, 1000, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
    switch (random.below(10)) {
      case 0: entry[random.pick(['size', 'packedSize'])] = random.pick(sizes); break;
      case 1: entry.method = random.pick([0, 8, 9, 12, 14, 99]); break;
      case 2: entry.position = random.pick(sizes); break;
      case 3: entry.crc = random.next(); break;
      case 4: entry.name = random.pick(['x.npy', 'y.npy', '__proto__.npy', '.npy', '../x.npy', 'x', '', 'ü.npy', 'x\0.npy', 'z.npy']); break;
      case 5: entry.localName = random.pick(['', 'x.npy', 'x'.repeat(300)]); break;
      case 6: entry.extra = random.pick([1, 20, 4000]); break;
      case 7: model.end = random.pick([{ count: 0 }, { count: 1 }, { count: 3 }, { count: 65_535 }, { length: 0 }, { length: 2 ** 32 - 1 }, { start: 0 }, { start: 2 ** 32 - 1 }, { comment: Buffer.from('PK\x05\x06') }, { comment: Buffer.alloc(65_535, 'P') }]); break;
      case 8: model.entries = random.chance(0.5) ? model.entries.slice(1) : [...model.entries, structuredClone(entry)]; break;
      default: if (entry.array !== undefined) entry.array = editNpy(random, entry.array);
    }
    return model;
  },
  encode: ({ entries, end }) => [encodeZip(
    entries.filter(({ name }) => name !== undefined).map(({ array, text, ...entry }) => ({ ...entry, data: array === undefined ? Buffer.from(text ?? '') : npyBytes(array) })), end,
  )],
  open(folder) {
    const { loadNumpy } = dist('data', 'numpy', 'numpy');
    const file = join(folder, 'x.npz');
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const options = tableOptions(random);
      checkSplits(loadNumpy(file, options), options);
    };
  },
};

const cells = ['', ' 1', '1 ', '1e5', '-0', '+1', '1e400', 'NaN', '"1"', '"a""b"', '"a\nb"', '1,5', '$1', '1%', '0x10', 'true', 'x', 'é', '\u202e', '=1', '9'.repeat(400), '1.0', '01', '1_0', 'NA', '-', '?', 'yes', 'no', '2020-02-30', '2020-01-01T00:00Z', '(1)', '1.234,5', '1,234', '9007199254740993'];
const csv = {
  title: 'comma-separated values (.csv)',
  models: () => {
    const random = new Random('csv');
    const rows = (kinds) => Array.from({ length: 24 }, (_, i) => [random.unit().toFixed(3), String(random.below(100)), (random.unit() * 1e6).toExponential(4), kinds[i % kinds.length]]);
    return [
      { separator: ',', end: '\n', mark: '', encoding: 'utf8', lines: [['a', 'b', 'c', 'kind'], ...rows(['x', 'y', 'z'])] },
      { separator: ',', end: '\r\n', mark: '\ufeff', encoding: 'utf8', lines: [['a', 'b', 'c', 'kind'], ...rows(['1', '2', '10'])] },
      { separator: ',', end: '\n', mark: '', encoding: 'utf8', lines: rows(['0', '1']) },
      { separator: ';', end: '\n', mark: '', encoding: 'utf8', lines: [['a', 'b', 'c', 'kind'], ...rows(['"x, y"', 'z'])] },
      {
        separator: ',', end: '\n', mark: '', encoding: 'utf8',
        lines: [['a', 'b', 'c', 'd', 'kind'], ...rows(['x', 'y']).map(([a, , , kind], i) => [i % 5 === 0 ? '' : a, ['red', 'green', 'blue', 'NA'][i % 4], i % 3 === 0 ? 'yes' : 'no', `2020-01-${String(1 + i).padStart(2, '0')}`, kind])],
      },
    ];
  },
  edit: (random, model) => {
    const { lines } = model;
    const at = random.below(lines.length);
    const line = lines[at] ?? [];
    switch (random.below(12)) {
      case 0: case 1: case 2: line[random.below(line.length)] = random.pick(cells); break;
      case 3: line.push(random.pick(cells)); break;
      case 4: line.pop(); break;
      case 5: lines.splice(at, 1); break;
      case 6: lines.splice(at, 0, random.pick([[], [''], ['x'], ['', '', '', ''], structuredClone(line)])); break;
      case 7: model.separator = random.pick([',', ';', '\t', '|', ', ', '']); break;
      case 8: model.end = random.pick(['\n', '\r\n', '\r', '\n\n', '']); break;
      case 9: model.encoding = random.pick(['utf8', 'latin1', 'utf16le']); break;
      case 10: model.mark = random.pick(['', '\ufeff', 'sep=;\n', '#\n', '\n']); break;
      default: line[random.below(line.length)] = editText(random, line[random.below(line.length)] ?? '');
    }
    return model;
  },
  encode: ({ separator, end, mark, encoding, lines }) => [Buffer.from(`${mark}${lines.map((line) => line.join(separator)).join(end)}${end}`, encoding)],
  shrinks: true,
  open(folder) {
    const { loadCsv } = dist('data', 'csv', 'csv');
    const file = join(folder, 'table.csv');
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const options = { ...(random.chance(0.2) && { numericTargets: true }), ...(random.chance(0.1) && { target: random.pick([0, 'a', '1', 'kind']) }),
        ...(random.chance(0.1) && { header: random.chance(0.5) }), ...(random.chance(0.1) && { delimiter: random.pick([',', ';', '\t', '1']) }) };
      if (random.chance(0.1)) options.columns = { [random.pick(['a', 'b', 'c', '0', 'kind'])]: random.pick(['number', 'boolean', 'category', 'date', 'ignore', 'text']) };
      checkSplits(loadCsv(file, options), options);
    };
  },
};

const jsonl = {
  title: 'JSON lines (.jsonl)',
  models: () => {
    const random = new Random('jsonl');
    const row = (i) => ({ a: random.unit(), b: ['red', 'blue', null][i % 3], c: i % 2 === 0, d: `2020-01-${String(1 + (i % 28)).padStart(2, '0')}`, kind: ['x', 'y'][i % 2] });
    return [{ lines: Array.from({ length: 20 }, (_, i) => row(i)) }, { lines: Array.from({ length: 20 }, (_, i) => ({ a: i, kind: i % 3 })) }];
  },
  edit: (random, model) => {
    const { lines } = model;
    const at = random.below(lines.length);
    const line = lines[at];
    if (typeof line !== 'object') return model;
    const key = random.pick(Object.keys(line));
    switch (random.below(7)) {
      case 0: case 1: line[key] = random.pick([null, [], {}, '', 'NA', 1e300, -0, true, 'x', '1', '2020-13-01', '\u202e']); break;
      case 2: delete line[key]; break;
      case 3: line[random.pick(['e', '__proto__', 'constructor', ''])] = random.pick([1, 'x', null]); break;
      case 4: lines.splice(at, 0, random.pick(['', '[]', 'null', '{', '{"a":1e999,"kind":"x"}', '{"kind":"x","kind":"y"}', '5'])); break;
      case 5: lines.splice(at, 1); break;
      default: lines[at] = editText(random, JSON.stringify(line));
    }
    return model;
  },
  encode: ({ lines }) => [Buffer.from(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))],
  shrinks: true,
  open(folder) {
    const { loadJsonLines } = dist('data', 'jsonLines');
    const file = join(folder, 'table.jsonl');
    return ([bytes], random) => {
      writeFileSync(file, bytes);
      const options = { ...(random.chance(0.2) && { numericTargets: true }), ...(random.chance(0.1) && { target: random.pick(['a', 'kind', 'none']) }),
        ...(random.chance(0.1) && { columns: { [random.pick(['a', 'b', 'c'])]: random.pick(['number', 'boolean', 'category', 'date', 'ignore']) } }) };
      checkSplits(loadJsonLines(file, options), options);
    };
  },
};

const setting = {
  title: 'settings on the command line (--set key=value)',
  models: () => ['learningRate=0.1', 'layers=3072,50,10', 'model=[{"layer":"linear","size":10}]', 'epochs=3', 'schedule=cosine', 'threads=1'].map((text) => ({ text })),
  edit: (random, model) => {
    const { specFields } = dist('spec', 'spec');
    if (random.chance(0.4)) model.text = `${random.pick(Object.keys(specFields))}=${random.chance(0.5) ? random.pick(hostileTexts) : JSON.stringify(random.pick(hostileNumbers))}`;
    else model.text = editText(random, model.text);
    return model;
  },
  encode: ({ text }) => [Buffer.from(text)],
  shrinks: true,
  open() {
    const { applySettings, parseSpec } = dist('spec', 'spec');
    const { findPreset } = dist('spec', 'presets');
    const base = findPreset('mlp-deep').spec;
    return ([bytes]) => { parseSpec(applySettings(base, [bytes.toString()])); };
  },
};

/** Writes a sparse file of CIFAR-10's size: the given beginning, then a hole. */
function sparse(file, bytes, size) {
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, size);
  if (bytes.length > 0) writeSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
}

const cifar = {
  title: 'CIFAR-10 in the binary layout, whole files',
  models: () => [{ head: Buffer.alloc(3073 * 2, 3), size: 30_730_000, names: 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n', stored: false }],
  edit: (random, model) => {
    switch (random.below(6)) {
      case 0: model.size = random.pick([0, 1, 3072, 3073, 6146, 30_729_999, 30_730_001, 2 * 30_730_000]); break;
      case 1: model.names = editText(random, model.names); break;
      case 2: model.stored = true; break;
      case 3: model.head[random.pick([0, 3073])] = random.below(256); break;
      default: model.head[random.below(model.head.length)] = random.below(256);
    }
    return model;
  },
  encode: ({ head, names, size, stored }) => [head, Buffer.from(names), Buffer.from(JSON.stringify({ size, stored }))],
  slow: true,
  open(folder) {
    const { layouts, loadCifar10, storeCifar10 } = dist('data', 'cifar10', 'cifar10');
    const [{ trainFiles, testFile, metaFile }] = layouts;
    for (const name of [...trainFiles, testFile]) sparse(join(folder, name), Buffer.alloc(0), 30_730_000);
    return ([head, names, facts]) => {
      const { size, stored } = JSON.parse(facts.toString());
      sparse(join(folder, trainFiles[0]), head, size);
      writeFileSync(join(folder, metaFile), names);
      const sizes = { train: 6000, validation: 10, test: 10 };
      checkSplits(stored ? storeCifar10(folder, sizes, 100) : loadCifar10(folder, sizes));
    };
  },
};

module.exports = { npy, npz, csv, jsonl, setting, cifar };
