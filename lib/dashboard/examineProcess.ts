import { constants, setPriority } from 'node:os';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import type { Examination } from './api';
import { loadModules } from '../spec/modules';
import { examineRun } from './examine';

/** The one message that this process sends. */
export type ExaminationMessage = { readonly examination: Examination } | { readonly error: PlainError };

// At low priority, so that a training on this machine goes first.
setPriority(constants.priority.PRIORITY_LOW);
const [, , folder, name, ...modules] = process.argv;
loadModules(modules).then(() => examineRun(folder!, name!)).then(
  (examination): ExaminationMessage => ({ examination }),
  (error: unknown): ExaminationMessage => ({ error: toPlain(error) }),
).then((message) => process.send!(message), () => undefined);
