import { formatCount, formatShort } from '../numbers';
import type { RunHistory } from './runHistory';

// Used by the dashboard's page as well: nothing here needs Node.

/** What is known of a run beside its events. */
export interface RunFacts {
  /** Its name or path, as commands take it. */
  readonly name: string;
  readonly state: RunState;
  /** Why it failed, or what is damaged. */
  readonly failure: Failure | null;
}

/**
 * `running` is a run whose folder a live process owns, and a trial whose search's does and whose metrics are fresh; `unfinished` has
 * neither a process nor a result; a file of a `damaged` one cannot be read, or does not have the expected content.
 */
export type RunState = 'running' | 'finished' | 'stopped' | 'failed' | 'unfinished' | 'damaged';

/** Why something failed, or what is damaged. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** How a run came to another end than the one that was planned. Its scores are none to go by where it failed. */
export interface Outcome {
  readonly isFailure: boolean;
  /** A few words: 'Diverged', 'Stopped after 427 of 100,000 steps'. */
  readonly title: string;
  /** The error's own words; absent where there was none. */
  readonly cause?: string;
  /** What to do, in a sentence. */
  readonly advice: string;
}

/** How a run ended otherwise than planned; undefined while it runs, and where it finished. */
export function outcomeOf({ name, state, failure }: RunFacts, { step, start, learningRate }: Pick<RunHistory, 'step' | 'start' | 'learningRate'>): Outcome | undefined {
  const done = `after ${formatCount(step)}${start === undefined ? '' : ` of ${formatCount(start.steps)}`} steps`;
  if (state === 'stopped') return { isFailure: false, title: `Stopped ${done}`, advice: goesOn(name) };
  if (state === 'unfinished') {
    return { isFailure: false, title: `Interrupted ${done}: its process is gone and left no result`, advice: goesOn(name) };
  }
  if (failure === null || (state !== 'failed' && state !== 'damaged')) return undefined;
  const cause = `${failure.message} [${failure.code}]`;
  if (state === 'damaged') return { isFailure: true, title: 'Damaged', cause, advice: 'What is shown is what could be read.' };
  if (failure.code !== 'ERR_DIVERGED') return { isFailure: true, title: `Failed ${done}`, cause, advice: `Once the cause is mended: ${goesOn(name)}` };
  return { isFailure: true, title: 'Diverged', cause, advice: divergenceAdvice(learningRate) };
}

/** What helps against a loss that is no longer finite. @param learningRate the one that it had, where it is known. */
export function divergenceAdvice(learningRate: number | undefined): string {
  const lower = learningRate === undefined || !(learningRate > 0) ? 'a tenth of the learningRate' : `learningRate=${formatShort(learningRate / 10, 3)}, a tenth,`;
  return `Try ${lower} or look for one with npx blastrain lr-find; warmupSteps and clipNorm help where only some steps are too large.`;
}

/** A word or two for lists: 'diverged', 'out of memory', else 'failed'. */
export function failureWord({ code }: Failure): string {
  return { ERR_DIVERGED: 'diverged', ERR_MEMORY: 'out of memory' }[code] ?? 'failed';
}

function goesOn(name: string): string {
  const [search, trial] = name.split('/');
  return trial === undefined ? `npx blastrain train --resume ${quoted(name)} goes on from its last checkpoint.` : `npx blastrain search --resume ${quoted(search!)} goes on with its search.`;
}

/** A name as a word for a shell. */
function quoted(name: string): string {
  return /^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll('\'', '\'\\\'\'')}'`;
}
