'use strict';

/* A rank: four layers of 1,575,424 numbers (6.3 MB), 60 ms of computing each; sums that begin behind the layers, and all at the end. */

const { joinCluster, launcherOf } = require('../../dist/cluster');

const communicator = joinCluster(launcherOf());
const layers = Array.from({ length: 4 }, () => new Float32Array(1_575_424));
const computeMilliseconds = 60;
const repetitions = 9;

/** The compute of a layer: not a sleep, so that the MPI thread has to share the cores. */
function compute() {
  const until = performance.now() + computeMilliseconds;
  while (performance.now() < until);
}

function median(step) {
  const times = Array.from({ length: repetitions }, () => {
    communicator.barrier();
    const start = performance.now();
    step();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[(repetitions - 1) / 2];
}

const sumsAlone = median(() => {
  for (const layer of layers) communicator.sum(layer);
  communicator.wait(communicator.sum(new Float64Array(1)));
});
const atTheEnd = median(() => {
  layers.forEach(compute);
  for (const layer of layers) communicator.sum(layer);
  communicator.wait(communicator.sum(new Float64Array(1)));
});
const behind = median(() => {
  for (const layer of layers) {
    compute();
    communicator.sum(layer);
  }
  communicator.wait(communicator.sum(new Float64Array(1)));
});
if (communicator.rank === 0) {
  const all = layers.length * computeMilliseconds;
  // The last layer's sum can begin only when all is computed.
  const ideal = Math.max(all + sumsAlone / layers.length, computeMilliseconds + sumsAlone);
  const text = (milliseconds) => `${milliseconds.toFixed(0)} ms`;
  console.log(`4 layers of 6.3 MB, ${text(all)} of computing, ${text(sumsAlone)} of sums: at the end ${text(atTheEnd)}, behind the layers ${text(behind)}, ideal ${text(ideal)}`);
}
communicator.close();
