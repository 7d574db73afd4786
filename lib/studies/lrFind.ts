import { expected } from '../errors';
import { setThreads } from '../kernels';
import type { BackendName, Dtype } from '../kernels/contract';
import { defaultThreads } from '../machine';
import { buildTraining } from '../build/buildTraining';
import { kernelsOf } from '../build/kernelsOf';
import type { TrainingData } from '../build/buildTraining';
import { startOf } from '../inference/source';
import { parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { trainingRows } from '../build/trainingRows';

/** The rates to try; by default 200 from 1e-6 to 10. */
export interface LrFindOptions {
  readonly from?: number;
  readonly to?: number;
  readonly steps?: number;
}

export const lrFindDefaults = { from: 1e-6, to: 10, steps: 200 } as const;

/** One training step of the sweep. */
export interface LrPoint {
  readonly learningRate: number;
  /** Loss of the step's rows before the update. */
  readonly loss: number;
  /** Centred mean over the rows of a tenth of the sweep. */
  readonly smoothed: number;
}

/** Result of a sweep. */
export interface LrFindReport {
  readonly points: readonly LrPoint[];
  /** A learning rate to start with; null where the loss never fell. */
  readonly suggestion: number | null;
  /** Where the smoothed loss falls fastest per decade; null where it never fell. */
  readonly steepest: number | null;
  /** Where the loss blew up; null where it never did. */
  readonly divergence: number | null;
  /** How the suggestion was made, in a sentence. */
  readonly reason: string;
  readonly backend: BackendName;
  readonly dtype: Dtype;
}

/** A sweep ends once the loss is not finite, or above the first and this many times the lowest so far. */
const BLOWN_UP = 4;
/** A fall by less than this share of the first loss counts as noise. */
const MIN_FALL = 0.02;
/** Rows over which the loss is averaged before it is compared, but no more steps than a share of the sweep. */
const MIN_ROWS = 100;
const MAX_SWEEP_SHARE = 0.1;
/** A first step of at least this many rows sets the lowest loss by itself. */
const MIN_FIRST_ROWS = 16;

/** Throws ERR_CONFIG for an impossible range. */
export function checkRates(options: LrFindOptions): Required<LrFindOptions> {
  const { from, to, steps } = { ...lrFindDefaults, ...options };
  if (!(from > 0 && Number.isFinite(from))) throw expected('ERR_CONFIG', 'a positive number', 'from', from, { path: 'from' });
  if (!(to > from && Number.isFinite(to))) throw expected('ERR_CONFIG', `a number above ${String(from)}`, 'to', to, { path: 'to' });
  if (!(Number.isInteger(steps) && steps >= 20)) throw expected('ERR_CONFIG', 'an integer of at least 20', 'steps', steps, { path: 'steps' });
  return { from, to, steps };
}

/**
 * What `findLearningRate` does in its thread.
 *
 * The suggestion is a tenth of the rate at which the loss blew up. The rate at which the loss falls fastest, which others suggest, is
 * reported too; but for a net whose first loss is far above log(classes) that is where it unlearns its initial weights, at rates ten
 * times too small for training.
 *
 * Throws ERR_CONFIG for an impossible range, ERR_DATA for test rows, ERR_SHAPE, ERR_BACKEND.
 */
export function sweepLearningRates(given: TrainSpec, data: TrainingData, options: LrFindOptions = {}): LrFindReport {
  const { from, to, steps } = checkRates(options);
  const spec: TrainSpec = { ...parseSpec(given), dropoutSchedule: 'constant', weightDecaySchedule: 'constant' };
  const kernels = kernelsOf(spec);
  setThreads(spec.threads ?? defaultThreads(), spec.divisions);
  const rows = trainingRows(data);
  const start = startOf(spec, rows, kernels);
  const { step } = buildTraining(start?.spec ?? spec, start?.data ?? rows, kernels, { start }).training;
  const rates: number[] = [];
  const losses: WeighedLoss[] = [];
  let lowest = Infinity;
  let divergence: number | null = null;
  for (let i = 0; i < steps && divergence === null; i++) {
    const rate = from * (to / from) ** (i / (steps - 1));
    const finite = step.run(rate);
    if (finite && step.weight === 0) continue; // rows of classes that count for nothing
    if (finite) {
      rates.push(rate);
      losses.push({ loss: step.loss, weight: step.weight, rows: step.rows });
    }
    const recent = recentMean(losses, MAX_SWEEP_SHARE * steps);
    // A first step of enough rows counts at once, as the loss may blow up at the second.
    if (losses.length === 1 && losses[0]!.rows >= MIN_FIRST_ROWS) lowest = losses[0]!.loss;
    if (recent !== undefined) lowest = Math.min(lowest, recent);
    if (!finite || (recent !== undefined && recent > Math.max(BLOWN_UP * lowest, losses[0]!.loss))) divergence = rate;
  }
  const smoothed = centredMeans(losses, Math.round(steps / 20));
  return {
    points: rates.map((learningRate, i) => ({ learningRate, loss: losses[i]!.loss, smoothed: smoothed[i]! })),
    ...judge(rates, smoothed, divergence),
    backend: kernels.backend,
    dtype: kernels.dtype,
  };
}

function judge(
  rates: readonly number[], smoothed: readonly number[], divergence: number | null,
): Pick<LrFindReport, 'suggestion' | 'steepest' | 'divergence' | 'reason'> {
  const bottom = smoothed.indexOf(Math.min(...smoothed));
  if (rates.length < 3 || smoothed[bottom]! > (1 - MIN_FALL) * smoothed[0]!) {
    const hint = divergence === null ? 'try higher ones' : 'try lower ones';
    return { suggestion: null, steepest: null, divergence, reason: `the loss fell at none of these rates: ${hint}` };
  }
  // Rates are evenly spaced on a logarithmic scale, so differences are proportional to slopes. After the minimum the loss only rises.
  let steepest = 1;
  const fall = (i: number): number => smoothed[i - 1]! - smoothed[i + 1]!;
  for (let i = 1; i < Math.min(bottom + 1, rates.length - 1); i++) if (fall(i) > fall(steepest)) steepest = i;
  return {
    steepest: rates[steepest]!,
    divergence,
    ...(divergence === null
      ? { suggestion: rates[steepest]!, reason: 'where the loss falls fastest, as it blew up at none of these rates' }
      : { suggestion: divergence / 10, reason: 'a tenth of the rate at which the loss blew up' }),
  };
}

/** A step's loss, the sum of the row weights that it is a mean over, and the number of rows. */
interface WeighedLoss {
  readonly loss: number;
  readonly weight: number;
  readonly rows: number;
}

/** The mean loss over the last steps that have {@link MIN_ROWS} together, but at most `maxSteps` of them; undefined while there are too few. */
function recentMean(losses: readonly WeighedLoss[], maxSteps: number): number | undefined {
  let rows = 0;
  let from = losses.length;
  while (from > 0 && rows < MIN_ROWS && losses.length - from < maxSteps) rows += losses[--from]!.rows;
  return rows < MIN_ROWS && losses.length - from < maxSteps ? undefined : meanOf(losses.slice(from));
}

/** The mean of each loss and up to `reach` neighbours on either side, the same number on both, so that the means do not lag. */
function centredMeans(losses: readonly WeighedLoss[], reach: number): number[] {
  return losses.map((_, i) => {
    const side = Math.min(reach, i, losses.length - 1 - i);
    return meanOf(losses.slice(i - side, i + side + 1));
  });
}

function meanOf(losses: readonly WeighedLoss[]): number {
  return losses.reduce((sum, { weight, loss }) => sum + weight * loss, 0) / losses.reduce((sum, { weight }) => sum + weight, 0);
}
