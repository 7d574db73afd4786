'use strict';

/*
 * Loaded into a process before its own code (NODE_OPTIONS=--require), in the main thread and in every worker thread: counts the
 * operations on files below the current folder, over all threads together, and at the nth one kills the process or fails the operation as
 * a system would. The environment says what to do:
 *
 *   BLASTRAIN_FAULT  {"log": FILE}                         logs every operation, one JSON array per line
 *                    {"at": n, "how": "kill"}              SIGKILL before operation n
 *                    {"at": n, "how": "torn"}              SIGKILL when half of the bytes of operation n, or the next write, are written
 *                    {"at": n, "how": "short"}             that write writes half of its bytes and returns their number
 *                    {"at": n, "how": "ENOSPC", "for": 1}  operation n fails with this code; "for" of them in a row
 *
 * With {"durable": FOLDER} it records there what a power cut would leave, see durable.js.
 *
 * Operations of several system calls (writeFileSync, copyFileSync, rmSync of a folder) are split into these, so that a fault can happen
 * between them.
 */

const fs = require('node:fs');
const { join, resolve, sep } = require('node:path');
const threads = require('node:worker_threads');
const { constants: { errno: numbers } } = require('node:os');
const { Durable } = require('./durable');

const key = 'blastrain-faults';
const plan = JSON.parse(process.env.BLASTRAIN_FAULT ?? '{}');
const root = resolve(plan.root ?? process.cwd()) + sep;

// The counter is shared by all threads: workers inherit environment data.
if (threads.isMainThread) threads.setEnvironmentData(key, new SharedArrayBuffer(8));
const counter = new Int32Array(threads.getEnvironmentData(key));

const original = { ...fs };
const log = plan.log === undefined ? undefined : original.openSync(plan.log, 'a');
const paths = new Map();
const durable = plan.durable === undefined ? undefined : new Durable(plan.durable, root, original, threads.isMainThread);

/** Operations that fail on a full disk or quota: they need a new block or inode. */
const allocating = new Set(['open', 'write', 'mkdir', 'link', 'symlink', 'fsync', 'copyfile']);
/** Operations that fail only on a failing disk: they change nothing. */
const reading = new Set(['read', 'fstat', 'stat', 'lstat', 'scandir', 'realpath', 'openForReading']);

const isOurs = (path) => path !== undefined && (resolve(path) + sep).startsWith(root);

function pathOf(target) {
  if (typeof target === 'number') return paths.get(target);
  if (typeof target === 'string') return target;
  if (Buffer.isBuffer(target)) return target.toString();
  return target !== null && typeof target === 'object' && target.protocol === 'file:' ? require('node:url').fileURLToPath(target) : undefined;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // Wait for the signal, which ends all threads.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function refusal(code, syscall, path) {
  const error = new Error(`${code}: injected, ${syscall} '${path}'`);
  return Object.assign(error, { code, syscall: syscall === 'openForReading' ? 'open' : syscall, errno: -(numbers[code] ?? 5), path });
}

/** Counts an operation and injects the fault if its number has come. Returns 'torn' or 'short' if the caller is to write half. */
function operation(syscall, target) {
  const path = pathOf(target);
  if (!isOurs(path)) return undefined;
  const isReading = reading.has(syscall);
  // Kills and full disks count operations that change something; a failing disk counts all.
  if (isReading && plan.how !== 'EIO') return undefined;
  const number = Atomics.add(counter, 0, 1) + 1;
  if (log !== undefined) original.writeSync(log, `${JSON.stringify([number, syscall, resolve(path).slice(root.length)])}\n`);
  const { at, how, for: times = 1 } = plan;
  if (at === undefined || number < at) return undefined;
  // With several threads the order of operations varies, and the nth may not be a write: the next write is used.
  if (how === 'torn' || how === 'short') return syscall === 'write' && Atomics.add(counter, 1, 1) < times ? how : undefined;
  if (number >= at + times) return undefined;
  if (how === 'kill') die();
  // A full disk still performs operations that need no space.
  if (times > 1 && how !== 'EIO' && !allocating.has(syscall)) return undefined;
  throw refusal(how, syscall, path);
}

const flagsOf = (flags) => {
  if (typeof flags === 'number') return flags;
  const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_EXCL } = fs.constants;
  const text = String(flags ?? 'r').replace(/[sx]/g, '');
  const extra = /x/.test(String(flags)) ? O_EXCL : 0;
  const known = {
    'r': O_RDONLY, 'r+': O_RDWR, 'w': O_WRONLY | O_CREAT | O_TRUNC, 'w+': O_RDWR | O_CREAT | O_TRUNC, 'a': O_WRONLY | O_CREAT | O_APPEND,
    'a+': O_RDWR | O_CREAT | O_APPEND,
  };
  return (known[text] ?? O_RDONLY) | extra;
};

