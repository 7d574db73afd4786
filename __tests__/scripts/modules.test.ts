import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';

/** What scripts take out of the compiled library: `const { name } = require('../dist/a/b')`, by `dist('a', 'b')` or by `lib('a/b')`. */
const taking = /const \{([^}]*)\} = (?:dist\(([^)]*)\)|lib\('([^']+)'\)|require\('(?:\.\.\/)+dist(?:\/([^']+))?'\))|dist\(([^)]*)\)\.(\w+)/g;
const scripts = execFileSync('git', ['ls-files', 'scripts'], { cwd: root, encoding: 'utf8' }).split('\n').filter((file) => file.endsWith('.js'));

const uses = scripts.flatMap((script) => [...readFileSync(join(root, script), 'utf8').matchAll(taking)].map((match) => {
  const [, names, listed, slashed, required, chained, member] = match;
  const parts = (listed ?? chained)?.split(',').map((part) => part.trim().replace(/^'|'$/g, ''));
  const module = (parts?.join('/') ?? slashed ?? required ?? 'index').replace(/\.js$/, '');
  return { script, module, names: (names ?? member!).split(',').map((name) => name.trim().split(':')[0]!.trim()).filter((name) => name !== '') };
}));

test.each(uses)('$script finds $names in $module', ({ module, names }) => {
  const file = [`${module}.ts`, join(module, 'index.ts')].map((name) => join(root, 'lib', name)).find((path) => existsSync(path));
  expect({ module, exists: file !== undefined }).toEqual({ module, exists: true });
  const text = readFileSync(file!, 'utf8');
  const exported = [...text.matchAll(/^export (?:abstract )?(?:async )?(?:const|function\*?|class) (\w+)|^export \{([^}]*)\}/gm)]
    .flatMap(([, name, list]) => name ?? list!.split(',').map((one) => one.trim().split(' as ').at(-1)!));
  expect(exported).toEqual(expect.arrayContaining(names));
});

test('there are some', () => {
  expect(uses.length).toBeGreaterThan(40);
});
