import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { NativeStatus } from '../../lib/kernels';
import type { VerifyOptions, VerifyReport } from '../../lib/verify/verify';
import { root } from './cli';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a process of its own tells of its native kernels. */
export interface Verified {
  readonly info: Extract<NativeStatus, { loaded: true }>['info'];
  /** How many results there are, and those of kernels that are wrong. */
  readonly count: number;
  readonly wrong: VerifyReport['results'];
}

const script = `
  const { nativeStatus, verifyKernels } = require('./dist');
  const { results } = verifyKernels(JSON.parse(process.argv[1]));
  console.log(JSON.stringify({ info: nativeStatus().info, count: results.length, wrong: results.filter(({ passed }) => !passed) }));`;

/**
 * Verifies the native kernels in a process with these variables of the environment; what is undefined is taken out of it. `node` is the
 * command that starts Node.js, which may be an emulator's.
 */
export async function verifyProcess(options: Omit<VerifyOptions, 'candidate'>, env: Environment = {}, node: readonly string[] = [process.execPath]): Promise<Verified> {
  const [command, ...first] = node;
  const { stdout } = await promisify(execFile)(command!, [...first, '-e', script, JSON.stringify(options)], { cwd: root, env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Verified;
}
