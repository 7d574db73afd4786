import { join } from 'node:path';
import { readJson, readJsonIfThere, sizeLimits } from '../files';
import { count, flag, listOf, objectOf, oneOf, optional, recordOf, text } from '../files/shape';
import { backendNames } from '../kernels/contract';
import type { BackendName, Dtype } from '../kernels/contract';
import type { StartingModel } from '../train/modelFile';
import { runFiles } from './runFolder';

/** What a run computes with. Runs of the same spec give the same bits only where all of this is equal. */
export interface Conditions {
  readonly backend: BackendName;
  readonly dtype: Dtype;
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The `record` in spec.json, beside the spec: the conditions of a run, so that it can be repeated. */
export interface RunRecord extends Conditions {
  readonly name: string;
  readonly startedAt: string;
  readonly platform: string;
  readonly data: string;
  readonly dataDigest: string;
  /** Of a run that started from a trained model, which one. */
  readonly from?: StartingModel | undefined;
  /** When the run was resumed, and from which step. */
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
  from: optional(objectOf<StartingModel>({ parametersDigest: text, dataDigest: text, step: count, keepsLastLayer: flag })),
  resumed: optional(listOf(objectOf<{ at: string; step: number }>({ at: text, step: count }))),
});
const specFileShape = objectOf<{ readonly record: RunRecord }>({ record: recordShape });

/** Reads a run's spec.json: the spec, not checked yet, and the record beside it. Throws ERR_IO or ERR_CONFIG. */
export function readRunSpec(folder: string): { readonly record: RunRecord; readonly spec: Readonly<Record<string, unknown>> } {
  const file = join(folder, runFiles.spec);
  const { record, ...spec } = readJson(file, specFileShape, { limit: sizeLimits.small, code: 'ERR_CONFIG' });
  return { record, spec };
}

interface StartRecord {
  readonly startedAt?: string | undefined;
  readonly resumed?: readonly { readonly at?: string | undefined }[] | undefined;
}
const startShape = objectOf<{ readonly record?: StartRecord | undefined }>({
  record: optional(objectOf<StartRecord>({ startedAt: optional(text), resumed: optional(listOf(objectOf<{ at?: string | undefined }>({ at: optional(text) }))) })),
});

/** What spec.json tells of a run in a list. */
export interface SpecOutline {
  readonly startedAt: string | undefined;
  /** When its last process began. */
  readonly begunAt: string | undefined;
  readonly isResumed: boolean;
  /** The keys of the spec, not checked. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Undefined, false and no keys where spec.json is not written yet. Throws as {@link readRunSpec} does. */
export function readSpecOutline(folder: string): SpecOutline {
  const { record, ...spec } = readJsonIfThere(join(folder, runFiles.spec), startShape, { limit: sizeLimits.small, code: 'ERR_CONFIG' }) ?? {};
  const { startedAt, resumed } = record ?? {};
  return { startedAt, begunAt: resumed?.[resumed.length - 1]?.at ?? startedAt, isResumed: resumed !== undefined, spec };
}
