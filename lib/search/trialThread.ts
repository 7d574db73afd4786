import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { BlastrainError, toPlain } from '../errors';
import type { PlainError } from '../errors';
import { Lock, readFile, readJsonLines, sizeLimits } from '../files';
import type { LockHandle } from '../files/lock';
import type { EvaluationEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import type { TrainingData } from '../build/buildTraining';
import { Model } from '../inference/model';
import { cachedFits } from '../build/batchSource';
import { loadTrainingData } from '../build/loadTrainingData';
import { monitorOfSpec } from '../build/buildOptimizer';
import { isBetter } from '../train/monitor';
import { findResumption } from '../run/resume';
import { runTraining } from '../run/run';
import { RunFolder, runFiles } from '../runFolder/runFolder';
import { loadModules } from '../spec/modules';
import { withBatchSize } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** A segment of a run: from its last checkpoint, or its beginning, to a step. */
export interface Segment {
  readonly spec: TrainSpec;
  /** The run's folder; created where it is missing. */
  readonly folder: string;
  /** Index of the fold whose rows are used. */
  readonly data: number;
  /** The step to pause after, at which the run must evaluate; null trains to the run's end. */
  readonly until: number | null;
  /** The step at which the segment before ended, 0 for the first. */
  readonly after: number;
  /** The lock by which this process owns the folder. */
  readonly lock: LockHandle;
}

/** Where a segment ended. */
export interface SegmentEnd {
  readonly step: number;
  /** The monitored metric of the validation rows there; with restoreBest that of the best evaluation so far. NaN without validation rows. */
  readonly score: number;
  /** Validation rows. */
  readonly rows: number;
  /** Wall time of the segment. */
  readonly seconds: number;
  /** The monitored metric at the evaluations of the segment, also of those before it was interrupted; 100 of them at most. */
  readonly curve: readonly (readonly [step: number, value: number])[];
}

/** A task for a worker: train a segment, or find which validation rows a run's model classifies correctly. */
export type TrialTask =
  | { readonly type: 'train'; readonly segment: Segment }
  | { readonly type: 'check'; readonly folder: string; readonly data: number };

/** Messages of a worker; each but 'step' ends a task. */
export type TrialMessage =
  | { readonly type: 'step'; readonly step: number }
  | { readonly type: 'trained'; readonly end: SegmentEnd }
  | { readonly type: 'checked'; readonly correct: Uint8Array }
  | { readonly type: 'failed'; readonly error: PlainError };

/** The rows of all workers: one split for each fold on shared memory, or a spec by which each worker loads rows that stay on disk. */
export type TrialRows = { readonly rows: readonly TrainingData[] } | { readonly spec: TrainSpec };

/** A worker's `workerData`. */
export interface TrialThreadData {
  readonly data: TrialRows;
  /** Modules with parts of the user's own, to be loaded first. */
  readonly modules: readonly string[];
}

/** Milliseconds between 'step' messages, at least. */
const stepEvery = 200;
/** Evaluations of a segment that are told, at most. */
const maxCurve = 100;

const fit = cachedFits();

function train({ spec: given, folder: path, until, after, lock: handle }: Segment, data: TrainingData, onStep: (step: number) => void): SegmentEnd {
  const spec = withBatchSize(given, data.train.size); // as its spec.json and its checkpoints have it
  const startedAt = performance.now();
  const lock = Lock.of(handle);
  const end = (step: number, score: number): SegmentEnd => (
    { step, score, rows: data.validation.size, seconds: (performance.now() - startedAt) / 1000, curve: curveOf(path, after, step) });
  const exists = existsSync(join(path, runFiles.spec));
  const resumption = exists ? findResumption(path, spec) : undefined;
  const progress = resumption?.checkpoint?.progress;
  const monitor = monitorOfSpec(spec);
  let best = valueIn(progress?.best ?? undefined);
  const scoreOf = (event: EvaluationEvent): number => {
    const value = valueIn({ ...event, monitored: event.monitored?.value });
    if (isBetter(monitor, value, best)) best = value;
    return spec.restoreBest ? best : value;
  };
  if (until !== null && progress !== undefined && progress.step >= until) {
    RunFolder.reopen(path, { lock }).close(); // which removes what a kill left of temporary files
    return end(until, scoreOf(evaluationAt(path, until)));
  }

  let folder: RunFolder | undefined;
  const open = (): RunFolder => folder = exists ? RunFolder.reopen(path, { lock }) : RunFolder.create({ runs: dirname(path), name: basename(path) }, { lock });
  try {
    let sentAt = startedAt;
    let score = Number.NaN;
    for (const event of runTraining(spec, data, basename(path), open, resumption, { fit })) {
      if (event.type === 'step' && performance.now() - sentAt >= stepEvery) {
        sentAt = performance.now();
        onStep(event.step);
      }
      if (event.type === 'evaluation') score = scoreOf(event);
      if (event.type === 'result') return end(event.steps, event.monitored?.value ?? Number.NaN);
      // Checkpoint and metrics of this step are on disk, so the run can be abandoned here and resumed later.
      if (until !== null && event.type === 'checkpoint' && event.step >= until) return end(event.step, score);
    }
    throw new BlastrainError('ERR_WORKER', `Expected a result for ${path} but received none`);
  } finally {
    folder?.close();
  }
}

/** The metric of an evaluation; those of earlier versions, whose trials all classified, went by accuracy. */
function valueIn(evaluation: { readonly monitored?: number | undefined; readonly valAccuracy?: number | undefined } | undefined): number {
  return evaluation?.monitored ?? evaluation?.valAccuracy ?? Number.NaN;
}

/** The evaluations in a run's metrics. */
function evaluationsOf(folder: string): EvaluationEvent[] {
  const file = join(folder, runFiles.metrics);
  const { lines } = readJsonLines(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' });
  return lines.flatMap(({ value: event }) => (event.type === 'evaluation' ? [event] : []));
}

/** The monitored metric at the evaluations of a run behind step `after`, up to `until`. */
function curveOf(folder: string, after: number, until: number): (readonly [number, number])[] {
  const all = evaluationsOf(folder).filter(({ step }) => step > after && step <= until);
  const every = Math.ceil(all.length / maxCurve);
  return all
    .filter((_, i) => (all.length - 1 - i) % every === 0) // the last is always one of them
    .map((event) => [event.step, valueIn({ ...event, monitored: event.monitored?.value })]);
}

/** The evaluation at a step, from the run's metrics. Throws ERR_CHECKPOINT where there is none. */
function evaluationAt(folder: string, step: number): EvaluationEvent {
  const file = join(folder, runFiles.metrics);
  for (const event of evaluationsOf(folder)) if (event.step === step) return event;
  throw new BlastrainError('ERR_CHECKPOINT', `Expected an evaluation at step ${String(step)} for ${file} but received none`, { file });
}

/** 1 for each validation row that the run's model classifies correctly, else 0. */
function check(folder: string, { validation }: TrainingData): Uint8Array {
  const labels = Model.load(folder).classify(validation);
  return Uint8Array.from(labels, (label, row) => (label === validation.labels[row] ? 1 : 0));
}

const { data: source, modules } = workerData as TrialThreadData;
const ready = loadModules(modules);
let rows: readonly TrainingData[] | undefined;

function execute(task: TrialTask, post: (message: TrialMessage) => void): void {
  try {
    rows ??= 'rows' in source ? source.rows : [loadTrainingData(source.spec)];
    if (task.type === 'check') post({ type: 'checked', correct: check(task.folder, rows[task.data]!) });
    else {
      const end = train(task.segment, rows[task.segment.data]!, (step) => {
        post({ type: 'step', step });
      });
      post({ type: 'trained', end });
    }
  } catch (error) {
    post({ type: 'failed', error: toPlain(error) });
  }
}

const port = parentPort!;
port.on('message', (task: TrialTask) => {
  ready.then(() => {
    execute(task, (message) => {
      port.postMessage(message);
    });
  }, (error: unknown) => {
    port.postMessage({ type: 'failed', error: toPlain(error) } satisfies TrialMessage);
  });
});
