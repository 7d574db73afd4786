import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';
import { describeWith, missingForPrebuild, missingTools, prebuild } from '../support/prebuild';

/* On processors that qemu plays. What multiplies is slow there, and is left to `blastrain verify`. */

/** Verifies all kernels but those that the argument matches, and tells where. */
const verify = `
  const { nativeStatus, verifyKernels } = require('./dist');
  const { kernelNames } = require('./dist/experiment/verify');
  const { results } = verifyKernels({ kernels: kernelNames.filter((name) => !new RegExp(process.argv[1]).test(name)) });
  const { cpuFeatures, openblasCore } = nativeStatus().info;
  const right = results.every(({ passed }) => passed);
  console.log(JSON.stringify({ cpuFeatures, openblasCore, right, enough: results.length > 60 }));`;

function verifyUnder(emulator: readonly string[], excluded: string): unknown {
  const [command, ...options] = emulator;
  const { OPENBLAS_CORETYPE: _, ...env } = process.env;
  const output = execFileSync(command!, [...options, '-e', verify, excluded], {
    cwd: root, env: { ...env, PREBUILDS_ONLY: '1' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output) as unknown;
}

const missing = [...missingForPrebuild(), ...missingTools(['qemu-x86_64'])];
describeWith(process.arch === 'x64' ? missing : ['x86-64'], 'on an x86-64 CPU of 2008, without AVX', () => {
  beforeAll(() => { prebuild(); });

  test('every kernel that does not multiply computes what TypeScript does', () => {
    const expected = { cpuFeatures: ['sse4.2'], openblasCore: 'Nehalem', right: true, enough: true };
    expect(verifyUnder(['qemu-x86_64', '-cpu', 'Nehalem', process.execPath], 'gemm|LinearStep')).toEqual(expected);
  });
});

const fetched = join(root, '.cache', 'arm64');
const missingForArm = [
  ...missingTools(['cmake', 'flock', 'aarch64-linux-gnu-g++', 'qemu-aarch64']),
  ...(existsSync(join(fetched, 'node', 'bin', 'node')) ? [] : ['.cache/arm64, see scripts/arm64.sh']),
];
describeWith(missingForArm, 'on 64-bit ARM', () => {
  beforeAll(() => { prebuild('arm64'); });

  test('every kernel but the fused steps computes what TypeScript does', () => {
    const emulator = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', join(fetched, 'node', 'bin', 'node')];
    const expected = { cpuFeatures: ['neon'], openblasCore: 'armv8', right: true, enough: true };
    expect(verifyUnder(emulator, 'LinearStep')).toEqual(expected);
  });
});
