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

/** Runs a command that builds in a folder, or does nothing where all is there already. Test files that want it at once take turns. */
function build(folder: string, ...command: string[]): void {
  mkdirSync(join(root, folder), { recursive: true });
  const { status, output } = spawnSync('flock', [join(folder, 'lock'), process.execPath, ...command], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(output.join(''));
}

/** Builds that addon; returns its path. */
export function prebuild(target = `linux-${process.arch}`): string {
  build(target === `linux-${process.arch}` ? 'build' : join('build', `prebuild-${target}`), 'scripts/prebuilds.js', target);
  return join(root, 'prebuilds', target, 'node.napi.glibc.node');
}

/** Builds an addon that computes all products by itself; returns what BLASTRAIN_PREBUILD has to name. */
export function buildWithoutBlas(): string {
  build('build', join('node_modules', 'cmake-js', 'bin', 'cmake-js'), 'build', '--target', 'own');
  return join(root, 'build', 'own');
}
