import { createHash } from 'node:crypto';
import { sliceRows } from '../data/dataset';
import type { Dataset, StoredDataset } from '../data/dataset';
import type { ReduceOnPlateau, Schedule } from '../optim/schedules';
import { diverged } from './divergence';
import type { Evaluator } from './evaluate';
import type { EndReason, EpochEvent, EvaluationEvent, TrainEvent } from './events';
import { freshHealth, noteLoss } from './health';
import type { HealthMonitor, HealthState } from './health';
import type { Objective } from './objective';
import type { TrainingStep } from './step';
import { accuracyOf, addStep, clearSums, emptySums, isOfSteps, meanLoss, upgradeSums } from './sums';
import type { RunningSums } from './sums';

/** When things happen, counted in steps. */
export interface TrainingPlan {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly logEvery: number;
  readonly evaluateEvery: number;
  /** Steps between checkpoints that are kept for good; null keeps none. */
  readonly keepEvery: number | null;
  /** Evaluations without a better one after which training ends; null never ends it. */
  readonly earlyStopping: number | null;
  /** Wall time after which training ends, resumed runs included; null never ends it. */
  readonly maxSeconds: number | null;
}

/** Everything a training needs, built and ready. There is no place for test rows on purpose. */
export interface Training {
  readonly objective: Objective;
  readonly step: TrainingStep;
  readonly schedule: Schedule;
  /** Hears the validation losses, where the schedule listens to them. */
  readonly plateau: ReduceOnPlateau | null;
  readonly evaluator: Evaluator;
  readonly train: Dataset | StoredDataset;
  readonly validation: Dataset | StoredDataset;
  readonly plan: TrainingPlan;
  /** Watches the layers; null saves its little time. */
  readonly health: HealthMonitor | null;
}

/** What an evaluation found, and when. */
export type BestEvaluation = Pick<EvaluationEvent, 'step' | 'valAccuracy' | 'valLoss'>;

/** How far a training has come; part of a checkpoint. */
export interface TrainingProgress {
  step: number;
  readonly sinceEvaluation: RunningSums;
  readonly inEpoch: RunningSums;
  best: BestEvaluation | null;
  evaluationsSinceBest: number;
  lastFiniteLoss: number;
  readonly health: HealthState;
  /** Time spent in steps, and in all; wall clock, so the one part of a run that does not repeat. */
  stepSeconds: number;
  seconds: number;
  /** The two as they were when the epoch began. */
  readonly epochStart: { stepSeconds: number; seconds: number };
}

/** The progress of a training that has not begun. */
export function freshProgress(): TrainingProgress {
  return {
    step: 0,
    sinceEvaluation: emptySums(),
    inEpoch: emptySums(),
    best: null,
    evaluationsSinceBest: 0,
    lastFiniteLoss: Number.NaN,
    health: freshHealth(),
    stepSeconds: 0,
    seconds: 0,
    epochStart: { stepSeconds: 0, seconds: 0 },
  };
}

/** Takes over the progress of a checkpoint; returns whether it is of a version whose means were over steps, not rows. */
export function restoreProgress(progress: TrainingProgress, kept: TrainingProgress): boolean {
  const isOld = isOfSteps(kept.inEpoch);
  const looked: Partial<HealthState> = isOld && kept.step > 0 ? { loss: kept.lastFiniteLoss } : {};
  Object.assign(progress, kept, {
    sinceEvaluation: upgradeSums(kept.sinceEvaluation),
    inEpoch: upgradeSums(kept.inEpoch),
    health: { ...freshHealth(), ...kept.health, ...looked },
  });
  return isOld;
}

/** What a driver may answer to an event. */
export type TrainCommand = 'stop' | undefined;

/** Which checkpoints are due beside the last one, which always is. */
export interface SaveRequest {
  /** This is the best evaluation so far. */
  readonly best: boolean;
  /** `keepEvery` falls on this step. */
  readonly keep: boolean;
}

/**
 * The training loop, as a generator of events: whoever drives it decides on which thread it runs, and ends it between two
 * steps by answering an event with 'stop'. `progress` is updated in place; `save` is called when everything that happens
 * at a step has happened, so that going on from there repeats nothing and leaves nothing out. It may yield an event.
 *
 * Throws ERR_DIVERGED when the loss is no longer finite: parameters are then those before the failing update.
 */
