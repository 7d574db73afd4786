import { checkSystem } from '../../studies/systemCheck';
import type { SystemCheck } from '../../studies/systemCheck';
import type { UsableThreads } from '../../machine';
import { jsonLine, printable } from '../../text';
import type { Command } from '../command';
import { readOptions } from '../options';
import { formatBytes } from '../terminal/format';
import { coloursOf, terminalOf } from '../terminal/style';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'say what this machine offers, and how to mend what is missing',
  help: `Usage: blastrain doctor [--json]

Prints how many threads training takes by default and why (cores, affinity,
quotas of control groups), how much memory is left and what limits it, backend,
CPU features and which of them products use (BLASTRAIN_ISA can say less:
generic, avx2, avx512, amx), OpenBLAS version, core and threads, which of the
WebAssembly modules runs, number formats, the MPIs that training on several
machines can use here, the data set that training would use, and a mend for
each thing that is missing.
`,
  run(args) {
    const { values } = readOptions(args, { json: { type: 'boolean' } }, { names: [] });
    const diagnosis = checkSystem();
    process.stdout.write(values.json === true ? jsonLine(diagnosis) : describeSystem(diagnosis));
    return Promise.resolve(0);
  },
};

function describeSystem({ native, wasm, mpi, data, mends, ...facts }: SystemCheck): string {
  const terminal = terminalOf(process.stdout);
  const { green, yellow, bold } = coloursOf(terminal);
  const line = (name: string, value: string): string => `${bold(name.padEnd(10))} ${printable(value)}\n`;
  const dtypes = Object.entries(facts.dtypes).map(([backend, list]) => `${backend} ${list.join(', ') || 'none'}`);
  return [
    line('blastrain', `${facts.blastrain}, Node.js ${facts.node}, ${facts.platform}`),
    line('CPU', `${facts.cpu}, ${String(facts.cores)} cores`),
    line('threads', describeThreads(facts.cores, facts.threads)),
    ...(facts.threads.quota === null ? [] : [line('', `quota of ${facts.threads.quota.source}`)]),
    line('memory', `${formatBytes(facts.memory.left)} left of the ${formatBytes(facts.memory.limit)} of ${facts.memory.source}`),
    line('backend', facts.backend),
    ...(native === null
      ? []
      : [
          line('features', native.cpuFeatures.join(' ')),
          line('', `products use ${native.isa}`),
          line('BLAS', native.openblasVersion || (native.ownBlas ? 'the addon\'s own products' : 'a generic CBLAS')),
          line('', `${native.ownBlas ? '' : `core ${native.openblasCore || 'unknown'}, `}${String(native.threads)} of at most ${String(native.maxThreads)} threads`),
        ]),
    ...(wasm === null ? [] : [
      line('wasm', `${wasm.vectors === 'relaxed' ? 'vectors of 128 bits with fused multiply-adds' : 'vectors of 128 bits'}, ${formatBytes(wasm.memoryBytes)} reserved`),
      line('', wasm.sharesMemory ? 'threads share its memory' : 'one thread, as this Node.js has no SharedArrayBuffer'),
    ]),
    line('dtypes', dtypes.join('; ')),
    ...mpi.length === 0 ? [line('MPI', 'no addon, which only training on several machines needs: npx blastrain mpi --build')]
      : mpi.map(({ family, file }, i) => line(i === 0 ? 'MPI' : '', `${family}: ${file}; npx blastrain mpi tries it`)),
    line('data', data.description),
    ...(data.digest === null ? [] : [line('', `digest ${data.digest.slice(0, 16)}`)]),
    mends.length === 0 ? green('Nothing is missing.\n') : '',
    ...mends.map(({ problem, mend }) => `${yellow('attention')}  ${problem}\n${line('', `mend: ${mend}`)}`),
  ].join('');
}

/** '2 by default: 64 CPUs, of which affinity leaves 8, on 4 cores; a quota leaves 1.5 CPUs'. */
function describeThreads(cpus: number, { threads, affinity, cores, quota }: UsableThreads): string {
  return `${String(threads)} by default: ${counted(cpus, cores < affinity ? 'CPU' : 'core')}` +
    (affinity < cpus ? `, of which affinity leaves ${String(affinity)}` : '') +
    (cores < affinity ? `, on ${counted(cores, 'core')}` : '') +
    (quota === null ? ', no quota' : `; a quota leaves ${String(Number(quota.cpus.toFixed(2)))} CPUs`);
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
