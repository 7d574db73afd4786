import { checkModel, checkNumber } from '../arguments';
import { allocate } from '../kernels/contract';
import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';

interface Averaged {
  readonly live: FloatArray;
  readonly average: FloatArray;
  readonly spare: FloatArray;
}

/**
 * An exponential moving average of a model's parameters: average ← d·average + (1 − d)·w after each update, the first of
 * which sets it (as PyTorch's AveragedModel). The mean reaches back over about 1/(1 − d) updates.
 *
 * Buffers are averaged with the same d. Running statistics of batch normalisation belong to the weights they were measured
 * with; copied from the last step they would not fit weights that are an average over many.
 */
export class WeightAverage {
  private readonly arrays: readonly Averaged[];

  /** @param decay d in (0, 1). */
  constructor(private readonly model: Sequential, readonly decay: number) {
    checkModel(model);
    checkNumber(decay, 'decay');
    const live = [model.arena.values, ...model.buffers.map(({ value }) => value)];
    this.arrays = live.map((values) => ({
      live: values,
      average: values.slice(),
      spare: allocate(model.kernels.dtype, values.length),
    }));
  }

  /** The averages of the arena's values and of each buffer, in the model's order; the model's own while exchanged. */
  get state(): readonly FloatArray[] {
    return this.arrays.map(({ average }) => average);
  }

  /** Takes the model as it is after update number `step`, from 1. */
  update(step: number): void {
    const { kernels } = this.model;
    for (const { live, average } of this.arrays) {
      if (step === 1) average.set(live);
      else kernels.lerp(live.length, 1 - this.decay, live, average);
    }
  }

  /** Lets the model and the averages change places, until the next exchange. */
  exchange(): void {
    for (const { live, average, spare } of this.arrays) {
      spare.set(live);
      live.set(average);
      average.set(spare);
    }
  }
}
