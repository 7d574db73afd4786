'use strict';

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

/** A Python that can import PyTorch, or undefined. Tries only $PYTHON if it is set. */
function findPython() {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3'];
  return candidates.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}

/** Runs train.py on files of export.js; returns its results. Throws an error with its last line if it fails. */
function trainInPython(python, files) {
  const { status, stdout, stderr } = spawnSync(python, [join(__dirname, 'train.py'), ...files], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`train.py failed: ${stderr.trim().split('\n').pop()}`);
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

const missing = 'PyTorch is not installed here, so nothing was compared; on Debian or Ubuntu: apt-get install python3-torch';

module.exports = { findPython, missing, trainInPython };
