import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kernelNames } from '../../lib/kernels/signatures';
import { root } from '../support/cli';
import { verifyProcess } from '../support/kernelProcesses';
import { describeWith, missingForPrebuild, missingTools, prebuild } from '../support/prebuild';

/* On processors that qemu plays. What multiplies is slow there, and is left to `blastrain verify`. */

/** Verifies all kernels but those that the pattern matches, and tells where; gives why it cannot in place of that. */
const verifyUnder = (emulator: readonly string[], excluded: RegExp): Promise<unknown> => {
  // With three threads, small calls are those of one, and large ones are divided; products of 131,072 multiplications are.
  const options = { kernels: kernelNames.filter((name) => !excluded.test(name)), threads: [3], mostMultiplications: 200_000 };
  return verifyProcess(options, { PREBUILDS_ONLY: '1', OPENBLAS_CORETYPE: undefined }, emulator).then(
    ({ info: { cpuFeatures, openblasCore }, count, wrong }) => ({ cpuFeatures, openblasCore, wrong, enough: count > 60 }),
    (error: unknown) => error,
  );
};

const missingForOld = process.arch === 'x64' ? [...missingForPrebuild(), ...missingTools(['qemu-x86_64'])] : ['x86-64'];
const fetched = join(root, '.cache', 'arm64');
const missingForArm = [
  ...missingTools(['cmake', 'flock', 'aarch64-linux-gnu-g++', 'qemu-aarch64']),
  ...(existsSync(join(fetched, 'node', 'bin', 'node')) ? [] : ['.cache/arm64, see scripts/arm64.sh']),
];
const armNode = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', join(fetched, 'node', 'bin', 'node')];

// Both at once, as each keeps but one core busy.
let old: Promise<unknown>;
let arm: Promise<unknown>;
beforeAll(() => {
  if (missingForOld.length === 0) {
    prebuild();
    old = verifyUnder(['qemu-x86_64', '-cpu', 'Nehalem', process.execPath], /gemm|LinearStep/);
  }
  if (missingForArm.length === 0) {
    prebuild('linux-arm64');
    arm = verifyUnder(armNode, /LinearStep/);
  }
});

describeWith(missingForOld, 'on an x86-64 CPU of 2008, without AVX', () => {
  test('every kernel that does not multiply computes what TypeScript does', async () => {
    expect(await old).toEqual({ cpuFeatures: ['sse4.2'], openblasCore: 'Nehalem', wrong: [], enough: true });
  });
});

describeWith(missingForArm, 'on 64-bit ARM', () => {
  test('every kernel but the fused steps computes what TypeScript does', async () => {
    expect(await arm).toEqual({ cpuFeatures: ['neon'], openblasCore: 'armv8', wrong: [], enough: true });
  });
});
