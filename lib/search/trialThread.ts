import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { BlastrainError, toPlain } from '../errors';
import type { PlainError } from '../errors';
import { Lock, readFile, readJsonLines, sizeLimits } from '../files';
import type { LockHandle } from '../files/lock';
import { loadData } from '../data/sources';
import type { EvaluationEvent } from '../train/events';
import { eventShape } from '../train/eventShape';
import type { TrainingData } from '../build/buildTraining';
import { Model } from '../inference/model';
import { rememberFits } from '../build/batchSource';
import { findResumption } from '../run/resume';
import { runExperiment } from '../run/run';
import { RunFolder, runFiles } from '../runFolder/runFolder';
import { dataRequest } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** A segment of a run: from where the run stands, or from its beginning, to a step. */
export interface Segment {
  readonly spec: TrainSpec;
  /** The run's folder; made when it is not there. */
  readonly folder: string;
  /** Which of the workers's data. */
  readonly data: number;
  /** The step to pause after, one at which the run evaluates; null goes on to the run's end. */
  readonly until: number | null;
}

/** Where a segment ended. */
export interface SegmentEnd {
  readonly step: number;
  /** Validation accuracy there; with restoreBest that of the best evaluation so far. */
  readonly valAccuracy: number;
  /** Validation rows. */
  readonly rows: number;
  /** Wall time of the segment. */
  readonly seconds: number;
}

/** What a member of the workers is asked to do: to train, or to say of which validation rows a run's model is right. */
export type TrialOrder =
  | { readonly type: 'train'; readonly segment: Segment }
  | { readonly type: 'check'; readonly folder: string; readonly data: number };

/** What a member says; all but 'step' end an order. */
export type TrialMessage =
  | { readonly type: 'step'; readonly step: number }
  | { readonly type: 'trained'; readonly end: SegmentEnd }
  | { readonly type: 'checked'; readonly correct: Uint8Array }
  | { readonly type: 'failed'; readonly error: PlainError };

/** What the members of a workers work on: rows on shared memory, or a spec by which each loads rows that lie on disk. */
export type TrialRows = { readonly rows: readonly TrainingData[] } | { readonly spec: TrainSpec };

/** What a member starts with: its data, and the lock by which this process owns the folders of the runs. */
export interface TrialThreadData {
  readonly data: TrialRows;
  readonly lock: LockHandle;
}

/** Milliseconds between two words about the step. */
const stepPause = 200;

const fit = rememberFits();

function train({ spec, folder: path, until }: Segment, data: TrainingData, say: (step: number) => void): SegmentEnd {
  const begun = performance.now();
  const end = (step: number, valAccuracy: number): SegmentEnd => ({ step, valAccuracy, rows: data.validation.size, seconds: (performance.now() - begun) / 1000 });
  const known = existsSync(join(path, runFiles.spec));
  const resumption = known ? findResumption(path, spec) : undefined;
  const progress = resumption?.checkpoint?.progress;
  let best = progress?.best?.valAccuracy ?? 0;
  const scoreOf = ({ valAccuracy }: EvaluationEvent): number => {
    best = Math.max(best, valAccuracy);
    return spec.restoreBest ? best : valAccuracy;
  };
  if (until !== null && progress !== undefined && progress.step >= until) return end(until, scoreOf(evaluationAt(path, until)));

  let folder: RunFolder | undefined;
  const open = (): RunFolder => folder = known ? RunFolder.reopen(path, { lock }) : RunFolder.create({ runs: dirname(path), name: basename(path) }, { lock });
  try {
    let said = begun;
    let score = Number.NaN;
    for (const event of runExperiment(spec, data, basename(path), open, resumption, fit)) {
      if (event.type === 'step' && performance.now() - said >= stepPause) {
        said = performance.now();
        say(event.step);
      }
      if (event.type === 'evaluation') score = scoreOf(event);
      if (event.type === 'result') return end(event.steps, event.valAccuracy);
      // Everything of this step is on disk by now, so the run can be left here.
      if (until !== null && event.type === 'checkpoint' && event.step >= until) return end(event.step, score);
    }
    throw new BlastrainError('ERR_WORKER', `Expected a result for ${path} but received none`);
  } finally {
    folder?.close();
  }
}

/** The evaluation that a run has in its metrics. Throws ERR_CHECKPOINT when it is not there. */
function evaluationAt(folder: string, step: number): EvaluationEvent {
  const file = join(folder, runFiles.metrics);
  const { lines } = readJsonLines(readFile(file, { limit: sizeLimits.events }), eventShape, { file, code: 'ERR_DATA' });
  for (const { value: event } of lines) if (event.type === 'evaluation' && event.step === step) return event;
  throw new BlastrainError('ERR_CHECKPOINT', `Expected an evaluation at step ${String(step)} for ${file} but received none`, { file });
}

/** 1 for each validation row that the run's model classifies rightly, else 0. */
function check(folder: string, { validation }: TrainingData): Uint8Array {
  const labels = Model.ofRun(folder).classify(validation);
  return Uint8Array.from(labels, (label, row) => (label === validation.labels[row] ? 1 : 0));
}

const { data: given, lock: handle } = workerData as TrialThreadData;
const lock = Lock.of(handle);
let rows: readonly TrainingData[] | undefined;

function carryOut(order: TrialOrder, post: (message: TrialMessage) => void): void {
  try {
    rows ??= 'rows' in given ? given.rows : [loadData(dataRequest(given.spec))];
    if (order.type === 'check') post({ type: 'checked', correct: check(order.folder, rows[order.data]!) });
    else {
      const end = train(order.segment, rows[order.segment.data]!, (step) => {
        post({ type: 'step', step });
      });
      post({ type: 'trained', end });
    }
  } catch (error) {
    post({ type: 'failed', error: toPlain(error) });
  }
}

const port = parentPort!;
port.on('message', (order: TrialOrder) => {
  carryOut(order, (message) => {
    port.postMessage(message);
  });
});
