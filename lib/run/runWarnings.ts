import type { WarningEvent } from '../train/events';
import type { Conditions } from '../runFolder/runRecord';
import type { TrainSpec } from '../spec/spec';
import { bitsDependOn } from './bitsDependOn';

/** Conditions that differ and can change the result's last bits, a phrase for each. */
export function changesOf(before: Conditions, now: Conditions, { divisions }: TrainSpec): string[] {
  const facts = (conditions: Conditions): Readonly<Record<string, string>> => bitsDependOn({ ...conditions, threads: divisions ?? conditions.threads });
  const [old, fresh] = [facts(before), facts(now)];
  return Object.keys(fresh)
    .filter((key) => old[key] !== fresh[key] && (key === 'backend' || old['backend'] === fresh['backend']))
    .map((key) => `${key} was ${String(old[key])} and is ${String(fresh[key])}`);
}

export function conditionsChange(changes: readonly string[]): WarningEvent {
  return {
    type: 'warning',
    code: 'RESUME_CONDITIONS',
    message: `The run goes on under other conditions and may differ in the last bits from one that was not interrupted: ${changes.join(', ')}`,
  };
}

export const lossMeansChange: WarningEvent = {
  type: 'warning',
  code: 'RESUME_MEANS',
  message: 'The run was begun by a version that took the losses of an epoch as means over its steps; from here on they are means over its rows',
};

export const noValidation: WarningEvent = {
  type: 'warning',
  code: 'NO_VALIDATION',
  message: 'No rows are left for validation, so that the run has no validation figures and no best step; set validationRows to have some',
};

export const olderNormalization: WarningEvent = {
  type: 'warning',
  code: 'RESUME_NORMALIZATION',
  message: 'The run goes on as it began, with features that are rounded first and then multiplied by a scale and moved by a shift: a ' +
    'new run centres them first, which is more accurate, and scales also features in very small units',
};

export function notCalibrated(reason: string): WarningEvent {
  return { type: 'warning', code: 'NO_CALIBRATION', message: `The model's probabilities are not calibrated: ${reason}` };
}

export function lostBest(step: number): WarningEvent {
  return {
    type: 'warning',
    code: 'RESUME_BEST',
    message: `The checkpoint of the best step ${String(step)} is gone: unless a better one comes, the run ends with its last model`,
  };
}
