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

/** Length and intervals of a training, in steps. */
export interface TrainingPlan {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly logEvery: number;
  readonly evaluateEvery: number;
  /** Steps between permanent checkpoints; null for none. */
  readonly keepEvery: number | null;
  /** Evaluations without improvement after which training ends; null for no limit. */
  readonly earlyStopping: number | null;
  /** Wall time in seconds after which training ends, counted over resumed runs; null for no limit. */
  readonly maxSeconds: number | null;
}

/** The objects of a training. It has no place for test rows, on purpose. */
export interface Training {
  readonly objective: Objective;
  readonly step: TrainingStep;
  readonly schedule: Schedule;
  /** ReduceLROnPlateau, which takes the validation losses, where it is the schedule; else null. */
  readonly plateau: ReduceOnPlateau | null;
  readonly evaluator: Evaluator;
  readonly train: Dataset | StoredDataset;
  readonly validation: Dataset | StoredDataset;
  readonly plan: TrainingPlan;
  /** Measures the layers and reports problems; null for none. */
  readonly health: HealthMonitor | null;
}

/** Step and scores of the best evaluation. */
export type BestEvaluation = Pick<EvaluationEvent, 'step' | 'valAccuracy' | 'valLoss'>;

/** Progress of a training; part of a checkpoint. */
export interface TrainingProgress {
  step: number;
  readonly sinceEvaluation: RunningSums;
  readonly inEpoch: RunningSums;
  best: BestEvaluation | null;
  evaluationsSinceBest: number;
  lastFiniteLoss: number;
  readonly health: HealthState;
  /** Wall time of the steps, and in total: the only part of a run that is not reproducible. */
  stepSeconds: number;
  seconds: number;
  /** The two at the start of the epoch. */
  readonly epochStart: { stepSeconds: number; seconds: number };
}

/** Progress before the first step. */
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

/** Copies the progress of a checkpoint; returns whether it is of an earlier version, whose means were over steps, not rows. */
export function restoreProgress(progress: TrainingProgress, kept: TrainingProgress): boolean {
  const isOld = isOfSteps(kept.inEpoch);
  const health: Partial<HealthState> = isOld && kept.step > 0 ? { loss: kept.lastFiniteLoss } : {};
  Object.assign(progress, kept, {
    sinceEvaluation: upgradeSums(kept.sinceEvaluation),
    inEpoch: upgradeSums(kept.inEpoch),
    health: { ...freshHealth(), ...kept.health, ...health },
  });
  return isOld;
}

/** Value that may be passed to next(): 'stop' ends training before the next step. */
export type TrainCommand = 'stop' | undefined;

/** Copies to keep of a checkpoint, beside the last one, which is always written. */
export interface SaveRequest {
  /** Whether this is the best evaluation so far. */
  readonly best: boolean;
  /** Whether a permanent copy is due, by `keepEvery`. */
  readonly keep: boolean;
}

/**
 * The training loop, as a synchronous generator of events: its caller decides on which thread it runs, and ends it between two steps
 * by next('stop'). Updates `progress` in place. Calls `save` at the end of a step, after all its events, so that a run resumed from
 * that checkpoint neither repeats nor skips any; `save` may return an event to emit.
 *
 * Throws ERR_DIVERGED for a non-finite loss: parameters are then those before the failing update.
 */
export function* train(
  training: Training,
  progress: TrainingProgress,
  save: (request: SaveRequest) => TrainEvent | undefined,
): Generator<TrainEvent, EndReason, TrainCommand> {
  const { step, plan, health, objective: { model } } = training;
  let command: TrainCommand;
  const observer = (m: number): void => { health?.observe(m, progress.health); };
  const emit = function* (event: TrainEvent): Generator<TrainEvent, void, TrainCommand> {
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
      yield* emit({
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
      // An update can make the parameters diverge although its own loss, computed before it, was finite. Such parameters must not be saved.
      const loss = training.validation.size === 0 ? trainingLoss(training) : evaluation.valLoss;
      if (!Number.isFinite(loss)) throw diverged(model, loss, next, learningRate, progress.lastFiniteLoss);
      training.plateau?.observe(evaluation.valLoss);
      yield* emit(evaluation);
    }
    if (layers !== undefined) yield* emit({ type: 'health', step: next, layers });
    if (health !== null && (examines || evaluation !== undefined)) {
      const observation = { step: next, learningRate, layers, evaluation, validationRows: training.validation.size };
      for (const { code, message } of health.diagnose(observation, sums, progress.health)) {
        yield* emit({ type: 'warning', code, message, step: next });
      }
    }
    if (epochEnds) {
      lap();
      yield* emit(endEpoch(progress, plan.stepsPerEpoch));
    }
    if (evaluates || keeps) {
      const saved = save({ best: progress.best?.step === next, keep: keeps });
      if (saved !== undefined) yield* emit(saved);
    }
    lap();
  }
}

/**
 * The part of the loop that runs at every step. A plain function, not part of the generator, as V8 optimises it early and its compiled
 * code does not allocate boxed doubles.
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

/** The step of the next evaluation, possibly this one. */
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
  if (validation.size === 0) return event; // no score to compare
  if (isBetter(event, progress.best)) {
    progress.best = { step, valAccuracy: accuracy, valLoss: loss };
    progress.evaluationsSinceBest = 0;
  } else {
    progress.evaluationsSinceBest++;
  }
  return event;
}

/** The loss of a batch of training rows, checked where there are no validation rows. */
function trainingLoss({ evaluator, train, objective: { model } }: Training): number {
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
