import { sliceRows } from '../data/dataset';
import type { Dataset, StoredDataset } from '../data/dataset';
import type { ReduceOnPlateau, Schedule } from '../optim/schedules';
import { diverged } from './divergence';
import type { Evaluator } from './evaluate';
import type { EndReason, EpochEvent, EvaluationEvent, LayerHealth, LayerHistograms, TrainEvent } from './events';
import { freshHealth, noteLoss } from './health';
import type { HealthMonitor, HealthState } from './health';
import type { HistogramRecorder } from './histograms';
import type { Objective } from './objective';
import { alone } from './peers';
import type { Peers } from './peers';
import type { TrainingStep } from './step';
import { isBetter } from './monitor';
import type { Monitor } from './monitor';
import { hasAccuracy, hasRmse } from './scoring';
import { accuracyOf, addStep, clearSums, emptySums, isOfSteps, meanLoss, rmseOf, upgradeSums } from './sums';
import type { RunningSums } from './sums';

/** Length and intervals of a training, in steps. */
export interface TrainingPlan {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly logEvery: number;
  readonly evaluateEvery: number;
  /** Steps between permanent checkpoints; null for none. */
  readonly keepEvery: number | null;
  /** Steps between histograms of the layers; null for none. */
  readonly histogramEvery: number | null;
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
  /** ReduceLROnPlateau, which takes the validation losses or the metric that is named, where it is the schedule; else null. */
  readonly plateau: ReduceOnPlateau | null;
  /** What that takes: the loss, unless a metric is named. */
  readonly plateauMetric: 'loss' | 'monitored';
  readonly monitor: Monitor;
  readonly evaluator: Evaluator;
  readonly train: Dataset | StoredDataset;
  readonly validation: Dataset | StoredDataset;
  readonly plan: TrainingPlan;
  /** Measures the layers and reports problems; null for none. */
  readonly health: HealthMonitor | null;
  /** Counts what the layers hold, every `histogramEvery` steps; null for never. */
  readonly histograms: HistogramRecorder | null;
  /** The processes that train together; by default this one alone. */
  readonly peers?: Peers | undefined;
}

/** Step and scores of the best evaluation. */
export type BestEvaluation = Pick<EvaluationEvent, 'step' | 'valAccuracy' | 'valLoss'> & {
  /** Of the metric that the training goes by; absent in checkpoints of earlier versions, see {@link restoreProgress}. */
  readonly monitored?: number | undefined;
};

