#!/usr/bin/env node
'use strict';

/*
 * Repeats finished runs in PyTorch, with the same rows, initial weights, batches and learning rates, on 1 thread by default. Writes
 * pytorch.json to each run's folder, from which scripts/experiments.js adds PyTorch's results to its tables. Without PyTorch it says so and
 * exits with status 0.
 *
 * usage: runs.js [--threads N] RUN_DIR...
 */

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { parseArgs } = require('node:util');
const { encodeStart } = require('./export');
const { findPython, missing, trainInPython } = require('./python');

const lib = (name) => require(resolve(__dirname, '..', '..', 'dist', name));
const { loadData } = lib('data/sources');
const { dataRequest, parseSpec } = lib('spec/spec');
const { replaceFile } = lib('files');

function main() {
  const { values, positionals } = parseArgs({ options: { threads: { type: 'string', default: '1' } }, allowPositionals: true });
  if (positionals.length === 0) throw new Error('usage: runs.js [--threads N] RUN_DIR...');
  const python = findPython();
  if (python === undefined) {
    console.log(missing);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'blastrain-pytorch-'));
  try {
    for (const run of positionals) {
      const spec = parseSpec({ ...JSON.parse(readFileSync(join(run, 'spec.json'), 'utf8')), threads: Number(values.threads) });
      const file = join(folder, 'start.safetensors');
      writeFileSync(file, encodeStart(spec, loadData(dataRequest(spec))));
      const [{ losses, ...answer }] = trainInPython(python, [file]);
      const result = { ...answer, firstLoss: losses[0], lastLoss: losses[losses.length - 1] };
      replaceFile(join(run, 'pytorch.json'), `${JSON.stringify(result, null, 2)}\n`);
      console.log(
        `${run}: validation ${(100 * result.valAccuracy).toFixed(1)} %, train ${(100 * result.trainAccuracy).toFixed(1)} %, ` +
          `${result.seconds.toFixed(0)} s of steps in PyTorch ${result.torch}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
