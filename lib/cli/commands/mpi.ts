import { addonFolder, builtAddons } from '../../cluster/addon';
import { buildAddon, findCompiler, tryAddon } from '../../cluster/compile';
import type { Trial } from '../../cluster/compile';
import { joinCluster, launcherOf } from '../../cluster';
import type { Launcher } from '../../cluster';
import { localStepSeconds, measureHostStep, measureNetwork, stepSeconds } from '../../bench/ranks';
import type { HostStep, Network } from '../../bench/ranks';
import { expected, toPlain } from '../../errors';
import { selectBackend } from '../../kernels';
import { changedPreset } from '../../spec/presets';
import { parseSpec } from '../../spec/spec';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { integerOption, numberOption } from '../flagValues';
import { readOptions } from '../options';
import { formatBytes, formatPercent } from '../terminal/format';
import { coloursOf, terminalOf } from '../terminal/style';
import { renderTable } from '../terminal/table';

export const mpiCommand: Command = {
  name: 'mpi',
  summary: 'build and try what training on several machines needs',
  help: `Usage: blastrain mpi [--build] [--mpi DIR] [--json]
       mpirun -n N blastrain mpi [--estimate PRESET] [--json]
       blastrain mpi --estimate PRESET [--gbit N] [--microseconds N]

Training on several machines goes through the MPI of the cluster, by an addon
that is built there: binaries of different MPIs do not fit each other. Without
options it shows the MPI's compiler, the addons that were built and what came of
trying each in a process of its own; started by mpirun or srun it says which
ranks found each other, and how long they take to add up numbers.

Options:
  --build      build the addon, with mpicc and the headers of Node.js
  --mpi DIR    the folder of the MPI, or its compiler [mpicc in PATH]
  --estimate PRESET  what a training on several hosts would gain: a step is
               measured here, sums are those of the ranks, or else of a network
  --rows N     rows of a batch on each host [1024]
  --bfloat16   sums travel as bfloat16 (shardSums=bfloat16)
  --local-steps N  hosts meet after every N steps only (localSteps=N)
  --gbit N     the network's Gbit/s [10]
  --microseconds N   what an exchange takes beside its bytes [50]
  --json       one JSON object on standard output

The variable BLASTRAIN_MPI names another folder for the addons, for packages
that are installed read-only. docs/clusters.md has recipes for mpirun, Slurm and
Kubernetes.
`,
  async run(args) {
    const { values } = readOptions(args, {
      build: { type: 'boolean' }, mpi: { type: 'string' }, json: { type: 'boolean' }, estimate: { type: 'string' }, rows: { type: 'string' }, gbit: { type: 'string' }, microseconds: { type: 'string' }, bfloat16: { type: 'boolean' }, 'local-steps': { type: 'string' },
    }, { names: [] });
    const launcher = launcherOf();
    const asked = values.estimate === undefined ? undefined
      : { preset: values.estimate, rows: integerOption('rows', values.rows ?? '1024', 1), bytesPerNumber: values.bfloat16 === true ? 2 : 4, localSteps: values['local-steps'] === undefined ? undefined : integerOption('local-steps', values['local-steps'], 2) };
    if (asked?.localSteps !== undefined && asked.bytesPerNumber === 2) throw expected('ERR_CONFIG', 'no --bfloat16, as parameters are averaged exactly,', '--local-steps', asked.localSteps, { path: 'local-steps' });
    if (launcher !== undefined && values.build !== true) return tryCluster(launcher, asked, values.json === true);
    if (asked !== undefined) {
      const network = { exchange: 1e-6 * numberOption('microseconds', values.microseconds ?? '50'), byte: 8e-9 / numberOption('gbit', values.gbit ?? '10') };
      const estimate = await estimateWith(asked, network);
      process.stdout.write(values.json === true ? jsonLine({ network, ...estimate }) : renderEstimate(estimate));
      return 0;
    }
    if (values.build === true) {
      const compiler = findCompiler(values.mpi);
      const { file, info } = buildAddon(compiler);
      process.stdout.write(values.json === true ? jsonLine({ compiler: compiler.path, file, info }) : `Built against ${info.builtAgainst} by ${compiler.path}: ${file}\n`);
      return 0;
    }
    const found = { compiler: outcomeOf(() => findCompiler(values.mpi).path), folder: addonFolder(), addons: builtAddons().map(({ file }) => ({ file, trial: outcomeOf(() => tryAddon(file)) })) };
    process.stdout.write(values.json === true ? jsonLine(found) : describe(found));
    return found.addons.some(({ trial }) => 'failure' in trial) ? 1 : 0;
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

/** Shows the ranks that find each other, what sums over them take and, where it is asked for, what that means for a training. */
async function tryCluster(launcher: Launcher, asked: Estimate | undefined, json: boolean): Promise<number> {
  const communicator = joinCluster(launcher);
  const { rank, size, hosts } = communicator;
  const { network, sums } = measureNetwork(communicator);
  communicator.close();
  if (rank !== 0) return 0;
  const byHost = [...new Set(hosts)].map((host) => ({ host, ranks: hosts.filter((one) => one === host).length }));
  const estimate = asked && await estimateWith(asked, network);
  if (json) process.stdout.write(jsonLine({ launcher: launcher.name, ranks: size, hosts: byHost, sums, network, ...estimate }));
  else {
    process.stdout.write(`${String(size)} ranks, started by ${launcher.name}: ${byHost.map(({ host, ranks }) => `${String(ranks)} on ${printable(host)}`).join(', ')}\n` +
      `Sums of float32: ${sums.map(({ bytes, seconds }) => `${formatBytes(bytes)} ${(1000 * seconds).toFixed(2)} ms`).join(', ')}\n` +
      `As if an exchange took ${(1e6 * network.exchange).toFixed(0)} µs and ${(8e-9 / network.byte).toPrecision(3)} Gbit/s passed\n${estimate === undefined ? '' : renderEstimate(estimate)}`);
  }
  return 0;
}

/** What --estimate is asked for. */
interface Estimate {
  readonly preset: string;
  readonly rows: number;
  readonly bytesPerNumber: number;
  /** Steps of each host's own between two means; undefined where hosts meet at every step. */
  readonly localSteps: number | undefined;
}

interface Estimated {
  readonly step: HostStep;
  readonly hosts: readonly { readonly hosts: number; readonly milliseconds: number; readonly efficiency: number }[];
}

const hostCounts = [1, 2, 4, 8, 16, 32];

async function estimateWith({ preset, rows, bytesPerNumber, localSteps }: Estimate, network: Network): Promise<Estimated> {
  const { backend } = selectBackend();
  const step = await measureHostStep(parseSpec(changedPreset(preset, { batchSize: rows })), rows, backend);
  return {
    step,
    hosts: hostCounts.map((hosts) => {
      const seconds = localSteps === undefined ? stepSeconds(hosts, step, network, bytesPerNumber) : localStepSeconds(hosts, step, network, bytesPerNumber, localSteps);
      return { hosts, milliseconds: 1000 * seconds, efficiency: step.seconds / seconds };
    }),
  };
}

function renderEstimate({ step, hosts }: Estimated): string {
  const parameters = step.blocks.reduce((sum, length) => sum + length, 0);
  return `A step of ${parameters.toLocaleString('en')} parameters takes ${(1000 * step.seconds).toFixed(1)} ms on this host. With as many rows on each of several:\n` +
    renderTable([{ header: 'hosts' }, { header: 'ms a step' }, { header: 'efficiency' }, { header: 'as fast as' }],
      hosts.map((one) => [String(one.hosts), one.milliseconds.toFixed(1), formatPercent(one.efficiency, 0), `${(one.hosts * one.efficiency).toFixed(1)} hosts`]), terminalOf(process.stdout));
}
