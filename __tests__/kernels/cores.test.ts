import { nativeStatus } from '../../lib/kernels';
import { families, kernelNames, signatures } from '../../lib/kernels/signatures';
import { backends } from '../support/backends';
import { blastrain, jsonLines } from '../support/cli';
import { contractProcess, verifyProcess } from '../support/kernelProcesses';
import { buildWithoutBlas, describeWith, missingTools } from '../support/prebuild';

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

/** Each of OpenBLAS's and each of ours, not each with each. */
const played = chooses ? here!.map(([core]) => core) : [];
const pairs = Array.from({ length: Math.max(played.length, isas.length) }, (_, i) => [played[i], isas[i % isas.length]!, i] as const);

/** What these variables choose; other loops give the same bits with any instructions, and are verified once, in parity.test.ts. */
const chosen = kernelNames.filter((kernel) => signatures[kernel].product || kernel in families.algebra);

/** The kernels that are wrong, and what the contract's tests complain of, with these variables. Each number has its inputs and threads. */
async function wrongWith(env: Readonly<Record<string, string | undefined>>, number: number): Promise<{ wrong: readonly unknown[]; failures: string }> {
  const [{ wrong, count }, failures] = await Promise.all([verifyProcess({ kernels: chosen, seed: number, threads: [3 - (number % 3)] }, env), contractProcess(env)]);
  expect(count).toBeGreaterThan(2 * chosen.length);
  return { wrong, failures };
}

(backends.includes('native') ? describe : describe.skip)('every kernel keeps the contract and its bound', () => {
  test.each(pairs)('with OPENBLAS_CORETYPE=%s and BLASTRAIN_ISA=%s, and doctor names both', async (core, isa, number) => {
    const env = { OPENBLAS_CORETYPE: core, BLASTRAIN_ISA: isa };
    const [doctor, kernels] = await Promise.all([blastrain(['doctor', '--json'], { env }), wrongWith(env, number)]);
    expect(jsonLines(doctor.stdout)).toMatchObject([{ native: { isa: used(isa), ...(core !== undefined && { openblasCore: core }) } }]);
    expect(kernels).toEqual({ wrong: [], failures: '' });
  });

  test('whatever the seed', async () => {
    // Of seed 3 a sum of integers is 0, and the sign of that zero is not the reference's with two threads.
    expect(await verifyProcess({ seed: 3, kernels: chosen })).toMatchObject({ wrong: [] });
  });

  // The other tests run without the variable where the environment has none.
  (chooses && process.env['OPENBLAS_CORETYPE'] !== undefined ? test : test.skip)('without OPENBLAS_CORETYPE', async () => {
    expect(await wrongWith({ OPENBLAS_CORETYPE: undefined }, 0)).toEqual({ wrong: [], failures: '' });
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

describeWith(missingTools(['c++', 'cmake', 'flock']), 'an addon that is linked with no BLAS keeps the contract and its bound', () => {
  let folder: string;
  beforeAll(() => {
    folder = buildWithoutBlas();
  });

  const distinct = isas.slice(0, 3).filter((isa) => used(isa) === isa);
  test.each(distinct.map((isa, number) => [isa, number] as const))('with BLASTRAIN_ISA=%s', async (isa, number) => {
    expect(await wrongWith({ BLASTRAIN_PREBUILD: folder, BLASTRAIN_ISA: isa }, number)).toEqual({ wrong: [], failures: '' });
  });
});
