import type { FloatArray } from '../kernels/contract';

/** A rule that moves the parameters of an arena along its gradients, with its state in plain sight. */
export interface Optimizer {
  readonly name: string;
  /** The rule's memory by name, each as long as the arena; saved in checkpoints. */
  readonly state: Readonly<Record<string, FloatArray>>;
  /** One update from the arena's current gradients. */
  step(learningRate: number): void;
}