export function* train(
  training: Training,
  progress: TrainingProgress,
  save: (request: SaveRequest) => TrainEvent | undefined,
): Generator<TrainEvent, EndReason, TrainCommand> {
  const { step, plan, health, objective: { model } } = training;
  let command: TrainCommand;
  const observer = (m: number): void => { health?.observe(m, progress.health); };
  const say = function* (event: TrainEvent): Generator<TrainEvent, void, TrainCommand> {
    command = (yield event) ?? command;
  };
  let clock = performance.now();
  const lap = (): number => {
    const before = clock;
    clock = performance.now();
    const seconds = (clock - before) / 1000;
    progress.seconds += seconds;
    return seconds;
  };

  for (;;) {
    if (progress.step >= plan.steps) return 'finished';
    if (command === 'stop') return 'stopped';
    if (plan.earlyStopping !== null && progress.evaluationsSinceBest >= plan.earlyStopping) return 'earlyStopping';
    if (plan.maxSeconds !== null && progress.seconds + (performance.now() - clock) / 1000 >= plan.maxSeconds) {
      progress.stepSeconds += lap();
      return 'maxSeconds';
    }

    const next = progress.step + 1;
    const last = next === plan.steps;
    const evaluates = last || isDue(next, plan.evaluateEvery);
    const examines = health !== null && health.watches(next, nextEvaluation(next, plan), progress.health);
    const measures = examines && health.measures(progress.health);
    if (examines) health.beforeStep(progress.health);
    step.observer = examines ? observer : null;
    takeStep(training, progress);

    const logs = last || isDue(next, plan.logEvery);
    const keeps = isDue(next, plan.keepEvery);
    const epochEnds = isDue(next, plan.stepsPerEpoch);
    if (!(logs || evaluates || examines || keeps || epochEnds)) continue;

    progress.stepSeconds += lap();
    const learningRate = training.schedule(progress.step - 1);
    // Before an evaluation overwrites the activations.
    if (measures) step.completeGradients();
    const layers = examines ? health.afterStep(evaluates, progress.health) : undefined;
    if (logs) {
      yield* say({
        type: 'step',
        step: next,
        epoch: next / plan.stepsPerEpoch,
        loss: step.loss,
        batchAccuracy: step.correct / step.rows,
        learningRate,
        rows: step.rows,
        weight: step.weight,
      });
    }
    const sums = evaluates ? { ...progress.sinceEvaluation } : undefined;
    let evaluation: EvaluationEvent | undefined;
    if (evaluates) {
      evaluation = evaluate(training, progress);
      // An update can blow the parameters up without its own loss telling; such parameters are not to be saved.
      const loss = training.validation.size === 0 ? trialLoss(training) : evaluation.valLoss;
      if (!Number.isFinite(loss)) throw diverged(model, loss, next, learningRate, progress.lastFiniteLoss);
      training.plateau?.observe(evaluation.valLoss);
      yield* say(evaluation);
    }
    if (layers !== undefined) yield* say({ type: 'health', step: next, layers });
    if (health !== null && (examines || evaluation !== undefined)) {
      const observation = { step: next, learningRate, layers, evaluation, validationRows: training.validation.size };
      for (const { code, message } of health.diagnose(observation, sums, progress.health)) {
        yield* say({ type: 'warning', code, message, step: next });
      }
    }
    if (epochEnds) {
      lap();
      yield* say(endEpoch(progress, plan.stepsPerEpoch));
    }
    if (evaluates || keeps) {
      const saved = save({ best: progress.best?.step === next, keep: keeps });
      if (saved !== undefined) yield* say(saved);
    }
    lap();
  }
}

/**
 * The part of the loop that runs at every step, on its own: V8 compiles a function of this kind at once, and what it
 * compiles computes with doubles that are not put on the heap.
 */
