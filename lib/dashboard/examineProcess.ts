import { constants, setPriority } from 'node:os';
import { toPlain } from '../errors';
import type { PlainError } from '../errors';
import type { Examination } from './api';
import { examineRun } from './examine';

/** The one message that this process sends. */
export type ExaminationMessage = { readonly examination: Examination } | { readonly error: PlainError };

// At low priority, so that a training on this machine goes first.
setPriority(constants.priority.PRIORITY_LOW);
const [, , folder, name] = process.argv;
let message: ExaminationMessage;
try {
  message = { examination: examineRun(folder!, name!) };
} catch (error) {
  message = { error: toPlain(error) };
}
process.send!(message);
