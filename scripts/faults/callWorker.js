'use strict';

/* A worker thread that makes 300 hostile calls of native kernels for each seed that it receives: see readers/calls.js. */

const { parentPort } = require('node:worker_threads');
const { objection } = require('./inputs');
const { Random } = require('./random');
const { makeCaller } = require('./readers/calls');

const call = makeCaller(['native', 'raw']);

parentPort.on('message', (seed) => {
  const random = new Random(seed);
  let wrong = null;
  for (let n = 0; n < 300 && wrong === null; n++) {
    try {
      call({ which: random.below(5000), edits: Array.from({ length: random.below(3) }, () => ({ seed: random.next() })) });
    } catch (error) {
      if (objection(error) !== undefined) wrong = { name: error.name, message: error.message };
    }
  }
  parentPort.postMessage(wrong);
});
