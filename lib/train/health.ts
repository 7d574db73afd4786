import { allocate } from '../kernels/contract';
import type { FloatArray, Kernels } from '../kernels/contract';
import { diagnose } from './diagnose';
import type { Diagnosis } from './diagnose';
import type { EvaluationEvent, LayerHealth } from './events';
import { weightedLayers } from './layers';
import type { WeightedLayer } from './layers';
import type { Objective } from './objective';

/** What the monitor remembers between its examinations; part of a checkpoint. */
export interface HealthState {
  /** The step of the last examination. */
  examinedAt: number;
  /** Codes of the diagnoses made so far; each is said once. */
  readonly said: string[];
}

/** The state before training. */
export function freshHealth(): HealthState {
  return { examinedAt: 0, said: [] };
}

/** What can be seen at a step. */
export interface Sighting {
  readonly step: number;
  /** On the step's batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** Where the step was examined. */
  readonly layers: readonly LayerHealth[] | undefined;
  readonly evaluation: EvaluationEvent | undefined;
}

/** Early steps that are examined, because a bad start shows at once. */
const earlySteps = [1, 10, 50];
/** Least steps between later examinations: one costs up to a step, so they stay below 2 % of the time. */
const leastGap = 50;

/**
 * Measures the layers of a model now and then while it trains. All memory is allocated here. An examination reads the
 * activations and gradients that the step leaves behind anyway and copies the parameters once.
 */
export class HealthMonitor {
  readonly layers: readonly WeightedLayer[];
  private readonly kernels: Kernels;
  private readonly values: FloatArray;
  private readonly before: FloatArray;
  /** The weights in {@link before}, layer by layer. */
  private readonly weightsBefore: readonly FloatArray[];
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;

  /** @param highestRate the learning rate that the spec names, from which schedules only fall. */
  constructor(private readonly objective: Objective, private readonly highestRate: number) {
    const { model } = objective;
    this.kernels = model.kernels;
    this.layers = weightedLayers(model);
    this.values = model.arena.values;
    this.before = allocate(model.kernels.dtype, this.values.length);
    this.weightsBefore = this.layers.map(({ weights: { value } }) => {
      const from = (value.byteOffset - this.values.byteOffset) / value.BYTES_PER_ELEMENT;
      return this.before.subarray(from, from + value.length);
    });
    const widest = Math.max(0, ...this.layers.map(({ units }) => units));
    this.sums = new Float64Array(widest);
    this.squares = new Float64Array(widest);
  }

  /** Whether a step is to be examined: a few early ones, then those of evaluations unless these come too often. */
  isDue(step: number, evaluates: boolean, { examinedAt }: HealthState): boolean {
    return earlySteps.includes(step) || (evaluates && step - examinedAt >= leastGap);
  }

  /** Remembers the parameters, to see how far a step moves them. */
  beforeStep(): void {
    this.before.set(this.values);
  }

  /** Measures all layers on what the step, or the last of its batches, of m rows, left behind. */
  afterStep(m: number): LayerHealth[] {
    return this.layers.map((layer, i) => {
      const { number, weights: { name, value, gradient }, units, output, reluOutput } = layer;
      const before = this.weightsBefore[i]!;
      const size = this.kernels.nrm2(before.length, before);
      this.kernels.axpy(before.length, -1, value, before);
      return {
        layer: number,
        weights: name,
        activationStd: this.spread(m, units, output),
        ...(reluOutput && { deadUnits: this.deadShare(m, units, reluOutput) }),
        weightRms: size / Math.sqrt(before.length),
        gradientRms: this.kernels.nrm2(gradient.length, gradient) / Math.sqrt(gradient.length),
        updateRatio: this.kernels.nrm2(before.length, before) / size,
      };
    });
  }

  /** What is found wrong and was not said before. Updates the state. */
  diagnose(seen: Sighting, state: HealthState): Diagnosis[] {
    if (seen.layers !== undefined) state.examinedAt = seen.step;
    const { objective, highestRate, layers: model } = this;
    const guessing = objective.classifies ? Math.log(objective.model.outputSize) : undefined;
    const facts = { ...seen, penalty: objective.penalty(), highestRate, model, guessing };
    const found = diagnose(facts, state.said);
    state.said.push(...found.map(({ code }) => code));
    return found;
  }

  /** Root of the mean over units of the variance over rows: what the batch's rows differ by, biases left out. */
  private spread(m: number, units: number, output: FloatArray): number {
    const { sums, squares } = this;
    sums.fill(0, 0, units);
    squares.fill(0, 0, units);
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < units; j++) {
        const value = output[at++]!;
        sums[j]! += value;
        squares[j]! += value * value;
      }
    }
    let variance = 0;
    for (let j = 0; j < units; j++) variance += Math.max(0, squares[j]! / m - (sums[j]! / m) ** 2);
    return Math.sqrt(variance / units);
  }

  /** Share of the units that are 0 on all rows. */
  private deadShare(m: number, units: number, output: FloatArray): number {
    const active = this.sums.fill(0, 0, units);
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < units; j++) if (output[at++]! > 0) active[j] = 1;
    }
    let dead = 0;
    for (let j = 0; j < units; j++) if (active[j] === 0) dead++;
    return dead / units;
  }
}
