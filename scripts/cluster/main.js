'use strict';

/*
 * What docs/clusters.md promises, tried for longer than a test may take: real Open MPI over TCP between hosts that are namespaces of this machine.
 *
 * usage: node scripts/cluster/main.js [digests] [overlap] [cut] [kills] [--kills N] [--hosts N] [--rate 1gbit]
 *
 * Needs root, Open MPI, iproute2 and util-linux, a built clone and the addon (npx blastrain mpi --build). Prints one line for each experiment; the status is
 * 1 where one fails.
 */

const { spawn, spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
const script = join(__dirname, 'hosts.sh');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string', default: '100' }, hosts: { type: 'string', default: '4' }, rate: { type: 'string', default: '1gbit' }, seed: { type: 'string', default: '1' } },
});
const hostCount = Number(values.hosts);
const folder = mkdtempSync(join(tmpdir(), 'blastrain-cluster-'));
const hosts = join(folder, 'hosts');
const common = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '--mca', 'mpi_yield_when_idle', '1'];

/** A small table, so that many steps and many starts fit into minutes, and a net with all that draws or keeps statistics. */
const spec = {
  data: 'csv', dataFile: join(folder, 'rows.csv'), layers: [4, 64, 64, 2], steps: 3000, evaluateEvery: 25, batchSize: 64, norm: 'batch', dropout: 0.2, mixup: 0.2,
  optimizer: 'adamw', learningRate: 0.001, clipNorm: 1, emaDecay: 0.99, restoreBest: true, shards: 8,
};

function writeInputs() {
  const number = (i) => Math.sin(12.9898 * (i + 1)).toFixed(4);
  const rows = Array.from({ length: 4000 }, (_, i) => [0, 1, 2, 3].map((j) => number(4 * i + j)).concat(number(4 * i) * number(4 * i + 1) + Number(number(4 * i + 2)) > 0 ? 'a' : 'b'));
  writeFileSync(join(folder, 'rows.csv'), ['a,b,c,d,y', ...rows.map((cells) => cells.join(','))].join('\n'));
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
}

/** mpirun on so many of the hosts, one rank each, or with 0 on this machine itself. */
function launch(ranks, words, { onHosts }) {
  const env = { ...process.env, BLASTRAIN_HOSTS: hosts };
  const network = ['--mca', 'btl', 'tcp,self', '--mca', 'btl_tcp_if_include', '10.77.0.0/24', '--mca', 'oob_tcp_if_include', '10.77.0.0/24', '--mca', 'plm_rsh_agent', script,
    // Without these mpirun itself waits for a host that is cut off, although all ranks have ended.
    ...[['time', 5], ['intvl', 2], ['probes', 3]].flatMap(([name, value]) => ['--mca', `oob_tcp_keepalive_${name}`, String(value)])];
  const list = Array.from({ length: ranks }, (_, i) => `host${i + 1}`).join(',');
  const mpirun = ['mpirun', ...common, ...onHosts ? [...network, '-H', list, '-wdir', folder] : [], '-n', String(ranks), process.execPath, ...words];
  const [command, ...args] = onHosts ? ['nsenter', '-t', readFileSync(join(hosts, 'host1'), 'utf8').trim(), '-n', '-u', '-i', '-m', `--wd=${folder}`, ...mpirun] : mpirun;
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => { stdout += text; });
  child.stderr.on('data', (text) => { stderr += text; });
  const ended = new Promise((settle) => {
    child.on(onHosts ? 'exit' : 'close', (status) => {
      // Not when the pipes close, which what still runs on a host that is cut off holds open.
      setTimeout(() => { settle({ status, stdout, stderr }); }, 200);
    });
  });
  return { child, ended };
}

const train = (name, ...more) => [main, 'train', 'spec.json', '--name', name, '--json', '--resume-if-there', ...more];

function digestOf({ status, stdout, stderr }) {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)).parametersDigest;
}

