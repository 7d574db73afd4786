import { launcherOf } from '../../lib/cluster';

test.each([
  ['none', {}, undefined],
  ["Open MPI's", { OMPI_COMM_WORLD_SIZE: '8', OMPI_COMM_WORLD_RANK: '3', PMIX_RANK: '3' }, { size: 8, rank: 3, variable: 'OMPI_COMM_WORLD_SIZE', family: 'openmpi' }],
  ["Open MPI's under Slurm", { OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: '1', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '1', SLURM_PROCID: '0' }, { size: 2, rank: 1, family: 'openmpi' }],
  ["Hydra's", { PMI_SIZE: '4', PMI_RANK: '0' }, { size: 4, rank: 0, variable: 'PMI_SIZE', family: 'mpich' }],
  ["MVAPICH's", { MV2_COMM_WORLD_SIZE: '4', MV2_COMM_WORLD_RANK: '2', PMI_SIZE: '4', PMI_RANK: '2' }, { size: 4, rank: 2, family: 'mpich' }],
  ["srun's", { SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '16', SLURM_NTASKS: '32', SLURM_PROCID: '5', PMI_SIZE: '16', PMI_RANK: '5' }, { size: 16, rank: 5, variable: 'SLURM_STEP_NUM_TASKS', family: undefined }],
  ["srun's with PMIx, of old", { SLURM_STEP_ID: '1', SLURM_NTASKS: '4', SLURM_PROCID: '0', PMIX_RANK: '0' }, { size: 4, rank: 0, variable: 'SLURM_NTASKS' }],
  ["a batch script's, in which srun has started nothing", { SLURM_NTASKS: '32', SLURM_PROCID: '0' }, undefined],
  ['of one rank alone', { OMPI_COMM_WORLD_SIZE: '1', OMPI_COMM_WORLD_RANK: '0' }, undefined],
  ['no numbers', { OMPI_COMM_WORLD_SIZE: 'many', OMPI_COMM_WORLD_RANK: '0' }, undefined],
])('%s variables', (_, env, expected) => {
  if (expected === undefined) expect(launcherOf(env)).toBeUndefined();
  else expect(launcherOf(env)).toMatchObject(expected);
});
