import type { FloatArray, Kernels } from '../kernels/contract';
import { diagnose } from './diagnose';
import type { Diagnosis, RowScores, StepObservation } from './diagnose';
import type { LayerHealth } from './events';
import { addBatch, beginExamination, concludeExamination } from './examination';
import type { Examination } from './examination';
import { weightedLayers } from './layers';
import type { WeightedLayer } from './layers';
import type { Objective } from './objective';
import { accuracyOf, addStep, clearSums, emptySums, meanLoss } from './sums';
import type { RunningSums, StepSums } from './sums';

/** State of the monitor; part of a checkpoint, hence the names of its keys. */
export interface HealthState {
  /** The first step of the last examination; the next begins a minimum distance after it. */
  examinedAt: number;
  /** Codes of the problems reported so far, as each is reported once. */
  readonly said: string[];
  /** The examination in progress. */
  examination: Examination | null;
  /** Sums over the steps since the last mean loss, and that mean over enough rows; null before the first. */
  readonly losses: RunningSums;
  loss: number | null;
  /** Sums over the training rows since the last scores, and those scores over enough rows; null before the first. */
  readonly evaluated: RunningSums;
  trained: RowScores | null;
}

/** The state before training. */
export function freshHealth(): HealthState {
  return {
    examinedAt: 0, said: [], examination: null, losses: emptySums(), loss: null, evaluated: emptySums(), trained: null,
  };
}

/** Rows per step and steps per epoch. */
export interface StepRows {
  /** Rows of a full step, and of the last step of an epoch. */
  readonly rows: number;
  readonly lastRows: number;
  readonly stepsPerEpoch: number;
}

/** Early steps that are examined, as a bad initialisation or learning rate shows at once. */
const earlySteps = [1, 10, 50];
/** Minimum number of steps between later examinations: one costs up to a step, so that they take at most 2 % of the time. */
const minGap = 50;
/** Minimum distance of examinations over several steps, as a multiple of their length. */
const minGapSpans = 4;
/** Rows needed to judge all rows by them: whether a unit is 0 on all, how much they differ, how many are classified correctly. */
const minRows = 100;
/** Rows needed for a mean loss: fewer could be dominated by a single row. */
const minLossRows = 16;

/**
 * Measures the layers of a model at intervals while it trains (examinations) and reports problems. An examination reads the activations
 * and gradients of one step, or of as many as it takes to see enough rows, as the rows of a small batch may not be typical. It copies
 * the parameters once, and a few times more in a long examination.
 */
export class HealthMonitor {
  readonly layers: readonly WeightedLayer[];
  private readonly kernels: Kernels;
  private readonly values: FloatArray;
  /** The parameters before a measured step. */
  private readonly before: FloatArray;
  /** Views of the weights in {@link before}, by layer. */
  private readonly weightsBefore: readonly FloatArray[];
  /** Steps of an examination, for batches of the expected sizes. */
  private readonly span: number;

  /** @param highestRate the learning rate of the spec, the maximum of every schedule. */
  constructor(private readonly objective: Objective, private readonly highestRate: number, { rows, lastRows, stepsPerEpoch }: StepRows) {
    const { model } = objective;
    this.kernels = model.kernels;
    this.layers = weightedLayers(model);
    this.values = model.arena.values;
    this.before = model.kernels.allocate(this.values.length);
    this.weightsBefore = this.layers.map(({ weights: { value } }) => {
      const from = (value.byteOffset - this.values.byteOffset) / value.BYTES_PER_ELEMENT;
      return this.before.subarray(from, from + value.length);
    });
    const meanRows = ((stepsPerEpoch - 1) * rows + lastRows) / stepsPerEpoch;
    this.span = lastRows >= minRows ? 1 : 1 + Math.ceil(minRows / meanRows);
  }

