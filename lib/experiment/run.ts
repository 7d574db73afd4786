import { arch, availableParallelism, platform, release } from 'node:os';
import { getThreads, nativeStatus, setThreads } from '../kernels';
import type { BackendName, Dtype } from '../kernels/contract';
import { encodeCheckpoint } from '../train/checkpoint';
import type { TrainEvent } from '../train/events';
import { freshProgress, train } from '../train/train';
import type { TrainCommand } from '../train/train';
import { buildTraining, kernelsOf } from './build';
import type { TrainingData } from './build';
import type { RunFolder } from './runFolder';
import type { TrainSpec } from './spec';
import { version } from './version';

/** What spec.json records beside the spec, so that a run can be repeated and its conditions known. */
export interface RunRecord {
  readonly name: string;
  readonly startedAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: BackendName;
  readonly dtype: Dtype;
  readonly threads: number;
  readonly platform: string;
  readonly data: string;
  readonly dataDigest: string;
}

/**
 * Trains what the spec says and yields the run's events; the generator's return value is the final checkpoint. With a
 * folder, spec, metrics and checkpoints are written into it on the way. A driver may answer an event with 'stop'.
 * Throws ERR_SHAPE, ERR_BACKEND, ERR_DIVERGED, ERR_IO; the last good checkpoint stays.
 */
export function* runExperiment(
  spec: TrainSpec, data: TrainingData, name: string, folder?: RunFolder,
): Generator<TrainEvent, Uint8Array, TrainCommand> {
  const kernels = kernelsOf(spec);
  setThreads(spec.threads ?? availableParallelism());
  const threads = getThreads(kernels.backend);
  const conditions = { backend: kernels.backend, dtype: kernels.dtype, threads };
  const { training, optimizer, batches, normalization } = buildTraining(spec, data, kernels);
  const { arena } = training.objective.model;
  const { train: rows } = data;
  const resolved: TrainSpec = { ...spec, backend: kernels.backend, threads };
  const facts = {
    spec: resolved,
    classNames: rows.classNames,
    ...(rows.imageShape === undefined ? {} : { imageShape: rows.imageShape }),
    dataDigest: data.origin.digest,
  };
  const record: RunRecord = {
    name,
    startedAt: new Date().toISOString(),
    versions: versions(),
    ...conditions,
    platform: `${platform()} ${release()} ${arch()}`,
    data: data.origin.description,
    dataDigest: data.origin.digest,
  };
  folder?.writeSpec({ ...resolved, record });

  const progress = freshProgress();
  const checkpoint = (): Uint8Array =>
    encodeCheckpoint({ arena, optimizer, normalization }, facts, progress, batches.getState());
  const write = (bytes: Uint8Array): TrainEvent | undefined =>
    folder && { type: 'checkpoint', step: progress.step, file: folder.writeCheckpoint(bytes) };
  const emit = function* (event: TrainEvent): Generator<TrainEvent, TrainCommand, TrainCommand> {
    folder?.appendEvent(event);
    return yield event;
  };

  yield* emit({
    type: 'start',
    run: name,
    layers: spec.layers,
    parameters: arena.values.length,
    steps: training.plan.steps,
    stepsPerEpoch: training.plan.stepsPerEpoch,
    batchSize: spec.batchSize,
    ...conditions,
    seed: spec.seed,
    data: data.origin.description,
    dataDigest: data.origin.digest,
  });
  // A checkpoint of the initial weights: even a run that diverges in its first epoch leaves a loadable model.
  write(checkpoint());

  const loop = train(training, progress, () => write(folder === undefined ? new Uint8Array() : checkpoint()));
  let turn = loop.next();
  while (turn.done !== true) turn = loop.next(yield* emit(turn.value));
  const { ended, ...scores } = turn.value;

  const bytes = checkpoint();
  if (ended === 'stopped') write(bytes);
  yield* emit({
    type: 'result',
    run: name,
    ended,
    ...scores,
    epochs: progress.step / training.plan.stepsPerEpoch,
    steps: progress.step,
    seconds: progress.seconds,
    stepMilliseconds: (1000 * progress.stepSeconds) / progress.step,
    ...conditions,
  });
  return bytes;
}

function versions(): Readonly<Record<string, string>> {
  const native = nativeStatus();
  return {
    blastrain: version,
    node: process.versions.node,
    v8: process.versions.v8,
    ...(native.loaded ? { openblas: native.info.openblasVersion, openblasCore: native.info.openblasCore } : {}),
  };
}
