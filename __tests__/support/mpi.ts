import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './cli';
import type { CliResult } from './cli';

/** As long as starting eight processes may take on two busy cores. */
export const clusterTimeout = 120_000;

/** Why there is no Open MPI here; undefined where there is one. */
const missing = ['mpirun', 'mpicc'].find((tool) => spawnSync(tool, ['--version']).status !== 0);

/** `describe` where Open MPI is installed; elsewhere its tests are skipped, with the reason in their name. */
export function describeCluster(name: string, tests: () => void): void {
  if (missing === undefined) {
    beforeAll(buildAddon, clusterTimeout);
    describe(name, tests);
  } else describe.skip(`${name} (no ${missing}; on Debian: apt-get install openmpi-bin libopenmpi-dev)`, tests);
}

/** Builds the addon, unless it is newer than its sources. */
function buildAddon(): void {
  const sources = join(root, 'native', 'mpi');
  const built = join(root, 'build', 'mpi', 'openmpi.node');
  const newest = Math.max(...readdirSync(sources).map((name) => statSync(join(sources, name)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'mpi', '--build'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

export interface ClusterOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Arguments of further ranks, one each, where they differ. */
  readonly others?: readonly (readonly string[])[];
  /** May act on the launcher, whose children the ranks are, while it runs. */
  readonly during?: (launcher: ReturnType<typeof spawn>) => void;
}

/** Runs `node ...words` on several ranks of this machine, which give way to each other on few cores. */
export function mpirun(ranks: number, words: readonly string[], { cwd = root, env = {}, others = [], during }: ClusterOptions = {}): Promise<CliResult> {
  const options = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '--mca', 'mpi_yield_when_idle', '1'];
  const parts = [['-n', String(ranks), process.execPath, ...words], ...others.map((own) => [':', '-n', '1', process.execPath, ...own])];
  return new Promise((settle, reject) => {
    const child = spawn('mpirun', [...options, ...parts.flat()], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => { settle({ status, stdout, stderr }); });
    during?.(child);
  });
}

/** {@link mpirun} of the command line. */
export function blastrainOn(ranks: number, words: readonly string[], options: ClusterOptions = {}): Promise<CliResult> {
  const main = join(root, 'dist', 'cli', 'main.js');
  return mpirun(ranks, [main, ...words], { ...options, others: (options.others ?? []).map((own) => [main, ...own]) });
}

/** What blastrain says on standard error, without what the launcher adds. */
export function sentences({ stderr }: CliResult): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('blastrain: '));
}
