'use strict';

/*
 * Counts what the structure is held to: how many lines and files one activation, optimiser, data source or command takes, folders and
 * files that are too large to read in a sitting, and passages that are written more than once.
 *
 * usage: node scripts/counts.js
 */

const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const rooms = ['lib', 'native', 'scripts', '__tests__'];
const files = execFileSync('git', ['ls-files', ...rooms], { cwd: root, encoding: 'utf8' }).trim().split('\n')
  .filter((file) => /\.(ts|js|cc|h|css|sh|py)$/.test(file))
  .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').trimEnd().split('\n') }));
const isOf = (...folders) => ({ file }) => folders.some((folder) => file.startsWith(`${folder}/`));

/** Things that exist, the names that stand for them, and how many lines and files of lib/ and native/ one more may take. */
const things = [
  ['an activation (leaky ReLU)', /leaky|Leaky/, 60, 12],
  ['an optimiser (Lion)', /\blion|\bLion/, 90, 12],
  ['a data source (npy)', /'npy'|\bloadNumpy\b|numpy\/numpy/, undefined, 4],
  ['a schedule (one-cycle)', /oneCycle|one-cycle/, undefined, undefined],
  ['a command (gradcheck)', /gradcheckCommand|commands\/gradcheck|studies\/gradcheck/, undefined, 3],
];

/** Lines that name a thing, and files of its own counted whole. */
function costOf(pattern) {
  const touched = files.filter(isOf('lib', 'native')).flatMap(({ file, lines }) => {
    const own = pattern.test(file.split('/').at(-1)) || /\/(numpy)\//.test(file) && pattern.source.includes('npy');
    const named = lines.filter((line) => pattern.test(line)).length;
    return own ? [lines.length] : named > 0 ? [named] : [];
  });
  return { lines: touched.reduce((sum, count) => sum + count, 0), files: touched.length };
}

/** Runs of so many lines that stand in two places; imports and closing brackets do not count. */
const passage = 6;

function repeated() {
  const seen = new Map();
  let count = 0;
  for (const { file, lines } of files.filter(isOf('lib', 'native', 'scripts'))) {
    const said = lines.map((line) => line.trim()).filter((line) => line.length > 3 && !/^(import|export \{|export type \{|\} from|\*|\/\/|\/\*|#include)/.test(line));
    for (let i = 0; i + passage <= said.length; i++) {
      const text = said.slice(i, i + passage).join('\n');
      const before = seen.get(text);
      if (before !== undefined && !(before.file === file && i - before.i < passage)) {
        count++;
        i += passage - 1;
      } else seen.set(text, { file, i });
    }
  }
  return count;
}

const within = (value, limit) => (limit === undefined ? String(value) : `${value} (${value > limit ? 'over' : 'of'} ${limit})`);
console.log('one more of                    lines           files');
for (const [name, pattern, maxLines, maxFiles] of things) {
  const cost = costOf(pattern);
  console.log(`${name.padEnd(30)} ${within(cost.lines, maxLines).padEnd(15)} ${within(cost.files, maxFiles)}`);
}

const folders = new Map();
for (const { file } of files) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
const wide = [...folders].filter(([, count]) => count > 20).map(([folder, count]) => `${folder} ${count}`);
const long = files.filter(({ file, lines }) => !file.startsWith('__tests__') && lines.length > 320).map(({ file, lines }) => `${file} ${lines.length}`);
console.log(`\nfolders of more than 20 files: ${wide.join(', ') || 'none'}`);
console.log(`files of more than 320 lines:  ${long.join(', ') || 'none'}`);
console.log(`passages of ${passage} lines that stand twice: ${repeated()}`);
for (const room of rooms) {
  const own = files.filter(isOf(room));
  console.log(`${room.padEnd(10)} ${String(own.length).padStart(4)} files ${String(own.reduce((sum, { lines }) => sum + lines.length, 0)).padStart(6)} lines`);
}
