import { checkModel, checkNumber, checkObject, checkOptions } from '../arguments';
import type { FloatArray, SourceArray } from '../kernels/contract';
import type { Mode } from '../model/layer';
import type { EvaluationLoss, Loss, Targets } from '../model/loss';
import { makeEvaluationLoss, makeLoss, predictedBy } from '../model/losses';
import type { Predicts } from '../model/losses';
import type { Sequential } from '../model/sequential';
import { checkGroups, decayFactor, ranges } from '../optim/groups';
import type { GroupOptions, Range } from '../optim/groups';

export interface ObjectiveOptions extends Pick<GroupOptions, 'decayBiases' | 'weightDecays'> {
  /** The loss that training minimises; by default softmax cross-entropy. */
  readonly loss?: Loss;
  /**
   * The loss that evaluation reports; by default the same, of an ensemble the plain loss of that name of its members' mean prediction.
   * Label smoothing and class weights change the scale of a loss; a spec with them evaluates the plain cross-entropy, so that runs stay
   * comparable.
   */
  readonly evaluationLoss?: EvaluationLoss;
}

/**
 * The function that training minimises: J̃ = mean loss of a batch + λ‖W‖², W being all weights without biases (equation 4 of the
 * course, for softmax cross-entropy). The gradients of the two terms are kept apart, as optimisers add 2λW in their update.
 */
export class Objective {
  private readonly trainingLoss: Loss;
  readonly evaluationLoss: EvaluationLoss;
  /** The loss of the last pass. */
  private current: EvaluationLoss;
  /** The parameters in the penalty, and the factor that each range of them has in it. */
  private readonly penalised: readonly Range[];
  private readonly penaltyFactors: Float64Array;

  /** @param l2 λ ≥ 0. */
  constructor(readonly model: Sequential, readonly l2: number, options: ObjectiveOptions = {}) {
    checkModel(model);
    checkNumber(l2, 'l2');
    checkOptions(options);
    checkGroups(options);
    const methods = ['name', 'forward', 'predict'];
    if (options.loss !== undefined) checkObject(options.loss, 'loss', 'a loss, such as SoftmaxCrossEntropy,', [...methods, 'backward']);
    if (options.evaluationLoss !== undefined) checkObject(options.evaluationLoss, 'evaluationLoss', 'a loss, such as SoftmaxCrossEntropy,', methods);
    const { arena } = model;
    this.trainingLoss = options.loss ?? makeLoss('cross-entropy', model);
    this.evaluationLoss = options.evaluationLoss ?? (model.members === 1 ? this.trainingLoss : makeEvaluationLoss(this.trainingLoss.name, model));
    this.current = this.trainingLoss;
    const factorOf = ({ first }: Range): number => decayFactor(first, options);
    this.penalised = ranges(arena, (one, next) => decayFactor(one, options) === decayFactor(next, options)).filter(factorOf);
    this.penaltyFactors = Float64Array.from(this.penalised, factorOf);
  }

  /** What the model's outputs stand for. */
  get predicts(): Predicts {
    return predictedBy(this.trainingLoss.name);
  }

  /** Of the last batch [m, outputs]: probabilities of classes or labels, rates, or for other regressions the model's outputs. */
  get predictions(): FloatArray {
    return this.current.predictions;
  }

  /** Divisor of the sum of the last batch for its mean: the rows, their weights summed, or all numbers of a regression, weighted too. */
  get weight(): number {
    return this.current.weight;
  }

  /** λ‖W‖², with the factors of the parameters' kinds. */
  penalty(): number {
    if (this.l2 === 0) return 0;
    let sum = 0;
    for (let i = 0; i < this.penalised.length; i++) {
      const { values } = this.penalised[i]!;
      sum += this.penaltyFactors[i]! * this.model.kernels.dot(values.length, values, values);
    }
    return this.l2 * sum;
  }

  /**
   * Sum of the losses of m rows x[m, inputSize], each times its weight, without the penalty; fills {@link predictions} and {@link weight}.
   * @param weights [m], by default all 1.
   */
  sum(m: number, x: SourceArray, targets: Targets, mode: Mode, weights?: FloatArray): number {
    this.model.forward(m, x, mode);
    return this.sumOfOutputs(m, targets, mode, weights);
  }

  /** {@link sum} for outputs that the model holds. */
  sumOfOutputs(m: number, targets: Targets, mode: Mode, weights?: FloatArray): number {
    this.current = mode === 'train' ? this.trainingLoss : this.evaluationLoss;
    return this.current.forward(m, this.model.output, targets, weights);
  }

  /** {@link predictions} for m rows x[m, inputSize] without targets. */
  predict(m: number, x: SourceArray): FloatArray {
    this.model.forward(m, x, 'evaluate');
    return this.predictOfOutputs(m);
  }

  /** {@link predictions} for m rows of outputs that the model holds. */
  predictOfOutputs(m: number): FloatArray {
    this.current = this.evaluationLoss;
    this.current.predict(m, this.model.output);
    return this.predictions;
  }

  /**
   * After {@link sum} in training mode, with the same weights: gradients ← scale · gradient of that sum.
   * @param ready see {@link Sequential.backward}.
   */
  backward(m: number, x: SourceArray, targets: Targets, scale: number, weights?: FloatArray, ready?: (layer: number) => void): void {
    this.trainingLoss.backward(m, this.model.output, targets, scale, this.model.outputGradient, weights);
    this.model.backward(m, x, ready);
  }

  /** J̃ on m rows, with layers in training mode. */
  loss(m: number, x: FloatArray, targets: Targets, weights?: FloatArray): number {
    return this.sum(m, x, targets, 'train', weights) / this.weight + this.penalty();
  }

  /** J̃ on m rows; gradients ← gradient of its first term. */
  lossAndGradient(m: number, x: FloatArray, targets: Targets, weights?: FloatArray): number {
    const loss = this.loss(m, x, targets, weights);
    this.backward(m, x, targets, 1 / this.weight, weights);
    return loss;
  }

  /** Adds 2λW to the gradients, which completes the gradient of J̃. */
  addPenaltyGradient(): void {
    this.penalised.forEach(({ values, gradients }, i) => {
      this.model.kernels.axpy(values.length, 2 * this.l2 * this.penaltyFactors[i]!, values, gradients);
    });
  }
}
