import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { loadAddon } from '../../lib/kernels/native';
import { verifyProcess } from '../support/kernelProcesses';
import { describeWith, missingForPrebuild, prebuild } from '../support/prebuild';

describeWith(missingForPrebuild(), 'the prebuilt addon', () => {
  let path: string;
  beforeAll(() => {
    path = prebuild();
  });
  const objdump = (option: string): string => execFileSync('objdump', [option, path], { encoding: 'utf8' });

  test('loads nothing but the C library and libgcc', () => {
    const needed = [...objdump('-p').matchAll(/NEEDED\s+(\S+)/g)].map(([, name]) => name!.replace(/\.so.*|-linux.*/, ''));
    expect(needed).toContain('libc');
    expect(needed.filter((name) => !['ld', 'libc', 'libm', 'libgcc_s'].includes(name))).toEqual([]);
  });

  test('exports the entry points of Node-API alone', () => {
    const exported = objdump('-T').split('\n').filter((line) => / g /.test(line)).map((line) => line.split(/\s+/).at(-1));
    expect(exported.sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });

  test('wants no later glibc than Node.js 20 does, 2.28', () => {
    const minors = [...objdump('-T').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    expect(minors.length).toBeGreaterThan(0);
    expect(Math.max(...minors)).toBeLessThanOrEqual(28);
  });

  test('is small', () => {
    expect(statSync(path).size).toBeLessThan(5e6);
  });

  const loaded = loadAddon();
  const features = 'addon' in loaded ? loaded.addon.info().cpuFeatures : [];
  const cores = ([
    ['Nehalem', 'sse4.2'],
    ['Haswell', 'avx2'],
    ['SkylakeX', 'avx512vl'],
  ] as const).filter(([, feature]) => features.includes(feature));
  // All kernels: kernels/cores.test.ts.
  test.each(cores)('is what a process loads that has nothing else, and computes with OpenBLAS for %s', async (core) => {
    const verified = await verifyProcess({ kernels: ['axpy', 'scal', 'dot', 'nrm2'] }, { PREBUILDS_ONLY: '1', OPENBLAS_CORETYPE: core });
    expect(verified).toMatchObject({ info: { openblasCore: core }, count: 10, wrong: [] });
  });
});
