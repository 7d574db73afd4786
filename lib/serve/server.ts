import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { checkInteger, checkObject, checkOptions, checkText } from '../arguments';
import { expected, toPlain } from '../errors';
import { systemError } from '../files';
import type { Model } from '../inference/model';
import { printable } from '../text';
import { answerOf } from './answers';
import { Batcher } from './batcher';
import { modelInfo, openApi } from './describeModel';
import { ServerMetrics } from './metrics';
import { Refusal, gone } from './refusal';
import { busy, checkHead, parseBody, readBody } from './requestBody';
import type { BodyBudget } from './requestBody';
import { readRows } from './requestRows';

/** How a model is served; all limits are optional. */
export interface ServeOptions {
  /** What the model is called. Default model. */
  readonly name?: string;
  /** Default 8080; 0 is any that is free. */
  readonly port?: number;
  /** The address that is listened on. Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** Bytes of a body. Default 8 MiB. */
  readonly maxBody?: number;
  /** Rows of a request. Default 10,000. */
  readonly maxRows?: number;
  /** Requests for predictions that are read, wait or are computed at a time; further ones are answered with 503. Default 256. */
  readonly maxQueue?: number;
  /** Rows that are computed at a time; a request with more is computed off the thread. Default 256. */
  readonly batchRows?: number;
  /** Milliseconds in which a request has to arrive whole, and half of those in which some of its answer has to be read. Default 30,000. */
  readonly requestTimeout?: number;
  /** Milliseconds that requests under way have after `close`. Default 10,000. */
  readonly grace?: number;
}

/** A server that answers. */
export interface ModelServer {
  readonly url: string;
  /** Takes no more requests, answers those under way, then resolves. */
  close(): Promise<void>;
}

/** Bodies that may be in memory at once, in bodies of the largest size. */
const largeBodies = 16;
/** How often slow requests are looked for, in milliseconds. */
const checkInterval = 500;

/** The whole numbers among the options, with the least that each may be. */
const counts = { port: 0, maxBody: 1, maxRows: 1, maxQueue: 1, batchRows: 1, requestTimeout: 1, grace: 0 } as const satisfies Partial<Record<keyof ServeOptions, number>>;

/**
 * Serves predictions of a model over HTTP, on the caller's thread but for large requests: docs/serve.md describes requests and answers. It listens for this machine alone unless `host` says otherwise,
 * and asks for no password. Rejects with ERR_CONFIG for invalid options, ERR_IO where the address cannot be listened on.
 */
