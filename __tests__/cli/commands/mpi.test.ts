import { join } from 'node:path';
import { blastrain, jsonLines } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import { blastrainOn, clusterTimeout, describeCluster, sentences } from '../../support/mpi';

const empty = temporaryFolder();
const openMpi = { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '0' };

test.each([
  ['what to type where no addon was built', [], { BLASTRAIN_MPI: empty, ...openMpi },
    `Expected the MPI addon, which is built on the machine that uses it, for a start by Open MPI's mpirun but received none in ${empty}; to mend it, type: npx blastrain mpi --build [ERR_CLUSTER]`],
  ['a folder without an MPI', ['--build', '--mpi', empty], {}, `Expected a folder with bin/mpicc for --mpi but received '${empty}' [ERR_CONFIG]`],
  ['that there is no MPI', ['--build'], { PATH: empty }, 'Expected an MPI with its compiler mpicc in PATH but received none; load its module (module load openmpi), name its folder (--mpi DIR), ' +
    'or on Debian or Ubuntu type: apt-get install openmpi-bin libopenmpi-dev g++ [ERR_CLUSTER]'],
])('says %s', async (_, words, env, sentence) => {
  expect(await blastrain(['mpi', ...words], { env })).toEqual({ status: 1, stdout: '', stderr: `blastrain: ${sentence}\n` });
});

describeCluster('with Open MPI', () => {
  test('builds the addon into the folder that is named, and tries it', async () => {
    const env = { BLASTRAIN_MPI: join(empty, 'built') };
    const [built] = jsonLines((await blastrain(['mpi', '--build', '--json'], { env })).stdout);
    const file = join(empty, 'built', 'openmpi.node');
    expect(built).toMatchObject({ file, info: { family: 'openmpi', builtAgainst: expect.stringMatching(/^Open MPI \d/) as string, library: expect.stringMatching(/^Open MPI v\d/) as string } });
    const { status, stdout } = await blastrain(['mpi'], { env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^compiler +\S+\naddon +\S+openmpi\.node\n +against Open MPI .*, runs on Open MPI v.*, ready in [\d.]+ s\n$/) as string });
  }, clusterTimeout);

  test('shows the ranks that find each other', async () => {
    const { status, stdout } = await blastrainOn(2, ['mpi', '--json']);
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toEqual([{
      launcher: "Open MPI's mpirun", ranks: 2, hosts: [{ host: expect.any(String) as string, ranks: 2 }],
      sums: [4, 16_384, 262_144, 1_048_576, 6_301_696].map((bytes) => ({ bytes, seconds: expect.any(Number) as number })),
      network: { exchange: expect.any(Number) as number, byte: expect.any(Number) as number },
    }]);
  }, clusterTimeout);

  test('refuses variables of a launcher whose ranks do not find each other', async () => {
    const { status, stdout, stderr } = await blastrain(['mpi'], { env: openMpi });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(sentences({ status, stdout, stderr })).toEqual([expect.stringMatching(/^blastrain: Expected 4 ranks, as OMPI_COMM_WORLD_SIZE .* but received 1: the addon is built against Open MPI .* \[ERR_CLUSTER\]$/)]);
  }, clusterTimeout);
});
