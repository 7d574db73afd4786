import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelsFor } from '../../lib/kernels';
import { allocate, unitRoundoff } from '../../lib/kernels/contract';
import type { FloatArray } from '../../lib/kernels/contract';
import { MeanSquaredError, SoftmaxCrossEntropy } from '../../lib/model/loss';
import type { Loss, Targets } from '../../lib/model/loss';
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
  function evaluate(loss: Loss, targets: Targets): Answer {
    const logits = array(golden.logits);
    const gradient = allocate(dtype, rows * outputs).fill(NaN);
    const sum = loss.forward(rows, logits, targets);
    loss.backward(rows, logits, targets, 1 / loss.weight, gradient);
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
