import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blastrain, jsonLines } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();

test('trains eight nets, draws them together and tests the best once', async () => {
  const { status, stdout, stderr } = await blastrain(
    ['depth', '--json', '--set', 'data=synthetic', 'trainRows=300', 'validationRows=100', 'testRows=100', 'batchSize=50', 'epochs=1'], { cwd },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const report = jsonLines(stdout).pop() as unknown as {
    name: string; best: string; results: { run: string; depth: number; norm: string; valAccuracy: number }[]; test: { run: string; look: number };
  };
  expect(report.results.map(({ depth, norm }) => `${String(depth)} ${norm}`)).toEqual([
    '2 none', '3 none', '4 none', '5 none', '2 batch', '3 batch', '4 batch', '5 batch',
  ]);
  const best = Math.max(...report.results.map(({ valAccuracy }) => valAccuracy));
  expect(report.results.find(({ run }) => run === report.best)!.valAccuracy).toBe(best);
  expect(report.test).toMatchObject({ run: report.best, look: 1 });
  expect(JSON.parse(readFileSync(join(cwd, 'runs', report.name, 'depth.json'), 'utf8'))).toEqual(report);
  expect(existsSync(join(cwd, 'runs', report.name, 'depth.svg'))).toBe(true);
});

test('refuses what no net allows, before anything is trained', async () => {
  const { status, stderr } = await blastrain(['depth', '--set', 'learningRate=-1'], { cwd });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^blastrain: Expected .*\[ERR_CONFIG\]\n$/) as string });
});
