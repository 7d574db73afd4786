import { allocate } from '../kernels/contract';
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

/** What the monitor remembers between its examinations; part of a checkpoint. */
export interface HealthState {
  /** The step before the last examination, from which on the next may begin. */
  examinedAt: number;
  /** Codes of the diagnoses made so far; each is said once. */
  readonly said: string[];
  /** The one that has begun and has not seen enough rows. */
  examination: Examination | null;
  /** Steps since there were enough rows for a mean loss, and the last such mean; null before the first. */
  readonly losses: RunningSums;
  loss: number | null;
  /** Rows of the evaluations since there were enough of them, and the last rows that were enough. */
  readonly evaluated: RunningSums;
  trained: RowScores | null;
}

/** The state before training. */
export function freshHealth(): HealthState {
  return {
    examinedAt: 0, said: [], examination: null, losses: emptySums(), loss: null, evaluated: emptySums(), trained: null,
  };
}

/** How many rows a step takes, and how many steps an epoch. */
export interface StepRows {
  /** Of a whole step, and of the last one of an epoch. */
  readonly rows: number;
  readonly lastRows: number;
  readonly stepsPerEpoch: number;
}

/** Early steps that are examined, because a bad start shows at once. */
const earlySteps = [1, 10, 50];
/** Least steps between later examinations: one costs up to a step, so they stay below 2 % of the time. */
const minGap = 50;
/** Examinations of several steps take one in so many at most. */
const minPauses = 4;
/** Rows that it takes to say something of all rows: that a unit is 0 on each of them, that they differ by little, how many are right. */
const minRows = 100;
/** Rows whose mean loss no single row decides. */
const minLossRows = 16;

/**
 * Measures the layers of a model now and then while it trains. An examination reads the activations and gradients that steps leave
 * behind anyway, of one step, or of as many as it takes to see enough rows: what holds for the rows of a small batch need not
 * hold for others. It copies the parameters once, and in a long examination a few times more.
 */
export class HealthMonitor {
  readonly layers: readonly WeightedLayer[];
  private readonly kernels: Kernels;
  private readonly values: FloatArray;
  private readonly before: FloatArray;
  /** The weights in {@link before}, layer by layer. */
  private readonly weightsBefore: readonly FloatArray[];
  /** Steps that an examination takes at most, where rows come as they should. */
  private readonly span: number;

  /** @param highestRate the learning rate that the spec names, from which schedules only fall. */
  constructor(private readonly objective: Objective, private readonly highestRate: number, { rows, lastRows, stepsPerEpoch }: StepRows) {
    const { model } = objective;
    this.kernels = model.kernels;
    this.layers = weightedLayers(model);
    this.values = model.arena.values;
    this.before = allocate(model.kernels.dtype, this.values.length);
    this.weightsBefore = this.layers.map(({ weights: { value } }) => {
      const from = (value.byteOffset - this.values.byteOffset) / value.BYTES_PER_ELEMENT;
      return this.before.subarray(from, from + value.length);
    });
    const meanRows = ((stepsPerEpoch - 1) * rows + lastRows) / stepsPerEpoch;
    this.span = lastRows >= minRows ? 1 : 1 + Math.ceil(minRows / meanRows);
  }

  /**
   * Whether a step belongs to an examination; begins one where it is due: at a few early steps, and so that it ends with the next
   * evaluation, unless these come too often.
   */
  watches(step: number, nextEvaluation: number, state: HealthState): boolean {
    if (state.examination !== null) return true;
    const isEarly = earlySteps.includes(step);
    const isDue = step > nextEvaluation - this.span && nextEvaluation - state.examinedAt >= Math.max(minGap, minPauses * this.span);
    if (isEarly || isDue) state.examination = beginExamination(this.layers, step - 1, !isEarly);
    return state.examination !== null;
  }

  /** Whether the next step's gradients and update are measured: of an examination the steps 1, 2, 4, 8 and so on. */
  measures({ examination }: HealthState): boolean {
    return examination !== null && Number.isInteger(Math.log2(examination.steps + 1));
  }

  /** Remembers the parameters, to see how far a step moves them, where that is measured. */
  beforeStep(state: HealthState): void {
    if (this.measures(state)) this.before.set(this.values);
  }

  /** Takes note of a batch of m rows, whose activations are in the model. */
  observe(m: number, { examination }: HealthState): void {
    if (examination !== null) addBatch(examination, this.layers, m);
  }

  /** Takes note of a step; what came out where its examination ends with it. Updates the state. */
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
   * What is found wrong and was not said before. Updates the state.
   * @param sums those of the training rows since the evaluation before, where there is one.
   */
  diagnose(observation: StepObservation, sums: RunningSums | undefined, state: HealthState): Diagnosis[] {
    const { objective, highestRate, layers: model } = this;
    const { layers, evaluation } = observation;
    if (layers === undefined && evaluation === undefined && state.losses.rows < minLossRows) return [];
    const isFirst = state.loss === null;
    judgeLoss(state);
    if (sums !== undefined) judgeEvaluated(sums, state);
    const guessing = objective.classifies ? Math.log(objective.model.outputSize) : undefined;
    const facts = { ...observation, loss: state.loss, isFirst, trained: state.trained, penalty: objective.penalty(), highestRate, model, guessing };
    const found = diagnose(facts, state.said);
    state.said.push(...found.map(({ code }) => code));
    return found;
  }
}

/** Takes note of a step's loss. Of large batches each is judged by itself. */
export function noteLoss(step: StepSums, { losses }: HealthState): void {
  if (step.rows >= minLossRows) clearSums(losses);
  addStep(losses, step);
}

function judgeLoss(state: HealthState): void {
  if (state.losses.rows < minLossRows) return;
  if (state.losses.weight > 0) state.loss = meanLoss(state.losses);
  clearSums(state.losses);
}

function judgeEvaluated(sums: RunningSums, state: HealthState): void {
  const { evaluated } = state;
  evaluated.rows += sums.rows;
  evaluated.correct += sums.correct;
  evaluated.weight += sums.weight;
  evaluated.lossSum += sums.lossSum;
  if (evaluated.rows < minRows) return;
  state.trained = { rows: evaluated.rows, loss: meanLoss(evaluated), accuracy: accuracyOf(evaluated) };
  clearSums(evaluated);
}
