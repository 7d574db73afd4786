import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '../../lib/inference/model';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

/** Runs a program in an empty folder beside the package; returns what it printed. */
function run(name: string, program: string, env: NodeJS.ProcessEnv = process.env): string {
  writeFileSync(join(folder, name), program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: folder, env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const training = `
  const rows = Array.from({ length: 60 }, (_, i) => ({ x: i % 7, kind: i % 7 > 3 ? 'a' : 'b' }));
  const data = await loadRows(rows, { target: 'kind' });
  const model = await train({ hidden: [4], epochs: 2, batchSize: 16 }, { data }).model;
  const predictions = await model.predictAsync(rows);`;

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'blastrain'));
});

test('threads of the user train and predict at once, each with an environment of its own', () => {
  const stdout = run('threads.mjs', `
    import { isMainThread, parentPort, Worker } from 'node:worker_threads';
    import { loadRows, selectBackend, train } from 'blastrain';
    if (isMainThread) {
      await Promise.all(['typescript', 'auto'].map((backend) => new Promise((settle, reject) => {
        const env = backend === 'auto' ? process.env : { BLASTRAIN_BACKEND: backend };
        new Worker(new URL(import.meta.url), { env }).on('message', console.log).on('error', reject).on('exit', settle);
      })));
    } else {
      ${training}
      parentPort.postMessage(selectBackend().backend + ' ' + predictions.length);
    }`);
  const backend = process.env['BLASTRAIN_BACKEND'] === 'typescript' ? 'typescript' : 'native';
  expect(stdout.trim().split('\n').sort()).toEqual(['typescript 60', `${backend} 60`].sort());
});

test('without HOME nothing is written that nobody asked for', () => {
  const before = readdirSync(folder);
  const env = { PATH: process.env['PATH'], ...(process.env['BLASTRAIN_BACKEND'] && { BLASTRAIN_BACKEND: process.env['BLASTRAIN_BACKEND'] }) };
  const stdout = run('function.mjs', `
    import { watch } from 'node:fs';
    import { loadRows, train } from 'blastrain';
    const written = [];
    const watcher = watch('.', (_, name) => written.push(name));
    ${training}
    setTimeout(() => {
      watcher.close();
      console.log(predictions.length, written.join());
    }, 50);`, env);
  expect(stdout).toBe('60 \n');
  expect(readdirSync(folder)).toEqual([...before, 'function.mjs'].sort());
});

test('processes of a cluster serve on one port and end when they are told to', async () => {
  const { train } = await import('../../lib/run/train.js');
  const { loadRows } = await import('../../lib/data/rows.js');
  const data = await loadRows([...Array(40).keys()].map((i) => ({ x: i % 7, kind: i % 7 > 3 ? 'a' : 'b' })), { target: 'kind' });
  const model: Model = await train({ hidden: [4], epochs: 1, batchSize: 16 }, { data }).model;
  model.save(join(folder, 'model.safetensors'));
  const stdout = run('cluster.mjs', `
    import cluster from 'node:cluster';
    cluster.setupPrimary({ exec: 'node_modules/blastrain/dist/cli/main.js', args: ['serve', 'model.safetensors', '--port', '0'], silent: true });
    const workers = [cluster.fork(), cluster.fork()];
    const ports = await Promise.all(workers.map((worker) => new Promise((settle) => worker.on('listening', ({ port }) => settle(port)))));
    const answers = await Promise.all(ports.map((port) => fetch('http://127.0.0.1:' + port + '/healthz')));
    const ends = await Promise.all(workers.map((worker) => new Promise((settle) => {
      worker.on('exit', (code, signal) => settle(code ?? signal));
      process.kill(worker.process.pid, 'SIGTERM');
    })));
    console.log(JSON.stringify({ ports: new Set(ports).size, answers: answers.map(({ status }) => status), ends }));`);
  expect(JSON.parse(stdout)).toEqual({ ports: 1, answers: [200, 200], ends: [0, 0] });
});
