import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BlastrainError, toPlain } from '../errors';
import { packageRoot, withFileErrors } from '../files';
import type { Launcher } from './launcher';

/** What native/mpi/addon.cc exports. Its state is the process's: all threads that load it share one MPI thread. */
export interface MpiAddon {
  readonly info: () => MpiInfo;
  /** Starts the MPI thread, which initialises MPI. @param watchdog seconds */
  readonly start: (watchdog: number) => void;
  /** Waits until it has. Throws ERR_CLUSTER, as all that follow. */
  readonly world: () => { readonly rank: number; readonly size: number; readonly hosts: readonly string[] };
  readonly sum: (numbers: Float32Array | Float64Array, from: number, count: number, asBfloat16: boolean) => number;
  readonly broadcast: (bytes: Uint8Array, isPatient: boolean) => number;
  readonly gather: (bytes: Uint8Array, isPatient: boolean) => number;
  readonly wait: (ticket: number) => void;
  readonly finalize: () => void;
  readonly abort: (status: number) => never;
  readonly stats: () => MpiStats;
}

/** What an addon was built against, and what it found when it was loaded. */
export interface MpiInfo {
  /** openmpi, mpich, intelmpi, mvapich, or mpi for another. */
  readonly family: string;
  readonly builtAgainst: string;
  /** The library's own name and version. */
  readonly library: string;
  /** Where the library lies. */
  readonly path: string;
}

/** What the MPI thread has done so far. */
export interface MpiStats {
  /** Seconds in which it served collectives, and in which other threads waited for it. */
  readonly busySeconds: number;
  readonly waitedSeconds: number;
  readonly collectives: number;
  readonly bytesSent: number;
}

const build = 'npx blastrain mpi --build';

/** The folder of the addons that were built here, one for each MPI: what BLASTRAIN_MPI names, else one in the package. */
export function addonFolder(): string {
  return process.env['BLASTRAIN_MPI'] ?? join(packageRoot, 'build', 'mpi');
}

/** The addons in {@link addonFolder}, by the MPI that they were built against. Throws ERR_IO. */
export function builtAddons(): readonly { readonly family: string; readonly file: string }[] {
  const folder = addonFolder();
  if (!existsSync(folder)) return [];
  return withFileErrors(folder, () => readdirSync(folder))
    .filter((name) => /^[a-z]+\.node$/.test(name))
    .sort()
    .map((name) => ({ family: name.slice(0, -'.node'.length), file: join(folder, name) }));
}

/**
 * The addon's file for a launcher: of its MPI, or where it starts those of any the first. Throws ERR_CLUSTER where none was built, or none
 * against the launcher's MPI.
 */
export function addonFor({ name, family }: Pick<Launcher, 'name' | 'family'>): string {
  const built = builtAddons();
  if (built.length === 0) {
    throw missing(`the MPI addon, which is built on the machine that uses it, for a start by ${name}`, `none in ${addonFolder()}`);
  }
  const fitting = built.find((one) => family === undefined || (family === 'openmpi') === (one.family === 'openmpi'));
  if (fitting === undefined) {
    const others = built.map((one) => one.family).join(' and ');
    throw missing(`an MPI addon for ${name}`, `one against ${others}, whose ranks would not find each other`);
  }
  return fitting.file;
}

/**
 * Loads an addon. Throws ERR_CLUSTER where its MPI is not found or another one is found in its place.
 *
 * UCX, which MPICH may use, replaces V8's handler of memory faults and watches memory in a way that ends the process at random; the two variables
 * that keep it from that are read when it is loaded. Those of the environment come first.
 */
export function loadMpi(file: string): MpiAddon {
  process.env['UCX_ERROR_SIGNALS'] ??= '';
  process.env['UCX_MEM_EVENTS'] ??= 'n';
  let addon: MpiAddon;
  try {
    addon = createRequire(join(packageRoot, 'package.json'))(file) as MpiAddon;
  } catch (error) {
    const reason = toPlain(error).message.split('\n', 1)[0]!;
    throw missing(`the MPI that ${file} was built against (load its module, or name its folder in LD_LIBRARY_PATH)`, reason);
  }
  const { builtAgainst, library, path } = addon.info();
  if (isOpenMpi(builtAgainst) !== isOpenMpi(library)) throw missing(`${builtAgainst}, which ${file} was built against,`, `${library} in ${path}`);
  return addon;
}

function isOpenMpi(name: string): boolean {
  return name.startsWith('Open MPI');
}

function missing(what: string, received: string): BlastrainError {
  return new BlastrainError('ERR_CLUSTER', `Expected ${what} but received ${received}; to mend it, type: ${build}`, { mend: build });
}
