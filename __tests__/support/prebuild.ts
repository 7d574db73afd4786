import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './cli';

const hasTool = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

/** Of the tools that these tests need, those that this machine is without. */
export const missingTools = (tools: readonly string[]): string[] => tools.filter((tool) => !hasTool(tool));

/** A describe of its own name where nothing is missing; otherwise one that is skipped, and says for want of what. */
export function describeWith(missing: readonly string[], name: string, body: () => void): void {
  if (missing.length === 0) describe(name, body);
  else describe.skip(`${name} (skipped: no ${missing.join(', ')})`, body);
}

/** What is missing to build the addon that the package carries. */
export function missingForPrebuild(): string[] {
  if (process.platform !== 'linux') return ['Linux'];
  const archives = ['', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/`].map((folder) => `/usr/lib/${folder}openblas-pthread/libopenblas.a`);
  return [...missingTools(['c++', 'cmake', 'objdump', 'flock']), ...(archives.some((path) => existsSync(path)) ? [] : ['libopenblas.a'])];
}

/** Builds that addon, or nothing where it is there already; returns its path. Test files that want it at once take turns. */
export function prebuild(target = `linux-${process.arch}`): string {
  const command = ['build/prebuild.lock', process.execPath, 'scripts/prebuilds.js', target];
  const { status, output } = spawnSync('flock', command, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(output.join(''));
  return join(root, 'prebuilds', target, 'node.napi.glibc.node');
}

/** Builds an addon that computes all products by itself, or nothing where it is there already; returns what BLASTRAIN_PREBUILD has to name. */
export function buildWithoutBlas(): string {
  const folder = join(root, 'build', 'own');
  mkdirSync(folder, { recursive: true });
  const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
  const { status, output } = spawnSync(
    'flock', [join(folder, 'lock'), process.execPath, cmakeJs, 'compile', '-O', join(folder, 'build'), '--CDBLASTRAIN_OWN_BLAS=ON'], { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(output.join(''));
  return folder;
}
