'use strict';

/* From a number to an input, to what a reader makes of it, and back to the smallest input that fails alike. */

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { editBytes } = require('./mutate');
const { Random } = require('./random');

/** All codes that an error may have: those of its type. */
const codes = new Set(readFileSync(join(__dirname, '..', '..', 'dist', 'errors.d.ts'), 'utf8').match(/'ERR_\w+'/g).map((code) => code.slice(1, -1)));

/** As many inputs are tried on all that is done with a file, and every twentieth beyond; the rest on its reader alone. */
const firstThorough = 2000;

/** Seconds of processor time that one input may take. */
const longest = 3;

/** The edits of an input, each with a generator of its own: those that are left out change nothing about the others. */
function editsOf({ kind }, name, seed, index) {
  const random = new Random(seed, 'edits', name, index);
  const bytesToo = kind !== 'call';
  const edits = Array.from({ length: 1 + random.below(random.chance(0.3) ? 6 : 2) }, (_, i) => ({ i, ofBytes: false }));
  if (bytesToo && random.chance(0.12)) edits.push({ i: edits.length, ofBytes: true });
  return edits;
}

/** A copy of a model, in a tenth of structuredClone's time. */
function copyOf(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (ArrayBuffer.isView(value)) return Buffer.from(value);
  const copy = {};
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key]);
  return copy;
}

/** The pieces of bytes that an input is made of: those of a model under some edits. */
function makeInput(reader, name, seed, index, edits) {
  const start = new Random(seed, 'model', name, index);
  let model = copyOf(start.pick(reader.loaded));
  for (const { i, ofBytes } of edits) if (!ofBytes) model = reader.edit(new Random(seed, name, index, i), model);
  const pieces = reader.encode(model);
  for (const { i, ofBytes } of edits) if (ofBytes) pieces[0] = editBytes(new Random(seed, name, index, i), pieces[0]);
  return pieces;
}

/** Whether an input was refused, and what is wrong with how it was read, if anything: whatever is thrown must be one of ours. */
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
  // Another process may have had the core: it counts only when it takes as long again, by the processor's own time.
  const again = (performance.now() - begun) / 1000 > longest && !isSlow ? process.cpuUsage() : undefined;
  if (again === undefined) return { refused, wrong };
  try {
    await read(pieces, new Random(seed, 'read', name, index), true);
  } catch {
    // As before.
  }
  const { user, system } = process.cpuUsage(again);
  const seconds = (user + system) / 1e6;
  if (seconds > longest) wrong = { what: 'slow', message: `took ${seconds.toFixed(1)} s`, signature: 'slow' };
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

/** As few edits as fail alike, then as few bytes where a reader's inputs have no checksums. */
async function shrink(reader, read, name, seed, index, wrong) {
  const failsAlike = async (pieces) => (await tryInput(read, pieces, name, seed, index)).wrong?.signature === wrong.signature;
  let edits = editsOf(reader, name, seed, index);
  for (let k = edits.length - 1; k >= 0 && edits.length > 1; k--) {
    const fewer = edits.toSpliced(k, 1);
    if (await failsAlike(makeInput(reader, name, seed, index, fewer))) edits = fewer;
  }
  const pieces = makeInput(reader, name, seed, index, edits);
  if (reader.shrinks !== true || wrong.what === 'slow') return { edits, pieces };
  const until = performance.now() + 2000;
  for (let size = pieces[0].length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < pieces[0].length && performance.now() < until;) {
      const shorter = [Buffer.concat([pieces[0].subarray(0, at), pieces[0].subarray(at + size)]), ...pieces.slice(1)];
      if (await failsAlike(shorter)) pieces[0] = shorter[0];
      else at += size;
    }
  }
  return { edits, pieces };
}

module.exports = { editsOf, makeInput, objection, shrink, tryInput };
