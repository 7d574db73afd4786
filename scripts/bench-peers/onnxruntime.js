#!/usr/bin/env node
'use strict';

/*
 * Training steps in ONNX Runtime, whose packages cannot train: loss, gradients and update are one hand-written graph
 * whose outputs are the next step's inputs. README.md describes the protocol. usage: onnxruntime.js PEERS node|web
 */

const { int64s, model, node, scalar, tensor } = require('./onnx');
const { oneHot, requirePeer, serve, versionOf } = require('./peer');

const name = `onnxruntime-${process.argv[3]}`;
const ort = requirePeer(name);
// WebAssembly's number of threads holds for a process; one, as all others on WebAssembly have.
const choosesThreads = name === 'onnxruntime-node';
if (!choosesThreads) ort.env.wasm.numThreads = 1;

/** SGD with momentum on an MLP: v = momentum*v + gradient + 2*l2*w, w = w - lr*v; biases without l2. */
function trainingGraph({ layers, batchSize: m, learningRate, momentum, l2 }) {
  const nodes = [];
  const add = (op, inputs, output, attributes) => nodes.push(node(op, inputs, output, attributes));
  const count = layers.length - 1;
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const inputOf = (l) => (l === 1 ? 'x' : `h${l - 1}`);
  for (const l of ids) {
    add('Gemm', [inputOf(l), `W${l}`, `b${l}`], `z${l}`, { transB: 1 });
    if (l < count) add('Relu', [`z${l}`], `h${l}`);
  }
  add('LogSoftmax', [`z${count}`], 'logp', { axis: 1 });
  add('Mul', ['logp', 'y'], 'picked');
  add('ReduceSum', ['picked', 'all'], 'sum', { keepdims: 0 });
  add('Mul', ['sum', 'minusMean'], 'loss');
  add('Exp', ['logp'], 'p');
  add('Sub', ['p', 'y'], 'residual');
  add('Mul', ['residual', 'mean'], `dz${count}`);
  for (const l of [...ids].reverse()) {
    if (l > 1) {
      add('MatMul', [`dz${l}`, `W${l}`], `dh${l - 1}`);
      add('Greater', [`h${l - 1}`, 'zero'], `on${l - 1}`);
      add('Where', [`on${l - 1}`, `dh${l - 1}`, 'zero'], `dz${l - 1}`);
    }
    add('Gemm', [`dz${l}`, inputOf(l), `vW${l}`], `g${l}`, { transA: 1, beta: momentum });
    add('Mul', [`W${l}`, 'decay'], `decay${l}`);
    add('Add', [`g${l}`, `decay${l}`], `vW${l}_next`);
    add('ReduceSum', [`dz${l}`, 'rows'], `db${l}`, { keepdims: 0 });
    add('Mul', [`vb${l}`, 'momentum'], `mb${l}`);
    add('Add', [`mb${l}`, `db${l}`], `vb${l}_next`);
    for (const name of [`W${l}`, `b${l}`]) {
      add('Mul', [`v${name}_next`, 'rate'], `move_${name}`);
      add('Sub', [name, `move_${name}`], `${name}_next`);
    }
  }
  const state = ids.flatMap((l) => {
    const [w, b] = [[layers[l], layers[l - 1]], [layers[l]]];
    return [[`W${l}`, w], [`vW${l}`, w], [`b${l}`, b], [`vb${l}`, b]];
  });
  const classes = layers[count];
  return {
    state,
    bytes: model({
      nodes,
      constants: [
        scalar('zero', 0), scalar('mean', 1 / m), scalar('minusMean', -1 / m), scalar('decay', 2 * l2), scalar('momentum', momentum),
        scalar('rate', learningRate), int64s('all', [0, 1]), int64s('rows', [0]),
      ],
      inputs: [tensor('x', [m, layers[0]]), tensor('y', [m, classes]), ...state.map(([name, shape]) => tensor(name, shape))],
      outputs: [tensor('loss', []), ...state.map(([name, shape]) => tensor(`${name}_next`, shape))],
    }),
  };
}

async function load(start) {
  const { layers, batchSize, batches, optimizer, floats, integers } = start;
  if (optimizer !== 'sgd') return { unsupported: `the graph has no ${optimizer}` };
  const { state, bytes } = trainingGraph(start);
  const classes = layers[layers.length - 1];
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const values = new Map(
    state.map(([name, shape]) => [name, new ort.Tensor('float32', name.startsWith('v') ? new Float32Array(product(shape)) : floats(name), shape)]));
  const [x, labels] = [floats('x'), integers('labels')];
  const part = (array, size, i) => array.slice(i * size, (i + 1) * size);
  const data = Array.from({ length: batches }, (_, i) => ({
    x: new ort.Tensor('float32', part(x, batchSize * layers[0], i), [batchSize, layers[0]]),
    y: new ort.Tensor('float32', oneHot(part(labels, batchSize, i), classes), [batchSize, classes]),
  }));
  const sessions = new Map();
  let steps = 0;
  return {
    async step(threads) {
      if (!sessions.has(threads)) {
        sessions.set(threads, await ort.InferenceSession.create(bytes, { intraOpNumThreads: threads, graphOptimizationLevel: 'all' }));
      }
      const outputs = await sessions.get(threads).run({ ...data[steps++ % batches], ...Object.fromEntries(values) });
      for (const name of values.keys()) values.set(name, outputs[`${name}_next`]);
      return outputs.loss.data[0];
    },
    async dispose() {
      for (const session of sessions.values()) await session.release();
    },
  };
}

serve({ name: `${name} ${versionOf(name)}${choosesThreads ? '' : ' wasm'}`, threads: choosesThreads }, load);