fs.openSync = (path, flags, mode) => {
  operation((flagsOf(flags) & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) === 0 ? 'openForReading' : 'open', path);
  const isNew = durable !== undefined && !original.existsSync(path);
  const descriptor = original.openSync(path, flags, mode);
  if (isNew && isOurs(pathOf(path))) durable.forget(descriptor);
  paths.set(descriptor, pathOf(path));
  return descriptor;
};

fs.closeSync = (descriptor) => {
  paths.delete(descriptor);
  original.closeSync(descriptor);
};

fs.writeSync = (descriptor, data, ...rest) => {
  const what = operation('write', descriptor);
  if (what === undefined) return original.writeSync(descriptor, data, ...rest);
  let bytes;
  let position = null;
  if (typeof data === 'string') {
    bytes = Buffer.from(data, rest[1]);
    position = rest[0] ?? null;
  } else {
    const options = rest[0] !== null && typeof rest[0] === 'object' ? rest[0] : { offset: rest[0], length: rest[1], position: rest[2] };
    const whole = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const offset = options.offset ?? 0;
    bytes = whole.subarray(offset, offset + (options.length ?? whole.length - offset));
    position = options.position ?? null;
  }
  const half = bytes.subarray(0, bytes.length >> 1);
  // A write of at most one byte cannot be split.
  const written = half.length === 0 && what === 'short' ? original.writeSync(descriptor, bytes, 0, bytes.length, position)
    : original.writeSync(descriptor, half, 0, half.length, position);
  if (what === 'torn') die();
  return written;
};

fs.writevSync = (descriptor, pieces, position = null) => {
  const whole = Buffer.concat(pieces.map((piece) => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
  return fs.writeSync(descriptor, whole, 0, whole.length, position);
};

function writeAll(target, data, options, defaultFlag) {
  const { encoding = 'utf8', flag = defaultFlag, mode = 0o666, flush = false } = typeof options === 'string' ? { encoding: options } : options ?? {};
  const bytes = typeof data === 'string' ? Buffer.from(data, encoding ?? 'utf8') : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const descriptor = typeof target === 'number' ? target : fs.openSync(target, flag, mode);
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at, bytes.length - at);
    if (flush) fs.fsyncSync(descriptor);
  } finally {
    if (typeof target !== 'number') fs.closeSync(descriptor);
  }
}
fs.writeFileSync = (target, data, options) => {
  if (isOurs(pathOf(target))) writeAll(target, data, options, 'w');
  else original.writeFileSync(target, data, options);
};
fs.appendFileSync = (target, data, options) => {
  if (isOurs(pathOf(target))) writeAll(target, data, options, 'a');
  else original.appendFileSync(target, data, options);
};
fs.copyFileSync = (from, to, mode = 0) => {
  if (!isOurs(pathOf(to))) return original.copyFileSync(from, to, mode);
  return writeAll(to, original.readFileSync(from), {}, (mode & fs.constants.COPYFILE_EXCL) === 0 ? 'w' : 'wx');
};

fs.rmSync = (path, options = {}) => {
  if (!isOurs(pathOf(path))) return original.rmSync(path, options);
  const stat = original.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined && options.force === true) return undefined;
  if (stat === undefined || (stat.isDirectory() && options.recursive !== true)) return original.rmSync(path, options);
  if (!stat.isDirectory()) return fs.unlinkSync(path);
  for (const name of original.readdirSync(path)) fs.rmSync(join(path, name), options);
  return fs.rmdirSync(path);
};

/** Functions of one system call, counted under its name, by the path or descriptor that they change. */
const simple = {
  fsync: 'fsync', fdatasync: 'fsync', ftruncate: 'ftruncate', truncate: 'ftruncate', rename: 'rename', link: 'link', symlink: 'symlink', unlink: 'unlink',
  rmdir: 'rmdir', mkdir: 'mkdir', mkdtemp: 'mkdir', utimes: 'utime', futimes: 'utime', chmod: 'chmod', fchmod: 'chmod',
  read: 'read', readv: 'read', readFile: 'read', fstat: 'fstat', stat: 'stat', lstat: 'lstat', readdir: 'scandir', realpath: 'realpath',
};
const secondPath = new Set(['rename', 'link', 'symlink']);
for (const [name, syscall] of Object.entries(simple)) {
  const act = fs[`${name}Sync`];
  fs[`${name}Sync`] = Object.assign((...args) => {
    operation(syscall, secondPath.has(name) ? args[1] : args[0]);
    const result = act(...args);
    if (syscall === 'fsync' && isOurs(pathOf(args[0]))) durable?.synced(args[0]);
    return result;
  }, act);
}
for (const [name, syscall] of Object.entries({ readFile: 'read', writeFile: 'write', rename: 'rename', unlink: 'unlink', utimes: 'utime', mkdir: 'mkdir', rm: 'unlink' })) {
  const act = fs.promises[name];
  fs.promises[name] = async (...args) => {
    operation(syscall, secondPath.has(name) ? args[1] : args[0]);
    return act(...args);
  };
}
require('node:module').syncBuiltinESMExports();
