#!/usr/bin/env node
'use strict';

/*
 * Writes what scripts/pytorch/train.py needs to repeat a training in PyTorch: data, initial weights, the rows of
 * every batch, the learning rate of every step.
 *
 * usage: export.js PRESET|SPEC.json OUT.safetensors [key=value...]
 */

const { resolve } = require('node:path');

const root = resolve(__dirname, '..', '..');
const lib = (name) => require(resolve(root, 'dist', name));
const { replaceFile } = lib('files');
const { buildTraining } = lib('build/buildTraining');
const { kernelsOf } = lib('build/kernelsOf');
const { applySettings, dataRequest, parseSpec } = lib('spec/spec');
const { loadData } = lib('data/sources');
const { mlpLayers } = lib('model/mlpLayers');
const { encodeTensors } = lib('train/safetensors');
const { readSpec } = lib('cli/specSource');

/** The bytes of the file for a spec and its data. Throws for specs that train.py cannot repeat. */
function encodeStart(spec, data) {
  const { train, validation } = data;
  for (const key of ['flip', 'shift', 'cutout', 'mixup', 'fastDevRun']) {
    if (spec[key]) throw new Error(`Expected nothing for ${key} but received ${spec[key]}: train.py draws no rows anew`);
  }
  if (spec.schedule === 'plateau') throw new Error('Expected a schedule that is known beforehand but received plateau');
  const built = buildTraining(spec, data, kernelsOf(spec));
  const { training: { objective: { model }, plan, schedule }, batchSource: { batches }, normalization } = built;

  const tensors = new Map();
  const add = (name, array, shape = [array.length]) => tensors.set(name, { shape, data: array });
  model.arena.parameters.forEach(({ value, shape }, i) => add(`parameter.${i}`, value, shape));
  for (const [name, array] of Object.entries(normalization)) add(name, array);
  if (normalization.matrix !== undefined) add('matrix', normalization.matrix, [model.inputSize, train.featureSize]);
  for (const rows of [train, validation]) {
    add(`${rows.split}.features`, rows.features, [rows.size, rows.featureSize]);
    if (rows.targets === undefined) add(`${rows.split}.labels`, rows.labels);
    else add(`${rows.split}.targets`, rows.targets, [rows.size, rows.targets.length / rows.size]);
  }
  if (spec.classWeights !== null) add('classWeights', classWeights(spec, train));

  const order = [];
  const batchSizes = [];
  const batchesPerStep = [];
  for (let step = 0; step < plan.steps; step++) {
    let taken = 0;
    do {
      const rows = batches.next();
      for (const row of rows) order.push(row);
      batchSizes.push(rows.length);
      taken++;
    } while (taken < spec.accumulate && batches.position < train.size);
    batchesPerStep.push(taken);
  }
  add('order', Int32Array.from(order));
  add('batchSizes', Int32Array.from(batchSizes));
  add('batchesPerStep', Int32Array.from(batchesPerStep));
  add('rates', Float64Array.from({ length: plan.steps }, (_, step) => schedule(step)));
  const { layers, activation, parametricActivation, norm, numericEmbedding, dropout, inputDropout, inputScale, residual } = spec;
  return encodeTensors({
    tensors,
    metadata: {
      spec: JSON.stringify(spec),
      model: JSON.stringify(spec.model ?? mlpLayers(layers, { activation, parametricActivation, norm, numericEmbedding, dropout, inputDropout, inputScale, residual })),
      outputs: String(model.outputSize),
    },
  });
}

function classWeights({ classWeights: weights }, { labels, size, classNames }) {
  if (weights !== 'balanced') return Float64Array.from(weights);
  return Float64Array.from(classNames, (_, c) => size / (classNames.length * labels.filter((label) => label === c).length));
}

if (require.main === module) {
  const [source, out, ...settings] = process.argv.slice(2);
  if (out === undefined) {
    console.error('usage: export.js PRESET|SPEC.json OUT.safetensors [key=value...]');
    process.exit(2);
  }
  const spec = parseSpec(applySettings(readSpec(source).spec, settings));
  replaceFile(out, encodeStart(spec, loadData(dataRequest(spec))));
}

module.exports = { encodeStart };
