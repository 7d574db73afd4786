import { lstatSync } from 'node:fs';
import { readJsonLines, readPart, sizeLimits } from '../files';
import { BestScore } from '../history/bestScore';
import { RunHistory } from '../history/runHistory';
import type { StartEvent, TrainEvent } from '../train/events';
import { eventShape } from '../train/eventShape';

/** Enough of a file's end, and of its beginning, in nearly all runs; else more is read. */
const firstBytes = 2 ** 12;
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
/** Lines at the end that are read whatever they are; of those before them only the last of its kind counts. */
const lastLines = 8;

/** The present state of a run, and how much of its metrics it was read from. */
export interface PresentState {
  /** Holds the last event of each kind. */
  readonly history: RunHistory;
  /** The best evaluation so far, of a run without a result. */
  readonly best: BestScore;
  readonly stamp: string;
  readonly read: number;
  readonly check: string;
}

/**
 * What the metrics of a run tell of its present state: its start, the last evaluation, the last step, the best score. `before` is what was read last
 * time, after which only what was added is read. Throws ERR_IO.
 * @param isResumed whether there may be a later start: a resumed run may be longer than its first start says.
 */
export function readPresentState(file: string, isResumed: boolean, before?: PresentState): PresentState {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const stamp = stat === undefined ? '' : `${String(stat.size)} ${String(stat.mtimeMs)} ${String(isResumed)}`;
  if (before?.stamp === stamp) return before;
  return (before && readAdded(file, stamp, before)) ?? readEnds(file, stamp, isResumed);
}

/** Undefined where the file was cut, or too much was added. */
function readAdded(file: string, stamp: string, { history, best, read, check }: PresentState): PresentState | undefined {
  if (read === 0) return undefined;
  const from = Math.max(0, read - checkedBytes);
  const part = readPart(file, () => ({ from, length: addedBytes }));
  if (part === undefined || part.size - from > addedBytes || part.bytes.toString('hex', 0, read - from) !== check) return undefined;
  for (const event of eventsIn(part.bytes.subarray(read - from), file)) {
    history.apply(event);
    best.apply(event);
  }
  return stateAt({ history, best }, stamp, part.bytes, from);
}

function readEnds(file: string, stamp: string, isResumed: boolean): PresentState {
  const first = firstEvent(file, firstBytes) ?? firstEvent(file, headBytes);
  const start = (isResumed ? lastStart(file) : undefined) ?? (first?.type === 'start' ? first : undefined);
  const near = readEnd(file, firstBytes);
  const { bytes, from } = near.from === 0 || near.bytes.includes(evaluationMark) ? near : readEnd(file, endBytes);
  // The first line may be incomplete.
  const whole = from === 0 ? 0 : bytes.indexOf(10) + 1;
  const history = new RunHistory(1);
  const best = new BestScore();
  if (start !== undefined) history.apply(start);
  if (from > 0 && !bytes.includes(evaluationMark)) applyLastEvaluation(history, file, from + whole);
  for (const event of lastEvents(bytes.subarray(whole), file)) history.apply(event);
  if (history.result !== undefined) best.apply(history.result);
  if (best.best === undefined) findBest(best, file);
  return stateAt({ history, best }, stamp, bytes, from);
}

function readEnd(file: string, length: number): { readonly bytes: Buffer; readonly from: number } {
  return readPart(file, (size) => ({ from: Math.max(0, size - length), length })) ?? { bytes: Buffer.alloc(0), from: 0 };
}

/** Undefined where its line is longer than `length`. */
function firstEvent(file: string, length: number): TrainEvent | undefined {
  const { bytes } = readPart(file, () => ({ from: 0, length })) ?? {};
  return bytes && eventsIn(bytes.subarray(0, bytes.indexOf(10) + 1), file)[0];
}

const evaluationMark = '{"type":"evaluation"';
const stepMark = '{"type":"step"';

/** The last whole lines, and the last evaluation and the last step of those before them. */
function lastEvents(bytes: Buffer, file: string): TrainEvent[] {
  let begin = bytes.lastIndexOf(10);
  for (let i = 0; i < lastLines && begin > 0; i++) begin = bytes.lastIndexOf(10, begin - 1);
  const at = begin + 1;
  const earlier = begin <= 0 ? [] : [evaluationMark, stepMark].flatMap((mark) => {
    for (let found = bytes.lastIndexOf(mark, at - 1); found >= 0; found = found === 0 ? -1 : bytes.lastIndexOf(mark, found - 1)) {
      const event = eventsIn(bytes.subarray(found, bytes.indexOf(10, found) + 1), file)[0];
      if (event !== undefined) return [{ found, event }];
    }
    return [];
  });
  return [...earlier.sort((a, b) => a.found - b.found).map(({ event }) => event), ...eventsIn(bytes.subarray(at), file)];
}

/** Finds the last evaluation that begins before `end`. */
function applyLastEvaluation(history: RunHistory, file: string, end: number): void {
  for (let to = end; to > Math.max(0, end - searchedBytes); to -= pieceBytes) {
    // An evaluation that a border cuts is whole in the piece with the border inside.
    const from = Math.max(0, to - pieceBytes - endBytes);
    const bytes = readPart(file, () => ({ from, length: to - from }))?.bytes;
    const at = bytes?.lastIndexOf(`\n${evaluationMark}`) ?? -1;
    if (bytes === undefined || at < 0) continue;
    for (const event of eventsIn(bytes.subarray(at + 1, bytes.indexOf(10, at + 1) + 1), file)) history.apply(event);
    return;
  }
}

/** Reads all evaluations, of a file that is not too long. */
function findBest(best: BestScore, file: string): void {
  const part = readPart(file, (size) => ({ from: 0, length: size > searchedBytes ? 0 : size }));
  if (part === undefined) return;
  for (let at = part.bytes.indexOf(evaluationMark); at >= 0;) {
    const end = part.bytes.indexOf(10, at) + 1;
    if (end === 0) return;
    for (const event of eventsIn(part.bytes.subarray(at, end), file)) best.apply(event);
    at = part.bytes.indexOf(evaluationMark, end);
  }
}

function eventsIn(bytes: Buffer, file: string): TrainEvent[] {
  return readJsonLines(bytes, eventShape, { file, code: 'ERR_DATA' }).lines.map(({ value }) => value);
}

/** The state after the whole lines of `bytes`, which begin at `from` in the file. */
function stateAt(state: Pick<PresentState, 'history' | 'best'>, stamp: string, bytes: Buffer, from: number): PresentState {
  const end = bytes.lastIndexOf(10) + 1;
  return { ...state, stamp, read: from + end, check: bytes.toString('hex', Math.max(0, end - checkedBytes), end) };
}

/** The last start in a run's metrics. */
function lastStart(file: string): StartEvent | undefined {
  const bytes = readPart(file, (size) => ({ from: 0, length: Math.min(size, sizeLimits.events) }))?.bytes ?? Buffer.alloc(0);
  const at = bytes.lastIndexOf('\n{"type":"start"') + 1;
  const end = bytes.indexOf(10, at) + 1;
  const [last] = eventsIn(bytes.subarray(at, end), file);
  return last?.type === 'start' ? last : undefined;
}
