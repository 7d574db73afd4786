import { join } from 'node:path';
import { readLines, systemRoot } from './cgroups';
import { coreOf, parseList, physicalCores, usableThreads } from './threads';

/**
 * The nodes of memory that large arrays are to lie on in turn, a bit for each: those of the cores that this process may use, where its threads are more than any one
 * of them has; 0 where one node is enough, or the system does not say. On machines with several sockets each has memory of its own.
 */
export function memoryNodes(): number {
  here ??= memoryNodesOf(systemRoot);
  return here;
}

let here: number | undefined;

/** The same for a machine whose files lie in a folder; read anew at each call. */
export function memoryNodesOf(root: string): number {
  const folder = join(root, 'sys/devices/system/node');
  const nodes = [...parseList(readLines(join(folder, 'has_memory'))[0]) ?? []].filter((node) => node < mostNodes);
  if (nodes.length < 2) return 0;
  const allowed = new Set(physicalCores(root));
  const coresOf = (node: number): number => {
    const cpus = parseList(readLines(join(folder, `node${String(node)}`, 'cpulist'))[0]) ?? [];
    return new Set([...cpus].map((cpu) => coreOf(cpu, root)).filter((core) => allowed.has(core))).size;
  };
  const near = nodes.map((node) => ({ node, cores: coresOf(node) })).filter(({ cores }) => cores > 0);
  if (near.length < 2 || usableThreads(root).threads <= Math.max(...near.map(({ cores }) => cores))) return 0;
  return near.reduce((bits, { node }) => bits + 2 ** node, 0);
}

/** So many fit into the number that the addon takes. */
const mostNodes = 31;
