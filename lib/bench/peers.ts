import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageRoot } from '../files';
import { defaultThreads } from '../machine';
import { getThreads, setThreads } from '../kernels';
import { allocate } from '../kernels/contract';
import type { BackendName } from '../kernels/contract';
import { InputReader } from '../data/inputs';
import { BatchSource } from '../build/batchSource';
import { Driver } from './driver';
import { LoadWatch } from './machine';
import { benchData } from './nets';
import type { BenchData, BenchNet } from './nets';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { settlingSeconds } from './step';
import { measure } from './timing';
import type { Contender, Timing } from './timing';
import { benchTraining, trainingContender } from './training';
import type { BenchTraining } from './training';

export interface PeersOptions extends BenchOptions {
  readonly nets: readonly BenchNet[];
  readonly backends: readonly BackendName[];
  /** Also steps in bfloat16: native ones, and PyTorch's under autocast. */
  readonly bfloat16?: boolean;
  /** Folder with the peers' npm packages and, in venv, their pip packages. */
  readonly folder?: string;
  readonly rows?: number;
  /** Peers to start; default: all known ones. */
  readonly commands?: readonly PeerCommand[];
}

/** How to start a peer, another library in a process of its own. */
export interface PeerCommand {
  readonly name: string;
  /** Programs to try in turn; the first that starts is used. */
  readonly commands: readonly string[];
  readonly args: readonly string[];
}

interface Peer {
  readonly name: string;
  readonly driver: Driver;
  readonly threads: readonly number[];
  /** Largest relative difference of its first losses from ours. */
  readonly tolerance: number;
}

/** Batches that peers load before they are timed, and steps whose losses must agree. */
const batchCount = 8;
const comparedSteps = 5;
/** Relative differences to expect of losses after five steps: from float32 sums of 3072 terms, and from factors of 8 bits. */
const tolerances = { float32: 1e-3, bfloat16: 0.05 } as const;

/**
 * Measures a training step in blastrain and in other libraries, in turn, from the same weights on the same batches. A library that is not
 * installed, or whose first losses differ, is left out, and a note says why. Each runs on one thread and on all; the faster is reported.
 */
export async function benchPeers(options: PeersOptions): Promise<BenchReport> {
  const { nets, backends, bfloat16 = false, rounds = 7, sampleSeconds = 0.05, onProgress } = options;
  const watch = new LoadWatch();
  const notes: string[] = [];
  const entries: BenchEntry[] = [];
  const peers: Peer[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'blastrain-bench-'));
  let childSeconds = 0;
  try {
    for (const peer of options.commands ?? knownPeers(options.folder, bfloat16)) {
      onProgress?.(peer.name);
      const started = await startPeer(peer);
      if (typeof started === 'string') notes.push(started);
      else if (peers.some(({ name }) => name === started.name)) started.driver.stop();
      else peers.push(started);
    }
    for (const net of nets) {
      onProgress?.(net.name);
      const data = benchData(net, options.rows);
      const losses = writeStart(folder, net, data);
      const trainings = backends.map((backend) => ({ backend, training: benchTraining(net, data, backend) }));
      const contenders = trainings.flatMap(({ backend, training }) => ownContenders(ownNames[backend], backend, training));
      if (bfloat16 && backends.includes('native')) {
        const rounded = { ...net, spec: { ...net.spec, precision: 'bfloat16' as const } };
        contenders.push(...ownContenders('blastrain, bfloat16', 'native', benchTraining(rounded, data, 'native')));
      }
      for (const peer of peers) {
        const refusal = await loadNet(peer, folder, losses);
        if (refusal === undefined) contenders.push(...peer.threads.map((threads) => peerContender(peer, threads)));
        else notes.push(`${net.name}: without ${peer.name}, ${refusal}`);
      }
      const times = await measure(contenders, { rounds, sampleSeconds, pauseSeconds: settlingSeconds });
      const flops = trainings[0]!.training.flops;
      for (const { contender, time } of bestOfEach(contenders, times)) {
        entries.push({ subject: net.name, case: net.label, who: contender.name, time, flops, bytes: 0, share: null });
      }
    }
    for (const { driver } of peers) childSeconds += Number(await driver.ask('cpu'));
  } finally {
    for (const { driver } of peers) driver.stop();
    rmSync(folder, { recursive: true });
  }
  return makeReport('peers', { load: watch.end(childSeconds), peak: null, entries, notes });
}

/** Commands to try for a Python with PyTorch: $PYTHON alone if it is set. */
export function pythons(): readonly string[] {
  return process.env.PYTHON === undefined ? ['/usr/bin/python3', 'python3'] : [process.env.PYTHON];
}

/** All peers to try on this machine. */
function knownPeers(folder: string | undefined, bfloat16: boolean): PeerCommand[] {
  const script = (name: string): string => join(packageRoot, 'scripts', 'bench-peers', name);
  const place = folder === undefined ? undefined : resolve(folder);
  const venv = place === undefined ? '' : join(place, 'venv', 'bin', 'python');
  const torch = (...commands: string[]): PeerCommand[] => (bfloat16 ? [[], ['--bfloat16']] : [[]]).map((flags) => (
    { name: ['PyTorch of', commands.join(' or '), ...flags].join(' '), commands, args: [script('torch_step.py'), ...flags] }));
  const node = (name: string, file: string, ...args: string[]): PeerCommand =>
    ({ name, commands: [process.execPath], args: [script(file), place!, ...args] });
  return [
    ...torch(...pythons()),
    ...(existsSync(venv) ? torch(venv) : []),
    ...(place === undefined
      ? []
      : [
          node('onnxruntime-node', 'onnxruntime.js', 'node'), node('onnxruntime-web', 'onnxruntime.js', 'web'), node('jax-js', 'jax.js'),
          node('tfjs wasm', 'tfjs.js', 'wasm'), node('tfjs cpu', 'tfjs.js', 'cpu'),
        ]),
  ];
}

