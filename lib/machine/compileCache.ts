import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What Node.js has from 22.1 on. */
interface CompileCache {
  readonly enableCompileCache?: (folder: string) => unknown;
}

/** The folder of compiled code in this process; undefined until {@link keepCompiled} is called. */
let folder: string | undefined;

/** Where blastrain keeps what it can make again, by the XDG base directory specification; undefined for a user without a home. */
export function userCacheFolder(): string | undefined {
  const given = process.env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(given)) return join(given, 'blastrain');
  try {
    return join(homedir(), '.cache', 'blastrain');
  } catch {
    return undefined;
  }
}

/**
 * Has Node.js from 22.1 on keep the compiled code of modules in a folder, from which the next process reads it instead of compiling them again.
 * NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1 keeps none. Does nothing on older versions, and where the folder cannot be written.
 * For each thread, before it loads its modules; a folder of the user's own, as everything in it is run.
 */
export function keepCompiled(where: string): void {
  folder = where;
  (module as CompileCache).enableCompileCache?.(where);
}

/** The folder that {@link keepCompiled} was called with, for a thread that this one starts. */
export function compiledFolder(): string | undefined {
  return folder;
}
