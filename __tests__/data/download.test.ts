import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { download } from '../../lib/data/cifar10/download';
import type { DownloadOptions } from '../../lib/data/cifar10/download';
import { temporaryFolder } from '../support/folder';

const root = temporaryFolder();
const body = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24));
const md5 = createHash('md5').update(body).digest('hex');

/** What the server does next; each test sets it. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requests: IncomingMessage[] = [];
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let file = '';
let part = '';
let count = 0;
beforeEach(() => {
  requests = [];
  file = join(root, `file-${String(count++)}`);
  part = `${file}.part`;
});

const run = (options: Partial<DownloadOptions> = {}): Promise<void> =>
  download({ url: `${base}/archive`, file, md5, retryMilliseconds: 1, stallMilliseconds: 2_000, ...options });

const startOf = ({ headers }: IncomingMessage): number => Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')![1]);

/** Sends `content` as a good server does, ranges and If-Range included. */
function serve(request: IncomingMessage, response: ServerResponse, content = body, etag = '"v1"'): Buffer {
  const isValid = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const start = isValid ? startOf(request) : 0;
  const rest = content.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'Content-Length': rest.length,
    ETag: etag,
    ...(start > 0 && { 'Content-Range': `bytes ${String(start)}-${String(content.length - 1)}/${String(content.length)}` }),
  });
  return rest;
}
const serveWhole = (request: IncomingMessage, response: ServerResponse): void => {
  response.end(serve(request, response));
};
/** Sends some bytes and cuts the connection. */
const cutAfter = (bytes: number) => (request: IncomingMessage, response: ServerResponse): void => {
  response.write(serve(request, response).subarray(0, bytes), () => response.destroy());
};

function expectWhole(): void {
  expect(readFileSync(file).equals(body)).toBe(true);
  expect(existsSync(part)).toBe(false);
  expect(existsSync(`${part}.json`)).toBe(false);
}

test('downloads a file and reports progress up to the whole', async () => {
  answer = serveWhole;
  const seen: [number, number | undefined][] = [];
  await run({ onProgress: (received, total) => seen.push([received, total]) });
  expectWhole();
  expect(seen[0]).toEqual([0, body.length]);
  expect(seen.at(-1)).toEqual([body.length, body.length]);
  expect(seen.map(([received]) => received)).toEqual(seen.map(([received]) => received).sort((a, b) => a - b));
});

test('continues after cuts within one call, asking only for the rest of the same version', async () => {
  answer = (request, response) => {
    (requests.length < 4 ? cutAfter(50_000) : serveWhole)(request, response);
  };
  await run();
  expectWhole();
  expect(requests).toHaveLength(4);
  const starts = requests.map(startOf);
  expect(starts[0]).toBe(0);
  expect(starts[3]).toBeGreaterThan(starts[1]!);
  expect(requests[3]!.headers['if-range']).toBe('"v1"');
});

test('continues in a later call', async () => {
  answer = (request, response) => {
    if (requests.length === 1) cutAfter(120_000)(request, response);
    else response.destroy();
  };
  await expect(run({ attempts: 2 })).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  const kept = readFileSync(part);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.equals(body.subarray(0, kept.length))).toBe(true);
  answer = serveWhole;
  await run();
  expectWhole();
  expect(startOf(requests.at(-1)!)).toBe(kept.length);
});

test('starts over when the server has another version now', async () => {
  writeFileSync(part, 'the beginning of an older version');
  writeFileSync(`${part}.json`, JSON.stringify({ url: `${base}/archive`, validator: '"v0"' }));
  answer = serveWhole;
  await run();
  expectWhole();
  expect(requests).toHaveLength(1);
});

test('starts over when the server knows no ranges', async () => {
  writeFileSync(part, body.subarray(0, 1000));
  answer = (_, response) => response.end(body);
  await run();
  expectWhole();
});

test('starts over when the rest does not belong to what was there', async () => {
  writeFileSync(part, 'bytes of something else');
  answer = serveWhole; // no validator is known: the range is served
  await run();
  expectWhole();
  expect(requests.map(startOf)).toEqual([23, 0]);
});

