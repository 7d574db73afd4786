'use strict';

/*
 * Measures the cost of the health monitor (key `health`) and of histograms (key `histogramEvery`): trains a preset and adds up the time spent in them. The products
 * of gradients that were not needed otherwise count as theirs.
 *
 * usage: node scripts/health-cost.js PRESET [key=value ...]        after npm run build
 */

const { loadData } = require('../dist/data/sources');
const { findPreset } = require('../dist/spec/presets');
const { runTraining } = require('../dist/run/run');
const { applySettings, dataRequest, parseSpec } = require('../dist/spec/spec');
const { HealthMonitor } = require('../dist/train/health');
const { HistogramRecorder } = require('../dist/train/histograms');
const { TrainingStep } = require('../dist/train/step');

const milliseconds = { monitor: 0, histograms: 0, gradients: 0 };
/** Adds up the time of methods of a class. */
function time(of, { prototype }, names) {
  for (const name of names) {
    const method = prototype[name];
    prototype[name] = function timed(...args) {
      const begun = performance.now();
      try {
        return method.apply(this, args);
      } finally {
        milliseconds[of] += performance.now() - begun;
      }
    };
  }
}
time('monitor', HealthMonitor, ['watches', 'beforeStep', 'observe', 'afterStep', 'diagnose']);
time('histograms', HistogramRecorder, ['observe', 'take']);
time('gradients', TrainingStep, ['completeGradients']);

const [preset, ...settings] = process.argv.slice(2);
const spec = parseSpec(applySettings(findPreset(preset).spec, settings));
let result;
for (const event of runTraining(spec, loadData(dataRequest(spec)), 'health-cost')) result = event;
const shares = Object.entries(milliseconds).map(([of, spent]) => `${spent.toFixed(1)} ms in ${of} (${((spent / 1000 / result.seconds) * 100).toFixed(2)} %)`);
console.log(`${result.steps} steps in ${result.seconds.toFixed(2)} s: ${shares.join(', ')}`);
