import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { BlastrainError, expected, toPlain } from '../errors';
import { requestStop } from '../runFolder/runControl';
import { runFiles } from '../runFolder/runFiles';
import { packageRoot, parseJson, readJsonIfThere, readPart, sizeLimits, systemError, withFileErrors } from '../files';
import { anything, recordOf } from '../files/shape';
import { checkedBytes, tailFiles, wholeFiles } from './api';
import type { Catalogue, Refusal } from './api';
import { RunCatalogue } from './catalogue';
import { CurveCache } from './curves/curveCache';
import { curvesOf, curvesRequest } from './curves/curvesOf';
import { HistogramReader } from './curves/histogramReader';
import { Edits } from './edits';
import { Examiner } from './examiner';
import { runPath } from './folders';
import { isOwn, safetyHeaders, sameSecret } from './guard';
import { Revisions } from './revisions';
import { defaultKeys } from './specKeys';

export interface DashboardOptions {
  /** The folder of runs; it need not exist yet. */
  readonly runs: string;
  /** Default: any free port. */
  readonly port?: number;
}

/** A server that shows a folder of runs to this machine's browsers. */
export interface Dashboard {
  /** With the token that every request needs; `#/run/NAME` appended to it opens a run. */
  readonly url: string;
  close(): Promise<void>;
}

/** Maximum bytes of a growing file in one answer; the page asks for the rest. */
const tailBytes = 2 ** 22;

