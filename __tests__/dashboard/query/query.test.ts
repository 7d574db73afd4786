import type { Entry } from '../../../lib/dashboard/api';
import { completions } from '../../../lib/dashboard/query/complete';
import { Fields } from '../../../lib/dashboard/query/fields';
import { parseQuery } from '../../../lib/dashboard/query/query';
import type { QueryError } from '../../../lib/dashboard/query/query';
import { defaultKeys } from '../../../lib/dashboard/specKeys';
import { runEntry } from '../../support/runEntry';

const search: Entry = { kind: 'search', name: 'search-1', state: 'done', startedAt: '2026-02-01T00:00:00Z', done: 9, best: 'search-1/trial-001', metric: 'loss', score: 0.25, stoppable: false, labels: {}, failure: null };
const entries: readonly Entry[] = [
  runEntry('deep-1', { keys: { learningRate: 0.001, optimizer: 'adam', layers: '3072-512-10' }, valAccuracy: 0.52, labels: { tags: ['baseline', 'two words'], title: 'The Deep One' } }),
  runEntry('deep-2', { keys: { learningRate: 0.1, seed: 7 }, state: 'failed', failure: { code: 'ERR_DIVERGED', message: '' }, valAccuracy: null, best: null, valLoss: null }),
  runEntry('tuned-1', { keys: { learningRate: 0.05, flip: true }, state: 'running', valAccuracy: 0.4, startedAt: '2026-03-01T00:00:00Z', labels: { note: 'ask Ada && Bob' } }),
  runEntry('houses', { keys: { loss: 'mse', learningRate: 0.02, futureKey: 'x' }, valAccuracy: undefined, valRmse: 2.5, state: 'unfinished' } as object),
  search,
];
const fields = new Fields(entries, defaultKeys);
const found = (query: string): string[] => entries.filter(parseQuery(query, fields)).map(({ name }) => name);
const all = entries.map(({ name }) => name);

test.each<[string, readonly string[]]>([
  ['', all],
  ['  ', all],
  ['lr < 0.01', ['deep-1']],
  ['lr<0.01&&val>0.5', ['deep-1']],
  ['learningrate <= 5e-2 && state == running', ['tuned-1']],
  ['val > 50%', ['deep-1', 'houses']],
  ['val == 2.5', ['houses']],
  ['val > 0.5 and valAccuracy > 0', ['deep-1']],
  ['state == failed', ['deep-2']],
  ['state = diverged || state == interrupted', ['deep-2', 'houses']],
  ['state != finished', ['deep-2', 'tuned-1', 'houses', 'search-1']],
  ['!(state == finished || kind == search)', ['deep-2', 'tuned-1', 'houses']],
  ['not state == finished kind == run', ['deep-2', 'tuned-1', 'houses']],
  ['deep', ['deep-1', 'deep-2']],
  ['DEEP one', ['deep-1']],
  ['"deep-2"', ['deep-2']],
  ['name ~ d*-2', ['deep-2']],
  ['name !~ deep && kind == run', ['tuned-1', 'houses']],
  ['tag == baseline', ['deep-1']],
  ['tag == "two words"', ['deep-1']],
  ['tag != baseline && kind == run', ['deep-2', 'tuned-1', 'houses']],
  ['tag == none', ['deep-2', 'tuned-1', 'houses', 'search-1']],
  ['tag != none', ['deep-1']],
  ['note ~ \'ada && bob\'', ['tuned-1']],
  ['optimizer == sgd', ['deep-2', 'tuned-1', 'houses']], // the default counts
  ['optimizer != sgd', ['deep-1', 'search-1']],
  ['flip == true', ['tuned-1']],
  ['layers ~ 512', ['deep-1']],
  ['seed == 7 or seed == 8', ['deep-2']],
  ['seed > -1 && seed < 1', ['deep-1', 'tuned-1', 'houses']],
  ['best == none', ['deep-2']],
  ['started >= 2026-02-01', ['tuned-1', 'search-1']],
  ['futureKey == x', ['houses']],
  ['val < 0.3', ['search-1']],
  ['lr < 0.01 || lr > 0.09 && state == failed', ['deep-1', 'deep-2']], // and binds closer
  ['(lr < 0.01 || lr > 0.09) && state == failed', ['deep-2']],
  ['lr < .01 & val > .5', ['deep-1']],
  ['"no such', []],
])('%j finds %j', (query, names) => {
  expect(found(query)).toEqual(names);
});

