import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { allocate, unitRoundoff } from '../../lib/kernels/contract';
import type { FloatArray } from '../../lib/kernels/contract';
import { MeanSquaredError, SoftmaxCrossEntropy } from '../../lib/model/loss';
import type { Loss, LossName, Targets } from '../../lib/model/loss';
import { losses } from '../../lib/model/losses';
import { variants } from '../support/backends';

// PyTorch's own losses and gradients, made by ../golden/losses.py.

interface Answer { loss: number; gradient: number[] }
interface Golden {
  rows: number;
  outputs: number;
  logits: number[];
  labels: number[];
  probabilities: number[];
  numbers: number[];
  crossEntropy: (Answer & { targets: 'labels' | 'probabilities'; labelSmoothing: number; classWeights: number[] | null })[];
  meanSquaredError: Answer;
  levels: number[];
  rowLosses: (Answer & { name: LossName; weights: number[] | null; targets: number[]; outputs: number; labelSmoothing?: number; classWeights?: number[] | null })[];
}
const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'losses.json'), 'utf8')) as Golden;
const { rows, outputs } = golden;

describe.each(variants)('on $backend $dtype', ({ backend, dtype }) => {
  const kernels = kernelsFor(dtype, backend);
  const array = (values: readonly number[]): FloatArray => {
    const result = allocate(dtype, values.length);
    result.set(values);
    return result;
  };

  /** The mean loss and its gradient; room for more rows than there are must not matter. */
  function evaluate(loss: Loss, targets: Targets, weights?: FloatArray, width = outputs): Answer {
    const logits = array(golden.logits.filter((_, at) => at % outputs < width));
    const gradient = allocate(dtype, rows * width).fill(NaN);
    const sum = loss.forward(rows, logits, targets, weights);
    loss.backward(rows, logits, targets, 1 / loss.weight, gradient, weights);
    return { loss: sum / loss.weight, gradient: Array.from(gradient) };
  }

  /** Inputs below 8 and targets are rounded to the dtype, the loss is below 4, and no sum has more than 4·6 terms. */
  function expectAnswer(found: Answer, right: Answer): void {
    expect(Math.abs(found.loss - right.loss)).toBeLessThan(64 * unitRoundoff(dtype) * 8);
    found.gradient.forEach((value, i) => {
      expect(Math.abs(value - right.gradient[i]!)).toBeLessThan(64 * unitRoundoff(dtype));
    });
  }

  test.each(golden.crossEntropy)('cross-entropy on $targets, smoothing $labelSmoothing, weights $classWeights', (right) => {
    const { targets, labelSmoothing, classWeights } = right;
    const loss = new SoftmaxCrossEntropy(kernels, outputs, rows + 2, { labelSmoothing, ...(classWeights && { classWeights }) });
    expectAnswer(evaluate(loss, targets === 'labels' ? Int32Array.from(golden.labels) : array(golden.probabilities)), right);
    for (let i = 0; i < rows; i++) {
      const row = loss.predictions.subarray(i * outputs, (i + 1) * outputs);
      expect(Array.from(row).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
  });

  test('mean squared error', () => {
    const loss = new MeanSquaredError(kernels, outputs);
    expectAnswer(evaluate(loss, array(golden.numbers)), golden.meanSquaredError);
    expect(Array.from(loss.predictions)).toEqual(Array.from(array(golden.logits)));
  });

  test.each(golden.rowLosses)('$name, weights of rows $weights', (right) => {
    const { name, weights, targets, outputs: width, labelSmoothing = 0, classWeights } = right;
    const loss = losses[name].make(kernels, width, rows + 2, { labelSmoothing, ...(classWeights && { classWeights }), huberDelta: 1.5, quantiles: golden.levels });
    const given = name === 'cross-entropy' ? Int32Array.from(targets) : array(targets);
    // Twice: what a batch leaves behind must not matter.
    evaluate(loss, given, undefined, width);
    expectAnswer(evaluate(loss, given, weights === null ? undefined : array(weights), width), right);
    const predictions = Array.from(loss.predictions.subarray(0, rows * width));
    loss.predict(rows, array(golden.logits.filter((_, at) => at % outputs < width)));
    expect(Array.from(loss.predictions.subarray(0, rows * width))).toEqual(predictions);
  });

  test('the general way agrees with the short one on plain labels', () => {
    const labels = Int32Array.from(golden.labels);
    const plain = evaluate(new SoftmaxCrossEntropy(kernels, outputs, rows), labels);
    const general = evaluate(new SoftmaxCrossEntropy(kernels, outputs, rows, { classWeights: [1, 1, 1, 1] }), labels);
    expectAnswer(general, plain);
  });

  test.each([-1, 4])('refuses the label %d, with smoothing as without', (label) => {
    const labels = Int32Array.from(golden.labels).fill(label, 5);
    for (const labelSmoothing of [0, 0.1]) {
      const loss = new SoftmaxCrossEntropy(kernels, outputs, rows, { labelSmoothing });
      expect(() => evaluate(loss, labels)).toThrow(expect.objectContaining({ code: 'ERR_KERNEL_INDEX' }));
    }
  });

  test('refuses labels where numbers are due', () => {
    expect(() => evaluate(new MeanSquaredError(kernels, outputs), new Int32Array(rows * outputs)))
      .toThrow(expect.objectContaining({ code: 'ERR_KERNEL_ARG' }));
  });
});
