#!/usr/bin/env node
'use strict';

/*
 * Compiles the kernels of native/ to WebAssembly: wasm/kernels.wasm for 128-bit vectors, which every supported Node.js and browser has, and
 * wasm/kernels-relaxed.wasm with fused multiply-adds beside. Compiles only if a source is newer than they are. Takes Debian's clang, lld,
 * libc++-dev-wasm32 and wasi-libc.
 *
 * usage: wasm.js [--force]
 */

const { spawn } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, renameSync, statSync } = require('node:fs');
const { delimiter, join } = require('node:path');

const root = join(__dirname, '..');
const modules = [
  { file: 'kernels.wasm', flags: ['-msimd128'] },
  { file: 'kernels-relaxed.wasm', flags: ['-msimd128', '-mrelaxed-simd'] },
];
const flags = [
  '--target=wasm32-wasi', '-std=c++17', '-O2', '-Wall', '-Wextra', '-ffp-contract=off', '-fno-trapping-math', '-fno-math-errno', '-fno-exceptions',
  '-fno-rtti', '-fno-threadsafe-statics', '-fvisibility=hidden', '-mbulk-memory', '-mnontrapping-fptoint', '-msign-ext', '-mmutable-globals',
  `-I${join(root, 'native')}`, '-DBLASTRAIN_OWN_BLAS',
  '-nostartfiles', '-Wl,--no-entry', '-Wl,--import-memory', '-Wl,--export-table', '-Wl,--export=__stack_pointer', '-Wl,--export=__wasm_call_ctors',
  '-Wl,--stack-first', '-Wl,-z,stack-size=1048576', '-Wl,--strip-all', '-Wl,--max-memory=4294901760',
];

/** The compiler: clang++ by its Debian name, or by its plain one. */
const compiler = ['clang++-19', 'clang++'].find((name) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))));

function newest() {
  const sources = readdirSync(join(root, 'native'), { recursive: true }).filter((name) => !/^mpi|^(addon|prebuild)\.cc$/.test(name)).map((name) => join(root, 'native', name));
  return Math.max(...[__filename, ...sources].map((path) => statSync(path).mtimeMs));
}

function compile({ file, flags: own }) {
  const [path, made] = [join(root, 'wasm', file), join(root, 'wasm', `${file}.tmp`)];
  if (!process.argv.includes('--force') && existsSync(path) && statSync(path).mtimeMs >= newest()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    spawn(compiler, [...flags, ...own, join(root, 'native', 'wasm', 'module.cc'), '-o', made], { stdio: 'inherit' }).on('close', (status) => {
      if (status !== 0) return reject(new Error(`${compiler} ended with status ${status}`));
      renameSync(made, path);
      resolve();
    });
  });
}

async function main() {
  if (compiler === undefined) throw new Error(`clang++ not found; on Debian type: apt-get install clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc`);
  mkdirSync(join(root, 'wasm'), { recursive: true });
  for (const each of modules) await compile(each);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
