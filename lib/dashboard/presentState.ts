import { lstatSync } from 'node:fs';
import { readJsonLines, readPart, sizeLimits } from '../files';
import { RunHistory } from '../history/runHistory';
import type { StartEvent } from '../train/events';
import { eventShape } from '../train/eventShape';

/** Enough of a file's end to hold the last evaluation in most runs, and of its beginning to hold the first event. */
const endBytes = 2 ** 16;
const headBytes = 2 ** 16;
/** The last evaluation is looked for in pieces of so many bytes, in so many bytes before the end. */
const pieceBytes = 2 ** 20;
const searchedBytes = 2 ** 26;
/** More than this is not read again event by event. */
const addedBytes = 2 ** 22;
/** So many bytes before what was read are compared; where they differ the file was cut meanwhile. */
const checkedBytes = 64;

/** The present state of a run, and how much of its metrics it was read from. */
export interface PresentState {
  /** Holds the last event of each kind. */
  readonly history: RunHistory;
  readonly stamp: string;
  readonly read: number;
  readonly check: string;
}

/**
 * What the metrics of a run tell of its present state: its start, the last evaluation, the last step. `before` is what was read last time, after which
 * only what was added is read. Throws ERR_IO.
 * @param isResumed whether there may be a later start: a resumed run may be longer than its first start says.
 */
export function readPresentState(file: string, isResumed: boolean, before?: PresentState): PresentState {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const stamp = stat === undefined ? '' : `${String(stat.size)} ${String(stat.mtimeMs)} ${String(isResumed)}`;
  if (before?.stamp === stamp) return before;
  return (before && readAdded(file, stamp, before)) ?? readEnds(file, stamp, isResumed);
}

/** Undefined where the file was cut, or too much was added. */
function readAdded(file: string, stamp: string, { history, read, check }: PresentState): PresentState | undefined {
  if (read === 0) return undefined;
  const from = Math.max(0, read - checkedBytes);
  const part = readPart(file, () => ({ from, length: addedBytes }));
  if (part === undefined || part.size - from > addedBytes || part.bytes.toString('hex', 0, read - from) !== check) return undefined;
  apply(history, part.bytes.subarray(read - from), file);
  return stateAt(history, stamp, part.bytes, from);
}

function readEnds(file: string, stamp: string, isResumed: boolean): PresentState {
  const source = { file, code: 'ERR_DATA' } as const;
  const head = readPart(file, () => ({ from: 0, length: headBytes }));
  const tail = readPart(file, (size) => ({ from: Math.max(0, size - endBytes), length: endBytes }));
  const [first] = head === undefined ? [] : readJsonLines(head.bytes.subarray(0, head.bytes.indexOf(10) + 1), eventShape, source).lines;
  const start = (isResumed ? lastStart(file) : undefined) ?? (first?.value.type === 'start' ? first.value : undefined);
  const bytes = tail?.bytes ?? Buffer.alloc(0);
  const from = tail?.from ?? 0;
  // The first line may be incomplete.
  const whole = from === 0 ? 0 : bytes.indexOf(10) + 1;
  const history = new RunHistory(1);
  if (start !== undefined) history.apply(start);
  if (from > 0 && !bytes.includes(evaluationMark)) applyLastEvaluation(history, file, from + whole);
  apply(history, bytes.subarray(whole), file);
  return stateAt(history, stamp, bytes, from);
}

const evaluationMark = '{"type":"evaluation"';

/** Finds the last evaluation that begins before `end`. */
function applyLastEvaluation(history: RunHistory, file: string, end: number): void {
  for (let to = end; to > Math.max(0, end - searchedBytes); to -= pieceBytes) {
    // An evaluation that a border cuts is whole in the piece with the border inside.
    const from = Math.max(0, to - pieceBytes - endBytes);
    const bytes = readPart(file, () => ({ from, length: to - from }))?.bytes;
    const at = bytes?.lastIndexOf(`\n${evaluationMark}`) ?? -1;
    if (bytes === undefined || at < 0) continue;
    apply(history, bytes.subarray(at + 1, bytes.indexOf(10, at + 1) + 1), file);
    return;
  }
}

function apply(history: RunHistory, bytes: Buffer, file: string): void {
  for (const { value } of readJsonLines(bytes, eventShape, { file, code: 'ERR_DATA' }).lines) history.apply(value);
}

/** The state after the whole lines of `bytes`, which begin at `from` in the file. */
function stateAt(history: RunHistory, stamp: string, bytes: Buffer, from: number): PresentState {
  const end = bytes.lastIndexOf(10) + 1;
  return { history, stamp, read: from + end, check: bytes.toString('hex', Math.max(0, end - checkedBytes), end) };
}

/** The last start in a run's metrics. */
function lastStart(file: string): StartEvent | undefined {
  const bytes = readPart(file, (size) => ({ from: 0, length: Math.min(size, sizeLimits.events) }))?.bytes ?? Buffer.alloc(0);
  const at = bytes.lastIndexOf('\n{"type":"start"') + 1;
  const end = bytes.indexOf(10, at) + 1;
  const [last] = readJsonLines(bytes.subarray(at, end), eventShape, { file, code: 'ERR_DATA' }).lines;
  return last?.value.type === 'start' ? last.value : undefined;
}
