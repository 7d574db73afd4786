'use strict';

/* Writers of the formats that are read, written from their specifications: inputs must not depend on the code under test. */

const { createHash } = require('node:crypto');
const { deflateRawSync, crc32 } = require('node:zlib');

const python = (value) => (value === true ? 'True' : value === false ? 'False' : `'${String(value)}'`);

/** A .npy file (version 1 by default) with this header and data; `extents` replaces the text of the shape. */
function encodeNpy({ descr, shape, extents, order = false, version = 1, text, length }, data) {
  const tuple = extents ?? `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  let header = text ?? `{'descr': ${python(descr)}, 'fortran_order': ${python(order)}, 'shape': ${tuple}, }`;
  const start = version === 1 ? 10 : 12;
  header = `${header.padEnd(Math.ceil((start + header.length + 1) / 64) * 64 - start - 1)}\n`;
  const head = Buffer.alloc(start);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  const stated = length ?? header.length;
  if (version === 1) head.writeUInt16LE(stated & 0xffff, 8);
  else head.writeUInt32LE(stated >>> 0, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** CRC-32 of a zip entry, on every supported Node.js. */
function checksum(bytes) {
  if (crc32 !== undefined) return crc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/**
 * A zip archive. An entry has name and data; `method`, `size`, `packedSize`, `crc`, `position` and `extra` override fields of its
 * directory entry; `end` overrides fields of the archive's end record.
 */
function encodeZip(entries, end = {}) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const { name, data, packed = true, localName = name, extra = 0, ...fields } of entries) {
    const bytes = packed ? deflateRawSync(data) : data;
    const { method = packed ? 8 : 0, size = data.length, packedSize = bytes.length, crc = checksum(data), position = at } = fields;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(method & 0xffff, 8);
    local.writeUInt32LE(crc >>> 0, 14);
    local.writeUInt32LE(packedSize >>> 0, 18);
    local.writeUInt32LE(size >>> 0, 22);
    local.writeUInt16LE(Buffer.byteLength(localName), 26);
    local.writeUInt16LE(extra, 28);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    local.copy(central, 6, 4, 30);
    central.writeUInt16LE(Buffer.byteLength(name), 28);
    central.writeUInt16LE(0, 30);
    central.writeUInt32LE(position >>> 0, 42);
    parts.push(local, Buffer.from(localName), Buffer.alloc(extra), bytes);
    directory.push(central, Buffer.from(name));
    at += 30 + Buffer.byteLength(localName) + extra + bytes.length;
  }
  const central = Buffer.concat(directory);
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE((end.count ?? entries.length) & 0xffff, 8);
  tail.writeUInt16LE((end.count ?? entries.length) & 0xffff, 10);
  tail.writeUInt32LE((end.length ?? central.length) >>> 0, 12);
  tail.writeUInt32LE((end.start ?? at) >>> 0, 16);
  return Buffer.concat([...parts, central, tail, end.comment ?? Buffer.alloc(0)]);
}

/** The parts of a checkpoint: header, metadata with its two JSON texts parsed, data. */
function decodeCheckpoint(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...header } = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  delete metadata.sha256;
  for (const key of ['facts', 'state']) metadata[key] = JSON.parse(metadata[key]);
  return { header, metadata, data: bytes.subarray(8 + length) };
}

/** A checkpoint with the digest of its contents, if its metadata are an object that can hold one. */
function encodeCheckpoint({ header, metadata, data }) {
  const isObject = metadata !== null && typeof metadata === 'object' && !Array.isArray(metadata);
  const sha256 = createHash('sha256').update(JSON.stringify([header, metadata])).update(data).digest('hex');
  const text = Buffer.from(JSON.stringify({ ...header, __metadata__: isObject ? { ...metadata, sha256 } : metadata }), 'utf8');
  const start = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  start.writeBigUInt64LE(BigInt(start.length - 8), 0);
  text.copy(start, 8);
  return Buffer.concat([start, data]);
}

module.exports = { decodeCheckpoint, encodeCheckpoint, encodeNpy, encodeZip };
