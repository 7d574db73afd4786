import { createHash } from 'node:crypto';
import { closeSync, createReadStream, ftruncateSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlastrainError } from '../../errors';
import { systemError } from '../../files';
import { badFile } from '../files';

export interface DownloadOptions {
  /** http: or https: */
  readonly url: string;
  /** Path of the complete file; until then the bytes are in `FILE.part`. */
  readonly file: string;
  /** MD5 of the whole file, in hex. */
  readonly md5: string;
  /** Called when bytes arrive; `total` is undefined where the server sends no length. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** A connection without data for this long has failed; default 30,000 ms. */
  readonly stallMilliseconds?: number;
  /** Consecutive attempts without new bytes before giving up; default 4. */
  readonly attempts?: number;
  /** Wait before the second attempt, doubled for each further one; default 1,000 ms. */
  readonly retryMilliseconds?: number;
}

/**
 * Downloads a file. Resumes from the `FILE.part` of an earlier call or attempt when the server still has the same file (If-Range)
 * and supports ranges; otherwise starts over. The file appears under its name only if its MD5 is right.
 *
 * Throws ERR_NETWORK when the server refuses or attempts run out (`FILE.part` is kept), ERR_DATA for a wrong MD5 (`FILE.part`
 * is deleted), ERR_IO when writing fails.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, url, md5 } = options;
  const part = `${file}.part`;
  const resumed = await fetchAll(options, part);
  let actual = await md5Of(part);
  if (actual !== md5 && resumed) {
    // A server without validators may have resumed with another version of the file.
    rmSync(part);
    await fetchAll(options, part);
    actual = await md5Of(part);
  }
  rmSync(`${part}.json`, { force: true });
  if (actual !== md5) {
    rmSync(part);
    throw badFile(`MD5 ${md5}`, url, `MD5 ${actual}`, { md5: actual });
  }
  renameSync(part, file);
}

/** The MD5 of a file in hex. Throws ERR_DATA when it cannot be read. */
export async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    throw systemError(error, 'ERR_DATA', 'a readable file', file);
  }
  return hash.digest('hex');
}

