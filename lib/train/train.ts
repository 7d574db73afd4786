import { createHash } from 'node:crypto';
import { BlastrainError } from '../errors';
import type { Dataset } from '../data/dataset';
import type { Schedule } from '../optim/schedules';
import type { Evaluator } from './evaluate';
import type { EvaluationEvent, TrainEvent } from './events';
import type { Objective } from './objective';
import type { TrainingStep } from './step';

/** When things happen, counted in steps. */
export interface TrainingPlan {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly logEvery: number;
  readonly evaluateEvery: number;
}

/** Everything a training needs, built and ready. There is no place for test rows on purpose. */
export interface Training {
  readonly objective: Objective;
  readonly step: TrainingStep;
  readonly schedule: Schedule;
  readonly evaluator: Evaluator;
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly plan: TrainingPlan;
}

/** How far a training has come; part of a checkpoint. */
export interface TrainingProgress {
  step: number;
  /** Sums over the steps since the last evaluation, for its running training loss and accuracy. */
  lossSum: number;
  correct: number;
  rows: number;
  stepsSinceEvaluation: number;
  lastFiniteLoss: number;
  /** Time spent in steps, and in all; wall clock, so the one part of a run that does not repeat. */
  stepSeconds: number;
  seconds: number;
}

/** The progress of a training that has not begun. */
export function freshProgress(): TrainingProgress {
  return {
    step: 0, lossSum: 0, correct: 0, rows: 0, stepsSinceEvaluation: 0,
    lastFiniteLoss: Number.NaN, stepSeconds: 0, seconds: 0,
  };
}

/** What a driver may answer to an event. */
export type TrainCommand = 'stop' | undefined;

/** Where and why a training ended. */
export interface TrainingOutcome {
  readonly ended: 'finished' | 'stopped';
  readonly trainAccuracy: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
  readonly parametersDigest: string;
}

/**
 * The training loop, as a generator of events: whoever drives it decides on which thread it runs, and ends it early by
 * answering an event with 'stop'. `progress` is updated in place; `save` is called after each evaluation, when
 * everything is consistent, and may yield an event of its own.
 *
 * Throws ERR_DIVERGED when the loss is no longer finite: parameters are then those before the failing update.
 */
export function* train(
  training: Training,
  progress: TrainingProgress,
  save: () => TrainEvent | undefined,
): Generator<TrainEvent, TrainingOutcome, TrainCommand> {
  const { step, schedule, plan } = training;
  let clock = performance.now();
  const lap = (): number => {
    const before = clock;
    clock = performance.now();
    progress.seconds += (clock - before) / 1000;
    return (clock - before) / 1000;
  };
  let command: TrainCommand;

  while (progress.step < plan.steps && command !== 'stop') {
    const learningRate = schedule(progress.step);
    const finite = step.run(learningRate);
    if (!finite) throw diverged(progress.step + 1, learningRate, step.loss, progress.lastFiniteLoss);
    progress.step++;
    progress.lastFiniteLoss = step.loss;
    progress.lossSum += step.loss;
    progress.correct += step.correct;
    progress.rows += step.rows;
    progress.stepsSinceEvaluation++;

    const last = progress.step === plan.steps;
    if (progress.step % plan.logEvery === 0 || last) {
      progress.stepSeconds += lap();
      command = yield {
        type: 'step',
        step: progress.step,
        epoch: progress.step / plan.stepsPerEpoch,
        loss: step.loss,
        batchAccuracy: step.correct / step.rows,
        learningRate,
      };
      lap();
    }
    if ((progress.step % plan.evaluateEvery === 0 || last) && command !== 'stop') {
      progress.stepSeconds += lap();
      const event = evaluation(training, progress);
      // An update can blow the parameters up without its own loss telling; such parameters are not to be saved.
      if (!Number.isFinite(event.valLoss)) throw diverged(progress.step, learningRate, event.valLoss, progress.lastFiniteLoss);
      command = (yield event) ?? command;
      const saved = save();
      if (saved !== undefined) command = (yield saved) ?? command;
      lap();
    }
  }

  const outcome = conclude(training, command === 'stop' && progress.step < plan.steps ? 'stopped' : 'finished');
  lap();
  return outcome;
}

function evaluation(training: Training, progress: TrainingProgress): EvaluationEvent {
  const { accuracy, loss } = training.evaluator.evaluate(training.validation);
  const event: EvaluationEvent = {
    type: 'evaluation',
    step: progress.step,
    epoch: progress.step / training.plan.stepsPerEpoch,
    trainAccuracy: progress.correct / progress.rows,
    trainLoss: progress.lossSum / progress.stepsSinceEvaluation,
    valAccuracy: accuracy,
    valLoss: loss,
  };
  Object.assign(progress, { lossSum: 0, correct: 0, rows: 0, stepsSinceEvaluation: 0 });
  return event;
}

function conclude(training: Training, ended: TrainingOutcome['ended']): TrainingOutcome {
  const validation = training.evaluator.evaluate(training.validation);
  const { values } = training.objective.model.arena;
  return {
    ended,
    trainAccuracy: training.evaluator.evaluate(training.train).accuracy,
    valAccuracy: validation.accuracy,
    valLoss: validation.loss,
    parametersDigest: createHash('sha256')
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      .digest('hex'),
  };
}

function diverged(step: number, learningRate: number, loss: number, lastFiniteLoss: number): BlastrainError {
  return new BlastrainError(
    'ERR_DIVERGED',
    `Expected a finite loss for step ${String(step)} but received ${String(loss)}; the learning rate was ` +
      `${String(learningRate)} and the last finite loss ${String(lastFiniteLoss)}`,
    { step, learningRate, lastFiniteLoss },
  );
}