/** The started peer, or a sentence that says why it did not start. */
async function startPeer({ name, commands, args }: PeerCommand): Promise<Peer | string> {
  let driver: Driver | string = '';
  for (const command of commands) {
    driver = await Driver.start(command, args);
    if (typeof driver !== 'string') break;
  }
  if (typeof driver === 'string') return `without ${name}: ${driver}`;
  const greeting = JSON.parse(driver.greeting) as { name: string; threads: boolean; rounds?: boolean };
  const tolerance = tolerances[greeting.rounds === true ? 'bfloat16' : 'float32'];
  return { name: greeting.name, driver, threads: greeting.threads ? threadCounts() : [1], tolerance };
}

/** 1 and the default number of threads. */
function threadCounts(): number[] {
  return [...new Set([1, defaultThreads()])];
}

/** Makes a peer load a net and compares its first losses. Returns why it is left out, or undefined. */
async function loadNet({ driver, tolerance }: Peer, folder: string, losses: readonly number[]): Promise<string | undefined> {
  const answer = JSON.parse(await driver.ask(`load ${folder} ${String(comparedSteps)}`)) as { losses?: number[]; unsupported?: string };
  if (answer.losses === undefined) return answer.unsupported;
  const at = losses.findIndex((loss, i) => !(Math.abs(answer.losses![i]! - loss) <= tolerance * Math.abs(loss)));
  if (at < 0) return undefined;
  return `as its loss of step ${String(at + 1)} is ${String(answer.losses[at])} and not ${String(losses[at])}`;
}

/** Writes a net's weights, batches and description for the peers. Returns its first losses, without the penalty. */
function writeStart(folder: string, net: BenchNet, data: BenchData): number[] {
  const { layers, batchSize, optimizer, learningRate, momentum, l2, weightDecay } = net.spec;
  const write = (name: string, { buffer, byteOffset, byteLength }: ArrayBufferView): void => {
    writeFileSync(join(folder, `${name}.bin`), new Uint8Array(buffer, byteOffset, byteLength));
  };
  const { built: { training: { objective, step, schedule }, normalization } } = benchTraining(net, data, 'typescript');
  const { model: { arena, inputSize, kernels } } = objective;
  for (const { name, value } of arena.parameters) write(name, value);

  const { batches } = new BatchSource(net.spec, data.train);
  const inputs = new InputReader(kernels, { data: data.train, normalization, maxBatch: batchSize, order: 'sharded' });
  const x = allocate('float32', batchCount * batchSize * inputSize);
  const labels = new Int32Array(batchCount * batchSize);
  for (let b = 0; b < batchCount; b++) {
    const rows = batches.next();
    inputs.read(batchSize, rows);
    x.set(inputs.x, b * batchSize * inputSize);
    labels.set(rows.map((row) => data.train.labels[row]!), b * batchSize);
  }
  write('x', x);
  write('labels', labels);
  const start = { layers, batchSize, optimizer, learningRate, momentum, l2, weightDecay, batches: batchCount };
  writeFileSync(join(folder, 'start.json'), JSON.stringify(start));

  return Array.from({ length: comparedSteps }, (_, s) => {
    const penalty = objective.penalty();
    step.run(schedule(s));
    return step.loss - penalty;
  });
}

const ownNames: Readonly<Record<BackendName, string>> = { native: 'blastrain', wasm: 'blastrain, wasm', typescript: 'blastrain, TypeScript' };

/** A training of ours on one thread and on all, where its backend has several. */
function ownContenders(name: string, backend: BackendName, training: BenchTraining): Contender[] {
  const counts = threadCounts().filter((threads) => {
    setThreads(threads);
    return getThreads(backend) === threads;
  });
  return counts.map((threads) => {
    const inner = trainingContender(counts.length > 1 ? `${name}${threadText(threads)}` : name, training);
    return {
      name: inner.name,
      run: (count) => {
        setThreads(threads);
        return inner.run(count);
      },
    };
  });
}

function peerContender({ name, driver, threads: all }: Peer, threads: number): Contender {
  return {
    name: `${name}${all.length > 1 ? threadText(threads) : ''}`,
    run: async (count) => Number(await driver.ask(`run ${String(threads)} ${String(count)}`)),
  };
}

function threadText(threads: number): string {
  return threads === 1 ? ', 1 thread' : `, ${String(threads)} threads`;
}

/** Each library at its faster number of threads. */
function bestOfEach(contenders: readonly Contender[], times: readonly Timing[]): { contender: Contender; time: Timing }[] {
  const best = new Map<string, { contender: Contender; time: Timing }>();
  contenders.forEach((contender, c) => {
    const library = contender.name.replace(/, \d+ threads?$/, '');
    const before = best.get(library);
    if (before === undefined || times[c]!.median < before.time.median) best.set(library, { contender, time: times[c]! });
  });
  return [...best.values()];
}
