import { expected } from '../errors';
import type { TrainSpec } from './fields';
import type { Callback } from './ownParts';

/* A page loads no modules for a spec: its own layers, losses, metrics and schedules it gives to `registerParts` by itself. */

/** Throws ERR_CONFIG for a spec that names a module. */
export function digestOfModule({ module }: Pick<TrainSpec, 'module' | 'moduleDigest'>): string | null {
  if (module === null) return null;
  throw expected('ERR_CONFIG', 'null, as a page loads no module for a spec (registerParts takes its parts),', 'module', module, { path: 'module' });
}

/** Throws ERR_CONFIG for a spec that names a module. */
export function callbacksOf(spec: Pick<TrainSpec, 'module' | 'moduleDigest'>): Readonly<Record<string, Callback>> {
  digestOfModule(spec);
  return {};
}
