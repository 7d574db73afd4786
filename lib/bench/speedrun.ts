import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateImages } from '../data/locate';
import { findPreset } from '../spec/presets';
import { spreadOf } from '../studies/seeds';
import type { Spread } from '../studies/seeds';
import { applySettings, dataRequest, parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { packageRoot } from '../files';
import { defaultThreads } from '../machine';
import { describeMachine, LoadWatch } from './machine';
import type { Load, Machine } from './machine';
import { pythons } from './peers';
import { trainingCommand, trainInProcess } from './process';
import type { ProcessCommand } from './process';

/** Target validation accuracies in percent; each has a preset `speedrun-N`. */
export const speedrunTargets = [50, 52, 55, 57, 60] as const;
export type SpeedrunTarget = (typeof speedrunTargets)[number];

export interface SpeedrunOptions {
  readonly targets?: readonly SpeedrunTarget[];
  /** Each target is run with the seeds 0, 1, … up to this number of seeds. */
  readonly seeds?: number;
  /** Settings that replace the presets', as `key=value`. */
  readonly settings?: readonly string[];
  /** A Python that can import PyTorch; the same nets are then run there, too. */
  readonly python?: string;
  /** Called with the name of each run before it starts. */
  readonly onProgress?: (what: string) => void;
}

/** The result of one contender on one target. */
export interface SpeedrunEntry {
  readonly target: SpeedrunTarget;
  readonly spec: Pick<TrainSpec, 'layers' | 'batchSize' | 'epochs' | 'steps' | 'precision'>;
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

/** A contender: a command that prints its evaluations as lines of JSON. */
interface Runner {
  readonly who: string;
  readonly command: ProcessCommand;
}

/** A Python with PyTorch on this machine; undefined without one. */
export function findTorch(): string | undefined {
  return pythons().find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}

/**
 * Measures the time from the start of a process, with the images on disk, to an evaluation that reaches the target accuracy: one process for
 * each target and seed, and if a Python is given, PyTorch on one thread and on all, in turn with blastrain. Throws ERR_DATA without
 * CIFAR-10, ERR_CONFIG for invalid settings, ERR_WORKER for a process that fails.
 */
export async function speedrun(options: SpeedrunOptions = {}): Promise<SpeedrunReport> {
  const { targets = speedrunTargets, seeds = 5, settings = [], python, onProgress } = options;
  const specs = targets.map((target) => {
    const preset = `speedrun-${String(target)}`;
    return { target, preset, spec: parseSpec(applySettings({ ...findPreset(preset).spec }, settings)) };
  });
  const { folder, description } = locateImages({ name: 'cifar10', folder: dataRequest(specs[0]!.spec).folder });
  const runs = mkdtempSync(join(tmpdir(), 'blastrain-speedrun-'));
  const watch = new LoadWatch();
  const entries: SpeedrunEntry[] = [];
  let childSeconds = 0;
  try {
    for (const { target, preset, spec } of specs) {
      const { layers, batchSize, epochs, steps, precision } = spec;
      const seconds = new Map<string, (number | null)[]>();
      for (let seed = 0; seed < seeds; seed++) {
        const runners = [blastrainRunner(preset, settings, seed, runs), ...(python === undefined ? [] : torchRunners(python, { ...spec, seed }, folder!))];
        for (const { who, command } of runners) {
          onProgress?.(`${String(target)} %, seed ${String(seed)}, ${who}`);
          const { reached, cpu } = await timeTo(target / 100, command);
          seconds.set(who, [...(seconds.get(who) ?? []), reached]);
          childSeconds += cpu;
        }
      }
      for (const [who, times] of seconds) {
        const known = times.filter((time) => time !== null);
        const spread = known.length === 0 ? null : spreadOf(known);
        entries.push({ target, spec: { layers, batchSize, epochs, steps, precision }, who, seconds: times, spread });
      }
    }
  } finally {
    rmSync(runs, { recursive: true });
  }
  const load = watch.end(childSeconds);
  return { type: 'speedrun', version: 1, at: new Date().toISOString(), machine: describeMachine(), load, data: description, entries };
}

function blastrainRunner(preset: string, settings: readonly string[], seed: number, runs: string): Runner {
  const command = trainingCommand(preset, '--runs', runs, '--set', 'data=cifar10', ...settings, `seed=${String(seed)}`);
  return { who: 'blastrain', command };
}

function torchRunners(python: string, spec: TrainSpec, folder: string): Runner[] {
  const script = join(packageRoot, 'scripts', 'bench-peers', 'torch_speedrun.py');
  return [...new Set([1, defaultThreads()])].map((threads) => ({
    who: `PyTorch, ${String(threads)} thread${threads === 1 ? '' : 's'}`,
    command: [python, script, JSON.stringify({ ...spec, threads, folder })],
  }));
}

/** Runs a training until it reaches an accuracy: the seconds that takes, null if it never does, and the seconds of CPU. */
async function timeTo(accuracy: number, command: ProcessCommand): Promise<{ reached: number | null; cpu: number }> {
  let reached: number | null = null;
  const { cpuSeconds } = await trainInProcess(command, (event, seconds) => {
    if (event.type !== 'evaluation' || (event.valAccuracy ?? 0) < accuracy) return undefined;
    reached = seconds;
    return 'stop';
  });
  return { reached, cpu: cpuSeconds };
}
