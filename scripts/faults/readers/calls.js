'use strict';

/*
 * Calls of kernels with invalid arguments. A refused call must throw an error with a code and change no array; an accepted call must write
 * nothing outside its arrays. A call is described by a few numbers, from which its arguments are made.
 */

const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { Random } = require('../random');
const { demand, dist } = require('./shared');

/** Guard elements around each array. None under AddressSanitizer, which also finds reads beyond an array. */
const guard = process.env.ASAN_OPTIONS === undefined ? 16 : 0;

/** The arguments of calls that verify makes, as templates: arrays by type and contents. */
function templates(precision) {
  const { kernelsIn } = dist('kernels', 'signatures');
  const { verifyCases } = dist('verify', 'cases');
  const recorded = [];
  for (const kernel of kernelsIn(precision)) {
    let left = 12;
    const recorder = new Proxy({}, {
      get: (_, name) => (...args) => {
        const size = args.reduce((sum, arg) => sum + (ArrayBuffer.isView(arg) ? arg.length : 0), 0);
        if (name === kernel && size < 3000) recorded.push({ kernel, args });
        return 0;
      },
    });
    // Every third case, as neighbours have similar sizes.
    let at = 0;
    for (const { run } of verifyCases(kernel, precision, 1)) {
      if (at++ % 3 !== 0) continue;
      run(recorder);
      if (--left === 0) break;
    }
  }
  return recorded;
}

/** For an array between guards, the bytes of both. */
const blocks = new WeakMap();
/** The memories of backends, of gigabytes. */
const memories = new WeakSet();

/** The bytes that belong to an array: all of its memory, but of a backend's the part that was allocated for it, or itself. */
function blockOf(array) {
  const { buffer, byteOffset, byteLength } = array;
  return blocks.get(array) ?? (memories.has(buffer) ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(buffer));
}

/** An array like another, between guards: in memory of its own, or in what `allocate` returns. */
function guarded(like, allocate = (Type, length) => new Type(length)) {
  const { constructor: Type, length } = like;
  const whole = allocate(Type, length + 2 * guard);
  const block = new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
  block.fill(0xa5);
  const array = whole.subarray(guard, guard + length);
  blocks.set(array, block);
  if (block.length < whole.buffer.byteLength) memories.add(whole.buffer);
  array.set(like);
  return array;
}

const shared = (Type, length) => new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT));

const detach = (array) => {
  const { buffer } = array;
  if (buffer.constructor.name === 'ArrayBuffer' && buffer.byteLength > 0 && !memories.has(buffer)) structuredClone(buffer, { transfer: [buffer] });
};

const sizes = [-1, 0, 1, 2, 3, 0.5, NaN, Infinity, 2 ** 16, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 3, 2 ** 53, 1e300, '3', null, undefined, true, 3n, {}, [], Symbol('x')];
const scalars = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e300, 5e-324, '1', null, undefined, true, 1n, {}, [1], Symbol('x')];
const types = [Float32Array, Float64Array, Int32Array, Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, BigInt64Array];