/** Retries until the part is complete. Returns whether it holds bytes of an earlier connection. */
async function fetchAll(options: DownloadOptions, part: string): Promise<boolean> {
  const { attempts = 4, retryMilliseconds = 1000 } = options;
  const descriptor = writing(part, () => openSync(part, 'a+'));
  try {
    let resumed = false;
    for (let failures = 0; ; ) {
      const before = fstatSync(descriptor).size;
      try {
        return (await fetchRest(options, descriptor, part)) || resumed;
      } catch (error) {
        if (!isTransient(error)) throw error;
        const after = fstatSync(descriptor).size;
        resumed ||= after > 0;
        failures = after > before ? 1 : failures + 1;
        if (failures >= attempts) throw error;
        await sleep(retryMilliseconds * 2 ** (failures - 1));
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

/** One connection: requests the missing bytes and appends them. Returns whether it resumed. */
async function fetchRest(options: DownloadOptions, descriptor: number, part: string): Promise<boolean> {
  const { url, onProgress, stallMilliseconds = 30_000 } = options;
  let received = fstatSync(descriptor).size;
  const validator = received > 0 ? readValidator(part, url) : undefined;
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity', 'User-Agent': 'blastrain' };
  if (received > 0) headers['Range'] = `bytes=${String(received)}-`;
  if (validator !== undefined) headers['If-Range'] = validator;

  const response = await request(url, headers, stallMilliseconds);
  try {
    const status = response.statusCode ?? 0;
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '');
    if (status === 416 && received > 0) {
      // Complete already, or longer than the server's file: the MD5 tells which.
      return true;
    }
    if (status !== 200 && status !== 206) throw refused(url, status);
    const continues = status === 206 && Number(range?.[1]) === received;
    if (status === 206 && !continues) throw networkError(url, `the bytes from ${String(received)} on`, 'another range', true);
    if (!continues && received > 0) {
      writing(part, () => {
        ftruncateSync(descriptor);
      });
      received = 0;
    }
    const length = Number(response.headers['content-length'] ?? Number.NaN);
    const total = Number.isNaN(length) ? undefined : received + length;
    writeValidator(part, url, response);
    onProgress?.(received, total);
    for await (const chunk of response) {
      writing(part, () => {
        append(descriptor, chunk as Buffer);
      });
      received += (chunk as Buffer).length;
      onProgress?.(received, total);
    }
    if (total !== undefined && received !== total) throw networkError(url, `${String(total)} bytes`, `an end after ${String(received)}`, true);
    return continues;
  } catch (error) {
    throw asNetworkError(error, url);
  } finally {
    response.destroy();
  }
}

/** The response to a GET, after redirections. */
async function request(url: string, headers: Record<string, string>, stallMilliseconds: number): Promise<IncomingMessage> {
  let target = url;
  for (let hops = 0; hops <= 5; hops++) {
    const response = await getOnce(target, headers, stallMilliseconds);
    const location = response.headers.location;
    if (location === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
    response.destroy();
    if (!URL.canParse(location, target)) throw networkError(url, 'a redirection to an address', location, false);
    target = new URL(location, target).href;
  }
  throw networkError(url, 'at most 5 redirections', 'more', false);
}

function getOnce(url: string, headers: Record<string, string>, stallMilliseconds: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { protocol } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') {
      reject(networkError(url, 'an http or https address', protocol, false));
      return;
    }
    const get = protocol === 'https:' ? getHttps : getHttp;
    let stalled: { destroy(error: Error): unknown };
    const call = get(url, { headers, timeout: stallMilliseconds }, (response) => {
      stalled = response;
      resolve(response);
    });
    stalled = call;
    call.on('timeout', () => stalled.destroy(networkError(url, 'bytes', `none for ${String(stallMilliseconds / 1000)} s`, true)));
    call.on('error', (error) => {
      reject(asNetworkError(error, url));
    });
  });
}

/** Runs a file operation; errors of the file system are thrown as ERR_IO. */
function writing<T>(file: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw systemError(error, 'ERR_IO', 'a writable file', file);
  }
}

function append(descriptor: number, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
}

/** Writes, beside the part, what identifies the server's version of the file: a strong ETag or its date. */
function writeValidator(part: string, url: string, { headers }: IncomingMessage): void {
  const { etag } = headers;
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
  writing(`${part}.json`, () => {
    writeFileSync(`${part}.json`, JSON.stringify({ url, validator }));
  });
}

function readValidator(part: string, url: string): string | undefined {
  try {
    const kept = JSON.parse(readFileSync(`${part}.json`, 'utf8')) as { url?: unknown; validator?: unknown };
    return kept.url === url && typeof kept.validator === 'string' ? kept.validator : undefined;
  } catch {
    return undefined; // the range is then requested without If-Range, and the MD5 tells whether it fits
  }
}

function refused(url: string, status: number): BlastrainError {
  return networkError(url, 'the file', `HTTP status ${String(status)}`, status >= 500 || status === 408 || status === 429, { status });
}

function networkError(
  url: string, what: string, received: string, transient: boolean, details: Record<string, number> = {},
): BlastrainError {
  return new BlastrainError('ERR_NETWORK', `Expected ${what} for ${url} but received ${received}`, { url, transient, ...details });
}

/** An error of the connection as ERR_NETWORK, to be retried unless a certificate is wrong; our own errors unchanged. */
function asNetworkError(error: unknown, url: string): Error {
  const { code = 'no code', message } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(error as Error, 'details')) return error as Error;
  return networkError(url, 'a connection', `${message} (${code})`, !/CERT|SSL|TLS|INVALID/.test(code));
}

function isTransient(error: unknown): boolean {
  return (error as Partial<BlastrainError>).details?.['transient'] === true;
}
