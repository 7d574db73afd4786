import { checkObject } from '../arguments';

/** What a launcher of MPI programs says to a process that it starts. */
export interface Launcher {
  /** Its name in sentences. */
  readonly name: string;
  /** Processes that it started together, and the variable that says so. */
  readonly size: number;
  readonly variable: string;
  /** The number of this one, from 0. */
  readonly rank: number;
  /** The MPI that it belongs to; undefined where it starts those of any. */
  readonly family: 'openmpi' | 'mpich' | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Kind extends Pick<Launcher, 'name' | 'family'> {
  readonly sizes: readonly string[];
  readonly ranks: readonly string[];
}

/**
 * Launchers by their variables, the surest first. Slurm's are there in the batch script too, where SLURM_NTASKS counts tasks that nobody has started;
 * SLURM_STEP_ID is there in what srun starts alone.
 */
const kinds: readonly Kind[] = [
  { name: "Open MPI's mpirun", family: 'openmpi', sizes: ['OMPI_COMM_WORLD_SIZE'], ranks: ['OMPI_COMM_WORLD_RANK', 'PMIX_RANK'] },
  { name: 'MVAPICH', family: 'mpich', sizes: ['MV2_COMM_WORLD_SIZE'], ranks: ['MV2_COMM_WORLD_RANK'] },
  { name: 'srun', family: undefined, sizes: ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS'], ranks: ['SLURM_PROCID'] },
  { name: 'mpiexec of MPICH or of its kin', family: 'mpich', sizes: ['PMI_SIZE'], ranks: ['PMI_RANK'] },
  { name: 'a PMIx launcher', family: undefined, sizes: ['PMIX_SIZE', 'PALS_NRANKS'], ranks: ['PMIX_RANK'] },
];

/**
 * The launcher that started this process together with others, by the variables that it has set; undefined where there is none or it started this one alone, which then needs no MPI.
 */
export function launcherOf(env: Environment = process.env): Launcher | undefined {
  checkObject(env, 'env', 'variables of an environment');
  for (const { name, family, sizes, ranks } of kinds) {
    if (name === 'srun' && env['SLURM_STEP_ID'] === undefined) continue;
    const variable = sizes.find((one) => count(env[one]) !== undefined);
    const rank = ranks.map((one) => count(env[one])).find((one) => one !== undefined);
    if (variable === undefined || rank === undefined) continue;
    const size = count(env[variable])!;
    return size > 1 ? { name, size, variable, rank, family } : undefined;
  }
  return undefined;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}
