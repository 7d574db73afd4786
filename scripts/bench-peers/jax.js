#!/usr/bin/env node
'use strict';

/* Training steps in jax-js on WebAssembly, compiled as a whole by its jit; README.md describes the protocol. usage: jax.js PEERS */

const { oneHot, requirePeer, serve, versionOf } = require('./peer');

const { blockUntilReady, defaultDevice, init, jit, nn, numpy: np, valueAndGrad } = requirePeer('@jax-js/jax');

/**
 * SGD with momentum on an MLP: (weights and biases, their momenta, x, y) to (loss, weights and biases, momenta) after a step. A function of jax-js takes
 * its arguments away from the caller, who keeps one by `.ref`.
 */
function trainingStep({ layers, batchSize, learningRate, momentum, l2 }) {
  const count = layers.length - 1;
  const gradients = valueAndGrad((parameters, x, y) => {
    let h = x;
    for (let l = 0; l < count; l++) {
      const z = np.matmul(h, parameters[2 * l].transpose()).add(parameters[2 * l + 1]);
      h = l < count - 1 ? nn.relu(z) : z;
    }
    return nn.logSoftmax(h).mul(y).sum().mul(-1 / batchSize);
  });
  return jit((parameters, momenta, x, y) => {
    const [loss, gradient] = gradients(parameters.map((each) => each.ref), x, y);
    const moved = momenta.map((v, i) => {
      const decayed = i % 2 === 0 && l2 > 0 ? gradient[i].add(parameters[i].ref.mul(2 * l2)) : gradient[i];
      return v.mul(momentum).add(decayed);
    });
    return [loss, parameters.map((each, i) => each.sub(moved[i].ref.mul(learningRate))), moved];
  });
}

function load(start) {
  const { layers, batchSize, batches, optimizer, floats, integers } = start;
  if (optimizer !== 'sgd') return { unsupported: `the step has no ${optimizer}` };
  const [inputs, classes] = [layers[0], layers[layers.length - 1]];
  const array = (values, shape) => np.array(values).reshape(shape);
  const shapes = layers.slice(1).flatMap((outputs, l) => [[outputs, layers[l]], [outputs]]);
  let parameters = shapes.map((shape, i) => array(floats(`${i % 2 === 0 ? 'W' : 'b'}${Math.floor(i / 2) + 1}`), shape));
  let momenta = shapes.map((shape) => np.zeros(shape));
  const [x, labels] = [floats('x'), integers('labels')];
  const data = Array.from({ length: batches }, (_, i) => ({
    x: array(x.slice(i * batchSize * inputs, (i + 1) * batchSize * inputs), [batchSize, inputs]),
    y: array(oneHot(labels.slice(i * batchSize, (i + 1) * batchSize), classes), [batchSize, classes]),
  }));
  const step = trainingStep(start);
  let steps = 0;
  return {
    async step() {
      const batch = data[steps++ % batches];
      const [loss, ...state] = step(parameters, momenta, batch.x.ref, batch.y.ref);
      [parameters, momenta] = state;
      await blockUntilReady([...parameters, ...momenta]);
      return (await loss.data())[0];
    },
    dispose() {
      for (const each of [...parameters, ...momenta, ...data.flatMap(({ x: rows, y }) => [rows, y])]) each.dispose();
      step.dispose();
    },
  };
}

async function main() {
  await init('wasm');
  defaultDevice('wasm');
  await serve({ name: `jax-js ${versionOf('@jax-js/jax')} wasm`, threads: false }, load);
}

main();
