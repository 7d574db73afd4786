import { kernelsFor } from '../../lib/kernels';
import { initialize } from '../../lib/model/init';
import { MeanSquaredError, SoftmaxCrossEntropy } from '../../lib/model/loss';
import { BinaryCrossEntropy, HuberLoss, MeanAbsoluteError, PoissonLoss, QuantileLoss } from '../../lib/model/rowLosses';
import type { Loss, Targets } from '../../lib/model/loss';
import { mlp } from '../../lib/model/sequential';
import type { Sequential } from '../../lib/model/sequential';
import { RandomState } from '../../lib/random';
import { checkGradients, failureText } from '../../lib/train/gradientCheck';
import { Objective } from '../../lib/train/objective';
import { backends } from '../support/backends';

// Each loss through a whole network, against central differences, the penalty on biases and the factor of weights in it included.

const [rows, outputs] = [7, 4];
const random = new RandomState(5);
const labels = random.randint(0, outputs, rows);
const numbers = random.randn(rows * outputs);
const probabilities = Float64Array.from(random.uniform(0, 1, rows * outputs));
const weights = [0.5, 2, 0, 1.25];

const cases: [string, (model: Sequential) => Loss, Targets][] = [
  ['plain cross-entropy', ({ kernels }) => new SoftmaxCrossEntropy(kernels, outputs, rows), labels],
  ['smoothed', ({ kernels }) => new SoftmaxCrossEntropy(kernels, outputs, rows, { labelSmoothing: 0.2 }), labels],
  ['weighted', ({ kernels }) => new SoftmaxCrossEntropy(kernels, outputs, rows, { classWeights: weights }), labels],
  ['both, on probabilities', ({ kernels }) => new SoftmaxCrossEntropy(kernels, outputs, rows, { labelSmoothing: 0.2, classWeights: weights }), probabilities],
  ['squared error', ({ kernels }) => new MeanSquaredError(kernels, outputs), numbers],
  ['binary cross-entropy', ({ kernels }) => new BinaryCrossEntropy(kernels, outputs, rows), probabilities],
  ['Huber', ({ kernels }) => new HuberLoss(kernels, outputs, rows, 0.7), numbers],
  ['absolute error', ({ kernels }) => new MeanAbsoluteError(kernels, outputs, rows), numbers],
  ['quantiles', ({ kernels }) => new QuantileLoss(kernels, outputs, rows, [0.2, 0.9]), numbers.subarray(0, 2 * rows)],
  ['Poisson', ({ kernels }) => new PoissonLoss(kernels, outputs, rows), probabilities],
];

describe.each(backends)('on %s', (backend) => {
  test.each(cases)('%s', (_, loss, targets) => {
    const model = mlp([5, 9, outputs], kernelsFor('float64', backend), rows);
    const draws = new RandomState(1);
    initialize(model, 'he', 0, draws);
    model.arena.unregularised.values.set(draws.randn(9 + outputs).map((draw) => 0.1 * draw));
    const objective = new Objective(model, 0.03, { loss: loss(model), decayBiases: true, weightDecays: { weight: 2 } });
    const report = checkGradients(objective, rows, draws.randn(rows * 5), targets);
    expect(report.parameters.filter(({ passed }) => !passed).map(failureText)).toEqual([]);
    expect(report.parameters.map(({ checked, kinks }) => checked + kinks)).toEqual([45, 9, 36, 4]);
  });

  test('too few numbers are refused', () => {
    const model = mlp([5, outputs], kernelsFor('float64', backend), rows);
    const objective = new Objective(model, 0, { loss: new MeanSquaredError(model.kernels, outputs) });
    expect(() => checkGradients(objective, rows, new Float64Array(rows * 5), numbers.subarray(1)))
      .toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
