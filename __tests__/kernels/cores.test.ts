/** @jest-environment ./__tests__/support/addonsEnvironment.js */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nativeStatus } from '../../lib/kernels';
import { nativeKernels } from '../../lib/kernels/native';
import type { Addon } from '../../lib/kernels/addon';
import { families, kernelNames, signatures } from '../../lib/kernels/signatures';
import { verifyCandidates } from '../../lib/verify/verify';
import type { VerifyReport } from '../../lib/verify/verify';
import { backends, precisions } from '../support/backends';
import { blastrain, jsonLines, root } from '../support/cli';
import { testContract } from '../support/contract';
import { buildWithoutBlas, missingForPrebuild, missingTools, prebuild } from '../support/prebuild';

/** Of support/addonsEnvironment.js. */
declare const loadAddon: (path: string, env: Environment) => Addon;
type Environment = Readonly<Record<string, string | undefined>>;

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
const isNative = backends.includes('native') && status.loaded;
/** Whether OpenBLAS's kernels can be chosen: in the addon that the package carries, each copy of which has an OpenBLAS of its own. */
const chooses = isNative && process.arch === 'x64' && status.info.openblasVersion.includes('DYNAMIC_ARCH') && missingForPrebuild().length === 0;
const features = status.loaded ? status.info.cpuFeatures : [];
const [here, elsewhere] = [true, false].map((wanted) =>
  cores.filter(([, needed]) => needed.every((feature) => features.includes(feature)) === wanted));

/** The instruction set that the addon names where that one is asked for. */
function used(isa: string): unknown {
  if (isa === 'amx') return expect.stringMatching(/^amx(-emulated)?$/);
  const most = features.includes('avx512f') ? 'avx512' : features.includes('avx2') ? 'avx2' : 'generic';
  return isas[Math.min(isas.indexOf(isa as 'avx2'), isas.indexOf(most))];
}

/** Each of OpenBLAS's and each of ours, not each with each. */
const played = chooses ? here!.map(([core]) => core) : [];
const pairs = Array.from({ length: Math.max(played.length, isas.length) }, (_, i) => [played[i], isas[i % isas.length]!] as const);

/** What these variables choose; other loops give the same bits with any instructions, and are verified once, in parity.test.ts. */
const chosen = kernelNames.filter((kernel) => signatures[kernel].product || kernel in families.algebra);

interface Variant { readonly title: string; readonly addon: Addon }

/** The addon at this path as it is with each of these variables; from one to three threads. */
function variants(path: string, environments: readonly Environment[], addition = ''): Variant[] {
  return environments.map((env, i) => {
    const addon = loadAddon(path, env);
    addon.setThreads(3 - (i % 3));
    const settings = Object.entries(env).map(([name, value]) => (value === undefined ? `without ${name}` : `${name}=${value}`));
    return { title: `${settings.join(' ')}${addition}`, addon };
  });
}

const { locate } = createRequire(__filename)(join(root, 'scripts', 'addon.js')) as { locate: (folder: string) => string };
const withBlas = !isNative ? [] : variants(chooses ? prebuild() : locate(root), [
  ...pairs.map(([core, isa]) => ({ ...(core !== undefined && { OPENBLAS_CORETYPE: core }), BLASTRAIN_ISA: isa })),
  ...(chooses ? [{ OPENBLAS_CORETYPE: undefined }, { OPENBLAS_CORETYPE: '' }] : []),
]);
const missingForOwn = missingTools(['c++', 'cmake', 'flock']);
const withoutBlas = missingForOwn.length > 0 ? [] : variants(
  join(buildWithoutBlas(), 'build', 'Release', 'blastrain.node'),
  isas.slice(0, 3).filter((isa) => used(isa) === isa).map((isa) => ({ BLASTRAIN_ISA: isa })), ', linked with no BLAS',
);

describe('every kernel keeps the contract and its bound', () => {
  const tested = [...withBlas, ...withoutBlas];
  let reports: readonly VerifyReport[];
  beforeAll(() => {
    // All at once, as inputs, bounds and right outputs take most of the time. Of seed 3 a sum of integers is 0, and the sign of that zero is not the
    // reference's with two threads.
    reports = verifyCandidates(tested.map(({ addon }) => (precision) => nativeKernels(addon, precision)), { kernels: chosen, seed: 3, threads: [1] });
  });

  if (tested.length > 0) {
    describe.each(tested.map(({ title, addon }, i) => ({ title, addon, i })))('with $title', ({ addon, i }) => {
      test('within its bound', () => {
        const { results } = reports[i]!;
        expect(results.length).toBeGreaterThan(2 * chosen.length);
        expect(results.filter(({ passed }) => !passed)).toEqual([]);
      });
      for (const precision of precisions) describe(precision, () => { testContract(nativeKernels(addon, precision), precision); });
    });
  }
  if (!isNative) test.skip('with a BLAS (skipped: no native kernels)', () => undefined);
  if (missingForOwn.length > 0) test.skip(`linked with no BLAS (skipped: no ${missingForOwn.join(', ')})`, () => undefined);
  if (chooses && elsewhere!.length > 0) test.skip.each(elsewhere!)('%s (skipped: not on this CPU)', () => undefined);
});

(isNative ? describe : describe.skip)('what is chosen', () => {
  test.each(pairs.map((pair, i) => [...pair, i] as const))('by OPENBLAS_CORETYPE=%s and BLASTRAIN_ISA=%s the addon names', (core, isa, i) => {
    expect(withBlas[i]!.addon.info()).toMatchObject({ isa: used(isa), ...(core !== undefined && { openblasCore: core }) });
  });

  test('doctor names, too', async () => {
    const [core, isa] = pairs.at(-1)!;
    const { stdout } = await blastrain(['doctor', '--json'], { env: { OPENBLAS_CORETYPE: core, BLASTRAIN_ISA: isa } });
    expect(jsonLines(stdout)).toMatchObject([{ native: { isa: used(isa), ...(core !== undefined && { openblasCore: core }) } }]);
  });

  (chooses ? test : test.skip)('by an empty OPENBLAS_CORETYPE is the CPU\'s own', () => {
    const [own, empty] = withBlas.slice(-2).map(({ addon }) => addon.info().openblasCore);
    expect(empty).toBe(own);
    // An OpenBLAS older than the CPU does not know its model number, and by itself falls back to these.
    if (features.includes('avx2') && features.includes('fma')) expect(own).not.toBe('Prescott');
  });
});
