import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, linkSync, mkdirSync, openSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppendFile, linkAs, removeLeftovers, replaceFile, temporaryName } from '../../lib/files';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
let count = 0;
const fresh = (): string => {
  const path = join(folder, `f${String(++count)}`);
  mkdirSync(path);
  return path;
};

// A limit on the size of files acts as a disk that fills up: it takes a part of what is written, then nothing.
(process.platform === 'linux' ? test : test.skip)('what a full disk took only a part of is cut off again, and the next line stands alone', () => {
  const path = join(fresh(), 'lines');
  const program = `
    const { AppendFile, replaceFile } = require(${JSON.stringify(join(root, 'dist', 'files', 'index.js'))});
    const file = new AppendFile(${JSON.stringify(path)});
    const codes = [600, 600, 100, 2000, 50].map((length) => {
      try { file.append('x'.repeat(length - 1) + '\\n'); return 'done'; } catch (error) { return error.code; }
    });
    file.close();
    try { replaceFile(${JSON.stringify(path)}, 'y'.repeat(5000)); } catch (error) { codes.push(error.code); }
    process.stdout.write(codes.join());`;
  const said = execFileSync('bash', ['-c', 'ulimit -f 1; exec "$0" -e "$1"', process.execPath, program], { encoding: 'utf8' });
  expect(said).toBe('done,ERR_IO,done,ERR_IO,done,ERR_IO');
  expect(readFileSync(path, 'utf8').split('\n').map((line) => line.length)).toEqual([599, 99, 49, 0]);
  expect(readdirSync(join(path, '..'))).toEqual(['lines']);
});

test('a file is cut and grows again, and one that must be new is not taken over', () => {
  const path = join(fresh(), 'file');
  const file = new AppendFile(path, { isNew: true });
  file.append('abc');
  file.append(Uint8Array.of(100, 101));
  file.truncate(2);
  file.append('x');
  file.sync();
  file.close();
  file.close();
  expect(readFileSync(path, 'utf8')).toBe('abx');
  expect(() => new AppendFile(path, { isNew: true })).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  const again = new AppendFile(path);
  again.append('y');
  again.close();
  expect(readFileSync(path, 'utf8')).toBe('abxy');
});

test('a second name leaves no third, also where both are names of one file', () => {
  const path = fresh();
  const [one, two] = [join(path, 'one'), join(path, 'two')];
  writeFileSync(one, 'bytes');
  linkSync(one, two);
  linkAs(one, two);
  expect(readdirSync(path).sort()).toEqual(['one', 'two']);
  replaceFile(one, 'others');
  linkAs(one, two);
  expect([readFileSync(two, 'utf8'), readdirSync(path).sort()]).toEqual(['others', ['one', 'two']]);
});

describe('what a killed process leaves', () => {
  /** The name that a process which has ended gave. */
  const ofTheDead = (path: string): string => {
    const program = `process.stdout.write(require(${JSON.stringify(join(root, 'dist', 'files', 'index.js'))}).temporaryName(${JSON.stringify(path)}))`;
    return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  };
  const touch = (file: string): string => {
    closeSync(openSync(file, 'w'));
    return file;
  };
  const isLinux = process.platform === 'linux';

  test('is removed by whoever replaces the same file next, and nobody else\'s is', () => {
    const path = fresh();
    const file = join(path, 'a.json');
    const dead = touch(ofTheDead(file));
    const others = [touch(temporaryName(file)), touch(`${file}.123.tmp`), touch(ofTheDead(join(path, 'b.json'))), touch(join(path, 'a.json.note'))];
    replaceFile(file, '{}');
    if (isLinux) expect(existsSync(dead)).toBe(false);
    for (const other of others) expect(existsSync(other)).toBe(true);
  });

  test('is removed by the owner of a folder, with what makers elsewhere left; by others after a day', () => {
    const path = fresh();
    const alive = touch(temporaryName(join(path, 'a')));
    const dead = touch(ofTheDead(join(path, 'a')));
    mkdirSync(`${dead}.0a.tmp`);
    const elsewhere = touch(join(path, 'a.12345678-9-9.abcdef.tmp'));
    const old = touch(join(path, 'a.777.tmp'));
    utimesSync(old, 1, 1);
    removeLeftovers(path);
    expect([alive, elsewhere].map((file) => existsSync(file))).toEqual([true, true]);
    expect(existsSync(old)).toBe(false);
    if (isLinux) expect(existsSync(dead)).toBe(false);
    removeLeftovers(path, { isOwner: true });
    expect(readdirSync(path)).toEqual([alive.slice(path.length + 1)]);
    removeLeftovers(join(path, 'nowhere'));
  });
});
