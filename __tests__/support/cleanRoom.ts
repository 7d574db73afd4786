import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './cli';
import { openRegistry, pack } from './registry';

/** An empty project beside others, and what a user types there. */
export interface Project {
  readonly folder: string;
  /** Installs the package; returns the seconds it took. */
  readonly install: (...options: string[]) => Promise<number>;
  /** Runs a command; settles with its standard output and standard error, and rejects where its status is not 0. */
  readonly run: (command: string, ...args: string[]) => Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** Writes a file of the project. */
  readonly write: (name: string, text: string) => void;
}

/** Machines on which nothing is but Node.js, npm, a shell and one registry: no compiler, no cache, no other network. */
export interface CleanRoom {
  /** A new project, empty or a copy of another. */
  readonly project: (name: string, like?: Project) => Project;
  /** What was asked of the registry beyond the package and its dependencies. */
  readonly unknown: readonly string[];
  /** Path of the packed package. */
  readonly archive: string;
  /** Variables with which npm asks the one registry. */
  readonly settings: Readonly<Record<string, string>>;
  readonly close: () => void;
}

/** Path of this machine's npm, a script. */
export function hostNpm(): string {
  return join(dirname(realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())), 'npm-cli.js');
}

/** Packs this package and prepares the room in `folder`. */
export async function openCleanRoom(folder: string): Promise<CleanRoom> {
  const bin = join(folder, 'bin');
  const archives = join(folder, 'archives');
  for (const path of [bin, archives]) mkdirSync(path);
  const npm = hostNpm();
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync(npm, join(bin, 'npm'));
  symlinkSync(npm.replace('npm-cli', 'npx-cli'), join(bin, 'npx'));
  for (const tool of ['sh', 'env']) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));

  const folders = [root, ...dependenciesOf(root)];
  const archive = pack([process.execPath, npm], folders, archives);
  const packages = folders.map((path) => ({ folder: path, archive: archive.get(nameOf(path))! }));
  const registry = await openRegistry(packages);

  const settings = {
    npm_config_registry: registry.url, npm_config_update_notifier: 'false', npm_config_audit: 'false', npm_config_fund: 'false',
  };
  const env = { ...settings, PATH: bin, HOME: folder, npm_config_cache: join(folder, 'cache') };
  function project(name: string, like?: Project): Project {
    const cwd = join(folder, name);
    if (like === undefined) mkdirSync(cwd);
    else cpSync(like.folder, cwd, { recursive: true, verbatimSymlinks: true });
    const write: Project['write'] = (file, text) => { writeFileSync(join(cwd, file), text); };
    write('package.json', '{ "private": true }');
    const run: Project['run'] = (command, ...args) =>
      new Promise((settle, reject) => {
        execFile(command, args, { cwd, env, encoding: 'utf8' }, (error, stdout, stderr) => {
          if (error === null) settle({ stdout, stderr });
          else reject(new Error(`${error.message}\n${stdout}`));
        });
      });
    return {
      folder: cwd,
      write,
      run,
      install: async (...options) => {
        const begun = performance.now();
        await run('npm', 'install', ...options, packages[0]!.archive);
        return (performance.now() - begun) / 1000;
      },
    };
  }
  return { project, unknown: registry.unknown, archive: packages[0]!.archive, settings, close: registry.close };
}

const nameOf = (folder: string): string => manifestOf(folder).name;

function manifestOf(folder: string): { name: string; dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as ReturnType<typeof manifestOf>;
}

/** The folders of all packages that the one in `folder` needs at run time. */
function dependenciesOf(folder: string, found = new Set<string>()): ReadonlySet<string> {
  for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
    const path = [folder, root].map((from) => join(from, 'node_modules', name)).find((place) => existsSync(place))!;
    if (!found.has(path)) dependenciesOf(path, found.add(path));
  }
  return found;
}

/** How much a folder holds, in bytes. */
export function sizeOf(folder: string): number {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)));
  return paths.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

/** Takes the prebuilt addons away, as on a platform for which there is none. */
export function removePrebuilds({ folder }: Project): void {
  rmSync(join(folder, 'node_modules', 'blastrain', 'prebuilds'), { recursive: true });
}
