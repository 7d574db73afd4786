import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { BlastrainError, expected } from '../errors';
import { packageRoot, withFileErrors } from '../files';
import { addonFolder } from './addon';
import type { MpiInfo } from './addon';

/** A compiler of MPI programs that was found. */
export interface MpiCompiler {
  readonly path: string;
  /** What it would type, with the folders of headers and libraries; empty where it does not say. */
  readonly shown: string;
}

/** Names under which MPIs install their compilers: mpicc everywhere, others beside one that is taken. */
const names = ['mpicc', 'mpicxx', 'mpic++', 'mpiicx', 'mpiicc', 'mpicc.openmpi', 'mpicc.mpich'];

/**
 * The MPI's compiler below a folder (or that file itself), else in PATH. Throws ERR_CONFIG for a folder without one, ERR_CLUSTER where there
 * is none in PATH.
 */
export function findCompiler(place?: string): MpiCompiler {
  const folders = place === undefined ? (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '') : [place, join(place, 'bin')];
  const candidates = [...place === undefined ? [] : [place], ...names.flatMap((name) => folders.map((folder) => join(folder, name)))];
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    const { status, stdout } = spawnSync(path, ['-show'], { encoding: 'utf8' });
    if (status === 0 && stdout.trim() !== '') return { path: resolve(path), shown: stdout.trim() };
  }
  if (place !== undefined) throw expected('ERR_CONFIG', `a folder with bin/mpicc`, '--mpi', place, { path: 'mpi' });
  throw new BlastrainError(
    'ERR_CLUSTER',
    'Expected an MPI with its compiler mpicc in PATH but received none; load its module (module load openmpi), name its folder (--mpi DIR), or on Debian or Ubuntu type: ' +
    'apt-get install openmpi-bin libopenmpi-dev g++',
  );
}

/** Builds the addon against an MPI; returns its file, named after the MPI, and what it says of itself. Throws ERR_CLUSTER with the compiler's words, ERR_IO. */
export function buildAddon({ path: compiler, shown }: MpiCompiler): { readonly file: string; readonly info: MpiInfo } {
  const source = join(packageRoot, 'native', 'mpi', 'addon.cc');
  const folder = addonFolder();
  withFileErrors(folder, () => mkdirSync(folder, { recursive: true }));
  const fresh = join(folder, `fresh-${String(process.pid)}.node`);
  // The libraries are then found as they were for the compiler, whatever modules are loaded later.
  const libraries = [...shown.matchAll(/(?:^|\s)-L(\S+)/g)].map(([, library]) => `-Wl,-rpath,${library!}`);
  const platform = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup', '-lc++'] : ['-Wl,-z,nodelete', '-lstdc++', '-lpthread', '-ldl'];
  const words = [
    '-shared', '-fPIC', '-std=c++17', '-O3', '-ffp-contract=off', '-fvisibility=hidden', '-DNAPI_VERSION=8', '-DOMPI_SKIP_MPICXX', '-DMPICH_SKIP_MPICXX',
    '-I', nodeHeaders(), source, '-o', fresh, ...libraries, ...platform,
  ];
  const { status, stderr, error } = spawnSync(compiler, words, { encoding: 'utf8' });
  if (status !== 0) {
    const said = error?.message ?? stderr.split('\n').find((line) => /error|not found/i.test(line)) ?? stderr.trim().split('\n', 1)[0]!;
    throw new BlastrainError('ERR_CLUSTER', `Expected ${source} to compile for ${compiler} but received: ${said}`, { compiler });
  }
  try {
    const { info } = tryAddon(fresh);
    const file = join(folder, `${info.family}.node`);
    withFileErrors(file, () => { renameSync(fresh, file); });
    return { file, info };
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** What came of trying an addon: what it says of itself, and the seconds that MPI took to initialise in a process alone. */
export interface Trial {
  readonly info: MpiInfo;
  readonly initSeconds: number;
}

/** Loads an addon and initialises MPI in another process, which a bad library may end. Throws ERR_CLUSTER with the reason. */
export function tryAddon(file: string): Trial {
  const script = `
    process.env.UCX_ERROR_SIGNALS ??= ''; process.env.UCX_MEM_EVENTS ??= 'n';
    const { writeSync } = require('node:fs');
    const addon = require(process.argv[1]), info = addon.info(), start = performance.now();
    addon.start(60); addon.world();
    const initSeconds = (performance.now() - start) / 1000;
    addon.finalize();
    writeSync(1, JSON.stringify({ info, initSeconds }) + '\\n');`;
  // A process that a launcher started must not pass for one of its ranks.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OMPI_|PMIX|PMI_|PRTE_|SLURM_|MPI_|HYDR?A?_|PALS_)/.test(name)));
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', script, file], { encoding: 'utf8', env, timeout: 60_000 });
  const line = stdout.split('\n').find((one) => one.startsWith('{"info"'));
  if (status === 0 && line !== undefined) return JSON.parse(line) as Trial;
  const said = /(?:Error|error): (.*)/.exec(stderr)?.[1] ?? (stderr.trim().split('\n').pop() || `exit status ${String(status ?? signal)}`);
  throw new BlastrainError('ERR_CLUSTER', `Expected an addon that loads and initialises MPI for ${file} but received: ${said}`, { file });
}

/** The folder of node_api.h: beside Node.js, as its own packages have it, or of the npm package node-api-headers, which is fetched where both are missing. */
function nodeHeaders(): string {
  const beside = join(dirname(dirname(process.execPath)), 'include', 'node');
  const packaged = (from: string): string | undefined => {
    try {
      return join(dirname(createRequire(from).resolve('node-api-headers/package.json')), 'include');
    } catch {
      return undefined;
    }
  };
  const tools = join(packageRoot, 'build', 'tools');
  const found = (): string | undefined => [beside, packaged(join(packageRoot, 'package.json')), packaged(join(tools, 'package.json'))]
    .find((folder) => folder !== undefined && existsSync(join(folder, 'node_api.h')));
  const there = found();
  if (there !== undefined) return there;
  withFileErrors(tools, () => mkdirSync(tools, { recursive: true }));
  const options = ['--prefix', tools, '--location=project', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  spawnSync('npm', ['install', ...options, 'node-api-headers'], { cwd: tools, shell: process.platform === 'win32' });
  const fetched = found();
  if (fetched === undefined) throw new BlastrainError('ERR_CLUSTER', `Expected node_api.h in ${beside} but received no such file, and npm install node-api-headers did not bring it`);
  return fetched;
}
