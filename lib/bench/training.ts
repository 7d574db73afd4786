import { buildTraining } from '../build/buildTraining';
import type { BuiltTraining, TrainingData } from '../build/buildTraining';
import { precisionOf } from '../spec/spec';
import { defaultKernels } from '../kernels';
import type { BackendName, Kernels } from '../kernels/contract';
import { summarize } from '../model/summary';
import type { BenchNet } from './nets';
import { inProcess } from './timing';
import type { Contender } from './timing';

/** A net ready to be trained step by step, and the operations of a step's products. */
export interface BenchTraining {
  readonly built: BuiltTraining;
  readonly flops: number;
  /** Draws a batch, computes the loss and its gradient, updates. */
  readonly step: () => void;
}

/** Builds a net on a backend, or on kernels that watch one. Throws what buildTraining throws. */
export function benchTraining({ spec }: BenchNet, data: TrainingData, kernels: BackendName | Kernels): BenchTraining {
  const built = buildTraining(spec, data, typeof kernels === 'string' ? defaultKernels(precisionOf(spec), kernels) : kernels);
  const { training: { step, schedule, objective: { model } } } = built;
  let steps = 0;
  return {
    built,
    flops: summarize(model).flops.step * spec.batchSize,
    step: () => {
      step.run(schedule(steps++));
    },
  };
}

/** Training a net as one of those that are timed. */
export function trainingContender(name: string, training: BenchTraining): Contender {
  return inProcess(name, training.step);
}
