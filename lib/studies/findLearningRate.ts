import { checkOptions } from '../arguments';
import type { GivenSpec } from '../spec/spec';
import { checkRates } from './lrFind';
import type { LrFindOptions, LrFindReport } from './lrFind';
import { runStudy } from './threads/runStudy';
import type { StudyOptions } from './threads/runStudy';

/**
 * The learning-rate range test (Smith 2017, section 3.3) in a thread: trains the spec's model from its initial weights while the rate grows exponentially from step to
 * step, and reads off the loss where learning is fastest and where it breaks. The spec's schedules and length are ignored; momentum, decay and augmentation are used.
 *
 * Rejects with ERR_CONFIG for an impossible range or spec, ERR_DATA for test rows, ERR_SHAPE, ERR_BACKEND.
 */
export async function findLearningRate(spec: GivenSpec, options: LrFindOptions & StudyOptions = {}): Promise<LrFindReport> {
  checkOptions(options);
  const { data, module, ...rates } = options;
  checkRates(rates);
  return runStudy('sweepLearningRates', spec, { ...(data && { data }), ...(module !== undefined && { module }) }, rates);
}
