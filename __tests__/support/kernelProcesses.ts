import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { VerifyReport } from '../../lib/verify/verify';
import { blastrain, jsonLines, root } from './cli';

/** What kernels do in processes of their own. */
export interface KernelProcesses {
  /** The kernels that `blastrain verify` finds wrong. */
  readonly wrong: VerifyReport['results'];
  /** Its exit status. */
  readonly status: number | null;
  /** What the contract's tests print where one fails; else empty. */
  readonly failures: string;
}

/**
 * Runs `blastrain verify` and __tests__/kernels/contract.test.ts at once, each in a process of its own, with these variables of the
 * environment; what is undefined is taken out of it.
 */
export async function kernelProcesses(env: Readonly<Record<string, string | undefined>>): Promise<KernelProcesses> {
  const [verify, failures] = await Promise.all([blastrain(['verify', '--json'], { env }), contractTests({ ...process.env, ...env })]);
  const [report] = jsonLines(verify.stdout) as unknown as VerifyReport[];
  if (report === undefined) throw new Error(`verify ended with status ${String(verify.status)}: ${verify.stderr}`);
  return { wrong: report.results.filter(({ passed }) => !passed), status: verify.status, failures };
}

function contractTests(env: NodeJS.ProcessEnv): Promise<string> {
  const args = [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--runInBand', join(root, '__tests__', 'kernels', 'contract.test.ts')];
  return new Promise((settle) => {
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 26 }, (error, _, stderr) => {
      settle(error === null ? '' : stderr);
    });
  });
}
