import { SearchHistory } from '../../lib/history/searchHistory';
import type { SearchEvent } from '../../lib/search/events';
import type { JournalEntry } from '../../lib/search/records';
import { searchEvents, searchSpace } from '../support/searchEvents';
import { searchHead } from '../support/data/tinySearch';

describe('the trials of a search, from its events', () => {
  const trialsOf = (events: readonly SearchEvent[]): SearchHistory => {
    const trials = new SearchHistory();
    for (const event of events) trials.apply(event);
    return trials;
  };
  const [start, trial, ...rest] = searchEvents(1, 3);

  test('a rung is done when all replicates have done it, and its score their mean', () => {
    const [first, second, third] = rest as Extract<SearchEvent, { type: 'unit' }>[];
    expect(trialsOf([start!, trial!, first!, second!]).trials[0]).toMatchObject({ state: 'running', rung: -1, score: NaN, curve: [] });
    const score = (first!.score + second!.score + third!.score) / 3;
    const [done] = trialsOf([start!, trial!, first!, second!, third!]).trials;
    expect(done).toMatchObject({ rung: 0, curve: [[100, done!.score]] });
    expect(done!.score).toBeCloseTo(score, 12);
  });

  test('whoever came further ranks higher, and what failed not at all', () => {
    const { trials: all, ranking } = trialsOf(searchEvents(60));
    expect(ranking.map(({ rung }) => rung)).toEqual(ranking.map(({ rung }) => rung).sort((a, b) => b - a));
    expect(new Set(ranking.map(({ rung }) => rung)).size).toBe(3);
    expect(ranking).toHaveLength(all.length - 1);
    expect(all[3]).toMatchObject({ state: 'failed', reason: { code: 'ERR_DIVERGED' } });
  });

  test('a trial that is promoted runs again', () => {
    const events = searchEvents(60);
    const promotion = events.findIndex((event) => event.type === 'decision' && event.what === 'promoted');
    const { trial: number } = events[promotion] as { trial: number };
    expect(trialsOf(events.slice(0, promotion + 1)).trials[number]).toMatchObject({ state: 'running', rung: 0 });
  });
});

describe('the journal of a search', () => {
  const head: JournalEntry = { ...searchHead, elapsed: 0, spec: { ...searchHead.spec, space: searchSpace } };
  const entries = searchEvents(20).slice(1).map((event, i) => ({ ...event, elapsed: i }) as JournalEntry);
  const historyOf = (lines: readonly JournalEntry[]): SearchHistory => {
    const history = new SearchHistory();
    for (const line of lines) history.apply(line);
    return history;
  };
  const all = historyOf([head, ...entries]);

  test('tells what the events of the search told', () => {
    const live = new SearchHistory();
    for (const event of searchEvents(20)) live.apply(event);
    expect(all.trials).toEqual(live.trials);
    expect(all.ranking).toEqual(live.ranking);
    expect(all.trials).toHaveLength(20);
    expect(all.elapsed).toBe(entries.length - 1);
  });

  const unit = entries.find(({ type }) => type === 'unit')!;
  test.each<[string, JournalEntry]>([
    ['a second start', { ...head, name: 'other' }],
    ['a trial out of turn', { ...entries[0]!, trial: 30 } as JournalEntry],
    ['a trial once more', entries[0]!],
    ['a trial of no replicate that there is', { ...unit, trial: 19, rung: 0, replicate: 7 } as JournalEntry],
    ['a rung of a trial that there is not', { ...unit, trial: 20 } as JournalEntry],
    ['a score once more', { ...unit, score: 0.99 } as JournalEntry],
    ['a decision before the score', { type: 'decision', trial: 19, what: 'promoted', rung: 2, elapsed: 1 }],
  ])('leaves out %s', (_, line) => {
    const history = historyOf([head, ...entries, line]);
    expect(history.head!.name).toBe(searchHead.name);
    expect(history.trials).toEqual(all.trials);
  });

  test('is read anew after it was cut', () => {
    const history = historyOf([head, ...entries]);
    history.clear();
    expect(history).toMatchObject({ head: undefined, trials: [], elapsed: 0 });
    for (const line of [head, ...entries]) history.apply(line);
    expect(history.trials).toEqual(all.trials);
  });

  test('has the curves of its trials, of replicates their mean where all were evaluated, and the processes that trained them', () => {
    const trial = { type: 'trial', trial: 0, assignment: {}, runs: ['s/trial-000-seed0', 's/trial-000-seed1'], steps: [10, 30, 90], elapsed: 1 } as const;
    const twice = { ...head, spec: { ...head.spec, seeds: 2 } };
    const units = [[[5, 0.1], [10, 0.2]], [[10, 0.4]]].map((curve, replicate): JournalEntry[] => [
      { type: 'begun', trial: 0, rung: 0, replicate, host: 'alpha', pid: replicate, elapsed: 2 },
      { type: 'unit', trial: 0, rung: 0, replicate, score: curve[curve.length - 1]![1]!, rows: replicate === 0 ? 30 : 10, step: 10, seconds: 1, curve: curve as [number, number][], elapsed: 3 },
    ]);
    const half = historyOf([twice, trial, ...units[0]!]);
    expect(half.curveOf(half.trials[0]!)).toEqual([]);
    const history = historyOf([twice, trial, ...units.flat()]);
    expect(history.curveOf(history.trials[0]!)).toEqual([[10, expect.closeTo(0.25, 12)]]);
    expect(history.processes).toEqual([0, 1].map((pid) => ({ host: 'alpha', pid, begun: 1, done: 1, lastAt: 3 })));
    expect(all.curveOf(all.ranking[0]!)).toEqual(all.ranking[0]!.curve);
    expect(all.processes).toEqual([]);
  });

  test('of one start or none is followed all the same', () => {
    expect(historyOf([unit, ...entries.slice(0, 2)]).trials).toHaveLength(1);
  });
});