/** Replacements of an array; `others` are the call's arrays. */
const arrays = [
  () => undefined, () => null, () => 1, () => 'x', () => [], () => ({}), () => Symbol('x'), () => 1n,
  (array) => Array.from(array), (array) => ({ length: array.length }), (array) => array.buffer, (array) => new DataView(array.buffer, array.byteOffset, array.byteLength),
  (array) => { detach(array); return array; },
  (array) => array.subarray(0, Math.max(0, array.length - 1)), (array) => array.subarray(0, 0), (array) => array.slice(array.length >> 1),
  (array, random) => guarded(new (random.pick(types.filter((Type) => Type !== BigInt64Array)))(array.length)), () => new BigInt64Array(4),
  (array) => new Proxy(array, {}), (array) => Object.create(array),
  (array) => Object.defineProperty(guarded(array.subarray(0, array.length >> 1)), 'length', { get: () => 1e9 }),
  (array) => Object.defineProperty(guarded(array.subarray(0, array.length >> 1)), Symbol.toStringTag, { value: array[Symbol.toStringTag] }),
  (array) => Object.defineProperty(new Uint8Array(3), Symbol.toStringTag, { get: () => array[Symbol.toStringTag] }),
  (array) => Object.setPrototypeOf(guarded(array), null), (array) => Object.setPrototypeOf(guarded(array), Int8Array.prototype),
  (array) => guarded(array, shared),
  (array) => { // its memory is shrunk, so that the view is out of bounds
    const buffer = new ArrayBuffer(array.byteLength, { maxByteLength: array.byteLength + 64 });
    const view = new array.constructor(buffer, 0, array.length);
    buffer.resize(array.byteLength >> 1);
    return view;
  },
  (array) => { // a view that tracks the length of its memory
    const half = (array.length >> 1) * array.BYTES_PER_ELEMENT;
    const buffer = new ArrayBuffer(half, { maxByteLength: array.byteLength + 64 });
    const view = new array.constructor(buffer);
    buffer.resize(array.byteLength);
    return view;
  },
  (array, random, others) => { // the same memory as another argument, or overlapping it
    const { buffer, byteOffset, byteLength } = blockOf(random.pick(others) ?? guarded(array));
    const { BYTES_PER_ELEMENT: bytes } = array.constructor;
    const from = bytes * random.below(1 + Math.floor(byteLength / bytes / 2));
    return new array.constructor(buffer, byteOffset + from, Math.max(0, Math.floor((byteLength - from) / bytes)));
  },
  (array) => { array.fill(random32()); return array; }, (array) => { array.fill(NaN); return array; }, (array) => { array.fill(-1); return array; },
];
const random32 = () => 2 ** 31 - 1;

/** A call's arguments after its edits, its arrays in what `allocate` returns. */
function makeArguments({ args }, edits, allocate) {
  const made = args.map((arg) => (ArrayBuffer.isView(arg) ? guarded(arg, allocate) : arg));
  const all = made.filter((arg) => ArrayBuffer.isView(arg));
  const edited = new Set();
  for (const { seed } of edits) {
    const random = new Random(seed);
    const position = random.below(args.length);
    if (edited.has(position)) continue;
    edited.add(position);
    const old = made[position];
    const value = ArrayBuffer.isView(old) ? random.pick(arrays)(old, random, all.filter(({ buffer }) => buffer.byteLength > 0)) : random.pick(typeof old === 'boolean' ? scalars : Number.isInteger(old) ? sizes : scalars);
    const isOnTheSide = random.chance(0.1);
    // A value that changes other arguments when it is converted; only sizes and scalars are converted.
    made[position] = isOnTheSide && !ArrayBuffer.isView(old)
      ? { valueOf() { all.forEach(detach); return Number(old); }, toString() { all.forEach(detach); return String(old); } } : value;
  }
  const last = new Random(edits.at(-1)?.seed ?? 0);
  if (last.chance(0.03)) made.splice(last.below(made.length), 1);
  if (last.chance(0.03)) made.push(...made);
  return { made, all };
}

const bytesOf = (array) => Buffer.from(blockOf(array).slice());

/** Whether two arrays lie in the same memory, allocated for one of them. */
function overlap(a, b) {
  if (a.buffer !== b.buffer) return false;
  const [first, second] = [a, b].map(blockOf);
  return first.byteOffset < second.byteOffset + second.byteLength && second.byteOffset < first.byteOffset + first.byteLength;
}

/** Makes one call and checks its effects. */
function call(kernels, { kernel, made, all }) {
  const extra = made.filter((arg) => ArrayBuffer.isView(arg) && !all.includes(arg) && arg.buffer !== undefined);
  const watched = [...all, ...extra].filter((array) => array.buffer?.byteLength > 0);
  const before = watched.map(bytesOf);
  let refused;
  try {
    kernels[kernel](...made);
  } catch (error) {
    refused = error;
  }
  watched.forEach((array, i) => {
    const after = bytesOf(array);
    if (after.length !== before[i].length) return; // detached by the call
    // Guards cannot be checked around an array whose memory is also that of another argument.
    const isAlone = made.filter((arg) => ArrayBuffer.isView(arg) && overlap(arg, array)).length < 2;
    if (refused !== undefined) demand(after.equals(before[i]), `${kernel} refuses and writes`);
    else if (all.includes(array) && isAlone && made.includes(array)) {
      const side = guard * array.BYTES_PER_ELEMENT;
      if (side > 0) demand(after.subarray(0, side).equals(before[i].subarray(0, side)) && after.subarray(-side).equals(before[i].subarray(-side)), `${kernel} writes outside of an array`);
    }
  });
  if (refused !== undefined) throw refused;
}

