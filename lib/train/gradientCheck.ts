import { checkList, checkObject } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import { isLabels } from '../model/loss';
import type { Targets } from '../model/loss';
import { checkOptionsOf, compareGradients } from './compareGradients';
import type { GradientCheckOptions, GradientReport } from './compareGradients';
import type { Objective } from './objective';

export { failureText } from './compareGradients';
export type { GradientCheckOptions, GradientElement, GradientReport, ParameterReport } from './compareGradients';

/**
 * Compares the gradient of J̃ that backpropagation computes on m rows x[m, inputSize] with central differences of the
 * loss, parameter by parameter. Needs a float64 model. Layers are in training mode: every evaluation uses the dropout masks
 * of the next step, and batch normalisation the batch's statistics. Parameters, running statistics and random generators are
 * left unchanged; the arena's gradients hold ∂J̃/∂θ afterwards.
 *
 * The quotient n has errors of its own, which dominate where the gradient is tiny. An element passes when |a − n| is within
 * `tolerance` of max(1e-8, |a| + |n|), or within the error of n:
 * - rounding: a loss has an error of standard deviation σ (see {@link lossNoise}), so that the difference of two over 2h has
 *   σ/(√2·h); allowed is NOISE_FACTOR·σ/2h.
 * - truncation: n(h) = ∂J̃ + c·h² + O(h⁴), hence c·h² = 4/3·(n(h) − n(h/2)).
 *
 * Neither depends on a, so that neither can hide a gradient that is wrong by more than the resolution of the check (see
 * docs/backpropagation.md, section 7).
 *
 * ReLU has no derivative at 0, and a quotient across its kink does not estimate one. A step is used only where every piecewise
 * linear layer stays in its linear region at θ; otherwise smaller steps are tried, then the element is skipped and counted as a kink.
 *
 * Throws ERR_CONFIG for a float32 model or an option out of range, ERR_SHAPE for x and targets that do not fit, and what
 * the kernels throw.
 */
export function checkGradients(
  objective: Objective,
  m: number,
  x: FloatArray,
  targets: Targets,
  options: GradientCheckOptions = {},
): GradientReport {
  checkObject(objective, 'objective', 'an Objective', ['model', 'lossAndGradient']);
  checkList(x, 'x', 'numbers', true);
  checkList(targets, 'targets', 'labels or numbers', true);
  checkOptionsOf(options);
  validate(objective, m, x, targets);
  const { model } = objective;
  const masks = model.getRandomStates();
  const buffers = model.buffers.map(({ value }) => value.slice());
  const { arena } = model;
  try {
    return compareGradients({
      arrays: arena.parameters,
      values: [arena.values],
      gradients: [arena.gradients],
      loss: () => {
        model.setRandomStates(masks);
        return objective.loss(m, x, targets);
      },
      lossAndGradient: () => {
        model.setRandomStates(masks);
        const loss = objective.lossAndGradient(m, x, targets);
        objective.addPenaltyGradient();
        return loss;
      },
      regions: () => model.linearRegions(m),
    }, options);
  } finally {
    model.setRandomStates(masks);
    model.buffers.forEach(({ value }, i) => {
      value.set(buffers[i]!);
    });
  }
}

function validate(
  { model, evaluationLoss }: Objective, m: number, x: FloatArray, targets: Targets,
): void {
  if (model.arena.dtype !== 'float64') throw expected('ERR_CONFIG', 'a float64 model', 'a gradient check', model.arena.dtype);
  if (!(Number.isInteger(m) && m > 0 && m <= model.maxBatch)) {
    throw expected('ERR_SHAPE', `1 to ${String(model.maxBatch)} rows`, 'a gradient check', m);
  }
  const size = m * model.inputSize;
  if (x.length < size) throw expected('ERR_SHAPE', `${String(m)}×${String(model.inputSize)} numbers`, 'x', x);
  if (isLabels(targets)) {
    if (targets.length < m) throw expected('ERR_SHAPE', `${String(m)} labels`, 'labels', targets);
    return;
  }
  const width = model.outputSize / (evaluationLoss.levels?.length ?? 1);
  if (targets.length < m * width) throw expected('ERR_SHAPE', `${String(m)}×${String(width)} numbers`, 'targets', targets);
}

