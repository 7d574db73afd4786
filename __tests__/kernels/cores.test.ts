import { nativeStatus } from '../../lib/kernels';
import { backends } from '../support/backends';
import { blastrain, jsonLines } from '../support/cli';
import { kernelProcesses } from '../support/kernelProcesses';

/**
 * OpenBLAS's kernels for a CPU, and what a CPU has to offer to run them. They differ in more than speed: in the order of sums, and in
 * what they make of factors of 0.
 */
const cores = [
  ['Prescott', []],
  ['Nehalem', ['sse4.2']],
  ['Sandybridge', ['avx']],
  ['Haswell', ['avx2', 'fma']],
  ['Zen', ['avx2', 'fma']],
  ['SkylakeX', ['avx512f', 'avx512dq', 'avx512bw', 'avx512vl']],
  ['Cooperlake', ['avx512vl', 'avx512vnni', 'avx512bf16']],
] as const;

const status = nativeStatus();
const chooses = backends.includes('native') && status.loaded && process.arch === 'x64' && status.info.openblasVersion.includes('DYNAMIC_ARCH');
const features = status.loaded ? status.info.cpuFeatures : [];
const [here, elsewhere] = [true, false].map((wanted) =>
  cores.filter(([, needed]) => needed.every((feature) => features.includes(feature)) === wanted));

(chooses ? describe : describe.skip)('OpenBLAS told to run its kernels for', () => {
  // BLASTRAIN_ISA is for isa.test.ts: not every pair, but each of either.
  const env = (core: string | undefined): Record<string, string | undefined> => ({ OPENBLAS_CORETYPE: core, BLASTRAIN_ISA: undefined });

  test.each(here!)('%s: every kernel keeps the contract and its bound', async (core) => {
    const [doctor, kernels] = await Promise.all([blastrain(['doctor', '--json'], { env: env(core) }), kernelProcesses(env(core))]);
    expect(jsonLines(doctor.stdout)).toMatchObject([{ native: { openblasCore: core } }]);
    expect(kernels).toEqual({ wrong: [], status: 0, failures: '' });
  });

  // The other tests run without the variable where the environment has none.
  (process.env['OPENBLAS_CORETYPE'] === undefined ? test.skip : test)('no CPU: every kernel keeps the contract and its bound', async () => {
    expect(await kernelProcesses(env(undefined))).toEqual({ wrong: [], status: 0, failures: '' });
  });

  test('an empty name: the CPU\'s own', async () => {
    const cores = await Promise.all([undefined, ''].map(async (core) => jsonLines((await blastrain(['doctor', '--json'], { env: env(core) })).stdout)[0]));
    expect(cores[1]).toMatchObject({ native: { openblasCore: (cores[0] as { native: { openblasCore: string } }).native.openblasCore } });
  });

  if (elsewhere!.length > 0) test.skip.each(elsewhere!)('%s (skipped: not on this CPU)', () => undefined);
});
