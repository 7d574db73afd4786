import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expected } from '../../lib/errors';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const scripts = join(root, 'scripts', 'faults');
const folder = temporaryFolder();

type Read = (pieces: Buffer[]) => void;

/** What these tests use of scripts/faults/. */
interface Inputs {
  readonly makeInput: (reader: Reader, name: string, seed: number, index: number, edits: readonly object[]) => Buffer[];
  readonly editsOf: (reader: Reader, name: string, seed: number, index: number) => object[];
  readonly tryInput: (read: Read, pieces: Buffer[], name: string, seed: number, index: number) => Promise<{ refused: boolean; wrong?: Wrong }>;
  readonly shrink: (reader: Reader, read: Read, name: string, seed: number, index: number, wrong: Wrong) => Promise<{ pieces: Buffer[] }>;
}
interface Wrong {
  readonly what: string;
  readonly signature: string;
}
interface Reader {
  readonly loaded: readonly object[];
  readonly shrinks: boolean;
  readonly edit: (random: unknown, model: { text: string }) => { text: string };
  readonly encode: (model: { text: string }) => Buffer[];
}
const { editsOf, makeInput, shrink, tryInput } = jest.requireActual<Inputs>('../../scripts/faults/inputs');
const { editText } = jest.requireActual<{ readonly editText: (random: unknown, text: string) => string }>('../../scripts/faults/mutate');

