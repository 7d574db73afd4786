'use strict';

/* Makes inputs from numbers, runs readers on them, and shrinks inputs that fail. */

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { editBytes } = require('./mutate');
const { Random } = require('./random');

/** All codes that an error may have, from the declaration of its type. */
const codes = new Set(readFileSync(join(__dirname, '..', '..', 'dist', 'errors.d.ts'), 'utf8').match(/'ERR_\w+'/g).map((code) => code.slice(1, -1)));

/** The first inputs, and every twentieth after them, are tried with everything that is done with a file; others with its reader only. */
const firstThorough = 2000;

/** The most seconds of processor time that one input may take. */
const maxSeconds = 3;

/** The edits of an input, each with a generator of its own, so that leaving one out does not change the others. */
function editsOf({ kind }, name, seed, index) {
  const random = new Random(seed, 'edits', name, index);
  const bytesToo = kind !== 'call';
  const edits = Array.from({ length: 1 + random.below(random.chance(0.3) ? 6 : 2) }, (_, i) => ({ i, ofBytes: false }));
  if (bytesToo && random.chance(0.12)) edits.push({ i: edits.length, ofBytes: true });
  return edits;
}

/** A copy of a model; ten times as fast as structuredClone. */
function copyOf(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (ArrayBuffer.isView(value)) return Buffer.from(value);
  const copy = {};
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key]);
  return copy;
}

/** The bytes of an input: those of a model after some edits. */
function makeInput(reader, name, seed, index, edits) {
  const start = new Random(seed, 'model', name, index);
  let model = copyOf(start.pick(reader.loaded));
  for (const { i, ofBytes } of edits) if (!ofBytes) model = reader.edit(new Random(seed, name, index, i), model);
  const pieces = reader.encode(model);
  for (const { i, ofBytes } of edits) if (ofBytes) pieces[0] = editBytes(new Random(seed, name, index, i), pieces[0]);
  return pieces;
}

/** Whether an input was refused, and what is wrong with how it was read, if anything: only BlastrainErrors may be thrown. */
async function tryInput(read, pieces, name, seed, index, isSlow = false) {
  const begun = performance.now();
  let wrong;
  let refused = false;
  try {
    await read(pieces, new Random(seed, 'read', name, index), index < firstThorough || index % 20 === 0);
  } catch (error) {
    refused = true;
    wrong = objection(error);
  }
  // Another process may have had the core: slow only if it takes too much processor time when repeated.
  const again = (performance.now() - begun) / 1000 > maxSeconds && !isSlow ? process.cpuUsage() : undefined;
  if (again === undefined) return { refused, wrong };
  try {
    await read(pieces, new Random(seed, 'read', name, index), true);
  } catch {
    // The error was judged above.
  }
  const { user, system } = process.cpuUsage(again);
  const seconds = (user + system) / 1e6;
  if (seconds > maxSeconds) wrong = { what: 'slow', message: `took ${seconds.toFixed(1)} s`, signature: 'slow' };
  return { refused, wrong };
}

function objection(error) {
  if (error?.name === 'BlastrainError' && codes.has(error.code)) {
    return error.message.startsWith('Expected ') ? undefined : { what: 'sentence', message: error.message, signature: error.message.slice(0, 30) };
  }
  const stack = String(error?.stack ?? '').split('\n').find((line) => /\/dist\//.test(line)) ?? '';
  const place = /dist\/([^)]*)/.exec(stack)?.[1] ?? '';
  const message = `${error?.name}: ${error?.message ?? String(error)}`;
  return { what: error?.name === 'WrongMeaning' ? 'meaning' : 'untyped', message: message.slice(0, 400), place, signature: `${message.replace(/[\d'"].*/s, '').slice(0, 60)} ${place.replace(/:\d+$/, '')}` };
}

/** Removes edits while the input fails in the same way, then bytes, if the reader's inputs have no checksums. */
async function shrink(reader, read, name, seed, index, wrong) {
  const failsEqually = async (pieces) => (await tryInput(read, pieces, name, seed, index)).wrong?.signature === wrong.signature;
  let edits = editsOf(reader, name, seed, index);
  for (let k = edits.length - 1; k >= 0 && edits.length > 1; k--) {
    const fewer = edits.toSpliced(k, 1);
    if (await failsEqually(makeInput(reader, name, seed, index, fewer))) edits = fewer;
  }
  const pieces = makeInput(reader, name, seed, index, edits);
  if (reader.shrinks !== true || wrong.what === 'slow') return { edits, pieces };
  const until = performance.now() + 2000;
  for (let size = pieces[0].length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < pieces[0].length && performance.now() < until;) {
      const shorter = [Buffer.concat([pieces[0].subarray(0, at), pieces[0].subarray(at + size)]), ...pieces.slice(1)];
      if (await failsEqually(shorter)) pieces[0] = shorter[0];
      else at += size;
    }
  }
  return { edits, pieces };
}

module.exports = { editsOf, makeInput, objection, shrink, tryInput };
