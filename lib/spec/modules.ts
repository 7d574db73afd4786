import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import { readFile, sizeLimits } from '../files';
import { registerParts } from './ownParts';
import type { Callback, OwnParts } from './ownParts';
import type { TrainSpec } from './fields';

interface LoadedModule {
  /** Its path as the caller gave it. */
  readonly path: string;
  /** SHA-256 of the file, in hex; not of what it imports. */
  readonly digest: string;
  readonly parts: OwnParts;
}

/** The modules that were loaded in this thread, by their real paths. */
const loaded = new Map<string, LoadedModule>();

/**
 * Loads a module of one's own (.mjs, .cjs or .js, or .ts where Node runs it) and registers what its default export has, see {@link OwnParts}: from then on
 * specs may name its parts, and the threads and commands that this process starts load it too. A second call for the same file does nothing.
 *
 * This is the only way by which code is loaded: a spec, run or model that names a module is refused until the program, or --module, has named it too.
 * Rejects with ERR_IO for a file that cannot be read, ERR_CONFIG for a module that does not load and as {@link registerParts} throws.
 */
export async function loadModule(path: string): Promise<OwnParts> {
  checkText(path, 'module', 'the path of a module');
  const bytes = readFile(path, { limit: sizeLimits.report, follow: true });
  const file = realpathSync(path);
  const known = loaded.get(file);
  if (known !== undefined) return known.parts;
  const parts = defaultOf(await importFile(file, path));
  if (parts === undefined) throw expected('ERR_CONFIG', 'a default export with layers, losses, metrics, schedules or callbacks', 'module', path, { path: 'module' });
  if (!loaded.has(file)) {
    registerParts(parts);
    loaded.set(file, { path, digest: createHash('sha256').update(bytes).digest('hex'), parts });
  }
  return parts;
}

async function importFile(file: string, path: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw expected('ERR_CONFIG', 'a module that loads', 'module', `${path}: ${toPlain(error).message.split('\n')[0]!}`, { path: 'module' });
  }
}

/** The default export; of TypeScript compiled to CommonJS it stands in one of its own. */
function defaultOf(module: unknown): OwnParts | undefined {
  const { default: first } = module as { readonly default?: unknown };
  const inner = (first as { readonly default?: unknown } | null | undefined)?.default;
  return inner ?? first ?? undefined;
}

/** The real paths of the modules that this thread has loaded, for {@link loadModules} in another. */
export function loadedModules(): readonly string[] {
  return [...loaded.keys()];
}

/** The key `module` for a spec that has none, where the caller has loaded one: the first. */
export function moduleKey(): { readonly module?: string } {
  const [first] = loaded.values();
  return first === undefined ? {} : { module: first.path };
}

/** Loads the modules that the thread which started this one has loaded. */
export async function loadModules(paths: readonly string[]): Promise<void> {
  for (const path of paths) await loadModule(path);
}

/**
 * The digest of the module that a spec names: that at its path, else one with the same bytes. Throws ERR_CONFIG where the caller has loaded no such
 * module: a spec, which may come from anywhere, loads no code.
 */
export function digestOfModule({ module, moduleDigest }: Pick<TrainSpec, 'module' | 'moduleDigest'>): string | null {
  return module === null ? null : findModule(module, moduleDigest).digest;
}

/** The callbacks of the module that a spec names, by name. */
export function callbacksOf({ module, moduleDigest }: Pick<TrainSpec, 'module' | 'moduleDigest'>): Readonly<Record<string, Callback>> {
  return module === null ? {} : findModule(module, moduleDigest).parts.callbacks ?? {};
}

function findModule(module: string, digest: string | null): LoadedModule {
  const found = loaded.get(realPath(module)) ?? [...loaded.values()].find((one) => one.digest === digest);
  if (found !== undefined) return found;
  const what = `a module that the caller names too (--module, or the option module), as ${digest === null ? 'a spec' : `a spec (digest ${digest.slice(0, 12)})`} loads no code,`;
  throw expected('ERR_CONFIG', what, 'module', module, { path: 'module' });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
