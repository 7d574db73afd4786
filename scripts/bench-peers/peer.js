'use strict';

const { readFileSync, writeSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const peers = process.argv[2];
const load = createRequire(join(peers, 'package.json'));

/** Loads a package from the folder of the peers. If it is missing, prints an error in place of the greeting and exits. */
function requirePeer(name) {
  try {
    return load(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    writeSync(1, `error ${name} is not installed in ${peers}; to install it, type: npm install --prefix ${peers} --ignore-scripts ${name}\n`);
    process.exit(1);
  }
}

/** The version of an installed package, also where its exports do not name its package.json. */
function versionOf(name) {
  return JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Reads what blastrain wrote for a net: its description, arrays by name, and the batches. */
function readStart(folder) {
  const bytes = (name) => {
    const file = readFileSync(join(folder, `${name}.bin`));
    return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  };
  const start = JSON.parse(readFileSync(join(folder, 'start.json'), 'utf8'));
  return { ...start, floats: (name) => new Float32Array(bytes(name)), integers: (name) => new Int32Array(bytes(name)) };
}

/** One-hot rows of labels. */
function oneHot(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => { rows[i * classes + label] = 1; });
  return rows;
}

/**
 * Answers lines on standard input until it ends. `load(start)` returns a training, {step(threads)}, which returns the loss of a batch
 * before its update; or {unsupported} with the reason.
 */
async function serve(greeting, load) {
  console.log(JSON.stringify(greeting));
  let training;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(await answer(line.split(' ')));
    } catch (error) {
      console.log(`error ${String(error.message).split('\n')[0]}`);
    }
  }

  async function answer([word, first, second]) {
    if (word === 'cpu') {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }
    if (word === 'load') {
      await training?.dispose?.();
      training = await load(readStart(first));
      if (training.unsupported !== undefined) return JSON.stringify(training);
      const losses = [];
      for (let i = 0; i < Number(second); i++) losses.push(await training.step(1));
      return JSON.stringify({ losses });
    }
    const begun = performance.now();
    for (let i = 0; i < Number(second); i++) await training.step(Number(first));
    return (performance.now() - begun) / 1000;
  }
}

module.exports = { oneHot, requirePeer, serve, versionOf };
