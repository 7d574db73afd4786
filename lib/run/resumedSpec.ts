import { expected } from '../errors';
import { readRunSpec } from '../runFolder/runRecord';
import { parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';

/** Keys that may change when a run resumes: its length and where it runs, but not what a step computes. */
export const changeable: readonly (keyof TrainSpec)[] = [
  'steps', 'epochs', 'maxSeconds', 'earlyStopping', 'keepEvery', 'dataFolder', 'dataFile', 'backend', 'threads',
];

/**
 * The spec of a run's folder with changes applied. Throws ERR_CONFIG for a key that must not change, naming those that may; ERR_IO.
 */
export function resumedSpec(folder: string, changes: Readonly<Record<string, unknown>>): TrainSpec {
  const spec = { ...readRunSpec(folder).spec };
  for (const [key, value] of Object.entries(changes)) {
    if (!(changeable as readonly string[]).includes(key)) {
      throw expected('ERR_CONFIG', `a change to one of ${changeable.join(', ')}`, 'a run that goes on', key, { path: key });
    }
    spec[key] = value;
  }
  if (typeof changes['steps'] === 'number' && changes['epochs'] === undefined) spec['epochs'] = null;
  if (typeof changes['epochs'] === 'number' && changes['steps'] === undefined) spec['steps'] = null;
  return parseSpec(spec);
}
