import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `blastrain ...args` as a process of its own; variables of `env` that are undefined are taken out. `during` may act on it while it runs. */
export function blastrain(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string | undefined>>; during?: (process: ReturnType<typeof spawn>) => void } = {},
): Promise<CliResult> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      settle({ status, stdout, stderr });
    });
    options.during?.(child);
  });
}

/** The lines of a --json run, each of which must be JSON. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}
