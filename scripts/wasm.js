#!/usr/bin/env node
'use strict';

/*
 * Compiles the kernels of native/ to WebAssembly: wasm/kernels.wasm for 128-bit vectors, which every supported Node.js and browser has, and
 * wasm/kernels-relaxed.wasm, whose products use fused multiply-adds; all else is compiled once for both. Compiles only if a source is newer than they are. Takes Debian's clang, lld,
 * libc++-dev-wasm32 and wasi-libc.
 *
 * usage: wasm.js [--force]
 */

const { spawn } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { delimiter, join } = require('node:path');

const root = join(__dirname, '..');
/** The files that are compiled alike for both modules, and those of micro-kernels that multiply and add, or say how. */
const shared = ['float32.cc', 'float64.cc', 'bfloat16.cc', 'gemm/gemm_nt_kernel.cc', 'blas/own_library.cc'];
const products = ['gemm/gemm_outer_kernel.cc', 'gemm/gemm_tn_kernel.cc', 'wasm/module.cc'];
const modules = [
  { file: 'kernels.wasm', variant: 'simd', flags: [] },
  { file: 'kernels-relaxed.wasm', variant: 'relaxed', flags: ['-mrelaxed-simd'] },
];
const target = ['--target=wasm32-wasi'];
const compiling = [
  '-std=c++17', '-O2', '-Wall', '-Wextra', '-ffp-contract=off', '-fno-trapping-math', '-fno-math-errno', '-fno-exceptions', '-fno-rtti',
  '-fvisibility=hidden', '-msimd128', '-mbulk-memory', '-mnontrapping-fptoint', '-msign-ext', '-mmutable-globals', '-matomics', '-mthread-model', 'posix',
  `-I${join(root, 'native')}`,
];
const linking = [
  '-nostartfiles', '-Wl,--no-entry', '-Wl,--import-memory', '-Wl,--shared-memory', '-Wl,--no-check-features', '-Wl,--export-table', '-Wl,--export=__stack_pointer', '-Wl,--export=__wasm_call_ctors',
  '-Wl,--export=__wasm_init_tls', '-Wl,--export=__tls_size', '-Wl,--export=__tls_base',
  '-Wl,--stack-first', '-Wl,-z,stack-size=1048576', '-Wl,--strip-all', '-Wl,--max-memory=4294901760',
];

/** The compiler: clang++ by its Debian name, or by its plain one. */
const compiler = ['clang++-19', 'clang++'].find((name) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))));

function newest() {
  const sources = readdirSync(join(root, 'native'), { recursive: true }).filter((name) => !/^mpi|^(addon|prebuild)\.cc$/.test(name)).map((name) => join(root, 'native', name));
  return Math.max(...[__filename, ...sources].map((path) => statSync(path).mtimeMs));
}

const isFresh = (path) => existsSync(path) && statSync(path).mtimeMs >= newest();

function run(args) {
  return new Promise((resolve, reject) => {
    spawn(compiler, [...target, ...args], { stdio: 'inherit' }).on('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${compiler} ended with status ${status}`));
    });
  });
}

/** Compiles a file of native/ for a variant; returns how, and the object that it makes. */
function object(source, variant, flags) {
  const path = join(root, 'build', 'wasm', `${source.replaceAll('/', '-')}.${variant}.o`);
  return { path, compile: () => run([...compiling, ...flags, '-c', join(root, 'native', source), '-o', path]) };
}

/** As many at once as there are cores. */
async function all(tasks) {
  const left = [...tasks];
  await Promise.all(Array.from({ length: availableParallelism() }, async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) await task();
  }));
}

/** The module with the memory of a single thread, as most pages have it; lib/kernels/wasm/webAssembly.ts turns that byte back. */
function ofOneThread(module) {
  const before = Buffer.from('\x03env\x06memory\x02', 'latin1');
  const at = module.indexOf(before) + before.length;
  if (at < before.length || module[at] !== 3) throw new Error('no import of a shared memory');
  module[at] = 1;
  return module;
}

async function main() {
  if (!process.argv.includes('--force') && modules.every(({ file }) => isFresh(join(root, 'wasm', file)))) return;
  if (compiler === undefined) throw new Error(`clang++ not found; on Debian type: apt-get install clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc`);
  for (const folder of [['wasm'], ['build', 'wasm']]) mkdirSync(join(root, ...folder), { recursive: true });
  const common = shared.map((source) => object(source, 'simd', []));
  const own = modules.map(({ variant, flags }) => products.map((source) => object(source, variant, flags)));
  await all([...common, ...own.flat()].map(({ compile }) => compile));
  for (const [i, { file }] of modules.entries()) {
    const [path, made] = [join(root, 'wasm', file), join(root, 'wasm', `${file}.tmp`)];
    await run([...linking, ...[...common, ...own[i]].map(({ path: each }) => each), '-o', made]);
    writeFileSync(made, ofOneThread(readFileSync(made)));
    renameSync(made, path);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