test.each<[string, number, string]>([
  ['lerningRate < 1', 1, 'Expected the name of a column, perhaps learningRate, at character 1 of the query but received lerningRate'],
  ['val >', 6, 'Expected a value of val at character 6 of the query but received its end'],
  ['val > && lr < 1', 7, 'Expected a value of val at character 7 of the query but received &&'],
  ['lr < fast', 6, 'Expected a number for learningRate at character 6 of the query but received fast'],
  ['(val > 0.5', 11, 'Expected ) at character 11 of the query but received its end'],
  ['val > 0.5)', 10, 'Expected &&, || or the end of the query at character 10 of the query but received )'],
  ['&& val > 1', 1, 'Expected a name, a word or ( at character 1 of the query but received &&'],
  ['val > 0.5 ||', 13, 'Expected a name, a word or ( at character 13 of the query but received its end'],
  ['state < running', 7, 'Expected ==, !=, ~ or !~ for state, which is text, at character 7 of the query but received <'],
  ['started > soon', 11, 'Expected a date such as 2026-01-31 for started at character 11 of the query but received soon'],
  ['"lr" < 1', 1, 'Expected the name of a column before an operator at character 1 of the query but received "lr"'],
])('%j is refused at character %d', (query, character, message) => {
  let thrown: Partial<QueryError> = {};
  try {
    parseQuery(query, fields);
  } catch (error) {
    thrown = error as QueryError;
  }
  expect(thrown).toMatchObject({ message, at: character - 1 });
});

test('any characters are either a query or refused with a place inside of it', () => {
  const pieces = ['lr', '<', '==', '(', ')', '!', '&&', '||', '"', '\'', '0.5', '~', 'none', ' ', '\u202e', '<img>', '%', 'tag', '=', '|', '*'];
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 3000; i++) {
    const query = Array.from({ length: 1 + Math.floor(random() * 8) }, () => pieces[Math.floor(random() * pieces.length)]!).join('');
    try {
      found(query);
    } catch (error) {
      const { message, at, length } = error as QueryError;
      expect(message).toMatch(/^Expected .* at character \d+ of the query but received /);
      expect(at + length).toBeLessThanOrEqual(query.length + 1);
    }
  }
});

describe('what may stand next', () => {
  const offered = (query: string, caret = query.length): string[] => completions(query, caret, fields, entries).options.map(({ text }) => text);
  test.each<[string, readonly string[]]>([
    ['learn', ['learningRate', 'learningRates']],
    ['lr < 1 && opt', ['optimizer']],
    ['optimizer ', ['==', '!=', '~', '!~']],
    ['val ', ['==', '!=', '<', '<=', '>', '>=', '~', '!~']],
    ['optimizer == ', ['sgd', 'adam']],
    ['optimizer == a', ['adam']],
    ['tag == t', ['"two words"']],
    ['val > 0.5 ', ['&&', '||']],
    ['valL', ['valLoss']],
  ])('after %j is %j', (query, options) => {
    expect(offered(query).slice(0, options.length)).toEqual(options);
  });

  test('at the start are the names of columns', () => {
    expect(offered('').slice(0, 3)).toEqual(['name', 'kind', 'state']);
    expect(completions('x && lea > 3', 8, fields, entries)).toMatchObject({ from: 5, to: 8 });
  });
});
