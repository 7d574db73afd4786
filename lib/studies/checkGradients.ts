import { checkObject, checkOptions } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { Targets } from '../model/loss';
import type { GivenSpec } from '../spec/spec';
import { checkFunction } from '../train/functionCheck';
import type { DifferentiableFunction, NamedArrays } from '../train/functionCheck';
import { checkGradients as checkObjective } from '../train/gradientCheck';
import type { GradientCheckOptions, GradientReport } from '../train/gradientCheck';
import type { Objective } from '../train/objective';
import type { GradcheckReport, SpecCheckOptions } from './gradcheck';
import { runStudy } from './threads/runStudy';
import type { StudyOptions } from './threads/runStudy';

/** How the model of a spec is checked. */
export interface SpecGradientOptions extends Partial<SpecCheckOptions>, StudyOptions {}

/**
 * Compares gradients with central differences in float64, element by element or along random directions: those of
 *
 * - an objective, on m rows x[m, inputSize] and their targets, see `Objective`; layers are in training mode with fixed masks;
 * - any function of Float64Arrays by name, which gives its loss and gradients;
 * - a spec's model and loss, on the first rows of its data (5 by default), in a thread: a promise.
 *
 * An element passes when the difference is within `tolerance` of max(1e-8, |a| + |n|), or within the rounding and truncation errors of the quotient, which are measured
 * (docs/backpropagation.md, section 7). Values, running statistics and generators are left unchanged.
 *
 * Throws ERR_CONFIG for a float32 model or an option out of range, ERR_SHAPE for arrays that do not fit, and what the function or the kernels throw.
 */
export function checkGradients(objective: Objective, m: number, x: FloatArray, targets: Targets, options?: GradientCheckOptions): GradientReport;
export function checkGradients(f: DifferentiableFunction, x: NamedArrays, options?: GradientCheckOptions): GradientReport;
export function checkGradients(spec: GivenSpec, options?: SpecGradientOptions): Promise<GradcheckReport>;
export function checkGradients(what: Objective | DifferentiableFunction | GivenSpec, ...rest: readonly unknown[]): GradientReport | Promise<GradcheckReport> {
  if (typeof what === 'function') return checkFunction(what, rest[0] as NamedArrays, rest[1] as GradientCheckOptions | undefined);
  checkObject(what, 'the first argument', 'an Objective, a function or a spec');
  if ('lossAndGradient' in what || rest.length > 1) return checkObjective(what as Objective, ...rest as [number, FloatArray, Targets, GradientCheckOptions?]);
  return checkSpecInThread(what, rest[0] as SpecGradientOptions | undefined);
}

async function checkSpecInThread(spec: GivenSpec, options: SpecGradientOptions = {}): Promise<GradcheckReport> {
  checkOptions(options);
  const { data, module, batch = 5, ...checks } = options;
  if (!(Number.isSafeInteger(batch) && batch >= 1)) throw expected('ERR_CONFIG', 'an integer of at least 1', 'batch', batch, { path: 'batch' });
  return runStudy('checkSpec', spec, { ...(data && { data }), ...(module !== undefined && { module }) }, { ...checks, batch });
}
