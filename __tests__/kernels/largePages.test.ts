import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { requireAddon } from '../../lib/kernels/native';
import { backends } from '../support/backends';
import { root } from '../support/cli';

const setting = '/sys/kernel/mm/transparent_hugepage/enabled';
const hasLargePages = existsSync(setting) && !readFileSync(setting, 'utf8').includes('[never]');
const native = backends.includes('native') && process.platform === 'linux';

/** What a script prints as JSON in a process of its own; `hugeBytes()` are those of its memory in large pages. */
function run(script: string): unknown {
  const before = `
    const { defaultKernels } = require('./dist/kernels');
    const kernels = defaultKernels('float32', 'native');
    const status = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+) kB').exec(require('fs').readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]) * 1024;
    const hugeBytes = () => status('AnonHugePages');
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', before + script], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

(native && hasLargePages ? describe : describe.skip)('large pages', () => {
  test('arrays of half a megabyte and more are zeroed, of their length, and lie in large pages', () => {
    const found = run(`
      const before = hugeBytes();
      const arrays = [2 ** 17, 2 ** 17 + 1, 3 * 2 ** 20].map((length) => kernels.allocate(length));
      const zeros = arrays.every((array) => array.every((value) => value === 0));
      for (const array of arrays) array.fill(1);
      console.log(JSON.stringify({ zeros, lengths: arrays.map(({ length }) => length), huge: hugeBytes() - before }));
    `) as { huge: number };
    expect(found).toMatchObject({ zeros: true, lengths: [2 ** 17, 2 ** 17 + 1, 3 * 2 ** 20] });
    expect(found.huge).toBeGreaterThanOrEqual(8 * 2 ** 21); // 1, 1 and 6 of them
  });

  test('they are given back', () => {
    const { rss } = run(`
      for (let i = 0; i < 100; i++) {
        kernels.allocate(2 ** 20).fill(1);
        if (i % 10 === 9) gc();
      }
      setImmediate(() => { gc(); setImmediate(() => console.log(JSON.stringify({ rss: process.memoryUsage().rss }))); });
    `) as { rss: number };
    expect(rss).toBeLessThan(60 * 2 ** 22); // of 100
  });

  test('a data set lies in them', () => {
    const { huge } = run(`
      const before = hugeBytes();
      new Uint8Array(require('./dist/data/shared').sharedBytes(2 ** 24)).fill(1);
      console.log(JSON.stringify({ huge: hugeBytes() - before }));
    `) as { huge: number };
    expect(huge).toBeGreaterThanOrEqual(7 * 2 ** 21);
  });

  (existsSync('/proc/self/numa_maps') ? test : test.skip)('nodes of memory are taken in turn where several are named', () => {
    const { policies } = run(`
      const { requireAddon } = require('./dist/kernels/native');
      const policies = [0, 1].map((nodes) => {
        new Uint8Array(requireAddon().allocateLargePages(2 ** 22, 4, nodes)).fill(1);
        return /interleave:0/.test(require('fs').readFileSync('/proc/self/numa_maps', 'utf8'));
      });
      console.log(JSON.stringify({ policies }));
    `) as { policies: boolean[] };
    expect(policies).toEqual([false, true]);
  });
});

(native ? test : test.skip)('the addon refuses what is no size, and arrays that are no bytes', () => {
  const addon = requireAddon() as unknown as Record<'allocateLargePages' | 'useLargePages', (...args: unknown[]) => unknown>;
  for (const args of [[], [-1, 4, 0], [1.5, 4, 0], [4, Number.NaN, 0], [4, 4, 2 ** 31], ['4', 4, 0]]) {
    expect(() => addon.allocateLargePages(...args)).toThrow(expect.objectContaining({ code: 'ERR_KERNEL_ARG' }) as Error);
  }
  for (const args of [[], [new Float32Array(4), 0], [new Uint8Array(4)], [new Uint8Array(4), -1], [{}, 0]]) {
    expect(() => addon.useLargePages(...args)).toThrow(expect.objectContaining({ code: 'ERR_KERNEL_ARG' }) as Error);
  }
});

(native ? test : test.skip)('an array of more than an addon may hand over has its length', () => {
  expect(run('console.log(JSON.stringify(kernels.allocate(2 ** 28 + 1).length));')).toBe(2 ** 28 + 1);
});
