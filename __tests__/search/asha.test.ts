import { unpromotable, lastPromotion, nextPromotion, rungCount, rungSteps } from '../../lib/search/asha';
import type { Standing } from '../../lib/search/asha';
import { RandomState } from '../../lib/random';

const halving = { rungs: 3, eta: 3 };
const waiting = (trial: number, ...scores: number[]): Standing => ({ trial, scores, state: 'waiting' });
const running = (trial: number, ...scores: number[]): Standing => ({ trial, scores, state: 'running' });
const failed = (trial: number, ...scores: number[]): Standing => ({ trial, scores, state: 'failed' });

test.each([
  [3, 1 / 9, 3], [3, 1 / 27, 4], [3, 0.1, 3], [3, 0.12, 2], [3, 1, 1], [2, 1 / 8, 4], [4, 1 / 64, 4], [10, 1e-3, 4],
])('eta %p and a first share of %p make %p rungs', (eta, minShare, rungs) => {
  expect(rungCount(eta, minShare)).toBe(rungs);
});

test.each([[900, [100, 300, 900]], [1000, [112, 334, 1000]], [2, [1, 1, 2]]])('rungs of %p steps end at %p', (steps, ends) => {
  expect(rungSteps(steps, halving)).toEqual(ends);
});

describe('the next promotion', () => {
  test.each<[string, Standing[], ReturnType<typeof nextPromotion>]>([
    ['is none at first', [], undefined],
    ['is none for one of two', [waiting(0, 0.5), waiting(1, 0.6)], undefined],
    ['is the best of three', [waiting(0, 0.5), waiting(1, 0.6), waiting(2, 0.4)], { trial: 1, rung: 1 }],
    ['is the earlier of equals', [waiting(2, 0.5), waiting(1, 0.5), waiting(0, 0.4)], { trial: 1, rung: 1 }],
    ['does not come twice', [waiting(0, 0.5), running(1, 0.6), waiting(2, 0.4)], undefined],
    ['goes to the second best of six', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map((score, i) => (i === 5 ? running(i, score) : waiting(i, score))), { trial: 4, rung: 1 }],
    ['is for a late trial that is better', [waiting(0, 0.5), waiting(1, 0.6, 0.7), waiting(2, 0.4), waiting(3, 0.9), waiting(4, 0), waiting(5, 0)], { trial: 3, rung: 1 }],
    ['prefers the higher rung', [...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map((score, i) => waiting(i, score)), waiting(6, 0.7, 0.7), waiting(7, 0.8, 0.9), waiting(8, 0.9, 0.8)],
      { trial: 7, rung: 2 }],
    ['counts failures among those that arrived', [failed(0), failed(1), waiting(2, 0.1)], { trial: 2, rung: 1 }],
    ['is never a failed trial', [failed(0, 0.9), failed(1, 0.8), failed(2, 0.7), waiting(3, 0.1)], undefined],
    ['counts failures on the way to a higher rung there', [failed(0, 0.9), failed(1, 0.8), waiting(2, 0.7, 0.7)], { trial: 2, rung: 2 }],
    ['is none for trials at the end', [waiting(0, 0.1, 0.1, 0.1), waiting(1, 0.1, 0.1, 0.1), waiting(2, 0.1, 0.1, 0.1)], undefined],
  ])('%s', (_, standings, promotion) => {
    expect(nextPromotion(standings, halving)).toEqual(promotion);
    expect(nextPromotion([...standings].reverse(), halving)).toEqual(promotion);
  });

  test('is none with a single rung', () => {
    expect(nextPromotion([waiting(0, 0.1), waiting(1, 0.2), waiting(2, 0.3)], { rungs: 1, eta: 2 })).toBeUndefined();
  });
});

describe('the last promotion', () => {
  test.each<[string, Standing[], ReturnType<typeof lastPromotion>]>([
    ['takes the best of the highest rung', [waiting(0, 0.9), waiting(1, 0.5, 0.5), waiting(2, 0.5, 0.6)], { trial: 2, rung: 2 }],
    ['takes a lower rung when all above have failed', [waiting(0, 0.9), failed(1, 0.5, 0.5)], { trial: 0, rung: 1 }],
    ['is none when a trial has come to the end', [waiting(0, 0.9), waiting(1, 0.5, 0.5, 0.5)], undefined],
    ['is none when all have failed', [failed(0), failed(1, 0.5)], undefined],
    ['is none without trials', [], undefined],
  ])('%s', (_, standings, promotion) => {
    expect(lastPromotion(standings, halving)).toEqual(promotion);
  });
});

/** A search with so many workers whose trials take their time; returns how many were trained for each rung, and what happened. */
function simulate(trials: number, workers: number, seed: number): { standings: Standing[]; promotions: string[]; dead: Set<number> } {
  const random = new RandomState(seed);
  const standings: Standing[] = [];
  const promotions: string[] = [];
  const dead = new Set<number>();
  const start = (): boolean => {
    const promotion = nextPromotion(standings, halving);
    const isLast = promotion === undefined && standings.length === trials && standings.every(({ state }) => state !== 'running');
    const next = promotion ?? (isLast ? lastPromotion(standings, halving) : undefined);
    if (next !== undefined) {
      if (promotion !== undefined && dead.has(next.trial)) throw new Error(`trial ${String(next.trial)} was given up`);
      standings[next.trial] = running(next.trial, ...standings[next.trial]!.scores);
      promotions.push(`${String(next.trial)}→${String(next.rung)}`);
    } else if (standings.length < trials) standings.push(running(standings.length));
    else return false;
    return true;
  };
  for (;;) {
    let busy = standings.filter(({ state }) => state === 'running');
    while (busy.length < workers && start()) busy = standings.filter(({ state }) => state === 'running');
    if (busy.length === 0) return { standings, promotions, dead };
    const { trial, scores } = random.choice(busy, 1)[0]!;
    standings[trial] = random.random() < 0.1 ? failed(trial, ...scores) : waiting(trial, ...scores, random.random());
    for (const given of unpromotable(standings, halving, trials)) dead.add(given);
  }
}

describe.each([1, 2, 5])('a whole search with %p workers', (workers) => {
  test.each([1, 2, 10, 60])('of %p trials', (trials) => {
    for (let seed = 0; seed < 20; seed++) {
      const { standings, promotions, dead } = simulate(trials, workers, seed);
      const arrived = [0, 1, 2].map((rung) => standings.filter(({ scores }) => scores.length > rung).length);
      if (standings.some(({ state }) => state !== 'failed')) expect(arrived[2]).toBeGreaterThanOrEqual(1);
      // Whoever belongs to the best third of a rung in the end has gone on.
      for (const rung of [0, 1]) expect(arrived[rung + 1]! + standings.filter(({ scores, state }) => state === 'failed' && scores.length === rung + 1).length)
        .toBeGreaterThanOrEqual(Math.floor(arrived[rung]! / 3));
      // Nobody goes on who was given up; in the end all that wait are given up, but for the best of each rung.
      const waits = standings.filter(({ scores, state }) => state === 'waiting' && scores.length < 3);
      expect(waits.filter(({ trial }) => !dead.has(trial)).length).toBeLessThanOrEqual(2);
      expect(simulate(trials, workers, seed).promotions).toEqual(promotions);
    }
  });
});

test('nobody is given up while trials may come without end', () => {
  const standings = Array.from({ length: 50 }, (_, i) => waiting(i, i / 50));
  expect(unpromotable(standings, halving, Infinity)).toEqual([]);
  expect(unpromotable(standings, halving, 60)).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
});
