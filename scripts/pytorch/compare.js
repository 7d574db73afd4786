#!/usr/bin/env node
'use strict';

/*
 * Trains the same nets in blastrain and in PyTorch, from the same weights on the same batches, and compares the loss of
 * every step: the relative difference must be at most 1e-4 in float32 and 1e-9 in float64, for every optimiser. Without PyTorch it
 * says so and exits with status 0; Debian's python3-torch serves. $PYTHON names another Python.
 *
 * usage: compare.js [--steps N] [--json] [key=value...]
 */

const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { parseArgs } = require('node:util');
const { encodeStart } = require('./export');
const { findPython, missing, trainInPython } = require('./python');

const root = resolve(__dirname, '..', '..');
const lib = (name) => require(resolve(root, 'dist', name));
const { applySettings, dataRequest, parseSpec } = lib('spec/spec');
const { runTraining } = lib('run/run');
const { loadData } = lib('data/sources');

const limits = { float32: 1e-4, float64: 1e-9 };

/** The trainings to compare: each optimiser, and each key that changes the arithmetic of a step. */
const base = {
  data: 'synthetic', trainRows: 1000, validationRows: 200, testRows: 10, layers: [3072, 64, 32, 10], batchSize: 50, logEvery: 1,
  normalization: 'standardize', decay: 0.95, health: false,
};
const cases = [
  ['sgd', { learningRate: 0.02, l2: 1e-3 }],
  ['sgd, momentum', { learningRate: 0.01, momentum: 0.9, l2: 1e-3 }],
  ['sgd, Nesterov', { learningRate: 0.01, momentum: 0.9, nesterov: true, l2: 1e-3 }],
  ['adam', { optimizer: 'adam', learningRate: 1e-3 }],
  ['adam, l2', { optimizer: 'adam', learningRate: 1e-3, l2: 1e-3, decayBiases: true }],
  ['adamw', { optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.05 }],
  ['rmsprop', { optimizer: 'rmsprop', learningRate: 3e-4, l2: 1e-4 }],
  // Lion's steps are signs, so that rounding reverses a step if a gradient is close to 0 or a ReLU at its kink. A smooth net and a small
  // learning rate keep that below the tolerance of float32.
  ['lion', { optimizer: 'lion', learningRate: 3e-5, weightDecay: 0.1, activation: 'tanh' }],
  ['clipping', { learningRate: 0.05, momentum: 0.9, clipNorm: 0.5 }],
  ['accumulation', { optimizer: 'adam', learningRate: 1e-3, accumulate: 3 }],
  ['smoothing, weights', { learningRate: 0.02, momentum: 0.9, labelSmoothing: 0.1, classWeights: [1, 2, 0.5, 1, 1, 3, 1, 1, 0.2, 1] }],
  ['batch norm', { learningRate: 0.02, momentum: 0.9, norm: 'batch' }],
  ['layer norm, GELU', { optimizer: 'adamw', learningRate: 1e-3, norm: 'layer', activation: 'gelu' }],
  ['one-cycle, average', { learningRate: 0.05, momentum: 0.9, schedule: 'one-cycle', decay: 1, emaDecay: 0.9 }],
];

/** Trains in blastrain; returns the losses of all steps and the result. */
function train(spec, data) {
  const losses = [];
  let result;
  for (const event of runTraining(spec, data, 'compare')) {
    if (event.type === 'step') losses.push(event.loss);
    if (event.type === 'result') result = event;
  }
  return { losses, result };
}

function compare(python, steps, settings) {
  const folder = mkdtempSync(join(tmpdir(), 'blastrain-pytorch-'));
  try {
    const runs = cases.flatMap(([name, changes]) =>
      Object.keys(limits).map((dtype, i) => {
        const spec = parseSpec(applySettings({ ...base, ...changes, dtype, steps }, settings));
        return { name, dtype, spec, file: join(folder, `${name.replace(/\W+/g, '-')}-${dtype}-${i}.safetensors`) };
      }));
    const data = loadData(dataRequest(runs[0].spec));
    for (const { spec, file } of runs) writeFileSync(file, encodeStart(spec, data));
    const answers = trainInPython(python, runs.map(({ file }) => file));
    return runs.map(({ name, dtype, spec }, i) => {
      const { losses, result } = train(spec, data);
      const torch = answers[i];
      const differences = losses.map((loss, step) => Math.abs(loss - torch.losses[step]) / Math.abs(torch.losses[step]));
      const worst = Math.max(...differences);
      return {
        name, dtype, steps: losses.length, worst, limit: limits[dtype],
        passed: losses.length === torch.losses.length && worst <= limits[dtype],
        firstLoss: losses[0], lastLoss: losses[losses.length - 1],
        blastrain: { valAccuracy: result.valAccuracy, valLoss: result.valLoss, stepMilliseconds: result.stepMilliseconds, threads: result.threads, backend: result.backend },
        pytorch: { valAccuracy: torch.valAccuracy, valLoss: torch.valLoss, stepMilliseconds: torch.stepMilliseconds, threads: torch.threads, version: torch.torch },
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main() {
  const { values, positionals } = parseArgs({
    options: { steps: { type: 'string', default: '50' }, json: { type: 'boolean', default: false } }, allowPositionals: true,
  });
  const python = findPython();
  if (python === undefined) {
    console.log(values.json ? JSON.stringify({ skipped: missing }) : missing);
    return;
  }
  const results = compare(python, Number(values.steps), positionals);
  const passed = results.every((result) => result.passed);
  if (values.json) {
    console.log(JSON.stringify({ passed, results }));
  } else {
    console.log(`Worst relative difference of the losses of ${values.steps} steps, blastrain and PyTorch ${results[0].pytorch.version}\n`);
    for (const { name, dtype, worst, limit, passed: met, firstLoss, lastLoss, blastrain, pytorch } of results) {
      console.log(
        `${name.padEnd(20)} ${dtype}  ${worst.toExponential(1)} of ${limit.toExponential(0)} ${met ? 'ok    ' : 'FAILED'}` +
          `  loss ${firstLoss.toFixed(3)} -> ${lastLoss.toFixed(3)}` +
          `  ${blastrain.stepMilliseconds.toFixed(2)} ms a step, PyTorch ${pytorch.stepMilliseconds.toFixed(2)}`,
      );
    }
    console.log(passed ? '\nAll agree.' : '\nSome do not agree.');
  }
  process.exitCode = passed ? 0 : 1;
}

main();