function takeStep({ step, schedule, objective, health }: Training, progress: TrainingProgress): void {
  const learningRate = schedule(progress.step);
  if (!step.run(learningRate)) {
    throw diverged(objective.model, step.loss, progress.step + 1, learningRate, progress.lastFiniteLoss);
  }
  progress.step++;
  if (step.weight > 0) progress.lastFiniteLoss = step.loss;
  addStep(progress.sinceEvaluation, step);
  addStep(progress.inEpoch, step);
  if (health !== null) noteLoss(step, progress.health);
}

function isDue(step: number, every: number | null): boolean {
  return every !== null && step % every === 0;
}

/** The step of the next evaluation, perhaps this one. */
function nextEvaluation(step: number, { steps, evaluateEvery }: TrainingPlan): number {
  return Math.min(steps, Math.ceil(step / evaluateEvery) * evaluateEvery);
}

function evaluate(training: Training, progress: TrainingProgress): EvaluationEvent {
  const { step, sinceEvaluation } = progress;
  const { validation } = training;
  const { accuracy, loss, rmse } = training.evaluator.evaluate(validation, { untilFault: true });
  const event: EvaluationEvent = {
    type: 'evaluation',
    step,
    epoch: step / training.plan.stepsPerEpoch,
    trainAccuracy: accuracyOf(sinceEvaluation),
    trainLoss: meanLoss(sinceEvaluation),
    valAccuracy: accuracy,
    valLoss: loss,
    ...(rmse === undefined ? {} : { valRmse: rmse }),
  };
  clearSums(sinceEvaluation);
  if (validation.size === 0) return event; // nothing to be better by
  if (isBetter(event, progress.best)) {
    progress.best = { step, valAccuracy: accuracy, valLoss: loss };
    progress.evaluationsSinceBest = 0;
  } else {
    progress.evaluationsSinceBest++;
  }
  return event;
}

/** The loss of a batch of training rows, where there are none for validation. */
function trialLoss({ evaluator, train, objective: { model } }: Training): number {
  return evaluator.evaluate(sliceRows(train, 'train', 0, Math.min(train.size, model.maxBatch))).loss;
}

/** By accuracy, or by loss where nothing is classified; the first of equals stays the best. */
function isBetter(one: EvaluationEvent, best: BestEvaluation | null): boolean {
  if (best === null) return true;
  return Number.isFinite(one.valAccuracy) ? one.valAccuracy > best.valAccuracy : one.valLoss < best.valLoss;
}

function endEpoch(progress: TrainingProgress, stepsPerEpoch: number): EpochEvent {
  const { step, inEpoch, epochStart, seconds, stepSeconds } = progress;
  const event: EpochEvent = {
    type: 'epoch',
    step,
    epoch: step / stepsPerEpoch,
    trainLoss: meanLoss(inEpoch),
    trainAccuracy: accuracyOf(inEpoch),
    seconds: seconds - epochStart.seconds,
    samplesPerSecond: inEpoch.rows / (stepSeconds - epochStart.stepSeconds),
  };
  clearSums(inEpoch);
  Object.assign(epochStart, { seconds, stepSeconds });
  return event;
}

/** What a trained model comes to. */
export interface TrainingScores {
  readonly trainAccuracy: number;
  readonly valAccuracy: number;
  readonly valLoss: number;
  /** Of a regression only. */
  readonly trainRmse?: number;
  readonly valRmse?: number;
  /** SHA-256 of the parameters that were evaluated, little-endian, in arena order. */
  readonly parametersDigest: string;
}

/** Evaluates the model as it stands on all training and validation rows; the time counts as part of the training. */
export function conclude(training: Training, progress: TrainingProgress): TrainingScores {
  const begun = performance.now();
  const { evaluator, objective: { model: { arena: { values } } } } = training;
  const validation = evaluator.evaluate(training.validation);
  const train = evaluator.evaluate(training.train);
  const scores = {
    trainAccuracy: train.accuracy,
    valAccuracy: validation.accuracy,
    valLoss: validation.loss,
    ...(train.rmse === undefined || validation.rmse === undefined ? {} : { trainRmse: train.rmse, valRmse: validation.rmse }),
    parametersDigest: evaluator.averaged(() =>
      createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest('hex')),
  };
  progress.seconds += (performance.now() - begun) / 1000;
  return scores;
}
