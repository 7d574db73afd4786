import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { blastrain } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

/** Node.js 22 and later keep compiled code. */
const keeps = 'enableCompileCache' in module;

/** The files of compiled code below a cache folder. */
function compiled(cache: string): string[] {
  const folder = join(cache, 'blastrain', 'compiled');
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).filter((name) => !/^v\d+\.[^/]*$/.test(name)) : [];
}

test('a command leaves its compiled code in the user\'s cache, for the next one', async () => {
  const cache = join(folder, 'first');
  const run = (): ReturnType<typeof blastrain> => blastrain(['toy', '--help'], { env: { XDG_CACHE_HOME: cache } });
  const first = await run();
  expect(first.status).toBe(0);
  const files = compiled(cache);
  expect(files.length > 10).toBe(keeps);
  expect(await run()).toEqual(first);
  expect(compiled(cache)).toEqual(files);
});

test('a command runs where nothing can be kept', async () => {
  const cache = join(folder, 'file');
  writeFileSync(cache, '');
  expect(await blastrain(['--version'], { env: { XDG_CACHE_HOME: cache } })).toMatchObject({ status: 0, stderr: '' });
});

test('a command runs for a user without a home, and takes no relative folder', async () => {
  const homeless = join(folder, 'homeless.js');
  writeFileSync(homeless, "require('node:os').homedir = () => { throw new Error('no such user'); };\n");
  const env = { NODE_OPTIONS: `--require ${homeless}`, XDG_CACHE_HOME: 'relative' };
  expect(await blastrain(['--version'], { cwd: folder, env })).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(join(folder, 'relative'))).toBe(false);
});

test('the user may have it in another folder, or not at all', async () => {
  const [cache, other] = [join(folder, 'second'), join(folder, 'other')];
  mkdirSync(other);
  await blastrain(['--version'], { env: { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: other } });
  expect(compiled(cache)).toEqual([]);
  expect(readdirSync(other).length > 0).toBe(keeps);
  await blastrain(['--version'], { env: { XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: '1' } });
  expect(compiled(cache)).toEqual([]);
});
