import { backends } from '../kernels';
import type { Conditions } from '../runFolder/runRecord';

/** Of the conditions of a run those that may change its last bits. */
export function bitsDependOn({ backend, threads, versions: found }: Pick<Conditions, 'backend' | 'threads' | 'versions'>): Readonly<Record<string, string>> {
  const facts = backends[backend].bitsDependOn.map((name) => [name, name === 'threads' ? String(threads) : String(found[name])] as const);
  return { backend, ...Object.fromEntries(facts) };
}
