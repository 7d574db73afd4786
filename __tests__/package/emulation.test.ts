import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kernelNames } from '../../lib/kernels/signatures';
import { verifyCandidates } from '../../lib/verify/verify';
import type { VerifyReport } from '../../lib/verify/verify';
import { root } from '../support/cli';
import { emulate } from '../support/emulatedKernels';
import type { Emulated } from '../support/emulatedKernels';
import { temporaryFolder } from '../support/folder';
import { describeWith, missingForPrebuild, missingTools, prebuild } from '../support/prebuild';

/*
 * Kernels on processors that qemu plays; what they are compared with is computed here. With three threads, small calls are those of one, and
 * large ones are divided; products of 131,072 multiplications are.
 */

const folder = temporaryFolder();
const options = { threads: [3], mostMultiplications: 200_000 };
/** What the old CPU computes as one does that BLASTRAIN_ISA=generic and OPENBLAS_CORETYPE=Nehalem make of this one: cores.test.ts. */
const multiplies = /gemm|LinearStep/;
const [others, multiplying] = [false, true].map((wanted) => kernelNames.filter((name) => multiplies.test(name) === wanted));

const missingForOld = process.arch === 'x64' ? [...missingForPrebuild(), ...missingTools(['qemu-x86_64', 'mkfifo', 'timeout'])] : ['x86-64'];
const fetched = join(root, '.cache', 'arm64');
const missingForArm = [
  ...missingTools(['cmake', 'flock', 'aarch64-linux-gnu-g++', 'qemu-aarch64', 'mkfifo', 'timeout']),
  ...(existsSync(join(fetched, 'node', 'bin', 'node')) ? [] : ['.cache/arm64, see scripts/arm64.sh']),
];
const armNode = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', join(fetched, 'node', 'bin', 'node')];

interface Tried { readonly info: Emulated['info']; readonly results: VerifyReport['results'] }
let [old, arm]: (Tried | undefined)[] = [];
// Inputs, bounds and right outputs are computed once for both.
beforeAll(async () => {
  const start = (node: readonly string[]): Emulated => emulate(folder, node, options.threads[0]!, { PREBUILDS_ONLY: '1', OPENBLAS_CORETYPE: undefined });
  const processes: Emulated[] = [];
  if (missingForOld.length === 0) {
    prebuild();
    processes.push(start(['qemu-x86_64', '-cpu', 'Nehalem', process.execPath]));
  }
  if (missingForArm.length === 0) {
    prebuild('linux-arm64');
    processes.push(start(armNode));
  }
  const verify = (tested: readonly Emulated[], kernels: typeof kernelNames): Tried[] =>
    verifyCandidates(tested.map((each) => each.kernels), { ...options, kernels }).map(({ results }, i) => ({ info: tested[i]!.info, results }));
  const tried = verify(processes, others!);
  if (missingForOld.length === 0) old = tried.shift();
  if (missingForArm.length === 0) {
    const [{ results }] = verify(processes.slice(-1), multiplying!) as [Tried];
    arm = { info: tried[0]!.info, results: [...tried[0]!.results, ...results] };
  }
  await Promise.all(processes.map((each) => each.close()));
}, 900_000);

function expectRight({ info, results }: Tried, expected: object, kernels: readonly string[]): void {
  expect(info).toMatchObject(expected);
  expect([...new Set(results.map(({ kernel }) => kernel))].sort()).toEqual([...kernels].sort());
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
}

describeWith(missingForOld, 'on an x86-64 CPU of 2008, without AVX', () => {
  test('every kernel that does not multiply computes what TypeScript does', () => {
    expectRight(old!, { cpuFeatures: ['sse4.2'], openblasCore: 'Nehalem' }, others!);
  });
});

describeWith(missingForArm, 'on 64-bit ARM', () => {
  test('every kernel computes what TypeScript does', () => {
    expectRight(arm!, { cpuFeatures: ['neon'], openblasCore: 'armv8' }, kernelNames);
  });
});
