'use strict';

const { readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { editJson, editLines, toJson } = require('../mutate');

/** The compiled module at a path below lib/. */
const dist = (...names) => require(join(resolve(__dirname, '..', '..', '..'), 'dist', ...names));

/** Throws if an accepted input was not read correctly. */
function demand(holds, meaning) {
  if (!holds) throw Object.assign(new Error(meaning), { name: 'WrongMeaning' });
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const readLines = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const linesBytes = (list) => Buffer.from(list.map((line) => `${toJson(line)}\n`).join(''));

/** The model of a JSON file. */
const jsonModel = {
  edit: (random, model) => ({ value: editJson(random, model.value) }),
  encode: ({ value }) => [Buffer.from(toJson(value))],
  shrinks: true,
};
/** The model of a file with one JSON value per line. */
const linesModel = {
  edit: (random, model) => ({ list: editLines(random, model.list, editJson) }),
  encode: ({ list }) => [linesBytes(list)],
  shrinks: true,
};

module.exports = { demand, dist, jsonModel, linesBytes, linesModel, readJson, readLines };