interface Reply {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves runs on the loopback interface. Throws ERR_IO when the page is not built or the port is taken. */
export async function startDashboard({ runs: folder, port = 0 }: DashboardOptions): Promise<Dashboard> {
  const runs = resolve(folder);
  const token = randomBytes(18).toString('base64url');
  const routes = makeRoutes(runs);
  const server = createServer((request, response) => {
    answer(request, token, routes).then((reply) => {
      send(request, response, reply);
    }, () => {
      response.destroy();
    });
  });
  await new Promise<void>((settle, reject) => {
    server.once('error', (error) => {
      reject(systemError(error, 'ERR_IO', 'a free port', `127.0.0.1:${String(port)}`));
    });
    server.listen(port, '127.0.0.1', settle);
  });
  server.unref();
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${token}/`,
    close: () => new Promise((settle) => {
      routes.close();
      server.close(() => {
        settle();
      });
      server.closeAllConnections();
    }),
  };
}

interface Routes {
  readonly get: Readonly<Record<string, (query: URLSearchParams) => Reply | Promise<Reply>>>;
  readonly post: Readonly<Record<string, (query: URLSearchParams, body: unknown) => Reply>>;
  close(): void;
}

function makeRoutes(runs: string): Routes {
  const catalogue = new RunCatalogue(runs);
  const curves = new CurveCache();
  const histograms = new Map<string, HistogramReader>();
  const revisions = new Revisions();
  const edits = new Edits(runs, catalogue);
  const examiner = new Examiner();
  const pathOf = (query: URLSearchParams): string => runPath(runs, query.get('run') ?? '');
  const asset = (name: string, type: string) => {
    const file = join(packageRoot, 'dist', 'dashboard', name);
    const body = withFileErrors(file, () => readFileSync(file));
    return (): Reply => ({ type, body });
  };
  return {
    get: {
      '': asset('page.html', 'text/html'),
      'page.js': asset('page.js', 'text/javascript'),
      'page.css': asset('page.css', 'text/css'),
      'api/runs': (query) => {
        const search = query.get('search') ?? undefined;
        const entries = catalogue.list(search);
        if (search !== undefined) return json({ entries, gone: [], revision: 0, folder: runs } satisfies Catalogue);
        const since = query.get('since');
        return json({ ...revisions.update(entries, Number(since) || 0), folder: runs, ...(since === null && { defaults: defaultKeys }) } satisfies Catalogue);
      },
      'api/file': (query) => {
        const name = oneOf(wholeFiles, query.get('file'));
        const found = readJsonIfThere(join(pathOf(query), name), recordOf(anything), { limit: sizeLimits.small, code: 'ERR_DATA' });
        if (found === undefined) throw expected('ERR_CONFIG', 'a file of the run', 'file', name, { path: 'file' });
        return json(found);
      },
      'api/curves': (query) => json(curvesOf(curves.advanced(join(pathOf(query), runFiles.metrics)), curvesRequest(query))),
      'api/histograms': (query) => {
        const file = join(pathOf(query), runFiles.histograms);
        const reader = histograms.get(file) ?? new HistogramReader(file);
        histograms.set(file, reader);
        reader.advance();
        return json(reader.answer(query.get('known') ?? ''));
      },
      'api/tail': (query) => tail(pathOf(query), oneOf(tailFiles, query.get('file')), Number(query.get('from')), query.get('check') ?? ''),
      'api/trash': () => json(edits.trash()),
      'api/examine': async (query) => json(await examiner.examine(pathOf(query), query.get('run')!)),
    },
    post: {
      'api/stop': (query) => {
        const path = pathOf(query);
        if (!catalogue.isStoppable(query.get('run')!)) {
          throw new BlastrainError('ERR_CONFIG', `Expected a run that is being trained, or a search that goes on, for the request to stop but received ${query.get('run')!}`);
        }
        requestStop(path);
        return json({});
      },
      'api/labels': (_, body) => json(edits.label(body)),
      'api/delete': (_, body) => json(edits.delete(body)),
      'api/restore': (_, body) => json(edits.restore(body)),
    },
    close: () => {
      examiner.close();
    },
  };
}

/** The answer to a request; never rejects because of the request. */
async function answer(request: IncomingMessage, token: string, { get, post }: Routes): Promise<Reply> {
  const { method, url = '/', headers } = request;
  if (!isOwn(method, headers)) return refusal(403, 'ERR_FOREIGN', 'Expected a request from this page');
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const [, given = '', ...rest] = pathname.split('/');
  if (!sameSecret(given, token)) return refusal(403, 'ERR_TOKEN', 'Expected the address that blastrain printed, with its token');
  const path = rest.join('/');
  const isPost = method === 'POST';
  const table = isPost ? post : method === 'GET' || method === 'HEAD' ? get : {};
  if (!Object.hasOwn(table, path)) return refusal(404, 'ERR_CONFIG', 'Expected something that the page asks for');
  try {
    return await table[path]!(searchParams, isPost ? await readBody(request) : undefined);
  } catch (thrown) {
    const { code, message, details } = toPlain(thrown);
    return refusal(['run', 'file'].includes(String(details['path'])) ? 404 : 409, code, message);
  }
}

/** The JSON of a request; undefined where it has none. Throws ERR_CONFIG, also for a longer one than the page sends. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > sizeLimits.small) throw expected('ERR_CONFIG', `at most ${String(sizeLimits.small)} bytes`, 'a request', 'more');
    chunks.push(chunk);
  }
  return length === 0 ? undefined : parseJson(Buffer.concat(chunks).toString('utf8'), { file: 'the request', code: 'ERR_CONFIG' });
}

/** The bytes of a file after `from`, or from its start where the bytes before `from` are not the page's `check`. */
function tail(folder: string, name: string, from: number, check: string): Reply {
  const at = Number.isSafeInteger(from) && from > 0 ? from : 0;
  const length = Math.min(at, checkedBytes);
  const file = join(folder, name);
  const before = readPart(file, () => ({ from: at - length, length }))?.bytes;
  const start = before?.length === length && before.toString('hex') === check ? at : 0;
  const found = readPart(file, () => ({ from: start, length: tailBytes }));
  return {
    type: 'application/octet-stream',
    body: found?.bytes ?? Buffer.alloc(0),
    headers: { 'x-from': String(start), 'x-size': String(found?.size ?? 0) },
  };
}

function oneOf(names: readonly string[], name: string | null): string {
  if (name === null || !names.includes(name)) throw expected('ERR_CONFIG', `one of ${names.join(', ')}`, 'file', name, { path: 'file' });
  return name;
}

function json(value: unknown): Reply {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function refusal(status: number, code: string, message: string): Reply {
  return { ...json({ code, message } satisfies Refusal), status };
}

function send({ method }: IncomingMessage, response: ServerResponse, { status = 200, type, body, headers }: Reply): void {
  response.writeHead(status, {
    ...safetyHeaders, ...headers, 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
