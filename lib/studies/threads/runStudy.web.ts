import { checkObject } from '../../arguments';
import { trainingRows } from '../../build/trainingRows';
import type { TrainingData } from '../../build/buildTraining';
import { expected } from '../../errors';
import { parseSpec, specForRows } from '../../spec/spec';
import type { GivenSpec } from '../../spec/spec';
import { checkSpec } from '../gradcheck';
import type { GradcheckReport, SpecCheckOptions } from '../gradcheck';

/** What a study of a spec runs on, as a training does. */
export interface StudyOptions {
  /** Rows to train on, as `split` and `loadRows` give them. */
  readonly data?: TrainingData;
  /** A page loads no modules. */
  readonly module?: never;
}

/** Runs the check of gradients on this thread, as a page starts none by itself. Rejects with what it throws, and ERR_CONFIG for an invalid spec or none of the rows. */
export async function runStudy(_study: 'checkSpec', given: GivenSpec, { data }: StudyOptions, options: SpecCheckOptions): Promise<GradcheckReport> {
  checkObject(given, 'spec', 'a spec');
  await Promise.resolve(); // so that every error is a rejection of this promise
  if (data === undefined) throw expected('ERR_CONFIG', 'rows, as a page opens no files,', 'data', data, { path: 'data' });
  const rows = trainingRows(data);
  return checkSpec(parseSpec(specForRows(given, rows.train)), rows, options);
}
