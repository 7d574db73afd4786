'use strict';

const { join, resolve } = require('node:path');

/** The compiled module at a path below lib/. */
const dist = (...names) => require(join(resolve(__dirname, '..', '..', '..'), 'dist', ...names));

/** Thrown where an input was accepted, but not for what it is. */
function demand(holds, meaning) {
  if (!holds) throw Object.assign(new Error(meaning), { name: 'WrongMeaning' });
}

module.exports = { demand, dist };
