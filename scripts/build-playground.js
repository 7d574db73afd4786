'use strict';

/*
 * Builds the playground, a page in which a two-layer net learns points or a small table, into a folder of files for any web server.
 *
 * usage: build-playground.js [FOLDER]    by default build/playground
 */

const { copyFileSync, mkdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { buildSync } = require('esbuild');
const { bundling } = require('./build-web.js');

const root = join(__dirname, '..');
const page = join(root, 'lib', 'web', 'playground');
const out = resolve(process.argv[2] ?? join(root, 'build', 'playground'));

mkdirSync(join(out, 'wasm'), { recursive: true });
for (const [name, file] of [['main', 'page.js'], ['worker', 'worker.js']]) buildSync({ ...bundling, entryPoints: [join(page, `${name}.ts`)], outfile: join(out, file) });
buildSync({ bundle: true, minify: true, logLevel: 'warning', entryPoints: [join(page, 'page.css')], outfile: join(out, 'page.css') });
copyFileSync(join(page, 'page.html'), join(out, 'index.html'));
for (const name of ['kernels.wasm', 'kernels-relaxed.wasm']) copyFileSync(join(root, 'wasm', name), join(out, 'wasm', name));
console.log(`${out}: serve it with any web server, such as python3 -m http.server -d`);
