'use strict';

/*
 * Bundles blastrain for pages, blastrain/web, into dist/web: one ES module and its declarations. A file X.web.ts stands for the X.ts beside it, which needs
 * Node.js; what the bundle holds is type-checked so, as the compiler of dist/ sees X.ts alone. --size prints the module's size.
 */

const { mkdirSync, readFileSync, writeFileSync, existsSync } = require('node:fs');
const { dirname, join, relative, resolve } = require('node:path');
const { gzipSync } = require('node:zlib');
const { buildSync } = require('esbuild');
const ts = require('typescript');

const root = join(__dirname, '..');
const web = join(root, 'lib', 'web');
const out = join(root, 'dist', 'web');
const { version } = require('../package.json');

/** The options of esbuild for what runs in a page. */
const bundling = {
  bundle: true, minify: true, platform: 'browser', format: 'esm', target: 'es2022', resolveExtensions: ['.web.ts', '.ts'], logLevel: 'warning', absWorkingDir: root,
  define: { BLASTRAIN_VERSION: JSON.stringify(version) },
};

/** Type-checks the given files, and those of lib/web all, and returns the program. Ends this process where they have errors. */
function check(files) {
  const config = ts.getParsedCommandLineOfConfigFile(join(web, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail });
  const program = ts.createProgram({ rootNames: config.fileNames, options: { ...config.options, noEmit: false, emitDeclarationOnly: true, declaration: true } });
  const checked = new Set([...files, ...config.fileNames].map((file) => resolve(root, file)));
  const errors = program.getSourceFiles().filter(({ fileName }) => checked.has(resolve(fileName)))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  if (errors.length > 0) fail(...errors);
  return program;
}

function fail(...errors) {
  console.error(ts.formatDiagnostics(errors, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }));
  process.exit(1);
}

/** What a declaration imports is an ES module of this folder, or one of dist/, whose declarations serve as they are. */
function withEndings(text, file) {
  return text.replace(/(from |import\()(['"])(\.[^'"]*)\2/g, (_, before, quote, target) => {
    const source = resolve(dirname(file), target);
    const ending = source.startsWith(`${web}/`) ? '.mjs' : existsSync(`${source}.ts`) ? '.js' : '/index.js';
    return `${before}${quote}${target}${ending}${quote}`;
  });
}

function main() {
  mkdirSync(out, { recursive: true });
  const { metafile } = buildSync({ ...bundling, entryPoints: [join(web, 'index.ts')], outfile: join(out, 'index.mjs'), metafile: true });
  const program = check(Object.keys(metafile.inputs));
  for (const file of program.getSourceFiles().filter(({ fileName }) => dirname(resolve(fileName)) === web)) {
    program.emit(file, (_, text) => {
      writeFileSync(join(out, relative(web, file.fileName).replace(/\.ts$/, '.d.mts')), withEndings(text, resolve(file.fileName)));
    }, undefined, true);
  }
  if (process.argv.includes('--size')) {
    const bytes = readFileSync(join(out, 'index.mjs'));
    const kilobytes = (length) => `${(length / 1000).toFixed(1)} kB`;
    console.log(`blastrain/web ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes, { level: 9 }).length)} compressed`);
  }
}

module.exports = { bundling, buildWeb: main };
if (require.main === module) main();
