import { expected } from '../errors';
import { anyOf } from '../fields';
import type { Dataset } from '../data/dataset';
import type { EvaluationLoss, Loss } from '../model/loss';
import { losses, makeEvaluationLoss, makeLoss } from '../model/losses';
import type { Predicts } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { factorSchedules, makeSchedule } from '../optim/scheduleKinds';
import type { ScheduleInUse } from '../optim/scheduleKinds';
import { monitorOf } from '../train/monitor';
import type { Monitor } from '../train/monitor';
import type { StepOptions } from '../train/step';
import type { TrainingPlan } from '../train/train';
import type { TrainSpec } from '../spec/spec';

/**
 * The schedule of a spec, and for `plateau` the object that takes the validation losses. Milestones are epochs where the length of
 * training is given in epochs, else steps. A cosine falls over the steps after the warm-up; other schedules count from step 0. Throws
 * ERR_CONFIG for a warm-up or milestones beyond the end of training.
 */
export function scheduleOf(spec: TrainSpec, length: TrainingPlan): ScheduleInUse {
  const { steps, stepsPerEpoch } = length;
  const { learningRate, warmupSteps, milestones } = spec;
  if (warmupSteps >= steps) {
    throw expected('ERR_CONFIG', `fewer than the ${String(steps)} steps of training`, 'warmupSteps', warmupSteps, { path: 'warmupSteps' });
  }
  const inSteps = milestones === null ? null : milestoneSteps(spec, steps, stepsPerEpoch);
  const { better } = monitorOfSpec(spec);
  const onPlateau = { better: spec.monitor === null ? 'lower' as const : better, ...(spec.minDelta > 0 && { minDelta: spec.minDelta }) };
  return makeSchedule(spec.schedule, learningRate, { ...spec, milestones: inSteps }, length, onPlateau);
}

/** What a model of a spec predicts. */
export function predictsOf({ loss }: Pick<TrainSpec, 'loss'>): Predicts {
  return losses[loss].predicts;
}

/** What a training of a spec goes by. */
export function monitorOfSpec({ loss, monitor, minDelta }: TrainSpec): Monitor {
  return monitorOf(losses[loss].predicts, monitor, minDelta);
}

/** The schedules of factors of a spec. */
export function factorsOf(
  { dropoutSchedule, weightDecaySchedule }: TrainSpec, { steps }: TrainingPlan,
): Required<Pick<StepOptions, 'dropoutFactor' | 'weightDecayFactor'>> {
  return { dropoutFactor: factorSchedules[dropoutSchedule](steps), weightDecayFactor: factorSchedules[weightDecaySchedule](steps) };
}

function milestoneSteps({ milestones, epochs }: TrainSpec, steps: number, stepsPerEpoch: number): number[] {
  return milestones!.map((milestone) => {
    const step = epochs === null ? milestone : Math.round(milestone * stepsPerEpoch);
    if (step < steps) return step;
    const length = epochs === null ? `${String(steps)} steps` : `${String(epochs)} epochs`;
    throw expected('ERR_CONFIG', `milestones within the ${length} of training`, 'milestones', milestones, { path: 'milestones' });
  });
}

/** The parts of a data set that losses depend on. */
type LabelledRows = Pick<Dataset, 'name' | 'labels' | 'targets' | 'weights' | 'size' | 'classNames'>;

/**
 * The losses of a spec for training and, where it is another, for evaluation, which is without label smoothing and class weights. Throws ERR_CONFIG where the
 * loss or the class weights do not fit the data.
 */
export function makeLosses(
  spec: TrainSpec, model: Sequential, train: LabelledRows,
): { loss: Loss; evaluationLoss?: EvaluationLoss } {
  const areClasses = train.targets === undefined;
  if ((losses[spec.loss].predicts === 'classes') !== areClasses) {
    const rows = train.targets === undefined ? 'class labels' : 'numeric targets';
    const fitting = Object.entries(losses).filter(([, loss]) => (loss.predicts === 'classes') === areClasses).map(([name]) => name);
    throw expected('ERR_CONFIG', `${anyOf(fitting)}, as the rows of ${train.name} have ${rows},`, 'loss', spec.loss, { path: 'loss' });
  }
  if (spec.labelSmoothing === 0 && spec.classWeights === null) {
    const { huberDelta, quantiles } = spec;
    const loss = makeLoss(spec.loss, model, { huberDelta, quantiles });
    return model.members === 1 ? { loss } : { loss, evaluationLoss: makeEvaluationLoss(spec.loss, model, spec) };
  }
  const classWeights = weightsOf(spec, train);
  if (classWeights !== undefined && !weighsSomething(train, classWeights)) {
    throw expected('ERR_CONFIG', 'a weight above 0 for some class that training rows have', 'classWeights', spec.classWeights, { path: 'classWeights' });
  }
  const loss = makeLoss(spec.loss, model, { labelSmoothing: spec.labelSmoothing, ...(classWeights && { classWeights }) });
  return { loss, evaluationLoss: makeEvaluationLoss(spec.loss, model) };
}

/**
 * The class weights of a spec. 'balanced' is rows / (classes · rows of the class), where a row of weight w counts w times: equal total weight per class,
 * mean weight 1 per row.
 */
function weightsOf({ classWeights }: TrainSpec, { labels, weights, size, classNames }: LabelledRows): readonly number[] | undefined {
  if (classWeights === null) return undefined;
  if (classWeights === 'balanced') {
    const counts = classNames.map(() => 0);
    for (let i = 0; i < size; i++) counts[labels[i]!]! += weights?.[i] ?? 1;
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (count === 0 ? 0 : all / (classNames.length * count)));
  }
  if (classWeights.length !== classNames.length) {
    throw expected('ERR_CONFIG', `${String(classNames.length)} numbers, one for each class,`, 'classWeights', classWeights, { path: 'classWeights' });
  }
  return classWeights;
}

function weighsSomething({ labels, size }: LabelledRows, classWeights: readonly number[]): boolean {
  for (let i = 0; i < size; i++) if (classWeights[labels[i]!]! > 0) return true;
  return false;
}
