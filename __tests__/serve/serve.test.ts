import { writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import type { RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { loadData } from '../../lib/data/sources';
import { Model } from '../../lib/inference/model';
import { runTraining } from '../../lib/run/run';
import { serveModel } from '../../lib/serve/server';
import type { ModelServer, ServeOptions } from '../../lib/serve/server';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import type { TrainSpec } from '../../lib/spec/spec';
import { temporaryFolder } from '../support/folder';
import { drive } from '../support/run';

const folder = temporaryFolder();
let files = 0;

function trained(lines: readonly string[], more: Partial<TrainSpec> = {}): Model {
  const file = join(folder, `${String(++files)}.csv`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const spec = parseSpec({ dataFile: file, hidden: [6], batchSize: 20, learningRate: 0.05, steps: 20, evaluateEvery: 20, threads: 1, ...more });
  return Model.load(drive(runTraining(spec, loadData(dataRequest(spec)), 'run')).checkpoint, { name: 'model' });
}

const table = (header: string, of: (i: number) => readonly unknown[]): string[] => [header, ...Array.from({ length: 90 }, (_, i) => of(i).join(','))];
const people = trained(table('age,city,member,kind', (i) => [i % 11 === 0 ? '' : 20 + (i % 30), ['Bern', 'Zug'][i % 2], i % 3 ? 'yes' : 'no', ['red', 'green', 'blue'][i % 3]]));
const prices = trained(table('a,b,price', (i) => [i % 7, i % 5, 100 + 3 * (i % 7)]), { loss: 'mse', targetScaling: 'standardize' });
const tags = trained(table('a,b,hot,new', (i) => [i % 7, i % 5, i % 2, Number(i % 3 === 0)]), { loss: 'bce', target: 'hot,new' });
const levels = trained(table('a,b,price', (i) => [i % 7, i % 5, i % 7]), { loss: 'quantile', quantiles: [0.1, 0.9], targetScaling: 'standardize' });

const servers: ModelServer[] = [];
async function serve(model: Model, options: Partial<ServeOptions> = {}): Promise<string> {
  const server = await serveModel(model, { name: 'model', port: 0, ...options });
  servers.push(server);
  return server.url;
}
afterAll(() => Promise.all(servers.map((server) => server.close())));

type Answer = { status: number; headers: Readonly<Record<string, string | undefined>>; text: string; json: () => Record<string, unknown> };

function send(url: string, body: string | Uint8Array | undefined, { headers, ...options }: RequestOptions = {}): Promise<Answer> {
  return new Promise((settle, reject) => {
    const request = httpRequest(url, { method: body === undefined ? 'GET' : 'POST', headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers as object }, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => {
        settle({ status: response.statusCode!, headers: response.headers as Record<string, string>, text, json: () => JSON.parse(text) as Record<string, unknown> });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
const predict = (url: string, body: unknown, query = ''): Promise<Answer> => send(`${url}predict${query}`, JSON.stringify(body));

const records = Array.from({ length: 5 }, (_, i) => ({ age: i === 2 ? null : 25 + i, city: ['Bern', 'Rome'][i % 2]!, member: i % 2 === 0, other: 'x' }));
const lists = records.map(({ age, city, member }) => [age, city, member]);
const numbers = [[1, 2], [3, 4]];

test('a server within a program leaves the process\'s signals and its end to the program', async () => {
  const listeners = (): readonly number[] => ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP', 'exit', 'beforeExit', 'uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
  const before = listeners();
  expect((await predict(await serve(people), records)).status).toBe(200);
  expect(listeners()).toEqual(before);
});

describe('predictions are those of the model, in the order of the rows', () => {
  const own = people.predict(records);
  test.each<[string, unknown]>([
    ['records', { rows: records }], ['records alone', records], ['lists', { rows: lists }], ['lists and records', [lists[0], ...records.slice(1)]],
  ])('%s', async (_, body) => {
    const url = await serve(people);
    const { status, json, headers } = await predict(url, body, '?probabilities=1');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json; charset=utf-8' });
    expect(json()).toEqual({
      predictions: own.map(({ className, label, probabilities }) => ({
        class: className, probability: probabilities![label!], probabilities: Object.fromEntries(people.classNames.map((name, j) => [name, probabilities![j]])),
      })),
    });
    expect((await predict(url, body)).json()).toEqual({ predictions: own.map(({ className, label, probabilities }) => ({ class: className, probability: probabilities![label!] })) });
  });

  test.each<[string, Model, (row: number) => unknown]>([
    ['numbers', prices, (row) => ({ price: prices.outputs(numbers.flat())[row] })],
    ['quantiles', levels, (row) => ({ 'price q0.1': levels.outputs(numbers.flat())[2 * row], 'price q0.9': levels.outputs(numbers.flat())[2 * row + 1] })],
    ['labels', tags, (row) => {
      const { labels, probabilities } = tags.predict(numbers.flat())[row]!;
      return { labels, probabilities: { hot: probabilities![0], new: probabilities![1] } };
    }],
  ])('%s', async (_, model, wanted) => {
    const url = await serve(model);
    for (const rows of [numbers, numbers.map(([a, b]) => ({ b, a }))]) {
      expect((await predict(url, { rows }, '?probabilities=1')).json()).toEqual({ predictions: [wanted(0), wanted(1)] });
    }
    expect((await predict(url, [])).json()).toEqual({ predictions: [] });
  });
});

describe('what is refused', () => {
  let url: string;
  beforeAll(async () => { url = await serve(people, { maxBody: 2000, maxRows: 20 }); });
  const json = { 'content-type': 'application/json' };
  test.each<[string, number, string, string, () => Promise<Answer>]>([
    ['malformed JSON', 400, 'ERR_JSON', 'Expected JSON in UTF-8 for the body', () => send(`${url}predict`, '{"rows": [')],
    ['bytes that are no UTF-8', 400, 'ERR_JSON', 'Expected JSON in UTF-8', () => send(`${url}predict`, Uint8Array.of(34, 255, 34))],
    ['no list', 400, 'ERR_CONFIG', 'Expected a list for rows but received 3', () => predict(url, { rows: 3 })],
    ['a text', 400, 'ERR_CONFIG', 'Expected a list of rows, or an object with rows for the body', () => predict(url, 'x')],
    ['another key', 400, 'ERR_CONFIG', "Expected rows alone for the keys of the body but received 'row'", () => predict(url, { rows: [], row: 1 })],
    ['a column that is missing', 400, 'ERR_DATA', 'Expected the column city (null for a missing value) for row 1 of features', () => predict(url, [records[0], { age: 1, member: true }])],
    ['a value of another kind', 400, 'ERR_DATA', "Expected a number for row 0, column age of features but received 'old'", () => predict(url, [{ ...records[0], age: 'old' }])],
    ['a row that is none', 400, 'ERR_DATA', 'Expected an object by the names of columns for row 0', () => predict(url, [null])],
    ['a short list', 400, 'ERR_SHAPE', 'Expected 3 values for row 1 but received 2', () => predict(url, [lists[0], [1, 'Bern']])],
    ['an odd query', 400, 'ERR_CONFIG', "Expected 0 or 1 for probabilities but received 'yes'", () => predict(url, [], '?probabilities=yes')],
    ['too many rows', 413, 'ERR_TOO_LARGE', 'Expected at most 20 rows for a request but received 21', () => predict(url, Array.from({ length: 21 }, () => [1, 'a', 0]))],
    ['a large body', 413, 'ERR_TOO_LARGE', 'Expected at most 2000 bytes for the body but received 3002', () => predict(url, 'x'.repeat(3000))],
    ['a large body of unknown length', 413, 'ERR_TOO_LARGE', 'received more', () => send(`${url}predict`, 'x'.repeat(3000), { headers: { ...json, 'transfer-encoding': 'chunked' } })],
    ['another type', 415, 'ERR_TYPE', "Expected application/json for content-type but received 'text/csv'", () => send(`${url}predict`, 'a', { headers: { 'content-type': 'text/csv' } })],
    ['a packed body', 415, 'ERR_TYPE', "content-encoding but received 'gzip'", () => send(`${url}predict`, 'a', { headers: { ...json, 'content-encoding': 'gzip' } })],
    ['another method', 405, 'ERR_METHOD', 'Expected POST for /predict but received GET', () => send(`${url}predict`, undefined)],
    ['a method that changes', 405, 'ERR_METHOD', 'Expected GET or HEAD for /metrics but received DELETE', () => send(`${url}metrics`, undefined, { method: 'DELETE' })],
    ['another path', 404, 'ERR_PATH', "for the path but received '/predictions'", () => send(`${url}predictions`, undefined)],
    ['a path of all objects', 404, 'ERR_PATH', "received '/constructor'", () => send(`${url}constructor`, undefined)],
  ])('%s', async (_, status, code, message, act) => {
    const answer = await act();
    expect({ status: answer.status, code: answer.json()['code'] }).toEqual({ status, code });
    expect(answer.json()['message']).toContain(message);
  });

  test('405 says what is allowed, and the server goes on', async () => {
    expect((await send(`${url}predict`, undefined)).headers['allow']).toBe('POST');
    expect((await predict(url, records)).status).toBe(200);
  });

  test('a request that does not arrive in time is answered with 408, and one that is no HTTP with 400', async () => {
    const slow = await serve(people, { requestTimeout: 300 });
    const { hostname, port } = new URL(slow);
    const answerTo = (text: string): Promise<string> => new Promise((settle) => {
      let answer = '';
      const socket = connect(Number(port), hostname, () => { socket.write(text); });
      socket.setEncoding('utf8').on('data', (part: string) => { answer += part; }).on('close', () => { settle(answer); });
    });
    expect(await answerTo('POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"rows"')).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"code":"ERR_HTTP"/);
    expect(await answerTo('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});

test('the model, its health, its counts and its description are asked for', async () => {
  const url = await serve(people, { name: 'people' });
  await predict(url, records);
  await predict(url, 3);
  expect((await send(url, undefined)).json()).toMatchObject({
    name: 'people', digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string, predicts: 'class', outputs: ['blue', 'green', 'red'],
    inputs: [{ name: 'age', kind: 'number' }, { name: 'city', kind: 'category', categories: ['Bern', 'Zug'] }, { name: 'member', kind: 'boolean' }],
  });
  expect((await send(`${url}healthz`, undefined)).json()).toEqual({ status: 'ok' });
  expect(await send(`${url}healthz`, undefined, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  const { text, headers } = await send(`${url}metrics`, undefined);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) blastrain_\w+ .+|blastrain_\w+(\{[\w="/.,+]*\})? [\d.e+-]+)$/);
  expect(text).toContain('blastrain_requests_total{path="/predict",status="200"} 1\n');
  expect(text).toContain('blastrain_requests_total{path="/predict",status="400"} 1\n');
  expect(text).toContain('blastrain_rows_total 5\n');
  expect(text).toContain('blastrain_batch_rows_bucket{le="4"} 0\nblastrain_batch_rows_bucket{le="8"} 1\n');
  expect(text).toContain('blastrain_queue_requests 0\n');
  const description = (await send(`${url}openapi.json`, undefined)).json();
  expect(description).toMatchObject({
    openapi: '3.1.0', paths: { '/predict': { post: { responses: { 200: {}, 400: {}, 413: {}, 415: {}, 503: {} } } } },
    components: { schemas: { Row: { oneOf: [{ required: ['age', 'city', 'member'], properties: { age: { type: ['number', 'string', 'null'] } } }, { minItems: 3, maxItems: 3 }] } } },
  });
  const references = JSON.stringify(description).match(/#\/components\/schemas\/\w+/g)!.map((path) => path.split('/').pop()!);
  for (const name of references) expect(Object.keys((description['components'] as { schemas: object }).schemas)).toContain(name);
});

describe('many at once', () => {
  const agent = new Agent({ keepAlive: true });
  afterAll(() => { agent.destroy(); });
  /** Sends bodies over connections that are open already, so that they arrive together. */
  async function together(url: string, bodies: readonly unknown[]): Promise<readonly Answer[]> {
    await Promise.all(bodies.map(() => send(`${url}healthz`, undefined, { agent })));
    return Promise.all(bodies.map((body) => send(`${url}predict`, JSON.stringify(body), { agent })));
  }

  test('are computed together, each with its own rows and its own refusal', async () => {
    const url = await serve(prices, { maxQueue: 500 });
    const answers = await together(url, Array.from({ length: 60 }, (_, i) => (i % 10 === 3 ? [[1, 2], [i, 1e300]] : [[i, 1]])));
    answers.forEach(({ status, json }, i) => {
      if (i % 10 === 3) expect({ status, ...json() }).toMatchObject({ status: 400, code: 'ERR_DATA', details: { row: 1 } });
      else expect(json()).toEqual({ predictions: [{ price: expect.closeTo(prices.outputs([i, 1])[0]!, 4) as number }] });
    });
    const { text } = await send(`${url}metrics`, undefined);
    expect(Number(/blastrain_batch_rows_count (\d+)/.exec(text)![1])).toBeLessThan(60);
  });

  test('a large request does not hold up small ones', async () => {
    const url = await serve(prices, { batchRows: 4, maxRows: 20_000 });
    const ended: string[] = [];
    const large = predict(url, Array.from({ length: 20_000 }, (_, i) => [i % 7, 1])).then(({ json }) => {
      ended.push('large');
      expect((json()['predictions'] as unknown[])).toHaveLength(20_000);
    });
    await new Promise((settle) => { setTimeout(settle, 50); });
    await predict(url, [[1, 2]]);
    ended.push('small');
    await large;
    expect(ended).toEqual(['small', 'large']);
  });

  test('beyond the queue are told to come again, and none is lost', async () => {
    const url = await serve(people, { maxQueue: 4, batchRows: 1 });
    const answers = await together(url, Array.from({ length: 200 }, () => records));
    const counts = new Map<number, number>();
    for (const { status, headers, json } of answers) {
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status === 503) expect([headers['retry-after'], json()['code']]).toEqual(['1', 'ERR_BUSY']);
    }
    expect([...counts.keys()].sort()).toEqual([200, 503]);
    expect(answers).toHaveLength(200);
    expect((await predict(url, records)).status).toBe(200);
  });

  test('a client that leaves costs nothing more', async () => {
    // Wide enough that the rows take longer than a look at what waits.
    const wide = trained(table('a,b,price', (i) => [i % 7, i % 5, i % 7]), { loss: 'mse', hidden: [1024, 1024], steps: 1, evaluateEvery: 1 });
    const url = await serve(wide, { batchRows: 1, maxRows: 50_000 });
    const { hostname, port } = new URL(url);
    const body = JSON.stringify(Array.from({ length: 20_000 }, () => [1, 2]));
    const socket = connect(Number(port), hostname, () => { socket.write(`POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`); });
    const metricsWith = async (wanted: string): Promise<string> => {
      for (;;) {
        const { text } = await send(`${url}metrics`, undefined);
        expect(text).toContain('blastrain_rows_total 0\n');
        if (text.includes(wanted)) return text;
      }
    };
    await metricsWith('blastrain_queue_rows 20000\n');
    socket.destroy();
    const text = await metricsWith('status="499"');
    expect(text).toContain('blastrain_open_requests 0\n');
    expect(text).toContain('blastrain_queue_rows 0\n');
  });
});

test('a body that is announced is asked for, unless it would be refused', async () => {
  const url = await serve(people, { maxBody: 2000 });
  const announced = (body: string): Promise<{ asked: boolean; status: number }> => new Promise((settle, reject) => {
    let asked = false;
    const request = httpRequest(`${url}predict`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' } }, (response) => {
      response.resume();
      settle({ asked, status: response.statusCode! });
      request.destroy();
    });
    request.on('continue', () => {
      asked = true;
      request.end(body);
    }).on('error', reject).flushHeaders();
  });
  expect(await announced(JSON.stringify(records))).toEqual({ asked: true, status: 200 });
  expect(await announced('x'.repeat(3000))).toEqual({ asked: false, status: 413 });
});

test('no host need be named', async () => {
  const { hostname, port } = new URL(await serve(people));
  const answer = await new Promise<string>((settle) => {
    const socket = connect(Number(port), hostname, () => { socket.write('GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n'); });
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('close', () => { settle(text); });
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('closing answers what is under way, then nothing', async () => {
  const server = await serveModel(prices, { name: 'prices', port: 0 });
  let request: ReturnType<typeof httpRequest> | undefined;
  const under = new Promise<{ status: number; connection: string | undefined }>((settle, reject) => {
    request = httpRequest(`${server.url}predict`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume();
      settle({ status: response.statusCode!, connection: response.headers.connection });
    });
    request.on('error', reject).write('[[1,');
  });
  while (!(await send(`${server.url}metrics`, undefined)).text.includes('blastrain_open_requests 1\n')) { /* it has yet to begin */ }
  const closed = server.close();
  request!.end('2]]');
  expect(await under).toEqual({ status: 200, connection: 'close' });
  await closed;
  await expect(predict(server.url, [])).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken is refused', async () => {
  const { port } = new URL(await serve(people));
  await expect(serveModel(people, { name: 'x', port: Number(port) })).rejects.toMatchObject({ code: 'ERR_IO', message: expect.stringContaining(`127.0.0.1:${port}`) as string });
});
