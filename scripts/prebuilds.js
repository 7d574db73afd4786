#!/usr/bin/env node
'use strict';

/*
 * Builds the addon that the package carries, with OpenBLAS in it: prebuilds/PLATFORM-ARCH/. Compiles only what has changed.
 * prebuildify wants node-gyp; it is given this file, which then runs cmake-js.
 *
 * usage: prebuilds.js [--arch arm64]
 */

const { spawnSync } = require('node:child_process');
const { copyFileSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
/** What cmake-js and strip are told where the addon is for another architecture than this machine's. */
const crossings = {
  arm64: { toolchain: join(root, 'cmake', 'aarch64-linux-gnu.cmake'), stripBin: 'aarch64-linux-gnu-strip' },
  [process.arch]: {},
};

if (process.argv[2] === 'rebuild') {
  compile();
} else {
  const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });
  prebuild(values.arch);
}

/** What prebuildify has node-gyp do: makes build/Release/blastrain.node in the working directory. */
function compile() {
  const { toolchain } = crossings[process.env.PREBUILD_ARCH];
  const { status } = spawnSync(
    process.execPath,
    [
      require.resolve('cmake-js/bin/cmake-js'), 'compile', '--log-level', 'error', '-O', join(process.cwd(), 'cmake'), '--CDBLASTRAIN_PREBUILD=ON',
      ...(toolchain === undefined ? [] : [`--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`]),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(join('build', 'Release'), { recursive: true });
  // prebuildify takes its file away; CMake would link anew.
  copyFileSync(join('cmake', 'Release', 'blastrain.node'), join('build', 'Release', 'blastrain.node'));
}

function prebuild(arch) {
  if (!(arch in crossings)) {
    console.error(`Expected ${Object.keys(crossings).join(' or ')} for --arch but received ${arch}`);
    process.exit(1);
  }
  const { stripBin } = crossings[arch];
  const cwd = join(root, 'build', `prebuild-${arch}`);
  mkdirSync(cwd, { recursive: true });
  require('prebuildify')(
    {
      cwd, out: root, arch, nodeGyp: __filename, napi: true, strip: true, tagLibc: process.platform === 'linux', name: 'node.napi',
      ...(stripBin === undefined ? {} : { stripBin }),
    },
    (error) => {
      if (!error) return;
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
