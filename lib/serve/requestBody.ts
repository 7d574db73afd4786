import type { IncomingMessage } from 'node:http';
import { Refusal, gone } from './refusal';

/** Bytes of bodies that are being read or wait, over all requests. */
export interface BodyBudget {
  readonly perRequest: number;
  readonly all: number;
  /** Bytes that are held now. */
  held: number;
}

/** Throws a {@link Refusal} for a request that is not said to be JSON as it is, or to be too large, before its body is read. */
export function checkHead({ headers }: IncomingMessage, { perRequest }: BodyBudget): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new Refusal(415, 'ERR_TYPE', `Expected application/json for content-type but received ${said(headers['content-type'])}`, { accept: 'application/json' });
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new Refusal(415, 'ERR_TYPE', `Expected a body as it is for content-encoding but received ${said(headers['content-encoding'])}`, { 'accept-encoding': 'identity' });
  }
  if (Number(headers['content-length'] ?? 0) > perRequest) throw tooLarge(perRequest, headers['content-length']!);
}

/**
 * The bytes of a body; `release` gives them back to the budget. Rejects with a {@link Refusal} where it becomes too large, or all bodies together do; what
 * still comes of it is then left unread. Rejects where the client goes away.
 */
export function readBody(request: IncomingMessage, budget: BodyBudget): Promise<{ readonly bytes: Uint8Array; readonly release: () => void }> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const release = (): void => {
      budget.held -= size;
      size = 0;
    };
    const refuse = (refusal: Error): void => {
      request.off('data', take);
      request.resume();
      release();
      reject(refusal);
    };
    const take = (chunk: Uint8Array): void => {
      size += chunk.length;
      budget.held += chunk.length;
      chunks.push(chunk);
      if (size > budget.perRequest) refuse(tooLarge(budget.perRequest, 'more'));
      else if (budget.held > budget.all) refuse(busy('bodies that fit into what is kept for them'));
    };
    request.on('data', take);
    request.once('end', () => { resolve({ bytes: Buffer.concat(chunks), release }); });
    request.once('close', () => {
      if (!request.complete) refuse(gone());
    });
    request.once('error', refuse);
  });
}

/** The value that JSON in UTF-8 spells. Throws a {@link Refusal}. */
export function parseBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new Refusal(400, 'ERR_JSON', `Expected JSON in UTF-8 for the body but received one that is none: ${(error as Error).message}`);
  }
}

/** The refusal of a server that has too much to do; `what` is what it would have taken. */
export function busy(what: string): Refusal {
  return new Refusal(503, 'ERR_BUSY', `Expected ${what} for the server but received one more: try again in a second`, { 'retry-after': '1' });
}

function tooLarge(limit: number, received: string): Refusal {
  return new Refusal(413, 'ERR_TOO_LARGE', `Expected at most ${String(limit)} bytes for the body but received ${received}`);
}

function said(header: string | undefined): string {
  return header === undefined ? 'none' : `'${header.slice(0, 80)}'`;
}
