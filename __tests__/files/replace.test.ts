import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '../../lib/files';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();

test('makes a folder and those above it, and leaves one that is there', () => {
  const path = join(folder, 'a', 'b', 'c');
  makeFolders(path);
  expect(statSync(path).isDirectory()).toBe(true);
  writeFileSync(join(path, 'file'), 'kept');
  makeFolders(path);
  expect(existsSync(join(path, 'file'))).toBe(true);
});

test('a relative path is made below the current folder', () => {
  const current = process.cwd();
  process.chdir(folder);
  try {
    makeFolders(join('relative', 'below'));
  } finally {
    process.chdir(current);
  }
  expect(existsSync(join(folder, 'relative', 'below'))).toBe(true);
});

// mkdir's own recursion would never return there.
(existsSync('/proc/self') ? test : test.skip)('below a folder that takes no other it says so', () => {
  expect(() => { makeFolders('/proc/x/y'); }).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringContaining('/proc/x') as string }));
});

test('a file in the way is told', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => { makeFolders(join(file, 'below')); }).toThrow('below but received a file where a folder should be');
});
