#!/usr/bin/env node
'use strict';

/*
 * Builds the addon of the package, with OpenBLAS linked in: prebuilds/PLATFORM-ARCH/. Compiles only what has changed. prebuildify calls
 * node-gyp; it is given this file instead, which runs cmake-js.
 *
 * usage: prebuilds.js [--arch arm64]
 */

const { spawnSync } = require('node:child_process');
const { copyFileSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
/** Tools for each architecture: others than this machine's need a toolchain and a strip. */
const toolchains = {
  arm64: { toolchain: join(root, 'cmake', 'aarch64-linux-gnu.cmake'), stripBin: 'aarch64-linux-gnu-strip' },
  [process.arch]: {},
};

if (process.argv[2] === 'rebuild') {
  compile();
} else {
  const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });
  prebuild(values.arch);
}

/** What prebuildify expects of node-gyp: builds build/Release/blastrain.node in the working directory. */
function compile() {
  const { toolchain } = toolchains[process.env.PREBUILD_ARCH];
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
  // A copy, as prebuildify moves the file away, after which CMake would link again.
  copyFileSync(join('cmake', 'Release', 'blastrain.node'), join('build', 'Release', 'blastrain.node'));
}

function prebuild(arch) {
  if (!(arch in toolchains)) {
    console.error(`Expected ${Object.keys(toolchains).join(' or ')} for --arch but received ${arch}`);
    process.exit(1);
  }
  const { stripBin } = toolchains[arch];
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
