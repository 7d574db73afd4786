import { hostname } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/cli';
import { blockOf } from '../../lib/cluster/communicator';
import { clusterTimeout, describeCluster, mpirun, sentences } from '../support/mpi';

const script = join(root, '__tests__', 'support', 'clusterProcess.js');
const host = hostname();

test.each([[1, [[0, 1]]], [3, [[0, 2], [2, 1], [3, 1]]], [4, [[0, 1], [1, 1], [2, 1], [3, 1]]], [6, [[0, 2], [2, 2], [4, 1], [5, 1], [6, 1], [7, 1]]]])(
  'the tree of %d ranks has for each an aligned block of leaves', (size, blocks) => {
    expect(Array.from({ length: size }, (_, rank) => Object.values(blockOf(rank, size)))).toEqual(blocks);
  });

describeCluster('ranks of Open MPI', () => {
  test.each([3, 6, 8])('%d ranks add up as one process does along the tree, to the bit, and pass values on', async (ranks) => {
    const { status, stdout, stderr } = await mpirun(ranks, [script, 'sums']);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      wrong: [],
      gathered: Array.from({ length: ranks }, (_, rank) => ({ rank, text: 'x'.repeat(rank), nan: null })),
      told: { from: 0 },
      hosts: Array<string>(ranks).fill(host),
    });
  }, clusterTimeout);

  test('wait for a rank that is late but alive, longer than the watchdog', async () => {
    const { status, stdout } = await mpirun(2, [script, 'late', '1']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '"done"\n' });
  }, clusterTimeout);

  test('name the rank and the host that does not answer, and end', async () => {
    const result = await mpirun(4, [script, 'stop', '1']);
    expect(result.status).not.toBe(0);
    const said = new Set(sentences(result));
    expect([...said]).toEqual([`blastrain: Expected an answer within 1 s for collective 2 but received none from rank 3 on host ${host} [ERR_CLUSTER]`]);
  }, clusterTimeout);

  test.each([
    ['is killed', 'kill', []],
    ['ends with status 0', 'leave', [`blastrain: Expected all ranks to end together but rank 1 on host ${host} ended before [ERR_CLUSTER]`]],
  ])('end with a status other than 0 where one %s', async (_, job, said) => {
    const result = await mpirun(2, [script, job, '30']);
    expect(result.status).not.toBe(0);
    expect(sentences(result)).toEqual(said);
  }, clusterTimeout);
});
