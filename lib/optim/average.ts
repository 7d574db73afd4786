import { checkModel, checkNumber } from '../arguments';
import type { FloatArray } from '../kernels/contract';
import type { Sequential } from '../model/sequential';

interface Averaged {
  readonly live: FloatArray;
  readonly average: FloatArray;
  readonly spare: FloatArray;
}

/**
 * An exponential moving average of a model's parameters: average ← d·average + (1 − d)·w after each update; the first update
 * sets it to w (as PyTorch's AveragedModel). Averages over about 1/(1 − d) updates.
 *
 * Buffers are averaged with the same d: the running statistics of batch normalisation are those of the weights of a step, and those of
 * the last step would not fit averaged weights.
 */
export class WeightAverage {
  private readonly arrays: readonly Averaged[];

  /** @param decay d in (0, 1). */
  constructor(private readonly model: Sequential, readonly decay: number) {
    checkModel(model);
    checkNumber(decay, 'decay');
    const live = [model.arena.values, ...model.buffers.map(({ value }) => value)];
    this.arrays = live.map((values) => {
      const [average, spare] = [model.kernels.allocate(values.length), model.kernels.allocate(values.length)];
      average.set(values);
      return { live: values, average, spare };
    });
  }

  /** The averages of the arena's values and of each buffer, in the model's order; while exchanged, the model's own values. */
  get state(): readonly FloatArray[] {
    return this.arrays.map(({ average }) => average);
  }

  /** Updates the averages after update number `step`, from 1. */
  update(step: number): void {
    const { kernels } = this.model;
    for (const { live, average } of this.arrays) {
      if (step === 1) average.set(live);
      else kernels.lerp(live.length, 1 - this.decay, live, average);
    }
  }

  /** Swaps the model's values and the averages, until the next exchange. */
  exchange(): void {
    for (const { live, average, spare } of this.arrays) {
      spare.set(live);
      live.set(average);
      average.set(spare);
    }
  }
}
