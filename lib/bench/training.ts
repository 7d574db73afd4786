import { buildTraining } from '../build/buildTraining';
import type { BuiltTraining, TrainingData } from '../build/buildTraining';
import { precisionOf } from '../spec/spec';
import { defaultKernels } from '../kernels';
import type { BackendName, Kernels } from '../kernels/contract';
import { summarize } from '../model/summary';
import type { BenchNet } from './nets';
import { inProcess } from './timing';
import type { Contender } from './timing';

/** A built net, its step, and the FLOPs of a step's products. */
export interface BenchTraining {
  readonly built: BuiltTraining;
  readonly flops: number;
  /** One training step: draws a batch, computes loss and gradient, updates the weights. */
  readonly step: () => void;
}

/** Builds a net on a backend or on given kernels. Throws what buildTraining throws. */
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

/** A net's training step as a contender. */
export function trainingContender(name: string, training: BenchTraining): Contender {
  return inProcess(name, training.step);
}
