import { scheduleOf } from '../build/buildOptimizer';
import { planOf } from '../build/buildTraining';
import type { Schedule } from '../optim/schedules';
import type { TrainSpec } from '../spec/spec';
import type { WarningEvent } from '../train/events';

/**
 * A warning where a changed length of training changes the learning rates after step `from`. The result then equals neither that of the
 * shorter training nor that of the longer one.
 */
export function scheduleChange(before: TrainSpec, now: TrainSpec, trainRows: number, from: number): WarningEvent | undefined {
  if (before.steps === now.steps && before.epochs === now.epochs) return undefined;
  const [old, fresh] = [before, now].map((spec) => {
    const plan = planOf(spec, trainRows);
    return { steps: plan.steps, rate: scheduleOf(spec, plan).schedule };
  }) as [PlannedRate, PlannedRate];
  for (let step = from; step < Math.min(old.steps, fresh.steps); step++) {
    if (old.rate(step) !== fresh.rate(step)) {
      return {
        type: 'warning',
        code: 'RESUME_SCHEDULE',
        message: `The schedule ${now.schedule} follows the new length of ${String(fresh.steps)} steps: the learning rate of step ` +
          `${String(step + 1)} is ${String(fresh.rate(step))} where it was to be ${String(old.rate(step))}`,
      };
    }
  }
  return undefined;
}

interface PlannedRate {
  readonly steps: number;
  readonly rate: Schedule;
}
