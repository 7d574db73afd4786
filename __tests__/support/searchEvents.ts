import { RandomState } from '../../lib/random';
import type { DecisionEvent, SearchEvent, TrialEvent, UnitEvent } from '../../lib/search/events';
import { drawAssignment, parseSpace } from '../../lib/search/space';
import type { Space } from '../../lib/search/types';

/** A space with every kind of domain and a condition. */
export const searchSpace: Space = parseSpace('two-layer-tuned', undefined, {
  learningRate: { type: 'log-uniform', low: 1e-4, high: 0.3 },
  batchSize: { type: 'choice', values: [100, 200, 400] },
  depth: { type: 'integer', low: 2, high: 4 },
  width1: { type: 'log-integer', low: 32, high: 512 },
  width2: { type: 'log-integer', low: 32, high: 512, when: { depth: [3, 4] } },
  width3: { type: 'log-integer', low: 32, high: 512, when: { depth: [4] } },
  dropout: { type: 'uniform', low: 0, high: 0.6 },
});

const steps = [100, 300, 900];
/** Of the replicates of a trial. */
const std = 0.01;

/** What a search over {@link searchSpace} could say up to its result, with as many replicates of each trial. */
export function searchEvents(trials: number, replicates = 1): SearchEvent[] {
  const random = new RandomState(4);
  // Equal steps between n values have a standard deviation of √(n(n + 1)/12) steps.
  const gap = std / Math.sqrt((replicates * (replicates + 1)) / 12);
  const events: SearchEvent[] = [{
    type: 'start', name: 'made-1', folder: 'runs/made-1', sampler: 'random', pruner: 'asha', parameters: searchSpace.parameters.map(({ name }) => name),
    rungs: steps.map((step) => step / 900), folds: 1, seeds: replicates, workers: 2, threads: 1, trials, budget: null, data: 'synthetic', dataDigest: 'd'.repeat(64),
  }];
  for (let trial = 0; trial < trials; trial++) {
    const assignment = drawAssignment(searchSpace, random);
    const runs = Array.from({ length: replicates }, (_, r) => `made-1/trial-${String(trial).padStart(3, '0')}${replicates === 1 ? '' : `-seed${String(r)}`}`);
    events.push({ type: 'trial', trial, assignment, runs, steps } satisfies TrialEvent);
    const distance = Math.abs(Math.log10((assignment['learningRate'] as number) / 0.02));
    if (trial === 3) {
      events.push({ type: 'decision', trial, what: 'failed', rung: 0, reason: { code: 'ERR_DIVERGED', message: 'Expected a finite loss but received NaN' } });
      continue;
    }
    for (let rung = 0; rung < steps.length; rung++) {
      const score = 0.1 + 0.42 / (1 + distance) * (1 - 0.4 / (rung + 1)) + 0.01 * random.gaussian();
      for (let replicate = 0; replicate < replicates; replicate++) {
        events.push({ type: 'unit', trial, rung, replicate, score: score + gap * replicate, step: steps[rung]!, seconds: 1 } satisfies UnitEvent);
      }
      const mean = score + (gap / 2) * (replicates - 1);
      const what: DecisionEvent['what'] = rung === steps.length - 1 ? 'finished' : distance < 0.4 / (rung + 1) ? 'promoted' : 'pruned';
      events.push({ type: 'decision', trial, what, rung, score: mean, ...(replicates > 1 && { std }) });
      if (what === 'pruned') break;
    }
  }
  return events;
}
