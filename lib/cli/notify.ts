import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { BlastrainError, expected, toPlain } from '../errors';
import { printable } from '../text';
import type { ResultEvent } from '../train/events';
import { completedResults } from './completeRun';
import { requeueStatus } from './interrupt';
import { formatKnown, formatPercent } from './terminal/format';
import { warn } from './warnings';

/** Seconds that a web hook or a command may take. */
const patience = 30;

/** What a notification says, as JSON. `text` and `content` are the same sentence, under the names that chats' web hooks take. */
interface Notification {
  readonly text: string;
  readonly content: string;
  readonly command: string;
  readonly host: string;
  readonly state: 'finished' | 'stopped' | 'failed';
  readonly status: number;
  readonly seconds: number;
  /** Why it failed. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** Of the runs that the command trained to their end. */
  readonly results: readonly ResultEvent[];
}

/** Throws ERR_CONFIG for a target that is neither a command nor a URL that can be called. */
export function checkTarget(target: string): string {
  if (target.trim() === '') throw expected('ERR_CONFIG', 'a URL or a command', '--notify', target, { path: 'notify' });
  if (isUrl(target) && !URL.canParse(target)) throw expected('ERR_CONFIG', 'a URL', '--notify', target, { path: 'notify' });
  return target;
}

/** Says what came of a command: to a web hook by POST, or to a shell command on its standard input. Where that fails, a warning says so. */
export async function notify(target: string, command: string, status: number, seconds: number, failure: Notification['failure']): Promise<void> {
  const state = failure !== null || (status !== 0 && status !== 130 && status !== requeueStatus) ? 'failed' : status === 0 ? 'finished' : 'stopped';
  const host = hostname();
  const results = completedResults();
  const scores = results.map(({ run, valAccuracy = NaN, valRmse, valLoss }) =>
    `${run}: ${Number.isFinite(valAccuracy) ? `validation ${formatPercent(valAccuracy)}` : valRmse === undefined ? `loss ${formatKnown(valLoss)}` : `error ${formatKnown(valRmse)}`}`);
  const text = `blastrain ${command} ${state} on ${host}${failure === null ? scores.length === 0 ? '' : `; ${scores.join('; ')}` : `: ${failure.message}`}`;
  const body = JSON.stringify({ text, content: text, command, host, state, status, seconds, failure, results } satisfies Notification);
  try {
    await (isUrl(target) ? post(target, body) : run(target, body));
  } catch (error) {
    warn([`The notification did not arrive: ${toPlain(error).message}`]);
  }
}

const isUrl = (target: string): boolean => /^https?:/i.test(target);

async function post(url: string, body: string): Promise<void> {
  // The path of a web hook is its secret: only the host is ever printed.
  const { host } = new URL(url);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(1000 * patience) })
    .catch((error: unknown) => {
      throw new BlastrainError('ERR_IO', `${host} gave no answer`, {}, { cause: error });
    });
  if (!response.ok) throw new BlastrainError('ERR_IO', `${host} answered ${String(response.status)}`);
}

function run(command: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // What it prints goes to standard error: standard output may be JSON for another program.
    const child = spawn(command, { shell: true, stdio: ['pipe', 2, 2], timeout: 1000 * patience });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new BlastrainError('ERR_IO', `${printable(command)} ended with ${status === null ? String(signal) : `status ${String(status)}`}`));
    });
    child.stdin!.on('error', () => undefined); // a command need not read
    child.stdin!.end(body);
  });
}
