import { backends, nativeStatus, vectorsHere } from '../kernels';
import type { Conditions } from '../runFolder/runRecord';
import { version } from '../version';

/** Versions of what a run computes with, as its record has them. */
export function versions(): Readonly<Record<string, string>> {
  const native = nativeStatus();
  return {
    blastrain: version,
    node: process.versions.node,
    v8: process.versions.v8,
    ...(vectorsHere() !== 'none' && { vectors: vectorsHere() }),
    ...(native.loaded ? { openblas: native.info.openblasVersion, openblasCore: native.info.openblasCore, isa: native.info.isa } : {}),
  };
}

/** Of the conditions of a run those that may change its last bits. */
export function bitsDependOn({ backend, threads, versions: found }: Pick<Conditions, 'backend' | 'threads' | 'versions'>): Readonly<Record<string, string>> {
  const facts = backends[backend].bitsDependOn.map((name) => [name, name === 'threads' ? String(threads) : String(found[name])] as const);
  return { backend, ...Object.fromEntries(facts) };
}
