import type { RunEntry } from '../../lib/dashboard/api';

/** A run as lists have it, with changes. */
export function runEntry(name: string, changes: Partial<RunEntry> = {}): RunEntry {
  return {
    kind: 'run', name, state: 'finished', stoppable: false, startedAt: '2026-01-05T00:00:00Z', begunAt: '2026-01-05T00:00:00Z', step: 40, steps: 40, valAccuracy: 0.5, trainAccuracy: 0.6,
    valLoss: 1.5, trainLoss: 1.2, best: { metric: 'accuracy', better: 'higher', value: 0.55, step: 30 }, epoch: 4, parameters: 10, seconds: 12, stepMilliseconds: 3, keys: {}, labels: {},
    failure: null, ...changes,
  };
}
