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

/** Our own micro-kernels. */
const isas = ['generic', 'avx2', 'avx512', 'amx'] as const;

const status = nativeStatus();
const chooses = backends.includes('native') && status.loaded && process.arch === 'x64' && status.info.openblasVersion.includes('DYNAMIC_ARCH');
const features = status.loaded ? status.info.cpuFeatures : [];
const [here, elsewhere] = [true, false].map((wanted) =>
  cores.filter(([, needed]) => needed.every((feature) => features.includes(feature)) === wanted));

/** The instruction set that `doctor` names where that one is asked for. */
function used(isa: string): unknown {
  if (isa === 'amx') return expect.stringMatching(/^amx(-emulated)?$/);
  const most = features.includes('avx512f') ? 'avx512' : features.includes('avx2') ? 'avx2' : 'generic';
  return isas[Math.min(isas.indexOf(isa as 'avx2'), isas.indexOf(most))];
}

/** Each of OpenBLAS's and each of ours, not each with each: a process of all kernels takes ten seconds. */
const played = chooses ? here!.map(([core]) => core) : [];
const pairs = Array.from({ length: Math.max(played.length, isas.length) }, (_, i) => [played[i], isas[i % isas.length]!] as const);

(backends.includes('native') ? describe : describe.skip)('every kernel keeps the contract and its bound', () => {
  test.each(pairs)('with OPENBLAS_CORETYPE=%s and BLASTRAIN_ISA=%s, and doctor names both', async (core, isa) => {
    const env = { OPENBLAS_CORETYPE: core, BLASTRAIN_ISA: isa };
    const [doctor, kernels] = await Promise.all([blastrain(['doctor', '--json'], { env }), kernelProcesses(env)]);
    expect(jsonLines(doctor.stdout)).toMatchObject([{ native: { isa: used(isa), ...(core !== undefined && { openblasCore: core }) } }]);
    expect(kernels).toEqual({ wrong: [], status: 0, failures: '' });
  });

  // The other tests run without the variable where the environment has none.
  (chooses && process.env['OPENBLAS_CORETYPE'] !== undefined ? test : test.skip)('without OPENBLAS_CORETYPE', async () => {
    expect(await kernelProcesses({ OPENBLAS_CORETYPE: undefined })).toEqual({ wrong: [], status: 0, failures: '' });
  });

  (chooses ? test : test.skip)('an empty OPENBLAS_CORETYPE is the CPU\'s own', async () => {
    const [own, empty] = await Promise.all([undefined, ''].map(async (core) => {
      const { stdout } = await blastrain(['doctor', '--json'], { env: { OPENBLAS_CORETYPE: core } });
      return (jsonLines(stdout)[0] as { native: { openblasCore: string } }).native.openblasCore;
    }));
    expect(empty).toBe(own);
    // An OpenBLAS older than the CPU does not know its model number, and by itself falls back to these.
    if (features.includes('avx2') && features.includes('fma')) expect(own).not.toBe('Prescott');
  });

  if (chooses && elsewhere!.length > 0) test.skip.each(elsewhere!)('%s (skipped: not on this CPU)', () => undefined);
});
