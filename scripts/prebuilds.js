#!/usr/bin/env node
'use strict';

/*
 * Builds addons of the package, prebuilds/PLATFORM-ARCH/: with OpenBLAS linked in for glibc, with the products of native/gemm elsewhere, by one
 * cross compiler (scripts/platforms.sh fetches it). Compiles only what has changed. prebuildify calls node-gyp; it is given this file instead,
 * which runs cmake-js.
 *
 * usage: prebuilds.js [TARGET...]      by default this machine's; --all for all
 */

const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdirSync } = require('node:fs');
const { availableParallelism, homedir } = require('node:os');
const { join } = require('node:path');
const { parseArgs, promisify } = require('node:util');

const root = join(__dirname, '..');
const cmake = (file) => join(root, 'cmake', file);
/** Where scripts/platforms.sh puts what it fetches: 1.6 GB, for all clones. */
const parts = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'blastrain', 'platforms');
const zig = join(parts, 'zig', 'ziglang', 'zig');

/** By an own compiler for each architecture; others than this machine's need a toolchain and a strip. */
const gnu = (arch) => arch === 'arm64' && process.arch !== 'arm64'
  ? { definitions: { CMAKE_TOOLCHAIN_FILE: cmake('aarch64-linux-gnu.cmake') }, strip: true, stripBin: 'aarch64-linux-gnu-strip' }
  : { definitions: {}, strip: true };

/** By Zig, which names targets its own way; of macOS and of glibc with the oldest release that Node.js 20 runs on. */
const crossed = (target) => ({
  definitions: { BLASTRAIN_OWN_BLAS: 'ON', CMAKE_TOOLCHAIN_FILE: cmake('zig.cmake'), ZIG: zig, ZIG_TARGET: target }, strip: false, needs: zig,
});

/** What each addon is built with. */
const targets = {
  'linux-x64': gnu('x64'),
  'linux-arm64': gnu('arm64'),
  'linux-x64-musl': crossed('x86_64-linux-musl'),
  'linux-arm64-musl': crossed('aarch64-linux-musl'),
  'win32-x64': crossed('x86_64-windows-gnu'),
  'darwin-x64': crossed('x86_64-macos.10.15'),
  'darwin-arm64': crossed('aarch64-macos.11.0'),
};

if (require.main !== module) module.exports = { parts };
else if (process.argv[2] === 'rebuild') compile(process.env.BLASTRAIN_TARGET);
else main();

/**
 * What prebuildify expects of node-gyp: builds build/Release/blastrain.node in the working directory. This machine's is linked from what the clone's
 * own addon is made of, others are compiled apart.
 */
function compile(target) {
  const options = Object.entries(targets[target].definitions).map(([name, value]) => `--CD${name}=${value}`);
  const out = options.length === 0 ? join(root, 'build') : join(process.cwd(), 'cmake');
  const command = ['build', '--target', 'prebuild', '--parallel', String(availableParallelism()), '--log-level', 'error', '-O', out, ...options];
  const { status } = spawnSync(process.execPath, [require.resolve('cmake-js/bin/cmake-js'), ...command], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(join('build', 'Release'), { recursive: true });
  // A copy, as prebuildify moves the file away, after which CMake would link again.
  copyFileSync(join(out, 'prebuild', 'blastrain.node'), join('build', 'Release', 'blastrain.node'));
}

async function main() {
  const { values, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true });
  const wanted = values.all === true ? Object.keys(targets) : positionals.length > 0 ? positionals : [`${process.platform}-${process.arch}`];
  for (const target of wanted) {
    if (!(target in targets)) refuse(`${Object.keys(targets).join(' or ')} for a target`, target);
    const { needs } = targets[target];
    if (needs !== undefined && !existsSync(needs)) refuse(`${needs} for ${target}`, 'no file; bash scripts/platforms.sh --fetch makes it');
  }
  for (const target of wanted) await prebuild(target);
}

function refuse(what, value) {
  console.error(`Expected ${what} but received ${value}`);
  process.exit(1);
}

async function prebuild(target) {
  const [platform, arch, libc = 'glibc'] = target.split('-');
  const { strip, stripBin } = targets[target];
  const cwd = join(root, 'build', `prebuild-${target}`);
  mkdirSync(cwd, { recursive: true });
  process.env.BLASTRAIN_TARGET = target;
  try {
    await promisify(require('prebuildify'))({
      cwd, out: root, platform, arch, libc, nodeGyp: __filename, napi: true, strip, tagLibc: platform === 'linux', name: 'node.napi',
      ...(stripBin !== undefined && { stripBin }),
    });
  } catch (error) {
    refuse(`prebuildify to build ${target}`, error.message);
  }
}
