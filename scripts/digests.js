#!/usr/bin/env node
// Prints the digest of the parameters after a short run of every preset, and of specs that reach the other layers, optimisers and
// augmentations: on both backends, in float32, float64 and bfloat16. A change that leaves the arithmetic as it is leaves them as they are.
// usage: digests.js [FILE]     with the output of an earlier version as FILE, marks the digests that differ; exits with status 1 if any does
'use strict';
const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const { presets } = require(join(root, 'dist', 'index.js'));

const short = ['data=synthetic', 'trainRows=160', 'validationRows=40', 'testRows=40', 'batchSize=32', 'epochs=null', 'steps=7', 'evaluateEvery=4', 'health=false', 'threads=2'];
const small = ['layers=3072,24,16,10'];

/** Layers, optimisers and augmentations that no preset uses, as settings on top of a preset. */
const variants = [
  ['leaky-rmsprop', 'mlp-deep', [...small, 'activation=leaky-relu', 'optimizer=rmsprop', 'weightDecay=0', 'norm=layer']],
  ['tanh-lion', 'mlp-deep', [...small, 'activation=tanh', 'optimizer=lion', 'learningRate=1e-4', 'clipNorm=1', 'norm=none']],
  ['sigmoid-adam', 'mlp-deep', [...small, 'activation=sigmoid', 'optimizer=adam', 'weightDecay=0', 'emaDecay=0.9', 'schedule=cosine']],
  ['residual-mixup', 'mlp-augmented', ['layers=3072,24,24,10', 'residual=true', 'mixup=0.4', 'cutout=8', 'accumulate=2']],
  ['pca-nesterov', 'two-layer-tuned', ['layers=20,16,10', 'normalization=pca', 'components=20', 'nesterov=true', 'classWeights=balanced', 'labelSmoothing=0.1']],
  ['channel-plateau', 'two-layer-tuned', ['layers=3072,16,10', 'normalization=standardize-channel', 'decay=0.5', 'schedule=plateau', 'patience=1']],
];

const runs = mkdtempSync(join(tmpdir(), 'digests-'));
const cases = [...Object.keys(presets).map((name) => [name, name, []]), ...variants];
const precisions = [['float32', ['dtype=float32', 'precision=float32']], ['float64', ['dtype=float64', 'precision=float32']], ['bfloat16', ['dtype=float32', 'precision=bfloat16']]];

function digest(preset, changes) {
  try {
    const out = execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), 'train', preset, '--json', '--runs', runs, '--set', ...short, ...changes], { encoding: 'utf8', stdio: 'pipe' });
    return JSON.parse(out.trim().split('\n').at(-1)).parametersDigest;
  } catch (error) {
    return String(error.stderr).trim().split('\n').at(-1);
  }
}

const before = process.argv[2] === undefined ? undefined
  : new Map(readFileSync(process.argv[2], 'utf8').trim().split('\n').map((line) => [line.slice(0, line.lastIndexOf(' : ')), line]));
let different = 0;
try {
  for (const [name, preset, changes] of cases) {
    for (const backend of ['native', 'typescript']) {
      for (const [precision, keys] of precisions) {
        const key = `${name} ${backend} ${precision}`;
        const line = `${key} : ${digest(preset, [...changes, ...keys, `backend=${backend}`])}`;
        const old = before?.get(key);
        if (before !== undefined && old !== line) different++;
        console.log(before === undefined || old === line ? line : `${line}   before: ${old}`);
      }
    }
  }
} finally {
  rmSync(runs, { recursive: true, force: true });
}
if (before !== undefined) console.log(`${different} differ`);
process.exitCode = different > 0 ? 1 : 0;
