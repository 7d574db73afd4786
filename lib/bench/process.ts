import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { BlastrainError } from '../errors';
import { packageRoot } from '../files';
import type { TrainEvent } from '../train/events';

/** What a process used, as far as Linux tells; 0 on other systems. */
export interface ProcessUse {
  cpuSeconds: number;
  /** Of memory, at the peak. */
  peakBytes: number;
}

/** Milliseconds between two looks at what a process uses. */
const lookEvery = 20;

/** A program and its arguments. */
export type ProcessCommand = readonly [program: string, ...args: string[]];

/** `blastrain train ARGS --json`. */
export function trainingCommand(...args: readonly string[]): ProcessCommand {
  return [process.execPath, join(packageRoot, 'dist', 'cli', 'main.js'), 'train', ...args, '--json'];
}

/**
 * Runs a training that prints its events as lines of JSON in a process of its own. `see` gets every event as it comes,
 * and the seconds since the process was asked for; 'enough' ends the process. Throws ERR_WORKER for a training that
 * fails.
 */
export async function trainInProcess(
  [program, ...args]: ProcessCommand, see: (event: TrainEvent, seconds: number) => 'enough' | undefined,
): Promise<ProcessUse> {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const use: ProcessUse = { cpuSeconds: 0, peakBytes: 0 };
  const look = setInterval(() => Object.assign(use, useOf(child.pid!)), lookEvery);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (child.killed || see(JSON.parse(line) as TrainEvent, (performance.now() - begun) / 1000) !== 'enough') return;
    child.kill('SIGKILL');
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  }).finally(() => { clearInterval(look); });
  if (status !== 0 && !child.killed) {
    const reason = complaint.trim().split('\n').pop() ?? `exit ${String(status)}`;
    throw new BlastrainError('ERR_WORKER', `Expected a training for ${basename(program)} but received ${reason}`);
  }
  return use;
}

/** Empty where the system does not tell, or the process has just ended. */
function useOf(pid: number): Partial<ProcessUse> {
  try {
    const times = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    const peak = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
    return { cpuSeconds: (Number(times[11]) + Number(times[12])) / 100, ...(peak && { peakBytes: 1024 * Number(peak[1]) }) };
  } catch {
    return {};
  }
}
