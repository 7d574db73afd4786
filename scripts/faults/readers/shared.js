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

const splitNames = ['train', 'validation', 'test'];

/** Whether a feature may be such a number: finite, unless its column lacks some, and of a category a place among its names. */
function isOf(column, value) {
  if (Number.isNaN(value)) return column?.hasMissing === true;
  if (column?.kind === 'category') return Number.isInteger(value) && value >= 0 && value < column.categories.length;
  return column?.kind === 'boolean' ? value === 0 || value === 1 : Number.isFinite(value);
}

/** Checks what holds for every data set, whatever it was read from. */
function checkSplits(splits, { numericTargets = false } = {}) {
  const digest = splits.origin?.digest;
  demand(typeof digest === 'string' && digest.length === 64, 'a data set without a digest');
  for (const name of splitNames) {
    const { features, stored, labels, targets, size, featureSize, classNames, columns } = splits[name];
    demand(Number.isSafeInteger(size) && size >= 0 && Number.isSafeInteger(featureSize) && featureSize > 0, `${name}: ${size} rows of ${featureSize} features`);
    demand(stored !== undefined || features.length === size * featureSize, `${name}: ${features?.length} numbers for ${size} rows of ${featureSize}`);
    demand(columns === undefined || columns.length === featureSize, `${name}: ${columns?.length} columns of ${featureSize}`);
    demand(stored !== undefined || features.every((value, at) => isOf(columns?.[at % featureSize], value)), `${name}: features that are not finite, or no values of their columns`);
    if (numericTargets) demand(targets.every(Number.isFinite) && targets.length % Math.max(1, size) === 0, `${name}: bad targets`);
    else demand(labels.length === size && labels.every((label) => label >= 0 && label < classNames.length), `${name}: labels beyond ${classNames.length} classes`);
  }
  demand(splits.train.size > 0, 'no training rows');
}

module.exports = { checkSplits, demand, dist, jsonModel, linesBytes, linesModel, readJson, readLines };
