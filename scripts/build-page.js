'use strict';

/* Type-checks the dashboard's page and bundles it, with uPlot, into dist/dashboard: one script, one style sheet. --size prints their sizes. */

const { spawnSync } = require('node:child_process');
const { copyFileSync, mkdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { gzipSync } = require('node:zlib');
const { buildSync } = require('esbuild');

const root = join(__dirname, '..');
const page = join(root, 'lib', 'dashboard', 'page');
const out = join(root, 'dist', 'dashboard');

const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--noEmit', '-p', page], { cwd: root, stdio: 'inherit' });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

mkdirSync(out, { recursive: true });
const common = { bundle: true, minify: true, logLevel: 'warning' };
buildSync({ ...common, entryPoints: [join(page, 'main.ts')], outfile: join(out, 'page.js'), platform: 'browser', format: 'iife', target: 'es2022' });
buildSync({ ...common, entryPoints: [join(page, 'page.css')], outfile: join(out, 'page.css') });
copyFileSync(join(page, 'page.html'), join(out, 'page.html'));

if (process.argv.includes('--size')) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  for (const name of ['page.js', 'page.css', 'page.html']) {
    const bytes = readFileSync(join(out, name));
    console.log(`${name} ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} compressed`);
  }
}
