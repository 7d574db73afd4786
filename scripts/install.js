'use strict';

/*
 * The package's install script: leaves native kernels that load, or says why not and what to type. It never fails an
 * installation, because the TypeScript kernels need nothing. BLASTRAIN_SKIP_NATIVE=1 leaves everything as it is.
 */

const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const root = join(__dirname, '..');
const binary = join(root, 'build', 'Release', 'blastrain.node');
const log = join(root, 'build', 'install.log');

/** Whether the binary is older than what it is built from. Only a checkout changes its sources; a package cannot. */
function isStale() {
  if (!existsSync(binary)) return false;
  const sources = ['native', 'cmake'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)));
  const newest = Math.max(...[join(root, 'CMakeLists.txt'), ...sources].map((path) => statSync(path).mtimeMs));
  return newest > statSync(binary).mtimeMs;
}

/** Why the addon does not load, in one line, or undefined where it does. Another process, as a bad binary may crash it. */
function loadError() {
  const script = "try { require('node-gyp-build')(process.argv[1]); } catch (error) { console.log(error.message); process.exit(1); }";
  const { status, stdout } = spawnSync(process.execPath, ['-e', script, root], { cwd: root, encoding: 'utf8' });
  return status === 0 ? undefined : stdout.split('\n', 1)[0] || 'loading it ended the process';
}

/** Builds the addon; returns why that failed, or undefined. */
function build() {
  const missing = ['c++', 'cmake'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) return `${missing.join(' and ')} not found`;
  let cmakeJs;
  try {
    cmakeJs = require.resolve('cmake-js/bin/cmake-js');
  } catch {
    return 'cmake-js not found';
  }
  const { status, output } = spawnSync(process.execPath, [cmakeJs, 'compile'], { cwd: root, encoding: 'utf8' });
  const text = output.join('');
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(log, text);
  if (status === 0) {
    utimesSync(binary, new Date(), new Date()); // An edit that changes no object file leaves the binary's time behind.
    return undefined;
  }
  console.error(text.trimEnd().split('\n').slice(-15).join('\n'));
  return `the build failed, see ${relative(process.cwd(), log)}`;
}

function main() {
  if (process.env.BLASTRAIN_SKIP_NATIVE === '1') return;
  if (!isStale() && loadError() === undefined) return;
  console.log('blastrain: building the native kernels');
  const reason = build() ?? loadError();
  if (reason === undefined) return;
  console.error(
    `blastrain: no native kernels (${reason}); the TypeScript kernels will be used, many times slower. For native ones: ` +
      'apt-get install g++ make cmake libopenblas-dev && npm run install',
  );
}

main();
