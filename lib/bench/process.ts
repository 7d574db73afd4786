import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { BlastrainError } from '../errors';
import { packageRoot } from '../files';
import type { TrainEvent } from '../train/events';
import { openblasEnvironment } from './openblas';

/** What a process used; 0 on systems other than Linux. */
export interface ProcessUse {
  cpuSeconds: number;
  /** The largest resident memory. */
  peakBytes: number;
}

/** Milliseconds between two readings of what a process uses. */
const pollInterval = 20;

/** A program and its arguments. */
export type ProcessCommand = readonly [program: string, ...args: string[]];

/** `blastrain train ARGS --json`. */
export function trainingCommand(...args: readonly string[]): ProcessCommand {
  return [process.execPath, join(packageRoot, 'dist', 'cli', 'main.js'), 'train', ...args, '--json'];
}

/**
 * Runs a training that prints its events as lines of JSON in a process of its own. Calls `onEvent` with every event and the seconds since
 * the process was started; if it returns 'stop', the process is killed. Throws ERR_WORKER if the training fails.
 */
export async function trainInProcess(
  [program, ...args]: ProcessCommand, onEvent: (event: TrainEvent, seconds: number) => 'stop' | undefined,
): Promise<ProcessUse> {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: openblasEnvironment() });
  const use: ProcessUse = { cpuSeconds: 0, peakBytes: 0 };
  const poll = setInterval(() => Object.assign(use, useOf(child.pid!)), pollInterval);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (child.killed || onEvent(JSON.parse(line) as TrainEvent, (performance.now() - begun) / 1000) !== 'stop') return;
    child.kill('SIGKILL');
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  }).finally(() => { clearInterval(poll); });
  if (status !== 0 && !child.killed) {
    const reason = stderr.trim().split('\n').pop() ?? `exit ${String(status)}`;
    throw new BlastrainError('ERR_WORKER', `Expected a training for ${basename(program)} but received ${reason}`);
  }
  return use;
}

/** Empty on systems other than Linux, and for a process that has just ended. */
function useOf(pid: number): Partial<ProcessUse> {
  try {
    const times = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    const peak = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
    return { cpuSeconds: (Number(times[11]) + Number(times[12])) / 100, ...(peak && { peakBytes: 1024 * Number(peak[1]) }) };
  } catch {
    return {};
  }
}
