import { introduce, leavesOf, RankExchange } from '../cluster';
import type { Communicator } from '../cluster';
import { expected } from '../errors';
import { selectBackend, setThreads } from '../kernels';
import { decodeCheckpoint, restoreNormalization, restoreParts } from '../train/checkpoint';
import type { EndReason, TrainEvent, WarningEvent } from '../train/events';
import { freshProgress, restoreProgress, train } from '../train/train';
import type { TrainCommand } from '../train/train';
import { matchRows } from '../build/warmStart';
import { buildTraining } from '../build/buildTraining';
import { kernelsOf } from '../build/kernelsOf';
import type { TrainingData } from '../build/buildTraining';
import { parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { bitsDependOn } from './bitsDependOn';
import { versions } from './versions';

/** The ranks that train together, as the run of one of them needs them. */
export interface Ranks {
  readonly communicator: Communicator;
  readonly exchange: RankExchange;
  /** Threads for the kernels of this one. */
  readonly threads: number;
  /** Where they compute unlike each other. */
  readonly warning: WarningEvent | undefined;
}

/** What rank 0 tells the others to train. */
interface Announcement {
  readonly spec: TrainSpec;
  /** What rank 0 was asked for, for the others to compare; absent for a run that goes on, of which they know nothing. */
  readonly asked?: TrainSpec;
  /** The number of threads that was asked for. */
  readonly threads: number | null;
}

/** Keys that may differ between ranks, as they say where and how a rank computes. */
const own: readonly (keyof TrainSpec)[] = ['dataFolder', 'dataFile', 'threads'];

/**
 * Rank 0 tells what is trained; returns it. Without shards there are as many as ranks, rounded up to a power of two. Throws ERR_CONFIG where these do not divide the batch, or
 * for a run that goes on and has none.
 * @param changes to the spec of a run that goes on; absent for one that begins.
 */
export function announce(communicator: Communicator, asked: TrainSpec, changes?: Readonly<Record<string, unknown>>): TrainSpec {
  if (changes !== undefined && asked.shards === null) throw expected('ERR_CONFIG', 'a run that was begun in shards', 'one that goes on with several ranks', asked.shards, { path: 'shards' });
  const spec = parseSpec({ ...asked, shards: asked.shards ?? leavesOf(communicator.size) });
  const threads = changes === undefined ? asked.threads : (changes['threads'] ?? null) as number | null;
  communicator.broadcast<Announcement>({ spec, threads, ...(changes === undefined && { asked }) });
  return { ...spec, threads };
}

/** What rank 0 has told, on another one. Throws ERR_CLUSTER, with the key, where this rank was asked for something else. */
function told(communicator: Communicator, given: TrainSpec | undefined): TrainSpec {
  const { spec, asked, threads } = communicator.broadcast<Announcement | undefined>(undefined)!;
  if (asked === undefined || given === undefined) return { ...spec, threads };
  for (const key of Object.keys(asked) as (keyof TrainSpec)[]) {
    if (!own.includes(key) && JSON.stringify(given[key]) !== JSON.stringify(asked[key])) {
      throw expected('ERR_CLUSTER', `${JSON.stringify(asked[key])}, as rank 0 has,`, `${key} of ${communicator.nameOf(communicator.rank)}`, given[key], { path: key });
    }
  }
  return { ...spec, threads: given.threads, dataFolder: given.dataFolder, dataFile: given.dataFile };
}

/** The ranks introduce themselves once they have loaded their data. Throws ERR_CLUSTER or ERR_DATA where they do not fit together, or for another number of them than localSteps takes. */
export function meet(communicator: Communicator, spec: TrainSpec, { origin }: TrainingData): Ranks {
  const { backend } = selectBackend(spec.backend ?? undefined);
  // Work is divided by a number that all share.
  const { threads: _, ...bits } = bitsDependOn({ backend, threads: 0, versions: versions() });
  const { threads, difference } = introduce(communicator, origin.digest, bits);
  const { shards, localSteps } = spec;
  if (localSteps !== null && communicator.size !== shards) {
    throw expected('ERR_CLUSTER', `${String(shards)}, one for each shard, as a training with localSteps depends on them,`, 'the number of ranks', communicator.size, { path: 'localSteps' });
  }
  const exchange = new RankExchange(communicator, spec.shards!, spec.shardSums);
  return { communicator, exchange, threads: spec.threads ?? threads, warning: difference === undefined ? undefined : { type: 'warning', code: 'CLUSTER_CONDITIONS', message: difference } };
}

/**
 * The training of a rank other than 0: computes its shards from the state that rank 0 sends, and neither evaluates nor writes. Yields the events of
 * the loop; returns the bytes of rank 0's model. Throws as runTraining does.
 * @param given what this rank was asked for, which must be what rank 0 was; undefined where a run goes on.
 * @param load loads the rows that a spec names.
 */
export function* followTraining(
  communicator: Communicator, given: TrainSpec | undefined, load: (spec: TrainSpec) => TrainingData, isAskedToStop: () => boolean,
): Generator<TrainEvent, { readonly ended: EndReason; readonly model: Uint8Array }, TrainCommand> {
  const spec = told(communicator, given);
  const data = load(spec);
  const { exchange, threads } = meet(communicator, spec, data);
  setThreads(threads, spec.divisions);
  const checkpoint = decodeCheckpoint(communicator.broadcastBytes(new Uint8Array(0)), 'the state of rank 0');
  const rows = spec.from === null ? data : matchRows(data, checkpoint.facts).rows;
  const normalization = restoreNormalization(checkpoint);
  const { training, optimizer, average, batchSource } = buildTraining({ ...spec, health: false, histogramEvery: 0 }, rows, kernelsOf(spec), { normalization, exchange, peers: exchange });
  const { plateau, objective: { model } } = training;
  restoreParts(checkpoint, { model, optimizer, normalization, average, plateau });
  batchSource.setState(checkpoint.sampler);
  const progress = freshProgress();
  restoreProgress(progress, checkpoint.progress);
  const ended = yield* train(training, progress, () => undefined, isAskedToStop);
  return { ended, model: communicator.broadcastBytes(new Uint8Array(0)) };
}