let reference;
/** What one process makes of the spec, in as many shards. */
function referenceDigest() {
  reference ??= digestOf(spawnSync(process.execPath, train('alone'), { cwd: folder, encoding: 'utf8' }));
  return reference;
}

function pids(child) {
  const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((one) => one !== '').map(Number);
  try {
    return childrenOf(child.pid).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'orted');
  } catch {
    return [];
  }
}

const experiments = {
  async digests() {
    for (let ranks = 2; ranks <= hostCount; ranks *= 2) {
      const digest = digestOf(await launch(ranks, train(`hosts${ranks}`), { onHosts: true }).ended);
      if (digest !== referenceDigest()) throw new Error(`${ranks} hosts end with ${digest}, one process with ${referenceDigest()}`);
    }
    return `1 process and 2 to ${hostCount} hosts at ${values.rate} end with the same parameters (${referenceDigest().slice(0, 12)})`;
  },

  async overlap() {
    const { status, stdout, stderr } = await launch(2, [join(__dirname, 'overlap.js')], { onHosts: true }).ended;
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  },

  async cut() {
    const { child, ended } = launch(hostCount, train('cut', '--watchdog', '3', '--set', 'steps=1000000'), { onHosts: true });
    await new Promise((settle) => { child.stdout.once('data', settle); });
    const victim = `host${hostCount}`;
    spawnSync(script, ['cut', hosts, victim]);
    const start = performance.now();
    const { status, stderr } = await ended;
    spawnSync(script, ['join', hosts, victim]);
    const seconds = (performance.now() - start) / 1000;
    const said = [...new Set(stderr.split('\n').filter((line) => line.startsWith('blastrain: ')))];
    if (status === 0 || !said.some((line) => line.includes(`on host ${victim} `))) throw new Error(`status ${status}: ${stderr}`);
    return `the network of ${victim} cut, watchdog 3 s: all ended after ${seconds.toFixed(1)} s with status ${status}: ${said.join(' / ')}`;
  },

  async kills() {
    let state = Number(values.seed);
    const random = (n) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const wanted = Number(values.kills);
    let [kills, starts, finished] = [0, 0, 0];
    while (kills < wanted) {
      const name = `killed${finished}`;
      const ranks = 2 ** (1 + random(2));
      const { child, ended } = launch(ranks, train(name), { onHosts: false });
      starts++;
      const timer = setTimeout(() => {
        const alive = pids(child);
        if (alive.length === 0) return;
        try {
          process.kill(alive[random(alive.length)], 'SIGKILL');
          kills++;
        } catch {
          // It has just ended.
        }
      }, 300 + random(3500));
      const result = await ended;
      clearTimeout(timer);
      if (result.status !== 0) continue;
      finished++;
      if (digestOf(result) !== referenceDigest()) throw new Error(`after ${kills} kills run ${name} ended with other parameters`);
    }
    // The run that is under way is brought to its end.
    if (digestOf(await launch(4, train(`killed${finished}`), { onHosts: false }).ended) !== referenceDigest()) throw new Error('the last run ended with other parameters');
    return `${kills} kills of a random rank of 2 or 4, ${starts} starts, ${finished + 1} runs brought to their end: each with the parameters of one that was never killed`;
  },
};

async function all() {
  writeInputs();
  const names = positionals.length > 0 ? positionals : Object.keys(experiments);
  const needsHosts = names.some((name) => name !== 'kills');
  if (needsHosts) {
    // Its output must not be a pipe, which the processes that hold the hosts would keep open.
    const { status } = spawnSync(script, ['up', hosts, values.hosts, values.rate], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error('the hosts could not be made');
  }
  try {
    for (const name of names) console.log(`${name}: ${await experiments[name]()}`);
  } finally {
    if (needsHosts) spawnSync(script, ['down', hosts], { stdio: 'ignore' });
  }
}

all().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
