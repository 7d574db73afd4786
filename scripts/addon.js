'use strict';

/*
 * Which addon is this machine's, and whether it works: tried in a process of its own, which a bad binary may end. Run by itself with a path, it is
 * that process. For the install script and for lib/kernels/native.ts.
 */

const { spawnSync } = require('node:child_process');
const { existsSync, statSync, writeFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');

/** Addons of the package that were not yet run on their systems: each process tries them before it loads them. */
const untried = ['darwin-x64/node.napi.node', 'darwin-arm64/node.napi.node'];
const isUntried = (path) => untried.includes(`${basename(dirname(path))}/${basename(path)}`);

/** The path of the addon that belongs here: what was built, or else what the package carries. Throws where there is none. */
function locate(root) {
  const path = require('node-gyp-build').path(root);
  // node-gyp-build knows musl by Alpine's name alone.
  const other = path.replace(/\.glibc\.node$/, '.musl.node');
  return other !== path && existsSync(other) && usesMusl() ? other : path;
}

function usesMusl() {
  return !existsSync('/lib64/ld-linux-x86-64.so.2') && !existsSync('/lib/ld-linux-aarch64.so.1') && process.report.getReport().header.glibcVersionRuntime === undefined;
}

/** Whether an addon is to be tried before it is loaded. What the install script has tried is known; a thread or process asks that of the one that began it. */
function needsTrial(path) {
  if (!isUntried(path) || process.env.BLASTRAIN_TRIED === path) return false;
  const mark = markOf(path);
  return !existsSync(mark) || statSync(mark).mtimeMs < statSync(path).mtimeMs;
}

const markOf = (path) => join(dirname(path), 'tried');

/** Notes that an addon has been tried: for what this process starts, or in a file beside it for all. */
function noteTrial(path, forAll) {
  if (!isUntried(path)) return;
  process.env.BLASTRAIN_TRIED = path;
  if (forAll) writeFileSync(markOf(path), '');
}

/** Why an addon does not work here, in one line, or undefined where it does. */
function trial(path) {
  if (!/^(node|electron)/i.test(basename(process.execPath))) return `${basename(process.execPath)} is not Node.js, which would try it in a process of its own`;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' };
  const { error, status, signal, stdout } = spawnSync(process.execPath, [__filename, path], { encoding: 'utf8', env, timeout: 60_000, windowsHide: true });
  if (status === 0) return undefined;
  if (typeof stdout !== 'string') return `no process could be started that tries it: ${error.message}`;
  return stdout.split('\n', 1)[0] || `trying it ended the process${signal === null ? ` with status ${String(status)}` : ` by ${signal}`}`;
}

/** Throws unless products of small integers, which are exact, are right, in both dtypes, with each transposition, on one thread and on three. */
function test(addon) {
  const [m, n, k] = [61, 67, 65]; // Enough for several threads.
  for (const threads of [1, 3]) {
    addon.setThreads(threads);
    for (const [dtype, Numbers] of [['float32', Float32Array], ['float64', Float64Array]]) {
      const integers = (length, step) => Numbers.from({ length }, (_, i) => (i * step) % 7 - 3);
      const [a, b, c] = [integers(m * k, 3), integers(k * n, 5), new Numbers(m * n)];
      for (const [ta, tb] of [[false, false], [false, true], [true, false], [true, true]]) {
        addon[dtype].gemm(ta, tb, m, n, k, 1, a, b, 0, c);
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let l = 0; l < k; l++) sum += a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
            if (c[i * n + j] !== sum) throw new Error(`its products in ${dtype} are wrong`);
          }
        }
      }
      const y = new Numbers(a.length);
      addon[dtype].reluForward(a.length, a, y);
      if (!y.every((value, i) => value === Math.max(0, a[i]))) throw new Error(`its ReLU in ${dtype} is wrong`);
      if (Math.abs(addon[dtype].dot(a.length, a, a) - a.reduce((sum, value) => sum + value * value, 0)) > 1e-3) throw new Error(`its sums in ${dtype} are wrong`);
    }
  }
}

if (require.main === module) {
  try {
    test(require(process.argv[2]));
  } catch (error) {
    console.log(error.message);
    process.exitCode = 1;
  }
} else {
  module.exports = { locate, needsTrial, noteTrial, trial };
}
