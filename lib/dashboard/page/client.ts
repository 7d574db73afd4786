import { checkedBytes } from '../api';
import type { Refusal } from '../api';
import { askExported, isExported } from './exported';

/** A request that failed: the server refused it, with its reason as the message, or is gone. */
export class NoAnswer extends Error {
  constructor(readonly code: 'refused' | 'gone', message: string) {
    super(message);
  }
}

export function isNoAnswer(error: unknown, code: NoAnswer['code']): boolean {
  return (error as Partial<NoAnswer>).code === code;
}

async function ask(path: string, query: Readonly<Record<string, string>>, method: 'GET' | 'POST' = 'GET', body?: string): Promise<Response> {
  let response: Response;
  try {
    response = isExported ? await askExported(path, query) : await fetch(`${path}?${new URLSearchParams(query).toString()}`, { method, ...(body !== undefined && { body }) });
  } catch {
    throw new NoAnswer('gone', isExported ? 'A file of this exported page is missing.' : 'The server has ended; what was loaded stays. `npx blastrain dashboard` shows the runs again.');
  }
  if (response.ok) return response;
  const { message } = (await response.json()) as Refusal;
  throw new NoAnswer('refused', message);
}

/** Throws {@link NoAnswer}. */
export async function getJson<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  return (await ask(path, query)).json() as Promise<T>;
}

/** Sends a request that changes something. Throws {@link NoAnswer}. */
export async function postJson<T>(path: string, body: object): Promise<T> {
  return (await ask(path, {}, 'POST', JSON.stringify(body))).json() as Promise<T>;
}

export async function stopRun(run: string): Promise<void> {
  await ask('api/stop', { run }, 'POST');
}

/** Reads a growing file of a run; each call continues where the last one ended. */
export class Tail {
  private from = 0;
  private check = '';

  /** @param restart is called when the file was cut and is read from its start. */
  constructor(private readonly run: string, private readonly file: string, private readonly take: (bytes: Uint8Array) => void, private readonly restart: () => void) {}

  /** Passes new bytes to `take`; returns whether there were any. */
  async read(): Promise<boolean> {
    for (let news = false; ; news = true) {
      const response = await ask('api/tail', { run: this.run, file: this.file, from: String(this.from), check: this.check });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const from = Number(response.headers.get('x-from'));
      if (from !== this.from) {
        this.from = 0;
        this.check = '';
        this.restart();
      }
      if (bytes.length === 0) return news;
      this.from += bytes.length;
      this.check = (this.check + hex(bytes.subarray(Math.max(0, bytes.length - checkedBytes)))).slice(-2 * checkedBytes);
      this.take(bytes);
      if (this.from >= Number(response.headers.get('x-size'))) return true;
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
