'use strict';

/* Compiles lib/ into dist/: TypeScript to CommonJS, and the charts with their drawing library inlined. */

const { spawnSync } = require('node:child_process');
const { chmodSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('esbuild');

const root = join(__dirname, '..');
const dist = (...names) => join(root, 'dist', ...names);

const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

chmodSync(dist('cli', 'main.js'), 0o755);

// ECharts is 60 MB installed and 1 MB used: a bundle keeps it out of the dependencies. Our own files stay files.
const charts = dist('report', 'charts.js');
const ownFilesStayOutside = {
  name: 'own-files-stay-outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => (importer === charts ? { path, external: true } : undefined));
  },
};
build({
  entryPoints: [charts],
  outfile: charts,
  allowOverwrite: true,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  plugins: [ownFilesStayOutside],
}).catch(() => {
  process.exitCode = 1; // esbuild has said why
});
