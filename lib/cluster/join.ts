import { checkInteger, checkNumber, checkObject, checkText } from '../arguments';
import { BlastrainError } from '../errors';
import { addonFor, loadMpi } from './addon';
import { Communicator } from './communicator';
import type { Launcher } from './launcher';

/** Seconds without an answer after which a rank counts as ended. */
export const defaultWatchdog = 60;

/**
 * Joins the ranks that a launcher started together with this one; waits for all. To be called on the main thread, as variables that MPI's libraries
 * read are set first.
 * @param watchdog seconds without an answer after which a rank counts as ended.
 *
 * Throws ERR_CLUSTER where no addon was built, or it does not fit the launcher.
 */
export function joinCluster(launcher: Launcher, watchdog = defaultWatchdog): Communicator {
  checkObject(launcher, 'launcher', 'what launcherOf returns under mpirun or srun', ['name', 'size', 'rank', 'variable']);
  checkText(launcher.name, 'launcher.name', 'the name of a launcher');
  checkInteger(launcher.size, 'launcher.size', 2);
  checkNumber(watchdog, 'watchdog');
  const file = addonFor(launcher);
  const addon = loadMpi(file);
  addon.start(watchdog);
  const communicator = new Communicator(addon, file);
  const { size } = communicator;
  if (size !== launcher.size) {
    communicator.close();
    const { builtAgainst, library, path } = addon.info();
    throw new BlastrainError(
      'ERR_CLUSTER',
      `Expected ${String(launcher.size)} ranks, as ${launcher.variable} of ${launcher.name} says, for MPI_Comm_size but received ${String(size)}: the addon is built ` +
      `against ${builtAgainst} and runs on ${library} in ${path}, so start it with that one's launcher, or build it against the other: npx blastrain mpi --build`,
      { launcher: launcher.size, ranks: size },
    );
  }
  joined = communicator;
  // A process that fails ends the others with its status; that one which means to succeed ends before them, the addon says.
  process.on('exit', (status) => { if (status !== 0) joinedCluster()?.abort(status); });
  return communicator;
}

/** The ranks that the main thread has joined, for another thread of the process. @param file of {@link Communicator.file} */
export function attach(file: string): Communicator {
  return new Communicator(loadMpi(file), file);
}

let joined: Communicator | undefined;

/** The ranks that this process has joined and not left; undefined where there are none. */
export function joinedCluster(): Communicator | undefined {
  return joined?.isOpen === true ? joined : undefined;
}
