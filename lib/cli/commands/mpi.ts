import { addonFolder, builtAddons } from '../../cluster/addon';
import { buildAddon, findCompiler, tryAddon } from '../../cluster/compile';
import type { Trial } from '../../cluster/compile';
import { joinCluster, launcherOf } from '../../cluster';
import type { Launcher } from '../../cluster';
import { toPlain } from '../../errors';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { readOptions } from '../options';
import { coloursOf, terminalOf } from '../terminal/style';

export const mpiCommand: Command = {
  name: 'mpi',
  summary: 'build and try what training on several machines needs',
  help: `Usage: blastrain mpi [--build] [--mpi DIR] [--json]
       mpirun -n N blastrain mpi [--json]

Training on several machines goes through the MPI of the cluster, by an addon
that is built there: binaries of different MPIs do not fit each other. Without
options it shows the MPI's compiler, the addons that were built and what came of
trying each in a process of its own; started by mpirun or srun it says which
ranks found each other, and how long they take to add up numbers.

Options:
  --build      build the addon, with mpicc and the headers of Node.js
  --mpi DIR    the folder of the MPI, or its compiler [mpicc in PATH]
  --json       one JSON object on standard output

The variable BLASTRAIN_MPI names another folder for the addons, for packages
that are installed read-only. docs/clusters.md has recipes for mpirun, Slurm and
Kubernetes.
`,
  run(args) {
    const { values } = readOptions(args, { build: { type: 'boolean' }, mpi: { type: 'string' }, json: { type: 'boolean' } }, { names: [] });
    const launcher = launcherOf();
    if (launcher !== undefined && values.build !== true) return Promise.resolve(tryCluster(launcher, values.json === true));
    if (values.build === true) {
      const compiler = findCompiler(values.mpi);
      const { file, info } = buildAddon(compiler);
      process.stdout.write(values.json === true ? jsonLine({ compiler: compiler.path, file, info }) : `Built against ${info.builtAgainst} by ${compiler.path}: ${file}\n`);
      return Promise.resolve(0);
    }
    const found = { compiler: outcomeOf(() => findCompiler(values.mpi).path), folder: addonFolder(), addons: builtAddons().map(({ file }) => ({ file, trial: outcomeOf(() => tryAddon(file)) })) };
    process.stdout.write(values.json === true ? jsonLine(found) : describe(found));
    return Promise.resolve(found.addons.some(({ trial }) => 'failure' in trial) ? 1 : 0);
  },
};

type Outcome<T> = { readonly value: T } | { readonly failure: string };

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { failure: toPlain(error).message };
  }
}

interface Found {
  readonly compiler: Outcome<string>;
  readonly folder: string;
  readonly addons: readonly { readonly file: string; readonly trial: Outcome<Trial> }[];
}

function describe({ compiler, folder, addons }: Found): string {
  const { yellow, bold } = coloursOf(terminalOf(process.stdout));
  const line = (name: string, value: string): string => `${bold(name.padEnd(10))} ${printable(value)}\n`;
  const bad = (text: string): string => `${yellow('attention')}  ${printable(text)}\n`;
  return [
    'value' in compiler ? line('compiler', compiler.value) : bad(compiler.failure),
    ...addons.map(({ file, trial }) => ('failure' in trial ? bad(trial.failure)
      : line('addon', file) + line('', `against ${trial.value.info.builtAgainst}, runs on ${trial.value.info.library}, ready in ${trial.value.initSeconds.toFixed(2)} s`))),
    addons.length === 0 ? `No addon in ${printable(folder)}; to build it, type: npx blastrain mpi --build\n` : '',
  ].join('');
}

/** Numbers that the ranks add up here: of a few, and of a net like the course's. */
const lengths = [1, 1_575_424];
const repetitions = 11;

function tryCluster(launcher: Launcher, json: boolean): number {
  const communicator = joinCluster(launcher);
  const { rank, size, hosts } = communicator;
  const milliseconds = lengths.map((length) => {
    const numbers = new Float32Array(length);
    const times = Array.from({ length: repetitions }, () => {
      communicator.barrier();
      const start = performance.now();
      communicator.wait(communicator.sum(numbers));
      return performance.now() - start;
    });
    return times.sort((a, b) => a - b)[(repetitions - 1) / 2]!;
  });
  communicator.close();
  if (rank !== 0) return 0;
  const byHost = [...new Set(hosts)].map((host) => ({ host, ranks: hosts.filter((one) => one === host).length }));
  process.stdout.write(json ? jsonLine({ launcher: launcher.name, ranks: size, hosts: byHost, sums: lengths.map((length, i) => ({ length, milliseconds: milliseconds[i]! })) })
    : `${String(size)} ranks, started by ${launcher.name}: ${byHost.map(({ host, ranks }) => `${String(ranks)} on ${printable(host)}`).join(', ')}\n` +
      `A sum takes ${milliseconds[0]!.toFixed(3)} ms of 1 number, ${milliseconds[1]!.toFixed(1)} ms of ${String(lengths[1]!)} (float32, ${((4 * lengths[1]!) / 1e6).toFixed(1)} MB)\n`);
  return 0;
}
