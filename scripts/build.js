'use strict';

/* Compiles lib/ into dist/: TypeScript to CommonJS, charts and formulas bundled with their libraries, and the formulas' style sheet. */

const { spawnSync } = require('node:child_process');
const { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { build } = require('esbuild');

const root = join(__dirname, '..');
const dist = (...names) => join(root, 'dist', ...names);

// Removes compiled files whose source is now a folder: `require` would find the file before the folder.
for (const file of existsSync(dist()) ? readdirSync(dist(), { recursive: true }) : []) {
  const source = join(root, 'lib', file.replace(/\.js$|\.d\.ts$/, ''));
  if (/\.js$|\.d\.ts$/.test(file) && !existsSync(`${source}.ts`) && existsSync(source)) rmSync(dist(file));
}

const tsc = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

chmodSync(dist('cli', 'main.js'), 0o755);

// ECharts takes 60 MB installed, of which 1 MB is used: bundling keeps it and KaTeX out of the dependencies. Our own files are not bundled.
const drawing = [dist('report', 'drawing', 'svg.js'), dist('report', 'html', 'math.js')];
const externalOwnFiles = {
  name: 'external-own-files',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => (drawing.includes(importer) ? { path, external: true } : undefined));
  },
};
build({
  entryPoints: drawing,
  outdir: dist(),
  outbase: dist(),
  allowOverwrite: true,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  plugins: [externalOwnFiles],
}).catch(() => {
  process.exitCode = 1; // esbuild has printed the reason
});

// A report is one file, so the style sheet of its formulas contains the fonts that the formulas of docs/ need.
const katex = dirname(require.resolve('katex/dist/katex.min.css'));
const fonts = /KaTeX_(Main-(Regular|Bold|Italic)|Math-Italic|AMS-Regular|Size[1-4]-Regular)\.woff2/;
const style = readFileSync(join(katex, 'katex.min.css'), 'utf8').replace(/@font-face\{[^}]*\}/g, (face) => {
  const [file] = fonts.exec(face) ?? [];
  if (file === undefined) return '';
  const font = readFileSync(join(katex, 'fonts', file)).toString('base64');
  return face.replace(/src:[^}]*/, `src:url(data:font/woff2;base64,${font}) format("woff2")`);
});
writeFileSync(dist('report', 'html', 'math.css'), style);

require('./build-page.js');
require('./build-web.js').buildWeb();
