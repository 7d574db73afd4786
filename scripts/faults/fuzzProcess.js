'use strict';

/*
 * A process that runs a reader on inputs, whose numbers its parent sends. It writes the number of the current input to a file, so that the
 * parent knows it when the process hangs, exhausts its memory or crashes.
 */

const { mkdtempSync, openSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { editsOf, makeInput, shrink, tryInput } = require('./inputs');
const { readers } = require('./readers');

const [name, corpus, folder, progress] = process.argv.slice(2);
const reader = readers[name];
// Every refused input creates an Error: a few frames of its stack are enough.
Error.stackTraceLimit = 4;
process.chdir(corpus);
reader.loaded = reader.models(corpus);
let read = reader.open(mkdtempSync(join(folder, `${name}-`)), corpus);
const descriptor = openSync(progress, 'r+');
const at = Buffer.alloc(8);

/** Signatures of findings so far: only the first of each is shrunk. */
const seen = new Set();

process.on('message', async ({ seed, from, to }) => {
  const findings = [];
  let accepted = 0;
  for (let index = from; index < to; index++) {
    at.writeDoubleLE(index);
    writeSync(descriptor, at, 0, 8, 0);
    const { wrong, refused } = await tryInput(read, makeInput(reader, name, seed, index, editsOf(reader, name, seed, index)), name, seed, index, reader.slow);
    if (!refused) accepted++;
    if (wrong === undefined) continue;
    const finding = { ...wrong, index };
    if (!seen.has(wrong.signature)) {
      seen.add(wrong.signature);
      const { pieces, edits } = await shrink(reader, read, name, seed, index, wrong);
      finding.pieces = pieces.map((piece) => piece.toString('base64'));
      finding.edits = edits.map(({ i }) => i);
      // A new folder, so that files left by the failure do not affect the next input.
      read = reader.open(mkdtempSync(join(folder, `${name}-`)), corpus);
    }
    findings.push(finding);
  }
  process.send({ from, to, findings, accepted });
});
process.send('ready');
