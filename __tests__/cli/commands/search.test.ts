import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSpec } from '../../../lib/spec/spec';
import type { SearchEvent, SearchResult } from '../../../lib/search/events';
import type { SearchReport } from '../../../lib/search/records';
import { blastrain, jsonLines } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
const data = { data: 'synthetic', trainRows: 300, validationRows: 100, testRows: 100 };
const spec = {
  base: 'two-layer-tuned',
  set: { ...data, batchSize: 50, epochs: 3 },
  space: {
    learningRate: { type: 'log-uniform', low: 1e-3, high: 0.1 },
    momentum: { type: 'choice', values: [0, 0.9] },
    width1: { type: 'log-integer', low: 8, high: 32 },
  },
  sampler: 'random', trials: 5, seed: 2,
};
writeFileSync(join(cwd, 'small.json'), JSON.stringify(spec));
const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(cwd, ...path), 'utf8')) as unknown;

test('says all in lines of JSON, the last of which is the result', async () => {
  const { status, stdout, stderr } = await blastrain(['search', 'small.json', '--json'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = jsonLines(stdout) as unknown as SearchEvent[];
  expect(events[0]).toMatchObject({ type: 'start', name: 'small-1', sampler: 'random', pruner: 'asha', trials: 5, data: expect.stringContaining('synthetic') as string });
  const result = events.pop() as SearchResult;
  expect(result).toMatchObject({ type: 'result', name: 'small-1', ended: 'finished', trials: 5, failed: 0 });
  expect(result.finished).toBeGreaterThan(0);
  expect(events.filter(({ type }) => type === 'trial')).toHaveLength(5);

  const best = result.best!;
  const units = events.flatMap((event) => (event.type === 'unit' && event.trial === best.trial ? [event.score] : []));
  expect(best.valAccuracy).toBe(units.pop());
  expect(parseSpec(json('runs', 'small-1', 'best.json'))).toEqual(best.spec);
  const report = json('runs', 'small-1', 'search.json') as SearchReport;
  expect(report.ranking[0]).toMatchObject({ trial: best.trial, valAccuracy: best.valAccuracy, assignment: best.assignment });
  for (const picture of ['parallel.svg', 'parameters.svg', 'curves.svg']) {
    expect(readFileSync(join(cwd, 'runs', 'small-1', picture), 'utf8')).toMatch(/^<svg /);
  }
});

test('the winner can be tested and its spec trained, and each look is counted in one ledger', async () => {
  const { best } = json('runs', 'small-1', 'search.json') as SearchReport;
  const looks: unknown[] = [];
  for (let look = 1; look <= 2; look++) looks.push(...jsonLines((await blastrain(['test', best!.run, '--json'], { cwd })).stdout));
  expect(looks).toMatchObject([{ run: best!.run, look: 1 }, { run: best!.run, look: 2 }]);
  expect(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  expect(existsSync(join(cwd, 'runs', 'small-1', 'test-ledger.jsonl'))).toBe(false);

  const trained = await blastrain(['train', join('runs', 'small-1', 'best.json'), '--name', 'again', '--json'], { cwd });
  expect(jsonLines(trained.stdout).pop()).toMatchObject({ valAccuracy: best!.valAccuracy });
});

test('prints what happens without a terminal, with nothing cut, and that the test split has been looked at', async () => {
  const { status, stdout, stderr } = await blastrain(
    ['search', 'small.json', '--trials', '4', '--seeds', '2', '--workers', '1', '--seed', '7', '--set', 'epochs=1', '--name', 'said'],
    { cwd, env: { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' } },
  );
  expect(status).toBe(0);
  expect(stderr.trimEnd().split('\n').length).toBeGreaterThanOrEqual(4);
  expect(stderr).toMatch(/^trial 0: \d+\.\d ± \d+\.\d %, /m);
  expect(stdout + stderr).not.toContain('…');
  expect(stdout).toMatch(/^said: random, ASHA with \d rungs?, 3 parameters, 2 seeds, 1 worker,/);
  expect(stdout).toContain('Searched 4 trials in ');
  expect(stdout).toMatch(/^trial +validation +rung +parameters$/m);
  expect(stdout.replace(/\s+/g, ' ')).toContain('The test split has been looked at 2 times: what is chosen after that is not blind.');
  for (const file of ['best.json', 'search.json', 'parallel.svg', 'parameters.svg', 'curves.svg']) expect(stdout).toContain(join('runs', 'said', file));
});

test('Ctrl-C ends it with what there is, and --resume goes on', async () => {
  const endless = { ...spec, trials: 1000, set: { ...spec.set, epochs: 20 } };
  writeFileSync(join(cwd, 'endless.json'), JSON.stringify(endless));
  const stopped = await blastrain(['search', 'endless.json', '--json'], {
    cwd,
    during: (process) => {
      process.stdout!.once('data', () => setTimeout(() => process.kill('SIGINT'), 1500));
    },
  });
  expect(stopped.status).toBe(130);
  const first = jsonLines(stopped.stdout).pop() as unknown as SearchResult;
  expect(first).toMatchObject({ type: 'result', name: 'endless-1', ended: 'stopped' });

  const resumed = await blastrain(['search', '--resume', 'endless-1', '--trials', String(first.trials + 1), '--json'], { cwd });
  expect(resumed).toMatchObject({ status: 0, stderr: '' });
  const events = jsonLines(resumed.stdout) as unknown as SearchEvent[];
  expect(events[0]).toMatchObject({ type: 'start', name: 'endless-1', resumed: { trials: first.trials } });
  expect(events.pop()).toMatchObject({ ended: 'finished', trials: first.trials + 1 });
});

test('a budget ends it', async () => {
  const { status, stdout } = await blastrain(['search', 'endless.json', '--budget', '2s', '--json'], { cwd });
  expect(status).toBe(0);
  expect(jsonLines(stdout).pop()).toMatchObject({ type: 'result', ended: 'budget' });
});

test('processes that are started alike share a search, and --resume joins it', async () => {
  const command = ['search', 'small.json', '--name', 's', '--shared', 'common', '--workers', '1', '--set', 'threads=1', '--json'];
  const ends = await Promise.all([blastrain(command, { cwd }), blastrain(command, { cwd })]);
  expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual([1, 2].map(() => ({ status: 0, stderr: '' })));
  const resumed = await blastrain(['search', '--resume', 's', '--runs', 'common', '--json'], { cwd });
  const results = [...ends, resumed].map(({ stdout }) => jsonLines(stdout).pop() as unknown as SearchResult);
  for (const result of results) expect(result).toMatchObject({ type: 'result', ended: 'finished', trials: 5, best: results[0]!.best });
});

mkdirSync(join(cwd, 'runs', 'empty'), { recursive: true });
const bad = (changes: object): string => JSON.stringify({ ...spec, ...changes });
const learningRate = { type: 'log-uniform', low: 1e-3, high: 0.1 };
test.each<[string, string, string[], string]>([
  ['no search', '', ['search'], 'NAME or SPEC.json'],
  ['an unknown name', '', ['search', 'two-layers'], 'perhaps two-layer,'],
  ['a file that is not there', '', ['search', 'nowhere.json'], 'nowhere.json'],
  ['an empty space', bad({ space: {} }), ['search', 'bad.json'], 'one or more parameters'],
  ['inverted bounds', bad({ space: { learningRate: { ...learningRate, low: 1 } } }), ['search', 'bad.json'], 'low < high'],
  ['the logarithm of zero', bad({ space: { learningRate: { ...learningRate, low: 0 } } }), ['search', 'bad.json'], 'logarithm'],
  ['a misspelt parameter', bad({ space: { learningrate: learningRate } }), ['search', 'bad.json'], 'did you mean learningRate?'],
  ['a list', '[]', ['search', 'bad.json'], 'an object'],
  ['a key that is searched', bad({}), ['search', 'bad.json', '--set', 'learningRate=1'], 'learningRate'],
  ['an unknown sampler', bad({}), ['search', 'bad.json', '--sampler', 'tpee'], 'tpe'],
  ['a budget that is no time', bad({}), ['search', 'bad.json', '--budget', 'soon'], '10m'],
  ['no workers', bad({}), ['search', 'bad.json', '--workers', '0'], 'workers'],
  ['a new space for an old search', '', ['search', '--resume', 'small-1', '--folds', '3'], '--folds'],
  ['a search and one to go on with', '', ['search', 'two-layer', '--resume', 'small-1'], 'two-layer'],
  ['a folder that is none of a search', '', ['search', '--resume', 'empty'], 'journal.jsonl'],
  ['a shared search without a name', bad({}), ['search', 'bad.json', '--shared', 'common'], 'a name, by which processes find the search that they share,'],
  ['a shared search in two places', bad({}), ['search', 'bad.json', '--name', 's', '--shared', 'common', '--runs', 'runs'], '--runs'],
  ['sharing a search that has an owner', bad({}), ['search', 'bad.json', '--name', 'small-1', '--shared', 'runs'], 'a search that was begun to be shared'],
  ['a name that is taken', bad({}), ['search', 'bad.json', '--name', 'small-1'], 'small-1'],
])('%s ends in one sentence with a code', async (_, file, args, part) => {
  if (file !== '') writeFileSync(join(cwd, 'bad.json'), file);
  const { status, stdout, stderr } = await blastrain(args, { cwd });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^blastrain: Expected .*\[ERR_(CONFIG|IO)\]\n$/);
  expect(stderr).toContain(part);
});

test('the loss follows from the target of a table, which is said, and the batch from its rows, also where a trial goes on', async () => {
  writeFileSync(join(cwd, 'line.csv'), `a,b\n${Array.from({ length: 60 }, (_, i) => `${String(i)},${String(i / 7)}`).join('\n')}\n`);
  writeFileSync(join(cwd, 'line.json'), JSON.stringify({ base: 'table', set: { dataFile: 'line.csv', epochs: 1, hidden: [4] }, space: { learningRate: { type: 'choice', values: [0.01] } }, sampler: 'grid' }));
  const { status, stdout } = await blastrain(['search', 'line.json', '--name', 'line'], { cwd });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^Assumed: the target has many different numbers, so they are predicted as\nnumbers: /) as string });
  expect(json('runs', 'line', 'best.json')).toMatchObject({ loss: 'mse', targetScaling: 'standardize' });
});
