import { join } from 'node:path';
import { findCifar10 } from '../../../lib/data/cifar10/cifar10';
import { blastrain, jsonLines } from '../../support/cli';
import { backends } from '../../support/backends';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();

test('says what runs here, in at most 80 columns of prose', async () => {
  const { status, stdout } = await blastrain(['doctor'], { cwd });
  expect(status).toBe(0);
  for (const word of ['blastrain', 'CPU', 'threads', 'memory', 'backend', 'dtypes', 'MPI', 'data']) expect(stdout).toContain(word);
});

test('gives each missing thing a mend', async () => {
  const { stdout } = await blastrain(['doctor', '--json'], { cwd, env: { BLASTRAIN_DATASETS: cwd } });
  const [diagnosis] = jsonLines(stdout);
  // Of the clone's own folder doctor finds them, too: a developer may have put them there.
  const isThere = findCifar10(join(__dirname, '../../../datasets')) !== undefined;
  const mend = { problem: expect.stringContaining('CIFAR-10') as string, mend: 'npx blastrain data get cifar10' };
  expect(diagnosis).toMatchObject({
    backend: backends[0],
    threads: { threads: expect.any(Number) as number, affinity: expect.any(Number) as number },
    memory: { source: expect.any(String) as string },
    dtypes: { typescript: ['float32', 'float64'] },
    mends: (isThere ? expect.not : expect).arrayContaining([mend]) as object,
  });
});
