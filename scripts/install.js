'use strict';

/*
 * The install script of the package and of a clone: makes sure that native kernels load, or prints the reason and the command that helps.
 * A clone builds them. The package contains them, and builds them only on request: npm rebuild blastrain --build-from-source. Only that
 * can fail an installation, as the TypeScript kernels need no addon. BLASTRAIN_SKIP_NATIVE=1 skips everything.
 */

const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join, relative } = require('node:path');
const { locate, noteTrial, trial } = require('./addon');

const root = join(__dirname, '..');
const isClone = existsSync(join(root, 'lib'));
const binary = join(root, 'build', 'Release', 'blastrain.node');
const log = join(root, 'build', 'install.log');

/** Whether the binary is older than its sources. */
function isStale() {
  if (!existsSync(binary)) return false;
  const sources = ['native', 'cmake'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)));
  const newest = Math.max(...[join(root, 'CMakeLists.txt'), ...sources].map((path) => statSync(path).mtimeMs));
  return newest > statSync(binary).mtimeMs;
}

/** Why the addon does not work, in one line, or undefined if it does. */
function loadError() {
  try {
    const path = locate(root);
    const reason = trial(path);
    if (reason === undefined) noteTrial(path, true);
    return reason;
  } catch {
    return `no binary for ${process.platform}-${process.arch}`;
  }
}

/** Builds the addon; returns why that failed, or undefined. */
function build() {
  const missing = ['c++', 'cmake'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) return `${missing.join(' and ')} not found; on Debian or Ubuntu type: apt-get install g++ make cmake libopenblas-dev; on Alpine: apk add g++ make cmake openblas-dev`;
  const tools = isClone ? undefined : fetchTools();
  let cmakeJs;
  try {
    cmakeJs = require.resolve('cmake-js/bin/cmake-js', tools === undefined ? undefined : { paths: [tools] });
  } catch {
    return 'cmake-js not found';
  }
  const env = tools === undefined ? process.env : { ...process.env, NODE_PATH: tools };
  const { status, output } = spawnSync(process.execPath, [cmakeJs, 'compile', '--parallel', String(availableParallelism())], { cwd: root, encoding: 'utf8', env });
  if (tools !== undefined) rmSync(join(root, 'build', 'tools'), { recursive: true });
  const text = output.join('');
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(log, text);
  if (status === 0) {
    utimesSync(binary, new Date(), new Date()); // Otherwise the binary stays older than a source whose edit changed no object file.
    return undefined;
  }
  const [, message] = /CMake Error at [^\n]*\n\s*(.*?)\n(?:Call Stack|\n)/s.exec(text) ?? [];
  if (message !== undefined) return message.replace(/\s+/g, ' ');
  console.error(text.trimEnd().split('\n').slice(-15).join('\n'));
  return `the build failed, see ${relative(process.cwd(), log)}`;
}

/** Installs the npm packages that a build needs and the installed package lacks; returns their folder. */
function fetchTools() {
  const folder = join(root, 'build', 'tools');
  const { devDependencies } = require('../package.json');
  const wanted = ['cmake-js', 'node-addon-api'].map((name) => `${name}@${devDependencies[name]}`);
  const options = ['--prefix', folder, '--location=project', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  mkdirSync(folder, { recursive: true });
  spawnSync('npm', ['install', ...options, ...wanted], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
  return join(folder, 'node_modules');
}

function main() {
  if (process.env.BLASTRAIN_SKIP_NATIVE === '1') return;
  const isAsked = ['true', 'blastrain'].includes(process.env.npm_config_build_from_source);
  const reasonBefore = loadError();
  if (!isAsked && reasonBefore === undefined && !(isClone && isStale())) return;
  if (!isAsked && !isClone) {
    console.error(
      `blastrain: no native kernels here (${reasonBefore}); the WebAssembly kernels will be used, several times slower. ` +
        'Where a C++ compiler, CMake and OpenBLAS are, this builds native ones: npm rebuild blastrain --build-from-source',
    );
    return;
  }
  console.log('blastrain: building the native kernels');
  const reason = build() ?? loadError();
  if (reason === undefined) return;
  const others = loadError() === undefined ? 'Those that are there' : 'WebAssembly ones, several times slower, or TypeScript ones, many times slower,';
  console.error(`blastrain: the native kernels were not built: ${reason}\n${others} will be used.`);
  if (isAsked) process.exitCode = 1;
}

main();
