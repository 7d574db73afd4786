'use strict';

/*
 * A process that calls native kernels for another, which may be of another processor: emulatedKernels.ts. It reads from standard input
 * messages [precision, kernel, ...arguments] and writes to standard output what the kernel returned and the arrays that it may have written;
 * its first message tells what the addon is, and an empty one ends it.
 */

const { readSync, writeSync } = require('node:fs');
const { deserialize, serialize } = require('node:v8');

const bytesOf = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
/** The kind of a typed array, which may be of another realm, or undefined. */
const kindOf = (value) => (ArrayBuffer.isView(value) ? value[Symbol.toStringTag] : undefined);

function readInto(descriptor, array) {
  const bytes = bytesOf(array);
  for (let at = 0; at < bytes.length;) {
    const read = readSync(descriptor, bytes, at, bytes.length - at, null);
    if (read === 0) throw new Error('Expected a message but received the end');
    at += read;
  }
  return array;
}

/** A list of values. Its typed arrays follow the others, read where they stay: an emulated processor copies them slowly. */
function readMessage(descriptor) {
  const [size] = readInto(descriptor, new Uint32Array(1));
  const values = deserialize(readInto(descriptor, Buffer.alloc(size)));
  return values.map((value) => (value?.kind === undefined ? value : readInto(descriptor, new globalThis[value.kind](value.length))));
}

function writeMessage(descriptor, values) {
  const head = serialize(values.map((value) => (kindOf(value) === undefined ? value : { kind: kindOf(value), length: value.length })));
  for (const array of [Uint32Array.of(head.length), head, ...values.filter((value) => kindOf(value) !== undefined)]) {
    const bytes = bytesOf(array);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  }
}

function serve(threads) {
  const { kernelsFor, nativeStatus, setThreads } = require('../../dist');
  const { signatures } = require('../../dist/kernels/signatures');
  setThreads(threads);
  const kernels = Object.fromEntries(['float32', 'float64', 'bfloat16'].map((precision) => [precision, kernelsFor(precision, 'native')]));
  writeMessage(1, [nativeStatus().info]);
  for (;;) {
    const [precision, kernel, ...args] = readMessage(0);
    if (precision === undefined) return;
    const returned = kernels[precision][kernel](...args);
    writeMessage(1, [returned, ...args.map((arg, i) => (signatures[kernel].args[i].use === 'reads' || kindOf(arg) === undefined ? undefined : arg))]);
  }
}

if (require.main === module) serve(Number(process.argv[2]));
else module.exports = { readMessage, writeMessage };
