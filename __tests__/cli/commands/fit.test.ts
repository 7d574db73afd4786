import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blastrain, jsonLines } from '../../support/cli';
import { writeFlowers } from '../../support/data/flowers';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
writeFlowers(cwd);
const short = ['--set', 'epochs=5', 'hidden=8'];

test('a table is fitted, scored beside two baselines and looked at once', async () => {
  const { stdout, stderr, status } = await blastrain(['fit', 'flowers.csv', '--json', ...short, '--budget', '60s'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = jsonLines(stdout);
  expect(lines[0]).toMatchObject({ type: 'columns', target: [{ name: 'kind', kind: 'classes' }], assumed: expect.arrayContaining(['target kind, the last']) as unknown });
  expect(lines[1]).toMatchObject({ type: 'plan', preset: 'table', trainRows: 120, validationRows: 15, testRows: 15, spec: { batchSize: 16, stratify: true, epochs: 5 } });
  expect(lines[2]).toMatchObject({ type: 'start', run: 'flowers-1' });
  const scores = lines.filter(({ type }) => type === 'scores');
  expect(scores).toMatchObject([{ split: 'validation', rows: 15 }, { split: 'test', rows: 15, look: 1 }]);
  for (const { models } of scores) {
    const [, linear, constant] = models as { model: string; scores: Record<'accuracy' | 'logLoss', { value: number; error: number }> }[];
    expect([linear!.model, constant!.model]).toEqual(['linear', 'class shares']);
    expect(linear!.scores.accuracy.value).toBeGreaterThan(0.85);
    expect(constant!.scores.accuracy).toEqual({ value: expect.closeTo(1 / 3, 9) as number, error: expect.closeTo(Math.sqrt(2 / 9 / 15), 9) as number });
    expect(constant!.scores.logLoss.value).toBeCloseTo(Math.log(3), 9);
  }
  const spec = JSON.parse(readFileSync(join(cwd, 'runs', 'flowers-1', 'spec.json'), 'utf8')) as Record<string, unknown>;
  expect(spec).toMatchObject({ data: 'csv', dataFile: 'flowers.csv', stratify: true, restoreBest: true, maxSeconds: expect.any(Number) as number });
  expect(readFileSync(join(cwd, 'runs', 'test-ledger.jsonl'), 'utf8').match(/"look":1/g)).toHaveLength(1);
});

test('--dry-run says for people what was understood, within 80 columns, and trains nothing', async () => {
  const wide = 'a very long name of a column that nobody would want to see in full, least of all in a table';
  writeFileSync(join(cwd, 'wide.csv'), `id,${wide.replaceAll(',', ';')},city,leak,price\n${Array.from({ length: 300 }, (_, i) =>
    `u${String(i)},${i % 7 === 0 ? '' : String(i)},${['Bern', 'Basel', 'Chur'][i % 3]!},${String(2.5 * i)},${String(2.5 * i)}`).join('\n')}\n`);
  const { stdout, stderr, status } = await blastrain(['fit', 'wide.csv', '--dry-run', '--ignore', 'id', '--runs', 'none', ...short], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^city +category +3: \w+ \d\d %, B/m);
  expect(stdout).toMatch(/^price +target, number +[\d.]+ to [\d.]+, mean/m);
  expect(stdout).toContain('Warning: The column leak equals the target in every training row');
  expect(stdout).toContain('Split: 240 rows to train, 30 to choose the best epoch, 30 to test');
  expect((await blastrain(['runs', '--runs', 'none'], { cwd })).stdout).not.toContain('wide');
});

test.each([
  [['--target', 'knid'], 'ERR_CONFIG', 'Expected kind for target but received \'knid\''],
  [['--ignore', 'petalLenght'], 'ERR_CONFIG', '(did you mean petalLength?) for columns but received \'petalLenght\''],
  [['--columns', 'petalLength'], 'ERR_CONFIG', 'Expected COLUMN=KIND for --columns'],
])('%j is refused in one sentence', async (args, code, part) => {
  const { status, stdout, stderr } = await blastrain(['fit', 'flowers.csv', ...args], { cwd });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^blastrain: Expected .*\\[${code}\\]\n$`));
  expect(stderr).toContain(part);
});

test('--folds scores every row by a model that was not trained on it', async () => {
  const { stdout, stderr, status } = await blastrain(['fit', 'flowers.csv', '--folds', '3', '--json', ...short, '--name', 'crossed'], { cwd });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { type, runs, mean, baselines, predictions } = jsonLines(stdout).pop() as { type: string; baselines: { model: string; mean: { accuracy: { value: number } }; folds: unknown[] }[]; runs: { run: string; rows: number; scores: { accuracy: { value: number } } }[]; mean: { accuracy: { value: number; error: number } }; predictions: string };
  expect([type, runs.map(({ run, rows }) => [run, rows])]).toEqual(['folds', [['crossed-fold1', 45], ['crossed-fold2', 45], ['crossed-fold3', 45]]]);
  const accuracies = runs.map(({ scores }) => scores.accuracy.value);
  const centre = accuracies.reduce((sum, value) => sum + value, 0) / 3;
  expect(mean.accuracy.value).toBeCloseTo(centre, 12);
  expect(mean.accuracy.error).toBeCloseTo(Math.sqrt(accuracies.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 2 / 3), 12);

  expect(baselines.map(({ model, folds }) => [model, folds.length])).toEqual([['linear', 3], ['class shares', 3]]);
  expect(baselines[0]!.mean.accuracy.value).toBeGreaterThan(0.8);
  expect(baselines[1]!.mean.accuracy.value).toBeCloseTo(1 / 3, 12);

  const [header, ...lines] = readFileSync(join(cwd, predictions), 'utf8').trimEnd().split('\n').map((line) => line.split(','));
  expect(header).toEqual(['row', 'fold', 'kind', ...['setosa', 'versicolor', 'virginica'].map((kind) => `probability of ${kind}`)]);
  const kinds = readFileSync(join(cwd, 'flowers.csv'), 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split(',')[4]);
  expect(lines).toHaveLength(135);
  expect(new Set(lines.map(([row]) => row)).size).toBe(135);
  for (const [row, , kind] of lines) expect(kind).toBe(kinds[Number(row)]);
});