describe('faults in file operations', () => {
  /** Writes 'first' in the main thread, then 'second' in a worker thread, each as open, write, close. */
  const program = `
    const { Worker, isMainThread } = require('node:worker_threads');
    const fs = require('node:fs');
    try {
      fs.writeFileSync(isMainThread ? 'first' : 'second', '0123456789');
    } catch (error) {
      console.log(error.code, error.syscall);
    }
    if (isMainThread) new Worker(__filename);
  `;
  const run = (fault: object): { signal: string | null; stdout: string; files: Record<string, string> } => {
    const cwd = mkdtempSync(join(folder, 'work-'));
    const script = join(folder, 'program.js');
    writeFileSync(script, program);
    const { signal, stdout } = spawnSync(process.execPath, ['--require', join(scripts, 'hook.js'), script], {
      cwd, encoding: 'utf8', env: { ...process.env, BLASTRAIN_FAULT: JSON.stringify(fault) },
    });
    return { signal, stdout, files: Object.fromEntries(readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')])) };
  };
  const [whole, half] = ['0123456789', '01234'];

  test.each([
    ['a kill before the first operation', { at: 1, how: 'kill' }, 'SIGKILL', '', {}],
    ['a kill before the first write', { at: 2, how: 'kill' }, 'SIGKILL', '', { first: '' }],
    ['a kill within the first write', { at: 2, how: 'torn' }, 'SIGKILL', '', { first: half }],
    ['a kill in the worker thread', { at: 4, how: 'kill' }, 'SIGKILL', '', { first: whole, second: '' }],
    ['a kill that comes too late', { at: 5, how: 'kill' }, null, '', { first: whole, second: whole }],
    ['a full disk once', { at: 2, how: 'ENOSPC' }, null, 'ENOSPC write\n', { first: '', second: whole }],
    ['a full disk that stays full', { at: 2, how: 'ENOSPC', for: 1e9 }, null, 'ENOSPC write\nENOSPC open\n', { first: '' }],
    ['a short write, gone on with', { at: 2, how: 'short' }, null, '', { first: whole, second: whole }],
    ['short writes alone', { at: 1, how: 'short', for: 1e9 }, null, '', { first: whole, second: whole }],
  ])('%s', (_, fault, signal, stdout, files) => {
    expect(run(fault)).toEqual({ signal, stdout, files });
  });
});

test('a power cut leaves what was synced, and the names of the last time', () => {
  const { cutPower } = jest.requireActual<{ readonly cutPower: (durable: string, root: string) => void }>('../../scripts/faults/durable');
  const cwd = mkdtempSync(join(folder, 'work-'));
  const durable = join(folder, 'durable');
  writeFileSync(join(cwd, 'before'), 'before');
  const script = join(folder, 'power.js');
  writeFileSync(script, `
    const fs = require('node:fs');
    const write = (name, text, sync) => {
      const descriptor = fs.openSync(name, 'a');
      fs.writeSync(descriptor, text);
      if (sync) fs.fsyncSync(descriptor);
      fs.closeSync(descriptor);
    };
    write('unsynced', 'lost');
    write('synced', 'kept', true);
    write('synced', ' and lost');
    fs.renameSync('before', 'renamed');
    write('late', 'lost with its name');
    process.exit();
  `);
  const env = { ...process.env, BLASTRAIN_FAULT: JSON.stringify({ durable }) };
  expect(spawnSync(process.execPath, ['--require', join(scripts, 'hook.js'), script], { cwd, env }).status).toBe(0);
  cutPower(durable, cwd);
  expect(Object.fromEntries(readdirSync(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')]))).toEqual({ before: 'before', synced: 'kept', unsynced: '' });
});

describe('mutated inputs', () => {
  const reader: Reader = {
    loaded: [{ text: 'a,b,c\n1,2,3\n' }], shrinks: true, edit: (random, { text }) => ({ text: editText(random, text) }), encode: ({ text }) => [Buffer.from(text)],
  };
  const input = (index: number): Buffer[] => makeInput(reader, 'text', 1, index, editsOf(reader, 'text', 1, index));

  test('are the same for the same seed and number', () => {
    const all = Array.from({ length: 100 }, (_, index) => input(index)[0]!.toString('latin1'));
    expect(all).toEqual(Array.from({ length: 100 }, (_, index) => input(index)[0]!.toString('latin1')));
    expect(new Set(all).size).toBeGreaterThan(80);
  });

  test.each([
    ['one of our errors', () => { throw expected('ERR_DATA', 'rows', 'x.csv', 'none'); }, true, undefined],
    ['an engine\'s error', () => { (null as unknown as { length: number }).length++; }, true, 'untyped'],
    ['an error of ours with a code that there is not', () => { throw Object.assign(expected('ERR_DATA', 'rows', 'x.csv', 'none'), { code: 'ERR_OTHER' }); }, true, 'untyped'],
    ['what is no sentence', () => { throw Object.assign(expected('ERR_DATA', 'rows', 'x.csv', 'none'), { message: 'bad file' }); }, true, 'sentence'],
    ['nothing', () => undefined, false, undefined],
  ])('%s', async (_, read, refused, what) => {
    const tried = await tryInput(read, [Buffer.alloc(0)], 'text', 1, 0);
    expect(tried.refused).toBe(refused);
    expect(tried.wrong?.what).toBe(what);
  });

  test('are made as small as fails alike', async () => {
    const read = ([bytes]: Buffer[]): void => { if (bytes!.includes('"')) throw new TypeError('a quote'); };
    for (let index = 0; ; index++) {
      const { wrong } = await tryInput(read, input(index), 'text', 1, index);
      if (wrong === undefined) continue;
      const { pieces } = await shrink(reader, read, 'text', 1, index, wrong);
      expect(pieces[0]!.toString()).toBe('"');
      break;
    }
  });
});

test('the short campaigns find nothing', () => {
  const kept = join(folder, 'kept');
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, 'main.js'), '--short', '--seed', '1', '--folder', kept], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('seed 1');
  expect(stdout).toMatch(/Nothing was lost, and every error was a sentence with a code\.\n$/);
  expect(stdout).toMatch(/`kill:train` \|[^|]*\| [1-9]\d* kills \| 0 \|/);
  expect(stdout).toMatch(/`read:checkpoint` \|[^|]*\| 250 inputs, [1-9]\d* % accepted \| 0 \|/);
  expect(existsSync(join(kept, 'findings'))).toBe(false);
  expect(status).toBe(0);
});