/** Progress of a training; part of a checkpoint. */
export interface TrainingProgress {
  step: number;
  readonly sinceEvaluation: RunningSums;
  readonly inEpoch: RunningSums;
  best: BestEvaluation | null;
  /** The value of the monitored metric that an evaluation has to improve on for early stopping; null before the first. */
  toBeat: number | null;
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
    toBeat: null,
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
  const { best } = kept;
  // Earlier versions went by the accuracy where there was one, else by the loss.
  const monitored = best?.monitored ?? (Number.isFinite(best?.valAccuracy) ? best?.valAccuracy : best?.valLoss);
  Object.assign(progress, kept, {
    best: best === null ? null : { ...best, monitored },
    toBeat: (kept.toBeat as number | null | undefined) ?? monitored ?? null,
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
 * by next('stop'), or by `isAskedToStop`, which is called before each step, as events may be far between. Updates `progress` in place. Calls `save` at the end of a step, after all its events, so that a run resumed from
 * that checkpoint neither repeats nor skips any; `save` may return an event to emit.
 *
 * Throws ERR_DIVERGED for a non-finite loss: parameters are then those before the failing update.
 */
export function* train(
  training: Training,
  progress: TrainingProgress,
  save: (request: SaveRequest) => TrainEvent | undefined,
  isAskedToStop: () => boolean = () => false,
): Generator<TrainEvent, EndReason, TrainCommand> {
  const { step, plan, health, peers = alone, objective: { model, predicts } } = training;
  let command: TrainCommand;
  const watch = new StepWatch(training, progress);
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
    if (isAskedToStop()) command = 'stop';
    const isLate = plan.maxSeconds !== null && progress.seconds + (performance.now() - clock) / 1000 >= plan.maxSeconds;
    const ending = peers.ending(command === 'stop' ? 'stopped' : isLate ? 'maxSeconds' : undefined);
    if (ending === 'stopped') return 'stopped';
    if (plan.earlyStopping !== null && progress.evaluationsSinceBest >= plan.earlyStopping) return 'earlyStopping';
    if (ending === 'maxSeconds') {
      progress.stepSeconds += lap();
      return 'maxSeconds';
    }

    const next = progress.step + 1;
    const last = next === plan.steps;
    const evaluates = last || isDue(next, plan.evaluateEvery);
    watch.begin(next);
    takeStep(training, progress);

    const logs = last || isDue(next, plan.logEvery);
    const keeps = isDue(next, plan.keepEvery);
    const epochEnds = isDue(next, plan.stepsPerEpoch);
    if (!(logs || evaluates || watch.isOn || keeps || epochEnds)) continue;

    progress.stepSeconds += lap();
    const learningRate = training.schedule(progress.step - 1);
    // Before an evaluation overwrites the activations.
    const { layers, counted } = watch.end(evaluates);
    if (logs) {
      yield* emit({
        type: 'step',
        step: next,
        epoch: next / plan.stepsPerEpoch,
        loss: step.loss,
        ...(hasAccuracy(predicts) ? { batchAccuracy: step.correct / step.rowWeight } : {}),
        learningRate,
        rows: step.rows,
        weight: step.weight,
        seconds: rounded(progress.seconds),
      });
    }
    if (counted !== undefined) yield* emit({ type: 'histograms', step: next, layers: counted });
    const sums = evaluates ? { ...progress.sinceEvaluation } : undefined;
    let evaluation: EvaluationEvent | undefined;
    if (evaluates) {
      evaluation = evaluate(training, progress);
      // An update can make the parameters diverge although its own loss, computed before it, was finite. Such parameters must not be saved.
      const loss = training.validation.size === 0 ? peers.agree(() => trainingLoss(training)) : evaluation.valLoss;
      if (!Number.isFinite(loss)) throw diverged(model, loss, next, learningRate, progress.lastFiniteLoss);
      training.plateau?.observe(training.plateauMetric === 'loss' ? evaluation.valLoss : evaluation.monitored!.value);
      yield* emit(evaluation);
    }
    if (layers !== undefined) yield* emit({ type: 'health', step: next, layers });
    if (health !== null && (watch.examines || evaluation !== undefined)) {
      const observation = { step: next, learningRate, layers, evaluation, validationRows: training.validation.size };
      for (const { code, message } of health.diagnose(observation, sums, progress.health)) {
        yield* emit({ type: 'warning', code, message, step: next });
      }
    }
    if (epochEnds) {
      lap();
      yield* emit(endEpoch(training, progress));
    }
    if (evaluates || keeps) {
      const saved = save({ best: progress.best?.step === next, keep: keeps });
      if (saved !== undefined) yield* emit(saved);
    }
    lap();
  }
}

/** What is looked at in a step beside its loss: by the doctor, and for histograms. */
class StepWatch {
  /** Whether the doctor examines the step. */
  examines = false;
  private counts = false;
  private measures = false;
  private readonly observer = (m: number): void => {
    if (this.examines) this.training.health!.observe(m, this.progress.health);
    if (this.counts) this.training.histograms!.observe(m);
  };

  constructor(private readonly training: Training, private readonly progress: TrainingProgress) {}

  get isOn(): boolean {
    return this.examines || this.counts;
  }

  /** Before step number `next`. */
  begin(next: number): void {
    const { training: { health, histograms, plan, step }, progress } = this;
    this.examines = health !== null && health.watches(next, nextEvaluation(next, plan), progress.health);
    this.counts = histograms !== null && isDue(next, plan.histogramEvery);
    this.measures = this.examines && health!.measures(progress.health);
    if (this.examines) health!.beforeStep(progress.health);
    step.observer = this.isOn ? this.observer : null;
  }

  /** After it, before an evaluation overwrites the activations. */
  end(evaluates: boolean): { readonly layers?: readonly LayerHealth[] | undefined; readonly counted?: readonly LayerHistograms[] | undefined } {
    const { training: { health, histograms, step }, progress } = this;
    if (this.measures || this.counts) step.completeGradients();
    return {
      layers: this.examines ? health!.afterStep(evaluates, progress.health) : undefined,
      counted: this.counts ? histograms!.take() : undefined,
    };
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

/** Seconds to the millisecond. */
function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}

function isDue(step: number, every: number | null): boolean {
  return every !== null && step % every === 0;
}

/** The step of the next evaluation, possibly this one. */
function nextEvaluation(step: number, { steps, evaluateEvery }: TrainingPlan): number {
  return Math.min(steps, Math.ceil(step / evaluateEvery) * evaluateEvery);
}

function evaluate(training: Training, progress: TrainingProgress): EvaluationEvent {
  const { step, sinceEvaluation, seconds } = progress;
  const { validation, monitor, monitor: { metric, better, minDelta }, objective: { predicts, model: { outputSize } } } = training;
  const { accuracy, loss, rmse, monitored } = (training.peers ?? alone).agree(() => training.evaluator.evaluate(validation, { untilFault: true, metric }));
  const value = monitored!;
  const event: EvaluationEvent = {
    type: 'evaluation',
    step,
    epoch: step / training.plan.stepsPerEpoch,
    ...(hasAccuracy(predicts) ? { trainAccuracy: accuracyOf(sinceEvaluation) } : {}),
    trainLoss: meanLoss(sinceEvaluation),
    ...(accuracy === undefined ? {} : { valAccuracy: accuracy }),
    valLoss: loss,
    ...(rmse === undefined ? {} : { trainRmse: rmseOf(sinceEvaluation, outputSize), valRmse: rmse }),
    ...(validation.size === 0 ? {} : { monitored: { metric, better, value } }),
    seconds: rounded(seconds),
  };
  clearSums(sinceEvaluation);
  if (validation.size === 0) return event; // no score to compare
  if (progress.best === null || isBetter(monitor, value, progress.best.monitored!)) {
    progress.best = { step, ...(accuracy === undefined ? {} : { valAccuracy: accuracy }), valLoss: loss, monitored: value };
  }
  if (progress.toBeat === null || isBetter(monitor, value, progress.toBeat, minDelta)) {
    progress.toBeat = value;
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

function endEpoch({ plan: { stepsPerEpoch }, objective: { predicts, model: { outputSize } } }: Training, progress: TrainingProgress): EpochEvent {
  const { step, inEpoch, epochStart, seconds, stepSeconds } = progress;
  const event: EpochEvent = {
    type: 'epoch',
    step,
    epoch: step / stepsPerEpoch,
    trainLoss: meanLoss(inEpoch),
    ...(hasAccuracy(predicts) ? { trainAccuracy: accuracyOf(inEpoch) } : {}),
    ...(hasRmse(predicts) ? { trainRmse: rmseOf(inEpoch, outputSize) } : {}),
    seconds: seconds - epochStart.seconds,
    samplesPerSecond: inEpoch.rows / (stepSeconds - epochStart.stepSeconds),
  };
  clearSums(inEpoch);
  Object.assign(epochStart, { seconds, stepSeconds });
  return event;
}
