'use strict';
/*
 * Load on `blastrain serve`: requests a second, and the median and 99th percentile of their latency, at several numbers of connections; then an overload, in
 * which every request has to be answered with 200 or 503. Beside it the same model, exported to ONNX, behind a plain node:http server in
 * onnxruntime-node, where BLASTRAIN_PEERS names a folder that has it installed.
 *
 *   node scripts/serve-load.js MODEL [--seconds 3] [--connections 1,8,64,256] [--rows 1] [--json]
 *
 * Server and clients are processes of their own. Each connection sends its next request when the last one is answered.
 */
const { spawn } = require('node:child_process');
const { createServer } = require('node:http');
const { createRequire } = require('node:module');
const { connect } = require('node:net');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { Model, exportModel } = require('..');

const cli = join(__dirname, '..', 'dist', 'cli', 'main.js');

/** Starts a process whose first line on standard output is JSON with a url. */
function start(args) {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      if (text.includes('\n')) settle({ child, url: JSON.parse(text.split('\n')[0]).url });
    });
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

function stop({ child }) {
  return new Promise((settle) => {
    child.removeAllListeners('exit').once('exit', settle);
    child.kill('SIGTERM');
  });
}

/** Sends the same request over a connection again and again until `until`; calls `answered` with each status and its milliseconds. */
function client({ hostname, port }, bytes, until, answered) {
  return new Promise((settle) => {
    const socket = connect(Number(port), hostname);
    let [began, text, sent, got] = [0, '', 0, 0];
    const send = () => {
      if (performance.now() >= until) return socket.end();
      began = performance.now();
      sent++;
      return socket.write(bytes);
    };
    socket.setNoDelay().setEncoding('latin1').on('connect', send).on('data', (part) => {
      text += part;
      const head = text.indexOf('\r\n\r\n');
      if (head < 0 || text.length < head + 4 + Number(/content-length: (\d+)/i.exec(text)[1])) return;
      answered(Number(text.slice(9, 12)), performance.now() - began);
      text = '';
      got++;
      send();
    }).on('error', () => undefined).on('close', () => settle(sent - got));
  });
}

async function load(url, body, connections, seconds) {
  const { hostname, port } = new URL(url);
  const bytes = `POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const milliseconds = [];
  const statuses = {};
  const began = performance.now();
  const lost = await Promise.all(Array.from({ length: connections }, () => client({ hostname, port }, bytes, began + 1000 * seconds, (status, ms) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 200) milliseconds.push(ms);
  })));
  milliseconds.sort((a, b) => a - b);
  const at = (share) => Number((milliseconds[Math.min(milliseconds.length - 1, Math.floor(share * milliseconds.length))] ?? NaN).toFixed(2));
  return {
    connections, perSecond: Math.round(milliseconds.length / ((performance.now() - began) / 1000)), p50: at(0.5), p99: at(0.99), statuses, lost: lost.reduce((sum, one) => sum + one, 0),
  };
}

/** A row that the model takes: the first category, or a number. */
function rowOf({ columns, featureSize }) {
  if (columns === undefined) return Array.from({ length: featureSize }, () => 0.5);
  return Object.fromEntries(columns.map(({ name, kind, categories }) => [name, kind === 'number' ? 0.5 : kind === 'date' ? '2024-01-01' : categories[0]]));
}

/** The process of the peer: no batches, as onnxruntime-node computes on threads of its own. */
async function servePeer(file, folder) {
  const ort = createRequire(join(folder, 'x.js'))('onnxruntime-node');
  const session = await ort.InferenceSession.create(file);
  const tensorOf = (name, rows) => {
    const { shape: [, width = 1], type } = session.inputMetadata?.find((one) => one.name === name) ?? { shape: [], type: 'float64' };
    const values = rows.flatMap((row) => (Array.isArray(row) ? row : [row[name]]));
    const dims = [rows.length, Array.isArray(rows[0]) ? rows[0].length : Number.isInteger(width) ? width : 1];
    if (type === 'string') return new ort.Tensor('string', values.map(String), dims);
    return type === 'float32' ? new ort.Tensor('float32', Float32Array.from(values), dims) : new ort.Tensor('float64', Float64Array.from(values), dims);
  };
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk)).on('end', async () => {
      const { rows } = JSON.parse(Buffer.concat(chunks).toString());
      const outputs = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, tensorOf(name, rows)])));
      const answer = JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, (value) => (typeof value === 'bigint' ? Number(value) : value))])));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })}\n`));
  process.on('SIGTERM', () => process.exit(0));
}

async function main() {
  const { values, positionals: [path, file, folder] } = parseArgs({
    allowPositionals: true, options: { seconds: { type: 'string' }, connections: { type: 'string' }, rows: { type: 'string' }, json: { type: 'boolean' } },
  });
  if (path === 'peer') return servePeer(file, folder);
  const model = Model.load(path);
  const seconds = Number(values.seconds ?? 3);
  const body = JSON.stringify({ rows: Array.from({ length: Number(values.rows ?? 1) }, () => rowOf(model)) });
  const connections = (values.connections ?? '1,8,64,256').split(',').map(Number);
  const measured = [];
  const measure = async (name, args, counts, own = body) => {
    const server = await start(args);
    await load(server.url, own, 4, 0.5); // compiled by then
    for (const count of counts) measured.push({ server: name, ...await load(server.url, own, count, seconds) });
    await stop(server);
  };
  await measure('blastrain serve', [cli, 'serve', path, '--port', '0', '--json'], connections);
  const peers = process.env.BLASTRAIN_PEERS;
  if (peers !== undefined) {
    const place = mkdtempSync(join(tmpdir(), 'serve-load-'));
    try {
      exportModel(model, 'onnx', join(place, 'model.onnx'));
      await measure('onnxruntime-node', [__filename, 'peer', join(place, 'model.onnx'), peers], connections);
    } finally {
      rmSync(place, { recursive: true });
    }
  }
  const many = JSON.stringify({ rows: Array.from({ length: 1000 }, () => rowOf(model)) });
  await measure('overload: 1,000 rows each', [cli, 'serve', path, '--port', '0', '--json', '--max-queue', '32'], [256], many);
  if (values.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
  else console.table(measured.map(({ statuses, ...one }) => ({ ...one, statuses: JSON.stringify(statuses) })));
  const strange = measured.some(({ statuses, lost }) => lost > 0 || Object.keys(statuses).some((status) => status !== '200' && status !== '503'));
  if (strange) throw new Error('Expected 200 or 503 for every request but received others, or none');
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
