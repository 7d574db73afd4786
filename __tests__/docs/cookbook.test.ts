import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

/** A block of the cookbook: a file, which its first line or its fence names, or lines for a shell. */
interface Block {
  readonly language: string;
  readonly text: string;
  /** Absent in lines for a shell. */
  readonly file: string | undefined;
}

const blocks = [...readFileSync(join(root, 'docs', 'cookbook.md'), 'utf8').matchAll(/^```(\w*)(?: (\S+))?\n([^]*?)^```$/gm)]
  .map(([, language, name, text]): Block => ({ language: language!, text: text!, file: name ?? /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text!)?.[1] }));
const files = blocks.filter(({ file }) => file !== undefined);
/** All files are there from the beginning, so that the first `npx tsc` compiles them all. */
const printed = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
const first = printed.findIndex((text) => text.startsWith('npx tsc'));
const commands = printed.map((text, i) => (i > first ? text.replace(/^npx tsc\n/, '') : text));

/** The folder of a Node.js with SQLite: this one's, or that of one that scripts/nodes.sh fetched. */
const withSqlite = isBuiltin('node:sqlite') ? dirname(process.execPath) : ['24', '22'].map((major) => join(root, '.cache', 'nodes', major, 'bin')).find((bin) => existsSync(bin));
const python = process.env['BLASTRAIN_PYTHON'];
/** What a recipe needs beyond the package, where it is not there. */
const wants = (text: string): string | undefined =>
  (text.includes('database.mjs') && withSqlite === undefined && 'node:sqlite, see scripts/nodes.sh') || (text.includes('python3') && python === undefined && 'BLASTRAIN_PYTHON') || undefined;

/** What the commands that run a file have to print. */
const outputs: readonly (readonly [string, RegExp])[] = [
  ['arrays.mjs', /\nyes \[/],
  ['database.mjs', /accuracy: /],
  ['pages.mjs', /^150 50 50\n$/],
  ['retrain.mjs', /^replaced: Infinity before, \d\S+ after\n(replaced|kept): \d\S+ before, \d\S+ after\n$/],
  ['own.mjs', /Every gradient agrees[^]*\{ accuracy: [^]* rows of fixed\.csv/],
  ['learn.py', /^tensor\(/],
  // As learn.py prints with PyTorch 2.15.
  ['imported.mjs', /^above \[ 0\.0276\d+, 0\.9723\d+ \]\nbelow \[ 0\.9038\d+, 0\.0961\d+ \]\n$/],
  ['use.py', /^\['no', 'yes'\] tensor\(/],
];

const folder = temporaryFolder();

function shell(text: string): string {
  const bin = text.includes('database.mjs') ? withSqlite! : dirname(process.execPath);
  const environment = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', text.replace('python3', python ?? 'python3')], { cwd: folder, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Expected status 0 for ${text} but received ${String(status)}\n${stdout}${stderr}`);
  return stdout;
}

/** What `npm install` of the cookbook does, without a registry: links to this clone and to its packages. */
beforeAll(() => {
  const modules = join(folder, 'node_modules');
  for (const path of [modules, join(modules, '.bin'), join(modules, '@types')]) mkdirSync(path);
  symlinkSync(root, join(modules, 'blastrain'));
  for (const name of ['typescript', 'jest', '@types/node', '@types/jest']) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const name of ['tsc', 'jest']) symlinkSync(join(root, 'node_modules', '.bin', name), join(modules, '.bin', name));
  symlinkSync(join(root, 'dist', 'cli', 'main.js'), join(modules, '.bin', 'blastrain'));
  for (const { file, text } of files) writeFileSync(join(folder, file!), text);
  copyFileSync(join(root, '__tests__', 'golden', 'cookbook', 'net.pt'), join(folder, 'net.pt')); // what learn.py saves
});

test('every block is a file or lines for a shell', () => {
  expect(blocks.filter(({ language, file }) => (language === 'sh') === (file !== undefined))).toEqual([]);
  expect(new Set(files.map(({ file }) => file)).size).toBe(files.length);
  // Each program is run by some lines.
  const run = commands.join('');
  for (const { file, language } of files) {
    if (['ts', 'js', 'py'].includes(language) && !['handler.mts', 'softsign.mts'].includes(file!)) expect(run).toContain(file!.replace(/\.([mc])ts$/, '.$1js'));
  }
});

describe('the recipes run as printed', () => {
  for (const [i, text] of commands.entries()) {
    const title = `${String(i)}: ${text.trim().replaceAll('\n', '; ')}`;
    // Done by links above.
    if (text.startsWith('npm install ')) continue;
    const missing = wants(text);
    (missing === undefined ? test : test.skip)(missing === undefined ? title : `${title} (needs ${missing})`, () => {
      expect(shell(text)).toMatch(outputs.find(([name]) => text.includes(name))?.[1] ?? /^/);
    });
  }
});

test('what is served stays as it is where the new model is worse, and where the new rows are bad', () => {
  const served = (): Buffer => readFileSync(join(folder, 'served.safetensors'));
  const before = served();
  const rows = readFileSync(join(folder, 'new.csv'), 'utf8');
  writeFileSync(join(folder, 'new.csv'), rows.replace(/yes|no/g, (answer) => (answer === 'yes' ? 'no' : 'yes')));
  expect(shell('node retrain.mjs')).toMatch(/^kept: /);
  expect(served().equals(before)).toBe(true);
  writeFileSync(join(folder, 'new.csv'), rows.replace('city', 'town'));
  expect(() => shell('node retrain.mjs')).toThrow(/ERR_DATA/);
  expect(served().equals(before)).toBe(true);
});
