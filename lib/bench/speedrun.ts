import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { locateData } from '../data/locate';
import { BlastrainError } from '../errors';
import { findPreset } from '../experiment/presets';
import { spreadOf } from '../experiment/seeds';
import type { Spread } from '../experiment/seeds';
import { applySettings, dataRequest, parseSpec } from '../experiment/spec';
import type { TrainSpec } from '../experiment/spec';
import { packageRoot } from '../files';
import { describeMachine, LoadWatch } from './machine';
import type { Load, Machine } from './machine';
import { pythons } from './peers';

/** The validation accuracies that are run for, in percent: each has a preset `speedrun-N`. */
export const speedrunTargets = [50, 52, 55, 57, 60] as const;
export type SpeedrunTarget = (typeof speedrunTargets)[number];

export interface SpeedrunOptions {
  readonly targets?: readonly SpeedrunTarget[];
  /** Each target is run for with the seeds 0, 1, … */
  readonly seeds?: number;
  /** Changes to the presets, as `key=value`. */
  readonly settings?: readonly string[];
  /** A Python that can import PyTorch, to run the same nets beside. */
  readonly python?: string;
  /** Called with what is run next. */
  readonly onProgress?: (what: string) => void;
}

/** How one contender did on one target. */
export interface SpeedrunEntry {
  readonly target: SpeedrunTarget;
  readonly spec: Pick<TrainSpec, 'layers' | 'batchSize' | 'epochs' | 'steps'>;
  readonly who: string;
  /** Seconds from the start of each seed's process to the evaluation that reached the target; null where none did. */
  readonly seconds: readonly (number | null)[];
  /** Of the seeds that reached the target; null where none did. */
  readonly spread: Spread | null;
}

/** What `speedrun --json` prints. */
export interface SpeedrunReport {
  readonly type: 'speedrun';
  readonly version: 1;
  readonly at: string;
  readonly machine: Machine;
  readonly load: Load;
  readonly data: string;
  readonly entries: readonly SpeedrunEntry[];
}

/** Who trains: a command that prints its evaluations as lines of JSON. */
interface Runner {
  readonly who: string;
  readonly command: readonly [string, ...string[]];
}

/** A Python with PyTorch on this machine; undefined without one. */
export function findTorch(): string | undefined {
  return pythons().find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}

/**
 * How long it takes from the start of a process, with the images on disk, until the validation rows are classified well enough; a
 * process for each target and seed, and where a Python is given, PyTorch's on one thread and on all in turn with ours.
 * Throws ERR_DATA without CIFAR-10, ERR_CONFIG for settings that do not fit, ERR_WORKER for a process that fails.
 */
export async function speedrun(options: SpeedrunOptions = {}): Promise<SpeedrunReport> {
  const { targets = speedrunTargets, seeds = 5, settings = [], python, onProgress } = options;
  const specs = targets.map((target) => ({
    target, preset: `speedrun-${String(target)}`, spec: parseSpec(applySettings({ ...findPreset(`speedrun-${String(target)}`).spec }, settings)),
  }));
  const { folder, description } = locateData({ ...dataRequest(specs[0]!.spec), name: 'cifar10' });
  const runs = mkdtempSync(join(tmpdir(), 'blastrain-speedrun-'));
  const watch = new LoadWatch();
  const entries: SpeedrunEntry[] = [];
  let children = 0;
  try {
    for (const { target, preset, spec } of specs) {
      const { layers, batchSize, epochs, steps } = spec;
      const seconds = new Map<string, (number | null)[]>();
      for (let seed = 0; seed < seeds; seed++) {
        const runners = [own(preset, settings, seed, runs), ...(python === undefined ? [] : torchRunners(python, { ...spec, seed }, folder!))];
        for (const { who, command } of runners) {
          onProgress?.(`${String(target)} %, seed ${String(seed)}, ${who}`);
          const { reached, cpu } = await timeTo(target / 100, command);
          seconds.set(who, [...(seconds.get(who) ?? []), reached]);
          children += cpu;
        }
      }
      for (const [who, times] of seconds) {
        const known = times.filter((time) => time !== null);
        const spread = known.length === 0 ? null : spreadOf(known);
        entries.push({ target, spec: { layers, batchSize, epochs, steps }, who, seconds: times, spread });
      }
    }
  } finally {
    rmSync(runs, { recursive: true });
  }
  const load = watch.end(children);
  return { type: 'speedrun', version: 1, at: new Date().toISOString(), machine: describeMachine(), load, data: description, entries };
}

function own(preset: string, settings: readonly string[], seed: number, runs: string): Runner {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const args = ['train', preset, '--json', '--runs', runs, '--set', 'data=cifar10', ...settings, `seed=${String(seed)}`];
  return { who: 'blastrain', command: [process.execPath, main, ...args] };
}

function torchRunners(python: string, spec: TrainSpec, folder: string): Runner[] {
  const script = join(packageRoot, 'scripts', 'bench-peers', 'torch_speedrun.py');
  return [...new Set([1, availableParallelism()])].map((threads) => ({
    who: `PyTorch, ${String(threads)} thread${threads === 1 ? '' : 's'}`,
    command: [python, script, JSON.stringify({ ...spec, threads, folder })],
  }));
}

/** Seconds until a process says that it got there, when it is ended; null where it ends before. And the seconds of CPU that it used. */
async function timeTo(accuracy: number, [program, ...args]: readonly [string, ...string[]]): Promise<{ reached: number | null; cpu: number }> {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const outcome: { reached: number | null; cpu: number } = { reached: null, cpu: 0 };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as { type: string; valAccuracy?: number };
    if (event.type !== 'evaluation' || outcome.reached !== null) return;
    outcome.cpu = cpuSeconds(child.pid!);
    if (event.valAccuracy! < accuracy) return;
    outcome.reached = (performance.now() - begun) / 1000;
    child.kill('SIGKILL');
  });
  const status = await closed;
  if (outcome.reached === null && status !== 0) {
    const reason = complaint.trim().split('\n').pop() ?? `exit ${String(status)}`;
    throw new BlastrainError('ERR_WORKER', `Expected a training for ${program} but received ${reason}`);
  }
  return outcome;
}

/** What a process has used so far, in hundredths of a second as Linux counts them; 0 on other systems. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
