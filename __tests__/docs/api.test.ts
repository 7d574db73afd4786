import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const text = (...names: string[]): string => readFileSync(join(root, ...names), 'utf8');

/** The names that a module exports: of lists, of declarations, and of modules that it hands on. */
function exportsOf(file: string): string[] {
  const source = text(file);
  const listed = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) => names!.split(',').map((name) => name.trim().split(' as ').pop()!));
  const declared = [...source.matchAll(/^export (?:interface|type|const|function|class) (\w+)/gm)].map(([, name]) => name!);
  const handedOn = [...source.matchAll(/^export (?:type )?\* from '(.*)'/gm)].flatMap(([, path]) => exportsOf(join(dirname(file), `${path!}.ts`)));
  return [...listed, ...declared, ...handedOn].filter((name) => name !== '');
}

const folder = temporaryFolder();

test('every public name is in the reference that the package has', () => {
  const options = JSON.parse(text('typedoc.json')) as { outputs: { name: string }[] };
  const outputs = options.outputs.filter(({ name }) => name === 'markdown').map((output) => ({ ...output, path: folder }));
  const file = join(folder, 'typedoc.json');
  writeFileSync(file, JSON.stringify({
    ...options, outputs, entryPoints: ['index', 'jest'].map((name) => join(root, 'lib', `${name}.ts`)), tsconfig: join(root, 'tsconfig.build.json'), skipErrorChecking: true,
  }));
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', 'typedoc', 'bin', 'typedoc'), '--options', file, '--logLevel', 'Warn'], { cwd: root, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

  for (const name of ['index', 'jest']) {
    const headings = new Set([...readFileSync(join(folder, `${name}.md`), 'utf8').matchAll(/^### (?:`?[a-z]+`? )?(\w+)/gm)].map(([, heading]) => heading!));
    const names = exportsOf(join('lib', `${name}.ts`));
    expect(names.length).toBeGreaterThan(name === 'index' ? 200 : 0);
    expect(names.filter((one) => !headings.has(one))).toEqual([]);
  }
});

test('packing makes it, and the package holds it', () => {
  const { scripts, files } = JSON.parse(text('package.json')) as { scripts: Record<string, string>; files: string[] };
  expect(scripts).toMatchObject({ docs: 'typedoc', prepack: 'npm run docs' });
  expect(files).toContain('docs');
  expect(text('typedoc.json')).toContain('"path": "docs/api"');
});
