import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/cli';
import { describeWith, missingForPrebuild, missingTools, prebuild } from '../support/prebuild';

/* On processors that qemu plays. What multiplies is slow there, and is left to `blastrain verify`. */

/** Verifies all kernels but those that the argument matches, and tells where. */
const verify = `
  const { nativeStatus, verifyKernels } = require('./dist');
  const { kernelNames } = require('./dist/kernels/signatures');
  const { results } = verifyKernels({ kernels: kernelNames.filter((name) => !new RegExp(process.argv[1]).test(name)) });
  const { cpuFeatures, openblasCore } = nativeStatus().info;
  const right = results.every(({ passed }) => passed);
  console.log(JSON.stringify({ cpuFeatures, openblasCore, right, enough: results.length > 60 }));`;

/** What `verify` tells under an emulator, or why it does not. */
async function verifyUnder(emulator: readonly string[], excluded: string): Promise<unknown> {
  const [command, ...options] = emulator;
  const { OPENBLAS_CORETYPE: _, ...env } = process.env;
  try {
    const args = [...options, '-e', verify, excluded];
    const { stdout } = await promisify(execFile)(command!, args, { cwd: root, env: { ...env, PREBUILDS_ONLY: '1' } });
    return JSON.parse(stdout) as unknown;
  } catch (error) {
    return error;
  }
}

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
    old = verifyUnder(['qemu-x86_64', '-cpu', 'Nehalem', process.execPath], 'gemm|LinearStep');
  }
  if (missingForArm.length === 0) {
    prebuild('arm64');
    arm = verifyUnder(armNode, 'LinearStep');
  }
});

describeWith(missingForOld, 'on an x86-64 CPU of 2008, without AVX', () => {
  test('every kernel that does not multiply computes what TypeScript does', async () => {
    expect(await old).toEqual({ cpuFeatures: ['sse4.2'], openblasCore: 'Nehalem', right: true, enough: true });
  });
});

describeWith(missingForArm, 'on 64-bit ARM', () => {
  test('every kernel but the fused steps computes what TypeScript does', async () => {
    expect(await arm).toEqual({ cpuFeatures: ['neon'], openblasCore: 'armv8', right: true, enough: true });
  });
});
