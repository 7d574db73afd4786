'use strict';

/*
 * Measures the cost of the health monitor (key `health`): trains a preset and adds up the time spent in the monitor.
 *
 * usage: node scripts/health-cost.js PRESET [key=value ...]        after npm run build
 */

const { loadData } = require('../dist/data/sources');
const { findPreset } = require('../dist/spec/presets');
const { runTraining } = require('../dist/run/run');
const { applySettings, dataRequest, parseSpec } = require('../dist/spec/spec');
const { HealthMonitor } = require('../dist/train/health');

let milliseconds = 0;
for (const name of ['watches', 'beforeStep', 'observe', 'afterStep', 'diagnose']) {
  const method = HealthMonitor.prototype[name];
  HealthMonitor.prototype[name] = function timed(...args) {
    const begun = performance.now();
    try {
      return method.apply(this, args);
    } finally {
      milliseconds += performance.now() - begun;
    }
  };
}

const [preset, ...settings] = process.argv.slice(2);
const spec = parseSpec(applySettings(findPreset(preset).spec, settings));
let result;
for (const event of runTraining(spec, loadData(dataRequest(spec)), 'health-cost')) result = event;
const share = (milliseconds / 1000 / result.seconds) * 100;
console.log(`${result.steps} steps in ${result.seconds.toFixed(2)} s, ${milliseconds.toFixed(1)} ms in the monitor: ${share.toFixed(2)} %`);
