#!/usr/bin/env node
'use strict';

/* Training steps in tfjs; README.md describes the protocol. usage: tfjs.js PEERS cpu|wasm */

const { oneHot, requirePeer, serve } = require('./peer');

// tfjs prints an advertisement to standard output, which is reserved for answers.
const log = console.log;
console.log = console.info = console.warn = () => {};
const tf = requirePeer('@tensorflow/tfjs');
if (process.argv[3] === 'wasm') requirePeer('@tensorflow/tfjs-backend-wasm');
console.log = log;

function load({ layers, batchSize, optimizer: name, learningRate, momentum, l2, batches, floats, integers }) {
  if (name !== 'sgd') return { unsupported: `tfjs has no ${name}` };
  const classes = layers[layers.length - 1];
  const linear = layers.slice(1).map((outputs, l) => ({
    w: tf.variable(tf.tensor2d(floats(`W${l + 1}`), [outputs, layers[l]]).transpose()),
    b: tf.variable(tf.tensor1d(floats(`b${l + 1}`))),
  }));
  const [x, labels] = [floats('x'), integers('labels')];
  const part = (array, size, i) => array.subarray(i * size, (i + 1) * size);
  const data = Array.from({ length: batches }, (_, i) => ({
    x: tf.tensor2d(part(x, batchSize * layers[0], i), [batchSize, layers[0]]),
    y: tf.tensor2d(oneHot(part(labels, batchSize, i), classes), [batchSize, classes]),
  }));
  const optimizer = momentum > 0 ? tf.train.momentum(learningRate, momentum) : tf.train.sgd(learningRate);
  const decayed = linear.map(({ w }) => w);

  const lossOf = (batch) => () => {
    const logits = linear.reduce((h, { w, b }, l) => {
      const z = h.matMul(w).add(b);
      return l < linear.length - 1 ? z.relu() : z;
    }, batch.x);
    return tf.losses.softmaxCrossEntropy(batch.y, logits);
  };
  let steps = 0;
  return {
    step() {
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(lossOf(data[steps++ % batches]));
        if (l2 > 0) for (const w of decayed) grads[w.name] = grads[w.name].add(w.mul(2 * l2));
        optimizer.applyGradients(grads);
        return value.dataSync()[0];
      });
    },
    dispose() {
      optimizer.dispose();
      tf.disposeVariables();
      for (const batch of data) tf.dispose(batch);
    },
  };
}

async function main() {
  const backend = process.argv[3];
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`);
  await tf.ready();
  await serve({ name: `tfjs ${tf.version.tfjs} ${backend}`, threads: false }, load);
}

main();
