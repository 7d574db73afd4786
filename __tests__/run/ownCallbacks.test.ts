import { OwnCallbacks } from '../../lib/run/ownCallbacks';
import type { Callback } from '../../lib/spec/ownParts';

const callbacksOf = (callbacks: Readonly<Record<string, unknown>>): OwnCallbacks => new OwnCallbacks(callbacks as Readonly<Record<string, Callback>>);
const event = (): void => undefined;
const refused = (message: RegExp): Error => expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) as string }) as Error;

test('each run makes callbacks of its own, and what they keep comes back by name', () => {
  let made = 0;
  const counter = { make: () => {
    let count = 10 * made++;
    return { event: () => { count++; return count === 12 ? 'stop' : undefined; }, state: () => ({ count }), restore: (state: { count: number }) => { ({ count } = state); } };
  } };
  const given = { counter, plain: event, keepsNothing: { make: () => ({ event }) } };
  const [first, second] = [callbacksOf(given), callbacksOf(given)];
  expect([1, 2].map(() => second.tell({ type: 'evaluation' } as never))).toEqual([false, true]);
  expect([first.state(), second.state()]).toEqual([{ counter: { count: 0 } }, { counter: { count: 12 } }]);
  first.restore({ counter: { count: 5 }, gone: 1 });
  second.restore(undefined);
  expect([first.state(), second.state()]).toEqual([{ counter: { count: 5 } }, { counter: { count: 12 } }]);
  expect(callbacksOf({ plain: event }).state()).toBeUndefined();
});

test.each([
  ['no object', 3], ['no event', {}], ['no restore', { event, state: event }], ['a state that is none', { event, state: 1, restore: event }],
])('make that returns %s is refused', (_, returned) => {
  expect(() => callbacksOf({ mine: { make: () => returned } })).toThrow(refused(/^Expected an object with event and, both or neither, state and restore for what callbacks\.mine\.make returns/));
});

test.each([
  ['a function', { a: [event] }], ['nothing', undefined], ['a bigint', 1n], ['a Map', new Map()], ['64-bit integers', new BigInt64Array(1)], ['a key of ours', { $tensor: 'W1' }], ['a date', new Date(0)],
])('a state with %s is refused', (_, state) => {
  expect(() => callbacksOf({ mine: { make: () => ({ event, state: () => state, restore: event }) } }).state()).toThrow(refused(/ for the state of callbacks\.mine but received/));
});
