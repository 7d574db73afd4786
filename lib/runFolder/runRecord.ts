import { join } from 'node:path';
import { readJson, readJsonIfThere, sizeLimits } from '../files';
import { anything, count, listOf, objectOf, oneOf, optional, recordOf, text } from '../files/shape';
import { backendNames } from '../kernels/contract';
import type { BackendName, Dtype } from '../kernels/contract';
import { runFiles } from './runFolder';

/** What a run computes with; two runs agree to the bit only where all of it agrees. */
export interface Conditions {
  readonly backend: BackendName;
  readonly dtype: Dtype;
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** What spec.json records beside the spec, so that a run can be repeated and its conditions known. */
export interface RunRecord extends Conditions {
  readonly name: string;
  readonly startedAt: string;
  readonly platform: string;
  readonly data: string;
  readonly dataDigest: string;
  /** When the run went on, and from which step. */
  readonly resumed?: readonly { readonly at: string; readonly step: number }[];
}

const recordShape = objectOf<RunRecord>({
  backend: oneOf(...backendNames),
  dtype: oneOf('float32', 'float64'),
  threads: count,
  versions: recordOf(text),
  name: text,
  startedAt: text,
  platform: text,
  data: text,
  dataDigest: text,
  resumed: optional(listOf(objectOf<{ at: string; step: number }>({ at: text, step: count }))),
});
const specFileShape = objectOf<{ readonly record: RunRecord }>({ record: recordShape });

/** What a run's spec.json holds: the spec as it was given, not checked yet, and the record beside it. Throws ERR_IO or ERR_CONFIG. */
export function readRunSpec(folder: string): { readonly record: RunRecord; readonly spec: Readonly<Record<string, unknown>> } {
  const file = join(folder, runFiles.spec);
  const { record, ...spec } = readJson(file, specFileShape, { limit: sizeLimits.small, code: 'ERR_CONFIG' });
  return { record, spec };
}

interface Begun {
  readonly startedAt?: string | undefined;
  readonly resumed?: readonly unknown[] | undefined;
}
const startShape = objectOf<{ readonly record?: Begun | undefined }>({
  record: optional(objectOf<Begun>({ startedAt: optional(text), resumed: optional(listOf(anything)) })),
});

/**
 * When a run was begun, and whether it went on, as far as its spec.json says so: it may be written yet. Throws as
 * {@link readRunSpec} does.
 */
export function readStart(folder: string): { readonly startedAt: string | undefined; readonly isResumed: boolean } {
  const record = readJsonIfThere(join(folder, runFiles.spec), startShape, { limit: sizeLimits.small, code: 'ERR_CONFIG' })?.record;
  return { startedAt: record?.startedAt, isResumed: record?.resumed !== undefined };
}
