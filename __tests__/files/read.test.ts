import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readFile, readFileIfThere, readPart } from '../../lib/files';
import { temporaryFolder } from '../support/folder';

const folder = temporaryFolder();
const path = (name: string): string => join(folder, name);
const refused = (message: RegExp): Error => expect.objectContaining({ code: 'ERR_IO', message: expect.stringMatching(message) as string }) as Error;

beforeAll(() => {
  writeFileSync(path('plain'), '0123456789');
  execFileSync('mkfifo', [path('fifo')]);
  symlinkSync(path('plain'), path('link'));
  symlinkSync(path('nowhere'), path('dangling'));
  symlinkSync(path('fifo'), path('link-to-fifo'));
  mkdirSync(path('folder'));
  writeFileSync(path('large'), '');
  truncateSync(path('large'), 2 ** 32);
});

test('a regular file is read as a whole, or a part of it', () => {
  expect(readFile(path('plain'), { limit: 10 }).toString()).toBe('0123456789');
  expect(readPart(path('plain'), (size) => ({ from: size - 4, length: 2 }))).toEqual({ bytes: Buffer.from('67'), from: 6, size: 10 });
  expect(readPart(path('plain'), () => ({ from: 20, length: 5 }))).toEqual({ bytes: Buffer.alloc(0), from: 20, size: 10 });
});

test('what is not there is ERR_IO, or undefined to who asks', () => {
  for (const name of ['nothing', 'plain/below']) {
    expect(() => readFile(path(name), { limit: 10 })).toThrow(refused(/nothing|below/));
    expect(readFileIfThere(path(name), { limit: 10 })).toBeUndefined();
    expect(readPart(path(name), () => ({ from: 0, length: 1 }))).toBeUndefined();
  }
});

test.each([
  ['fifo', 'a FIFO'], ['link', 'a symbolic link'], ['dangling', 'a symbolic link'], ['link-to-fifo', 'a symbolic link'], ['folder', 'a folder'],
])('a %s is refused at once', (name, kind) => {
  const refusal = refused(new RegExp(`Expected a regular file for .*/${name} but received ${kind}$`));
  expect(() => readFile(path(name), { limit: 10 })).toThrow(refusal);
  expect(() => readFileIfThere(path(name), { limit: 10 })).toThrow(refusal);
  expect(() => readPart(path(name), () => ({ from: 0, length: 1 }))).toThrow(refusal);
});

test('so is a socket', async () => {
  const server = createServer().listen(path('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  expect(() => readFile(path('socket'), { limit: 10 })).toThrow(refused(/received a socket/));
  await new Promise((resolve) => server.close(resolve));
});

test('a link that the user has named is followed, but not to a FIFO', () => {
  expect(readFile(path('link'), { limit: 10, follow: true }).toString()).toBe('0123456789');
  expect(() => readFile(path('link-to-fifo'), { limit: 10, follow: true })).toThrow(refused(/received a FIFO/));
});

test('a file above the limit is not read', () => {
  expect(() => readFile(path('plain'), { limit: 9 })).toThrow(refused(/Expected at most 9 bytes for .*plain but received 10 bytes/));
  expect(() => readFile(path('large'), { limit: 2 ** 20 })).toThrow(refused(/received 4294967296 bytes/));
  expect(readPart(path('large'), () => ({ from: 2 ** 31, length: 3 }))?.bytes).toEqual(Buffer.alloc(3));
});
