import type { Communicator } from '../cluster';
import type { BackendName } from '../kernels/contract';
import { gradientBlocks } from '../train/gradientBlocks';
import { benchData, makeNet } from './nets';
import { measure } from './timing';
import { benchTraining, trainingContender } from './training';
import type { TrainSpec } from '../spec/spec';

/** What a sum over ranks takes beside the bytes, and for each byte, in seconds: by each of its exchanges, and by each byte that a rank sends. */
export interface Network {
  readonly exchange: number;
  readonly byte: number;
}

/**
 * Exchanges of a sum that follow each other, and how many times its numbers travel: by halving and doubling 2·log₂(ranks) and 2·(1 − 1/ranks). Where ranks are no
 * power of two, some pass what they have to another first, and take the sum from it.
 */
function trafficOf(ranks: number): { readonly exchanges: number; readonly times: number } {
  const halvings = Math.floor(Math.log2(ranks));
  const isPaired = ranks !== 2 ** halvings;
  return { exchanges: 2 * (halvings + Number(isPaired)), times: 2 * (1 - 2 ** -halvings) + (isPaired ? 2 : 0) };
}

/** Seconds of the sum of so many bytes. */
export function sumSeconds(ranks: number, bytes: number, { exchange, byte }: Network): number {
  const { exchanges, times } = trafficOf(ranks);
  return exchanges * exchange + times * bytes * byte;
}

/** The network whose {@link sumSeconds} are nearest to those of measured sums, of which the longest count as much as the shortest: least squares of relative errors. */
export function fitNetwork(ranks: number, sums: readonly { readonly bytes: number; readonly seconds: number }[]): Network {
  const { exchanges, times } = trafficOf(ranks);
  let [aa, ab, bb, a, b] = [0, 0, 0, 0, 0];
  for (const { bytes, seconds } of sums) {
    const [x, y] = [exchanges / seconds, (times * bytes) / seconds];
    aa += x * x;
    ab += x * y;
    bb += y * y;
    a += x;
    b += y;
  }
  const determinant = aa * bb - ab * ab;
  return { exchange: Math.max(0, (a * bb - b * ab) / determinant), byte: Math.max(0, (b * aa - a * ab) / determinant) };
}

/** A training step of one host, as the model of efficiency sees it. */
export interface HostStep {
  /** Seconds of the whole step on one host. */
  readonly seconds: number;
  /** Numbers of each block of the gradient, in the order in which the backward pass fills them. */
  readonly blocks: readonly number[];
  /** Arrays of numbers that local steps average, one after the other: parameters, statistics, the optimiser's state. */
  readonly held: readonly number[];
}

/** Of a step's products two thirds are the backward pass. */
const backwardShare = 2 / 3;

/**
 * The seconds of a step of as many rows on each of several hosts: the backward pass fills one block after the other, in a time that grows with its numbers;
 * each block's sum begins when it is filled and those before it are there; a small sum of scores comes last.
 */
export function stepSeconds(hosts: number, { seconds, blocks }: HostStep, network: Network, bytesPerNumber: number): number {
  const all = blocks.reduce((sum, length) => sum + length, 0);
  let filled = (1 - backwardShare) * seconds;
  let summed = 0;
  for (const length of blocks) {
    filled += (backwardShare * seconds * length) / all;
    summed = Math.max(summed, filled) + sumSeconds(hosts, length * bytesPerNumber, network);
  }
  return Math.max(seconds, summed + sumSeconds(hosts, 64, network));
}

/** The seconds of such a step where the hosts go on from the mean of what they hold after every few: nothing is computed meanwhile. */
export function localStepSeconds(hosts: number, { seconds, held }: HostStep, network: Network, bytesPerNumber: number, localSteps: number): number {
  return seconds + held.reduce((sum, length) => sum + sumSeconds(hosts, length * bytesPerNumber, network), sumSeconds(hosts, 64, network)) / localSteps;
}

/** Measures a net's step with so many rows on this host, and says how its gradient is summed. */
export async function measureHostStep(spec: Partial<TrainSpec>, rows: number, backend: BackendName): Promise<HostStep> {
  const net = makeNet('step', { ...spec, batchSize: rows, shards: 1 });
  const training = benchTraining(net, benchData(net, 4 * rows), backend);
  const [time] = await measure([trainingContender(backend, training)], { rounds: 5, sampleSeconds: 0.1 });
  const { optimizer, training: { objective: { model } } } = training.built;
  return {
    seconds: time!.median,
    blocks: gradientBlocks(model).map(({ length }) => length),
    held: [model.arena.values, ...model.buffers.map(({ value }) => value), ...Object.values(optimizer.state)].map(({ length }) => length),
  };
}

/** Bytes of the sums that a network is measured by. */
const measuredBytes = [4, 16_384, 262_144, 1_048_576, 6_301_696];

/** Measures sums over the ranks, and fits the network to their medians; to be called by all of them. */
export function measureNetwork(communicator: Communicator, repetitions = 11): { readonly network: Network; readonly sums: readonly { readonly bytes: number; readonly seconds: number }[] } {
  const sums = measuredBytes.map((bytes) => {
    const numbers = new Float32Array(bytes / 4);
    const times = Array.from({ length: repetitions }, () => {
      communicator.barrier();
      const start = performance.now();
      communicator.wait(communicator.sum(numbers));
      return (performance.now() - start) / 1000;
    });
    return { bytes, seconds: times.sort((a, b) => a - b)[(repetitions - 1) / 2]! };
  });
  return { network: fitNetwork(communicator.size, sums), sums };
}