test('takes a part that is whole already', async () => {
  writeFileSync(part, body);
  answer = (_, response) => response.writeHead(416, { 'Content-Range': `bytes */${String(body.length)}` }).end();
  await run();
  expectWhole();
});

test('starts over when a part is longer than the file', async () => {
  writeFileSync(part, Buffer.concat([body, body]));
  answer = (request, response) => {
    if (startOf(request) > 0) response.writeHead(416).end();
    else serveWhole(request, response);
  };
  await run();
  expectWhole();
});

test('does not unpack what a server calls content-encoded: the archive itself is what is wanted', async () => {
  answer = (_, response) => response.writeHead(200, { 'Content-Encoding': 'x-gzip' }).end(body);
  await run();
  expectWhole();
  expect(requests[0]!.headers['accept-encoding']).toBe('identity');
});

test.each([301, 302, 303, 307, 308])('follows a redirection with status %i', async (status) => {
  answer = (request, response) => {
    if (request.url === '/archive') response.writeHead(status, { Location: '../moved/archive' }).end();
    else serveWhole(request, response);
  };
  await run();
  expectWhole();
  expect(requests.map(({ url }) => url)).toEqual(['/archive', '/moved/archive']);
});

test.each([
  ['in a circle', '/archive', /at most 5 redirections/],
  ['to another protocol', 'file:///etc/passwd', /http or https address .* file:/],
  ['to nonsense', 'http://[', /redirection to an address/],
])('refuses a redirection %s', async (_, location, message) => {
  answer = (_request, response) => response.writeHead(302, { Location: location }).end();
  await expect(run()).rejects.toThrow(message);
  await expect(run()).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  expect(existsSync(file)).toBe(false);
});

test.each([[404, 1], [403, 1], [500, 3], [503, 3], [429, 3]])('status %i is given up after %i attempts', async (status, attempts) => {
  answer = (_, response) => response.writeHead(status).end('an error page');
  await expect(run({ attempts: 3 })).rejects.toMatchObject({ code: 'ERR_NETWORK', details: { status } });
  expect(requests).toHaveLength(attempts);
  expect(existsSync(file)).toBe(false);
});

test('gets over errors of a server that recovers', async () => {
  answer = (request, response) => {
    if (requests.length < 3) response.writeHead(502).end();
    else serveWhole(request, response);
  };
  await run();
  expectWhole();
});

test.each([
  ['before the answer', (): void => undefined],
  ['within the file', (request: IncomingMessage, response: ServerResponse): void => {
    response.write(serve(request, response).subarray(0, 10_000));
  }],
])('a connection that falls silent %s has failed', async (_, behaviour) => {
  answer = behaviour;
  await expect(run({ attempts: 1, stallMilliseconds: 200 })).rejects.toMatchObject({
    code: 'ERR_NETWORK', message: expect.stringContaining('none for 0.2 s'),
  });
});

test('nobody listens', async () => {
  await expect(run({ url: 'http://127.0.0.1:9/archive', attempts: 2 })).rejects.toMatchObject({
    code: 'ERR_NETWORK', message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a wrong MD5 leaves nothing: no file, and no part that would be continued', async () => {
  answer = (_, response) => response.end('something else');
  await expect(run()).rejects.toMatchObject({
    code: 'ERR_DATA', message: expect.stringContaining(`MD5 ${md5}`), details: { md5: createHash('md5').update('something else').digest('hex') },
  });
  expect([file, part, `${part}.json`].some((path) => existsSync(path))).toBe(false);
});

test('a folder that is not there is ERR_IO, and no request is made', async () => {
  await expect(run({ file: join(root, 'nowhere', 'file') })).rejects.toMatchObject({ code: 'ERR_IO' });
  expect(requests).toHaveLength(0);
});

test('a disk that is full is ERR_IO with the part kept', async () => {
  // /dev/full takes no byte; it stands in for the part's device.
  if (!existsSync('/dev/full')) return;
  answer = serveWhole;
  symlinkSync('/dev/full', part);
  await expect(run()).rejects.toMatchObject({ code: 'ERR_IO', message: expect.stringContaining('no space') });
});
