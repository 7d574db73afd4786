import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { memoryNodesOf, usableThreads } from '../../lib/machine';
import { backends } from '../support/backends';
import { root } from '../support/cli';
import { ControlGroup, whyNoControlGroup } from '../support/controlGroup';
import { fakeRoot, mountV1, mountV2 } from '../support/fakeRoot';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

/** A machine of 64 cores. */
const cores = { 'proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0-63\n', 'sys/devices/system/cpu/online': '0-63\n' };

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly cpus?: number;
  readonly source?: string;
  readonly affinity?: number;
  readonly physical?: number;
}

const v2 = (path: string, top = '/'): Record<string, string> => ({
  'proc/self/cgroup': `0::${path}\n`, 'proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda rw\n${mountV2(top, '/sys/fs/cgroup')}`,
});
const v1 = (path: string, top = '/'): Record<string, string> => ({
  'proc/self/cgroup': `9:name=systemd:/\n4:cpu,cpuacct:${path}\n3:memory:/\n`,
  'proc/self/mountinfo': mountV1('cpu,cpuacct', top, '/sys/fs/cgroup/cpu,cpuacct') + mountV1('memory', '/', '/sys/fs/cgroup/memory'),
});
const quotaV1 = (group: string, quota: string, period = '100000\n'): Record<string, string> => ({
  [`sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_quota_us`]: quota, [`sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_period_us`]: period,
});

/** CPU i and CPU i + 32 are threads of one core. */
const twoThreads = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`sys/devices/system/cpu/cpu${String(i)}/topology/thread_siblings_list`, `${String(i % 32)},${String(i % 32 + 32)}\n`]));

