'use strict';

/* A worker thread that multiplies matrices: `rounds` times and reports the product, or until it is terminated. */

const { parentPort, workerData } = require('node:worker_threads');

const { float64 } = require('node-gyp-build')(workerData.root);
const { side, rounds } = workerData;
const a = Float64Array.from({ length: side * side }, (_, i) => Math.sin(i));
const c = new Float64Array(side * side);

parentPort.postMessage('started');
for (let round = 0; round < rounds; round++) float64.gemm(true, false, side, side, side, 1, a, a, 0, c);
parentPort.postMessage(c);
