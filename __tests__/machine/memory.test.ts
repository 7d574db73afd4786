import { join } from 'node:path';
import { availableMemory, requireMemory } from '../../lib/machine/memory';
import { fakeRoot, mountV1, mountV2 } from '../support/fakeRoot';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const MB = 2 ** 20;
const machine = { 'proc/meminfo': 'MemTotal:       16777216 kB\nMemFree:  1 kB\nMemAvailable:   8388608 kB\nSwapFree:        1024 kB\n' };
const v1 = { 'proc/self/cgroup': '3:memory:/a/b\n', 'proc/self/mountinfo': mountV1('memory', '/', '/sys/fs/cgroup/memory') };
const v2 = { 'proc/self/cgroup': '0::/a\n', 'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup') };

test.each<[name: string, files: Record<string, string>, limit: number, left: number, source: string]>([
  ['the machine alone, with its swap', {}, 2 ** 34, 2 ** 33 + MB, 'the machine'],
  ['v2 without a limit', { ...v2, 'sys/fs/cgroup/a/memory.max': 'max\n' }, 2 ** 34, 2 ** 33 + MB, 'the machine'],
  [
    'v2, where files in memory can go', {
      ...v2, 'sys/fs/cgroup/a/memory.max': `${String(512 * MB)}\n`, 'sys/fs/cgroup/a/memory.current': `${String(300 * MB)}\n`,
      'sys/fs/cgroup/a/memory.stat': `anon 1\nactive_file ${String(50 * MB)}\ninactive_file ${String(100 * MB)}\n`, 'sys/fs/cgroup/a/memory.swap.max': '0\n',
    }, 512 * MB, 362 * MB, 'sys/fs/cgroup/a/memory.max',
  ],
  [
    'v2 with swap', { ...v2, 'sys/fs/cgroup/a/memory.max': `${String(512 * MB)}\n`, 'sys/fs/cgroup/a/memory.swap.max': 'max\n' },
    512 * MB, 513 * MB, 'sys/fs/cgroup/a/memory.max',
  ],
  ['v1 without a limit', { ...v1, 'sys/fs/cgroup/memory/a/memory.limit_in_bytes': '9223372036854771712\n' }, 2 ** 34, 2 ** 33 + MB, 'the machine'],
  [
    'v1 nested', {
      ...v1, 'sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${String(256 * MB)}\n`, 'sys/fs/cgroup/memory/a/memory.usage_in_bytes': `${String(200 * MB)}\n`,
      'sys/fs/cgroup/memory/a/memory.stat': `cache 5\ninactive_file 7\ntotal_inactive_file ${String(20 * MB)}\ntotal_active_file 0\n`,
      'sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes': `${String(256 * MB)}\n`, 'sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': `${String(1024 * MB)}\n`,
    }, 256 * MB, 76 * MB, 'sys/fs/cgroup/memory/a/memory.limit_in_bytes',
  ],
  [
    'ulimit -v', {
      'proc/self/limits': `Limit                     Soft Limit           Hard Limit           Units     \nMax address space         ${String(2048 * MB)}           unlimited            bytes     \n`,
      'proc/self/status': `VmSize:\t  ${String(1024 * 1024)} kB\nVmData:\t 5 kB\n`,
    }, 2048 * MB, 1024 * MB, 'ulimit -v',
  ],
  ['malformed files', { ...v2, 'sys/fs/cgroup/a/memory.max': 'much\n', 'proc/self/limits': 'Max address space\n', 'proc/self/status': '' }, 2 ** 34, 2 ** 33 + MB, 'the machine'],
])('%s', (_, files, limit, left, source) => {
  const root = fakeRoot(folder, { ...machine, ...files });
  expect(availableMemory(root)).toEqual({ limit, left, source: source.startsWith('sys') ? join(root, source) : source });
});

test('what does not fit is refused in a sentence that names what asks for it', () => {
  const root = fakeRoot(folder, machine);
  expect(() => { requireMemory(8e9, 'layers', [1, 2], root); }).not.toThrow();
  expect(() => { requireMemory(9e9, 'layers', [1, 2], root); }).toThrow(expect.objectContaining({
    code: 'ERR_MEMORY',
    message: 'Expected what fits into 8.6 GB, which are left of the 17.2 GB of the machine, for layers but received [1,2], which takes 9.0 GB',
    details: { path: 'layers', bytes: 9e9, left: 2 ** 33 + MB, limit: 2 ** 34, source: 'the machine' },
  }));
});

test('the room of this process is some of the machine\'s', () => {
  const { limit, left } = availableMemory();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(limit + 2 ** 40);
});
