'use strict';

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

/** A Python that can import PyTorch, or undefined: $PYTHON alone where it is set. */
function findPython() {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3'];
  return candidates.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
}

/** What train.py answers for each of the files of export.js. Throws its last line when it fails. */
function trainInPython(python, files) {
  const { status, stdout, stderr } = spawnSync(python, [join(__dirname, 'train.py'), ...files], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`train.py failed: ${stderr.trim().split('\n').pop()}`);
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

const missing = 'PyTorch is not installed here, so nothing was compared; on Debian or Ubuntu: apt-get install python3-torch';

module.exports = { findPython, missing, trainInPython };