export async function serveModel(model: Model, options: ServeOptions = {}): Promise<ModelServer> {
  checkObject(model, 'model', 'a Model', ['spec', 'outputNames', 'toBytes', 'predictAsync']);
  checkOptions(options);
  for (const [key, least] of Object.entries(counts)) if (options[key as keyof typeof counts] !== undefined) checkInteger(options[key as keyof typeof counts], key, least);
  if (options.name !== undefined) checkText(options.name, 'name', 'a name');
  if (options.host !== undefined) checkText(options.host, 'host', 'an address');
  if ((options.port ?? 0) > 65_535) throw expected('ERR_CONFIG', 'an integer in [0, 65535]', 'port', options.port, { path: 'port' });
  const { host = '127.0.0.1', port = 8080, requestTimeout = 30_000, grace = 10_000 } = options;
  const service = new Service(model, options);
  const server = createServer({
    requestTimeout, headersTimeout: Math.min(10_000, requestTimeout), connectionsCheckingInterval: checkInterval, keepAliveTimeout: 65_000, requireHostHeader: false,
  });
  server.setTimeout(2 * requestTimeout); // of a client that does not read its answer
  const handle = (request: IncomingMessage, response: ServerResponse): void => { void service.handle(request, response); };
  server.on('request', handle);
  // The body is asked for once its head is found to be in order.
  server.on('checkContinue', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => { service.refuseConnection(error, socket); });
  await new Promise<void>((settle, reject) => {
    server.once('error', (error) => { reject(systemError(error, 'ERR_IO', 'an address that is free', `${host}:${String(port)}`)); });
    server.listen(port, host, settle);
  });
  const { address, port: own } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${String(own)}/`,
    close: () => closeServer(server, service, grace),
  };
}

function closeServer(server: Server, service: Service, grace: number): Promise<void> {
  service.isClosing = true;
  return new Promise((settle) => {
    const limit = setTimeout(() => { server.closeAllConnections(); }, grace);
    server.close(() => {
      clearTimeout(limit);
      settle();
    });
    server.closeIdleConnections();
  });
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
}

/** What answers requests. */
class Service {
  isClosing = false;
  private readonly metrics = new ServerMetrics();
  private readonly batcher: Batcher;
  private readonly budget: BodyBudget;
  private readonly names: readonly string[];
  private readonly maxRows: number;
  private readonly maxQueue: number;
  private open = 0;
  private readonly gets: Readonly<Record<string, () => Reply>>;

  constructor(private readonly model: Model, { name = 'model', maxBody = 2 ** 23, maxRows = 10_000, maxQueue = 256, batchRows = 256 }: ServeOptions) {
    this.batcher = new Batcher(model, batchRows, (rows, seconds) => { this.metrics.batch(rows, seconds); });
    this.budget = { perRequest: maxBody, all: largeBodies * maxBody, held: 0 };
    this.names = model.outputNames;
    this.maxRows = maxRows;
    this.maxQueue = maxQueue;
    const info = json(modelInfo(model, name, createHash('sha256').update(model.toBytes()).digest('hex')));
    const description = json(openApi(model, name, maxRows));
    this.gets = {
      '/': () => info,
      '/openapi.json': () => description,
      '/healthz': () => (this.isClosing ? json({ status: 'closing' }, 503) : json({ status: 'ok' })),
      '/metrics': () => ({ status: 200, type: 'text/plain; version=0.0.4', body: this.metrics.render(this.batcher.waiting, this.open) }),
    };
  }

  /** Answers a request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/', query] = (request.url ?? '/').split('?', 2);
    const known = path === '/predict' || Object.hasOwn(this.gets, path) ? path : '';
    let reply: Reply;
    try {
      reply = await this.reply(request, response, path, query);
    } catch (error) {
      reply = replyTo(error);
    }
    this.metrics.request(known, reply.status);
    if (response.destroyed) return;
    const { status, type, body, headers } = reply;
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
      ...headers, ...(this.isClosing && { connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  /** Answers what is no request of HTTP, or came too slowly. */
  refuseConnection({ code, message }: NodeJS.ErrnoException, socket: Socket): void {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, what] = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? ['408 Request Timeout', 'a request that arrives whole in time']
      : code === 'HPE_HEADER_OVERFLOW' ? ['431 Request Header Fields Too Large', 'shorter headers'] : ['400 Bad Request', 'a request of HTTP'];
    this.metrics.request('', Number(status.slice(0, 3)));
    const body = JSON.stringify({ code: 'ERR_HTTP', message: `Expected ${what} for the connection but received ${printable(message)}` });
    socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\nconnection: close\r\n\r\n${body}`);
  }

  private async reply(request: IncomingMessage, response: ServerResponse, path: string, query: string | undefined): Promise<Reply> {
    const { method = '' } = request;
    if (path === '/predict') {
      requireMethod(method, ['POST'], path);
      return this.predict(request, response, new URLSearchParams(query));
    }
    const get = Object.hasOwn(this.gets, path) ? this.gets[path] : undefined;
    if (get === undefined) throw new Refusal(404, 'ERR_PATH', `Expected /predict or one of ${Object.keys(this.gets).join(', ')} for the path but received '${printable(path.slice(0, 80))}'`);
    requireMethod(method, ['GET', 'HEAD'], path);
    return get();
  }

  private async predict(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<Reply> {
    const began = performance.now();
    if (this.isClosing) throw busy('no further request, as it closes,');
    if (this.open >= this.maxQueue) throw busy(`at most ${String(this.maxQueue)} requests at a time`);
    const withProbabilities = probabilitiesAsked(query);
    checkHead(request, this.budget);
    const left = new AbortController();
    response.once('close', () => { left.abort(gone()); });
    this.open++;
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      const { bytes, release } = await readBody(request, this.budget);
      try {
        const predictions = await this.batcher.predict(readRows(parseBody(bytes), this.model, this.maxRows), left.signal);
        this.metrics.predicted(predictions.length, (performance.now() - began) / 1000);
        return json({ predictions: predictions.map((prediction) => answerOf(prediction, this.names, withProbabilities)) });
      } finally {
        release();
      }
    } finally {
      this.open--;
    }
  }
}

function requireMethod(method: string, methods: readonly string[], path: string): void {
  if (methods.includes(method)) return;
  throw new Refusal(405, 'ERR_METHOD', `Expected ${methods.join(' or ')} for ${path} but received ${method}`, { allow: methods.join(', ') });
}

function probabilitiesAsked(query: URLSearchParams): boolean {
  const asked = query.get('probabilities') ?? '0';
  if (asked !== '0' && asked !== '1') throw new Refusal(400, 'ERR_CONFIG', `Expected 0 or 1 for probabilities but received '${printable(asked.slice(0, 80))}'`);
  return asked === '1';
}

/** What a refused row is told by, beside requests that are refused before. */
const codesOfRows = ['ERR_CONFIG', 'ERR_DATA', 'ERR_SHAPE'];

function replyTo(error: unknown): Reply {
  const { code, message, details } = toPlain(error);
  const { status, headers } = error as Partial<Refusal>;
  if (status !== undefined) return json({ code, message }, status, headers);
  return json({ code, message, details }, codesOfRows.includes(code) ? 400 : 500);
}