const precisions = ['float32', 'float64', 'bfloat16'];

/** The functions to call, by backend; `raw` is the addon without the TypeScript layer. */
function kernelsOf(backend, precision) {
  if (backend !== 'raw') return dist('kernels').kernelsFor(precision, backend);
  const { requireAddon } = dist('kernels', 'native');
  const addon = requireAddon();
  const explained = (operation) => (...args) => {
    try {
      return operation(...args);
    } catch (error) {
      // The addon throws a code without a message, which the TypeScript layer adds.
      if (['ERR_KERNEL_ARG', 'ERR_KERNEL_INDEX'].includes(error.code)) throw Object.assign(error, { name: 'BlastrainError', message: `Expected other arguments: ${error.message}` });
      throw error;
    }
  };
  return Object.fromEntries(Object.entries({ ...addon[precision === 'float64' ? 'float64' : 'float32'], ...(precision === 'bfloat16' && addon.bfloat16) }).map(([name, operation]) => [name, explained(operation)]));
}

/** Where a call's arrays are: in JavaScript's memory, or, in every other call of a backend with one of its own, in that as far as it allocates their type. */
function allocatorOf(kernels, backend, random) {
  if (backend !== 'wasm' || random.chance(0.5)) return undefined;
  const Own = kernels.dtype === 'float64' ? Float64Array : Float32Array;
  return (Type, length) => (Type === Own ? kernels.allocate(length) : new Type(length));
}

function makeCaller(backends) {
  const known = new Map(precisions.map((precision) => [precision, templates(precision)]));
  const kernels = new Map(backends.flatMap((backend) => precisions.map((precision) => [`${backend} ${precision}`, kernelsOf(backend, precision)])));
  return ({ which, edits }) => {
    const random = new Random(which);
    const precision = random.pick(precisions);
    const template = random.pick(known.get(precision));
    const backend = random.pick(backends);
    const own = kernels.get(`${backend} ${precision}`);
    call(own, { kernel: template.kernel, ...makeArguments(template, edits, allocatorOf(own, backend, random)) });
  };
}

const reader = (title, backends) => ({
  title,
  needsBuild: !backends.includes('typescript'),
  kind: 'call',
  models: () => Array.from({ length: 5000 }, (_, which) => ({ which, edits: [] })),
  edit: (random, model) => ({ ...model, edits: [...model.edits, { seed: random.next() }] }),
  encode: (model) => [Buffer.from(JSON.stringify(model))],
  open() {
    const caller = makeCaller(backends);
    return ([bytes]) => { caller(JSON.parse(bytes.toString())); };
  },
});

const native = reader('calls of native kernels with hostile arguments, through the library and of the bare addon', ['native', 'raw']);
const wasm = reader('calls of WebAssembly kernels with hostile arguments, in their own memory and in JavaScript\'s', ['wasm']);
const typescript = reader('calls of TypeScript kernels with hostile arguments', ['typescript']);

/** Hostile calls from several threads at once, some of which are terminated during them. */
const workers = {
  title: 'rounds of 300 such calls at once in each of 3 worker threads, of which some are ended in the middle',
  kind: 'call',
  needsBuild: true,
  slow: true,
  models: () => [{}],
  edit: (random, model) => model,
  encode: () => [Buffer.alloc(0)],
  open() {
    const start = () => new Worker(join(__dirname, '..', 'callWorker.js'));
    const threads = [start(), start(), start()];
    threads.forEach((thread) => { thread.unref(); });
    return async (_, random) => {
      const round = threads.map((thread, i) => new Promise((settle) => {
        thread.removeAllListeners();
        thread.once('message', settle);
        thread.once('error', (error) => { settle({ message: `the thread breaks down: ${error.message}`, name: error.name }); });
        thread.once('exit', () => {
          threads[i] = start();
          threads[i].unref();
          settle(null);
        });
        thread.postMessage(random.next());
      }));
      const victim = threads[random.below(threads.length * 4)];
      if (victim !== undefined) setTimeout(() => { void victim.terminate(); }, random.below(30));
      for (const wrong of await Promise.all(round)) if (wrong !== null) throw Object.assign(new Error(wrong.message), { name: wrong.name });
    };
  },
};

module.exports = { makeCaller, readers: { native, wasm, typescript, workers } };