const cases: readonly Case[] = [
  { name: 'no control groups', files: {}, threads: 64 },
  { name: 'v2 without a limit', files: { ...v2('/'), 'sys/fs/cgroup/cpu.max': 'max 100000\n' }, threads: 64 },
  { name: 'v2', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '200000 100000\n' }, threads: 2, cpus: 2, source: 'sys/fs/cgroup/a/cpu.max' },
  { name: 'v2, the period left out', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '300000\n' }, threads: 3, cpus: 3 },
  { name: 'v2, another period', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '20000 10000\n' }, threads: 2, cpus: 2 },
  { name: 'a fraction: the ceiling', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '150000 100000\n' }, threads: 2, cpus: 1.5 },
  { name: 'less than one CPU', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '1000 100000\n' }, threads: 1, cpus: 0.01 },
  {
    name: 'v2 nested, the outer one smaller', threads: 2, cpus: 2, source: 'sys/fs/cgroup/a/cpu.max',
    files: { ...v2('/a/b/c'), 'sys/fs/cgroup/a/cpu.max': '200000 100000\n', 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n', 'sys/fs/cgroup/a/b/c/cpu.max': '400000 100000\n' },
  },
  {
    name: 'v2 nested, the inner one smaller', threads: 1, cpus: 1, source: 'sys/fs/cgroup/a/b/cpu.max',
    files: { ...v2('/a/b'), 'sys/fs/cgroup/a/cpu.max': '200000 100000\n', 'sys/fs/cgroup/a/b/cpu.max': '100000 100000\n' },
  },
  { name: 'v2 in a container with a namespace', files: { ...v2('/'), 'sys/fs/cgroup/cpu.max': '400000 100000\n' }, threads: 4, cpus: 4 },
  { name: 'v2 in a container without one', files: { ...v2('/docker/1f', '/docker/1f'), 'sys/fs/cgroup/cpu.max': '300000 100000\n' }, threads: 3, cpus: 3 },
  { name: 'v2 in a group outside its namespace', files: { ...v2('/../other'), 'sys/fs/cgroup/cpu.max': '300000 100000\n' }, threads: 3, cpus: 3 },
  { name: 'a group deeper than what is mounted', files: { ...v2('/docker/1f/app', '/docker/1f'), 'sys/fs/cgroup/app/cpu.max': '500000 100000\n' }, threads: 5, cpus: 5 },
  { name: 'v1 without a limit', files: { ...v1('/'), ...quotaV1('', '-1\n') }, threads: 64 },
  { name: 'v1', files: { ...v1('/a'), ...quotaV1('/a', '250000\n') }, threads: 3, cpus: 2.5, source: 'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us' },
  { name: 'v1 nested', files: { ...v1('/a/b'), ...quotaV1('/a', '100000\n', '50000\n'), ...quotaV1('/a/b', '-1\n') }, threads: 2, cpus: 2 },
  { name: 'v1 in a container', files: { ...v1('/docker/1f', '/docker/1f'), ...quotaV1('', '100000\n') }, threads: 1, cpus: 1 },
  { name: 'v1 whose path is not mounted', files: { ...v1('/kubepods/pod7', '/docker/1f'), ...quotaV1('', '100000\n') }, threads: 1, cpus: 1 },
  {
    name: 'both interfaces at once', threads: 2, cpus: 2,
    files: {
      ...quotaV1('/a', '200000\n'),
      'proc/self/cgroup': `${v1('/a')['proc/self/cgroup']!}0::/u\n`,
      'proc/self/mountinfo': v1('/a')['proc/self/mountinfo']! + mountV2('/', '/sys/fs/cgroup/unified'),
      'sys/fs/cgroup/unified/u/cgroup.procs': '',
    },
  },
  {
    name: 'a mount point with a blank', threads: 2, cpus: 2,
    files: { 'proc/self/cgroup': '0::/a\n', 'proc/self/mountinfo': mountV2('/', '/sys/my\\040groups'), 'sys/my groups/a/cpu.max': '200000 100000\n' },
  },
  ...['', 'nonsense\n', '-5 100000\n', '0 100000\n', '200000 0\n', '1e9 100000\n', 'max max\n', '200000 x\n'].map((text): Case => (
    { name: `a malformed cpu.max ${JSON.stringify(text)}`, files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': text }, threads: 64 })),
  { name: 'malformed lists of groups and mounts', files: { 'proc/self/cgroup': 'x\n::\n0::relative\n', 'proc/self/mountinfo': '\n - cgroup2\nx - - -\n' }, threads: 64 },
  { name: 'affinity', files: { 'proc/self/status': 'Cpus_allowed_list:\t0,2-3,9\n' }, threads: 4, affinity: 4 },
  { name: 'cores that are switched off', files: { 'proc/self/status': 'Cpus_allowed_list:\t0-127\n' }, threads: 64, affinity: 64 },
  { name: 'two threads on each core', files: twoThreads, threads: 32, physical: 32 },
  { name: 'affinity to some of them', files: { ...twoThreads, 'proc/self/status': 'Cpus_allowed_list:\t0-3,33,40\n' }, threads: 5, affinity: 6, physical: 5 },
  { name: 'the second one alone', files: { ...twoThreads, 'proc/self/status': 'Cpus_allowed_list:\t63\n' }, threads: 1, affinity: 1, physical: 1 },
  { name: 'two threads on each core, and a quota', files: { ...twoThreads, ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '3000000 100000\n' }, threads: 30, cpus: 30, physical: 32 },
  { name: 'malformed threads of cores', files: { 'sys/devices/system/cpu/cpu0/topology/thread_siblings_list': 'x\n' }, threads: 64 },
  { name: 'affinity below the quota', files: { ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '400000 100000\n', 'proc/self/status': 'Cpus_allowed_list:\t1-2\n' }, threads: 2, cpus: 4, affinity: 2 },
];

test.each(cases)('$name', ({ files, threads, cpus, source, affinity = 64, physical = affinity }) => {
  const fake = fakeRoot(folder, { ...cores, ...files });
  const found = usableThreads(fake);
  expect(found).toMatchObject({ threads, affinity, cores: physical, quota: cpus === undefined ? null : { cpus } });
  if (source !== undefined) expect(found.quota!.source).toBe(join(fake, source));
});

/** Two sockets, whose memory is node 0 and node 1. */
const sockets = {
  'sys/devices/system/node/has_memory': '0-1\n', 'sys/devices/system/node/node0/cpulist': '0-15,32-47\n', 'sys/devices/system/node/node1/cpulist': '16-31,48-63\n',
};

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['one node', { 'sys/devices/system/node/has_memory': '0\n', 'sys/devices/system/node/node0/cpulist': '0-63\n' }, 0],
  ['a system that does not say', {}, 0],
  ['two sockets', sockets, 3],
  ['two sockets, of whose cores each is two CPUs', { ...sockets, ...twoThreads }, 3],
  ['affinity to one of them', { ...sockets, 'proc/self/status': 'Cpus_allowed_list:\t16-31\n' }, 0],
  ['a quota that one of them fulfils', { ...sockets, ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '1600000 100000\n' }, 0],
  ['a quota beyond one of them', { ...sockets, ...twoThreads, ...v2('/a'), 'sys/fs/cgroup/a/cpu.max': '1700000 100000\n' }, 3],
  ['memory without cores', { ...sockets, 'sys/devices/system/node/has_memory': '0-2\n', 'sys/devices/system/node/node2/cpulist': '\n' }, 3],
  ['more nodes than the addon takes', { 'sys/devices/system/node/has_memory': '0,40\n', 'sys/devices/system/node/node0/cpulist': '0-31\n', 'sys/devices/system/node/node40/cpulist': '32-63\n' }, 0],
])('large arrays lie on the nodes that threads run on: %s', (_, files, nodes) => {
  expect(memoryNodesOf(fakeRoot(folder, { ...cores, ...files }))).toBe(nodes);
});

test.each(['Name:\tnode\n', 'Cpus_allowed_list:\t\n', 'Cpus_allowed_list:\t0-x\n'])('without a list of cores, those of the operating system count: %j', (status) => {
  expect(usableThreads(fakeRoot(folder, { 'proc/self/status': status })).threads).toBeGreaterThanOrEqual(1);
});

/** What `doctor` says in a process that a shell command starts. */
const doctor = (command: (node: string) => string): { cores: number; threads: ReturnType<typeof usableThreads> } => {
  const { stdout, stderr } = spawnSync('sh', ['-c', command(`${process.execPath} dist/cli/main.js doctor --json`)], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReturnType<typeof doctor>;
};

const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
(hasTaskset ? test : test.skip)('affinity of a real process', () => {
  expect(doctor((node) => `taskset -c 0 ${node}`).threads).toMatchObject({ threads: 1, affinity: 1 });
});

const reason = whyNoControlGroup();
describe(reason === undefined ? 'in a real control group' : `not in a real control group: ${reason}`, () => {
  const within = reason === undefined ? test : test.skip;

  within('doctor tells the quota', () => {
    const group = new ControlGroup({ cpu: { 'cpu.cfs_period_us': '50000', 'cpu.cfs_quota_us': '25000' }, memory: undefined });
    try {
      expect(doctor((node) => group.command(node)).threads).toMatchObject({ threads: 1, quota: { cpus: 0.5, source: expect.stringMatching(/cpu\.cfs_quota_us$/) as string } });
    } finally {
      group.remove();
    }
  });

  (backends.includes('native') ? within : test.skip)('kernels take no more threads than the quota pays for until a number is set', () => {
    const group = new ControlGroup({ cpu: { 'cpu.cfs_quota_us': '100000' }, memory: undefined });
    try {
      const script = "const b=require('./dist'); const before=b.getThreads(); b.setThreads(2); console.log(before, b.getThreads())";
      const { stdout } = spawnSync('sh', ['-c', group.command(`${process.execPath} -e "${script}"`)], { cwd: root, encoding: 'utf8' });
      expect(stdout.trim()).toBe('1 2');
    } finally {
      group.remove();
    }
  });
});