  /**
   * Whether a step belongs to an examination. Begins one where it is due: at a few early steps, and early enough to end with the next
   * evaluation, unless the last examination is too recent.
   */
  watches(step: number, nextEvaluation: number, state: HealthState): boolean {
    if (state.examination !== null) return true;
    const isEarly = earlySteps.includes(step);
    const isDue = step > nextEvaluation - this.span && nextEvaluation - state.examinedAt >= Math.max(minGap, minGapSpans * this.span);
    if (isEarly || isDue) state.examination = beginExamination(this.layers, step - 1, !isEarly);
    return state.examination !== null;
  }

  /** Whether the next step's gradients and update are measured: those of steps 1, 2, 4, 8, … of an examination. */
  measures({ examination }: HealthState): boolean {
    return examination !== null && Number.isInteger(Math.log2(examination.steps + 1));
  }

  /** Copies the parameters before a measured step, to compute its update afterwards. */
  beforeStep(state: HealthState): void {
    if (this.measures(state)) this.before.set(this.values);
  }

  /** Adds a batch of m rows, whose activations the model holds, to the examination. */
  observe(m: number, { examination }: HealthState): void {
    if (examination !== null) addBatch(examination, this.layers, m);
  }

  /** Called after a step of an examination; returns the measurements where it ends with this step. Updates the state. */
  afterStep(evaluates: boolean, state: HealthState): LayerHealth[] | undefined {
    const seen = state.examination!;
    if (this.measures(state)) this.measure(seen);
    seen.steps++;
    if (evaluates) seen.untilEvaluation = false;
    if (seen.rows < minRows || seen.untilEvaluation) return undefined;
    state.examinedAt = seen.after + 1;
    state.examination = null;
    return concludeExamination(seen, this.layers);
  }

  private measure(seen: Examination): void {
    const { kernels } = this;
    this.layers.forEach(({ weights: { value, gradient } }, l) => {
      const before = this.weightsBefore[l]!;
      const size = kernels.nrm2(before.length, before);
      kernels.axpy(before.length, -1, value, before);
      seen.weightRms[l]! += size / Math.sqrt(before.length);
      seen.gradientRms[l]! += kernels.nrm2(gradient.length, gradient) / Math.sqrt(gradient.length);
      seen.updateRatio[l]! += kernels.nrm2(before.length, before) / size;
    });
    seen.measured++;
  }

  /**
   * The problems found that were not reported before. Updates the state.
   * @param sums over the training rows since the last evaluation, at an evaluation.
   */
  diagnose(observation: StepObservation, sums: RunningSums | undefined, state: HealthState): Diagnosis[] {
    const { objective, highestRate, layers: model } = this;
    const { layers, evaluation } = observation;
    if (layers === undefined && evaluation === undefined && state.losses.rows < minLossRows) return [];
    const isFirst = state.loss === null;
    updateLoss(state);
    if (sums !== undefined) updateTrained(sums, state);
    const guessing = objective.predicts === 'classes' ? Math.log(objective.model.outputSize) : undefined;
    const facts = { ...observation, loss: state.loss, isFirst, trained: state.trained, penalty: objective.penalty(), highestRate, model, guessing };
    const found = diagnose(facts, state.said);
    state.said.push(...found.map(({ code }) => code));
    return found;
  }
}

/** Adds a step's loss. With large batches the loss of a single step is used. */
export function noteLoss(step: StepSums, { losses }: HealthState): void {
  if (step.rows >= minLossRows) clearSums(losses);
  addStep(losses, step);
}

function updateLoss(state: HealthState): void {
  if (state.losses.rows < minLossRows) return;
  if (state.losses.weight > 0) state.loss = meanLoss(state.losses);
  clearSums(state.losses);
}

function updateTrained(sums: RunningSums, state: HealthState): void {
  const { evaluated } = state;
  evaluated.rows += sums.rows;
  evaluated.rowWeight += sums.rowWeight;
  evaluated.correct += sums.correct;
  evaluated.weight += sums.weight;
  evaluated.lossSum += sums.lossSum;
  if (evaluated.rows < minRows) return;
  state.trained = { rows: evaluated.rows, loss: meanLoss(evaluated), accuracy: accuracyOf(evaluated) };
  clearSums(evaluated);
}
