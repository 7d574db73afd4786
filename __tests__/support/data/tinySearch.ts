import type { SearchEvent, SearchResult } from '../../../lib/search/events';
import type { SearchHead } from '../../../lib/search/records';
import type { SearchRun } from '../../../lib/search/search';
import { parseSearch } from '../../../lib/search/searchSpec';
import type { SearchSpec } from '../../../lib/search/searchSpec';
import { tinySpec } from './tinyData';

/** A search over {@link tinySpec}, in rungs of 3, 9 and 27 steps. */
export function tinySearch(changes: object = {}, base: object = {}): SearchSpec {
  return parseSearch({
    base: { ...tinySpec, steps: 27, evaluateEvery: 3, ...base },
    space: {
      learningRate: { type: 'log-uniform', low: 1e-3, high: 0.3 },
      width1: { type: 'integer', low: 4, high: 16 },
    },
    sampler: 'random', trials: 9, ...changes,
  });
}

/** Everything that a search says; `hear` may stop it. */
export async function listen(run: SearchRun, hear: (event: SearchEvent, run: SearchRun) => void = () => undefined): Promise<SearchEvent[]> {
  const events: SearchEvent[] = [];
  for await (const event of run) {
    events.push(event);
    hear(event, run);
  }
  return events;
}

/** The last event of a search that ended. */
export function resultOf(events: readonly SearchEvent[]): SearchResult {
  return events[events.length - 1] as SearchResult;
}

/** The events of one type. */
export function ofType<Type extends SearchEvent['type']>(events: readonly SearchEvent[], type: Type): Extract<SearchEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<SearchEvent, { type: Type }> => event.type === type);
}

/** The first line of the journal of such a search, but for its time. */
export const searchHead: SearchHead = {
  type: 'search', name: 's', startedAt: '2026-01-01T00:00:00.000Z', version: '1.0.0', spec: tinySearch(), data: 'tiny', dataDigest: 'd'.repeat(64),
  workers: 2, threads: 1, trials: 9, budget: null,
};
