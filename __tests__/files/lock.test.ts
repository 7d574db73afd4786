import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock, isOwned, Lock, waitSync, waitAsync, withLock } from '../../lib/files';
import type { Clock, Owner, Waiting } from '../../lib/files';
import { thisProcess } from '../../lib/files/process';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const base = temporaryFolder();
let count = 0;
const isLinux = process.platform === 'linux';

/** The lock of a folder of its own. */
function place(): { folder: string; path: string } {
  const folder = join(base, `f${String(++count)}`);
  mkdirSync(folder);
  return { folder, path: join(folder, 'lock') };
}

/** Writes a lock as another process would; `beat` is its heartbeat. */
function foreign(path: string, changes: Partial<Owner> = {}, beat = 1): void {
  const owner = { ...thisProcess(), since: '2026-01-01T00:00:00.000Z', token: 'abc', ...changes };
  writeFileSync(path, `${JSON.stringify(owner)}\n${String(beat).padStart(16, '0')}\n`);
}

/** A clock that passes only while somebody sleeps; `meanwhile` is what others do then. */
function fakeClock(meanwhile: (now: number) => void = () => undefined): Clock & { passed: () => number } {
  let now = 1000;
  return {
    now: () => now,
    sleep: (milliseconds) => {
      now += milliseconds;
      meanwhile(now);
    },
    passed: () => now - 1000,
  };
}

const refusal = (host: string, pid: number, since = '2026-01-01T00:00:00.000Z'): Error => expect.objectContaining({
  code: 'ERR_LOCKED',
  message: expect.stringContaining(`received process ${String(pid)} on ${host}, which has been writing there since ${since}`) as string,
  details: expect.objectContaining({ host, pid, since }) as unknown,
}) as Error;

describe('one process', () => {
  test('takes a lock, lets go of it, and leaves nothing', () => {
    const { folder, path } = place();
    const lock = waitSync(acquireLock(path));
    expect(isOwned(path)).toBe(true);
    expect(() => waitSync(acquireLock(path))).toThrow(expect.objectContaining({ code: 'ERR_LOCKED', details: expect.objectContaining({ pid: process.pid }) as unknown }));
    lock.release();
    expect(isOwned(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('beats, and another thread of it may use the same lock', () => {
    const { path } = place();
    const lock = waitSync(acquireLock(path));
    const before = readFileSync(path, 'utf8');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
    Lock.of(lock.handle).check();
    const after = readFileSync(path, 'utf8');
    expect(after).not.toBe(before);
    expect(after.split('\n')[0]).toBe(before.split('\n')[0]);
    expect(after).toHaveLength(before.length);
    Lock.of(lock.handle).release();
    expect(isOwned(path)).toBe(false);
  });

  test('learns that its lock was taken over, or removed, or its folder', () => {
    const { folder, path } = place();
    const lock = waitSync(acquireLock(path));
    foreign(path, { host: 'thief', pid: 7 });
    expect(() => { lock.check(); }).toThrow(refusal('thief', 7));
    lock.release();
    expect(readFileSync(path, 'utf8')).toContain('thief');
    rmSync(path);
    expect(() => { lock.check(); }).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringContaining(`${folder} but received none: it was removed`) as string }));
    rmSync(folder, { recursive: true });
    expect(() => { lock.check(); }).toThrow(expect.objectContaining({ code: 'ERR_IO', message: expect.stringContaining('no such folder') as string }));
    expect(() => { lock.release(); }).not.toThrow();
  });
});

describe('an owner on this machine', () => {
  const cases: readonly [string, Partial<Owner>][] = [
    ['whose number nobody has', { pid: 2 ** 22 + 1 }],
    ['whose number another process has by now', { started: '1' }],
    ['whose number the one who asks has by now', { pid: process.pid, started: '2' }],
  ];
  (isLinux ? test.each(cases) : test.skip.each(cases))('%s is dead at once', (_, changes) => {
    const { folder, path } = place();
    foreign(path, changes);
    expect(isOwned(path)).toBe(false);
    const clock = fakeClock();
    const lock = waitSync(acquireLock(path, { clock }), { clock });
    expect(clock.passed()).toBe(0);
    lock.check();
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  (isLinux ? test : test.skip)('that has ended but was not asked for by its parent is dead', async () => {
    // The shell becomes sleep, which never asks for its child.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20']);
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data') as [string];
    const stat = (): string => readFileSync(`/proc/${line.trim()}/stat`, 'utf8').split(') ')[1]!;
    try {
      while (!stat().startsWith('Z')) await new Promise((resolve) => { setTimeout(resolve, 5); });
      const { path } = place();
      foreign(path, { pid: Number(line), started: stat().split(' ')[19]! });
      waitSync(acquireLock(path), { clock: fakeClock() });
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

describe('an owner elsewhere', () => {
  const places: readonly [string, Partial<Owner>][] = [
    ['another host', { host: 'far', pid: 12 }],
    ['a machine of the same name', { boot: 'another run of another kernel' }],
    ['another container of the same name', { namespace: 'pid:[1]' }],
    ['a system that tells less', { boot: null, namespace: null, started: null }],
  ];

  test.each(places)('on %s is dead when it has stood still for a minute', (_, changes) => {
    const { path } = place();
    foreign(path, changes);
    const clock = fakeClock();
    const heard: Waiting[] = [];
    const onWait = (waiting: Waiting): void => { heard.push(waiting); };
    waitSync(acquireLock(path, { clock }), { clock, onWait }).check();
    expect(clock.passed()).toBe(60_000);
    expect(heard[0]).toMatchObject({ path, silent: 0, owner: { since: '2026-01-01T00:00:00.000Z' } });
    expect(heard.at(-1)!.silent).toBeGreaterThan(59_000);
  });

  test.each(places)('on %s is alive when it beats, whatever the clocks say', (_, changes) => {
    const { path } = place();
    foreign(path, changes, 5);
    // A heartbeat that goes back is one, too: the machine may have started anew under the same name.
    const clock = fakeClock((now) => { if (now > 40_000) foreign(path, changes, 3); });
    expect(() => waitSync(acquireLock(path, { clock }), { clock })).toThrow(refusal(changes.host ?? thisProcess().host, changes.pid ?? process.pid));
    expect(clock.passed()).toBeLessThan(41_000);
  });

  test('that is followed by another is watched anew', () => {
    const { path } = place();
    foreign(path, { host: 'far' });
    let isFollowed = false;
    const clock = fakeClock((now) => {
      if (now > 40_000 && !isFollowed) foreign(path, { host: 'farther' });
      isFollowed ||= now > 40_000;
    });
    waitSync(acquireLock(path, { clock }), { clock });
    expect(clock.passed()).toBeGreaterThanOrEqual(99_000);
  });

  test('that lets go meanwhile is followed at once', () => {
    const { path } = place();
    foreign(path, { host: 'far' });
    const clock = fakeClock((now) => { if (now > 10_000) rmSync(path, { force: true }); });
    waitSync(acquireLock(path, { clock }), { clock });
    expect(clock.passed()).toBeLessThan(11_000);
  });

  test('is not waited for by who does not want to', async () => {
    const { path } = place();
    foreign(path, { host: 'far' });
    const onWait = (): never => { throw new Error('enough'); };
    expect(() => waitSync(acquireLock(path), { onWait })).toThrow('enough');
    await expect(waitAsync(acquireLock(path), { onWait })).rejects.toThrow('enough');
    expect(readFileSync(path, 'utf8')).toContain('"far"');
  });

  const others: readonly [string, (path: string) => void][] = [
    ['an empty file', (path) => { writeFileSync(path, ''); }],
    ['a line that was cut', (path) => { writeFileSync(path, '{"host":"a","pi'); }],
    ['another program\'s file', (path) => { writeFileSync(path, '12345\n'); }],
    ['null', (path) => { writeFileSync(path, 'null\n'); }],
    ['a link to nowhere', (path) => { symlinkSync('/nowhere/at/all', path); }],
  ];
  test.each(others)('whose lock is %s is dead after a minute, too', (_, make) => {
    const { folder, path } = place();
    make(path);
    expect(isOwned(path)).toBe(false);
    const clock = fakeClock();
    waitSync(acquireLock(path, { clock }), { clock }).check();
    expect(clock.passed()).toBe(60_000);
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  test.each([['here', { pid: 2 ** 22 + 1 }, 0], ['elsewhere', { host: 'far' }, 60_000]])('killed %s while it took over a dead lock does not stop the next', (_, changes, wait) => {
    if (!isLinux && wait === 0) return;
    const { folder, path } = place();
    foreign(path, { pid: 2 ** 22 + 2 });
    const [head] = readFileSync(path, 'utf8').split('\n');
    foreign(`${path}.${createHash('sha256').update(head!).digest('hex').slice(0, 16)}`, changes);
    const clock = fakeClock();
    waitSync(acquireLock(path, { clock }), { clock }).check();
    expect(clock.passed()).toBe(wait);
    expect(readdirSync(folder)).toEqual(['lock']);
  });
});

describe('real processes', () => {
  const processes: ChildProcessWithoutNullStreams[] = [];
  afterAll(() => { for (const child of processes) child.kill('SIGKILL'); });

  interface Contender {
    readonly child: ChildProcessWithoutNullStreams;
    readonly said: Promise<string>;
    readonly go: () => void;
  }

  /** A process that takes the lock when told to; `said` is what came of it. */
  async function contend(path: string, hold: string): Promise<Contender> {
    const child = spawn(process.execPath, [join(root, '__tests__', 'support', 'lockProcess.js'), path, hold]);
    processes.push(child);
    let text = '';
    let hear: (line: string) => void = () => undefined;
    const said = new Promise<string>((resolve) => { hear = resolve; });
    const ready = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const [first, second] = text.split('\n');
        if (first === 'ready') resolve();
        if (text.split('\n').length > 2) hear(second!);
      });
    });
    await ready;
    return { child, said, go: () => child.stdin.write('go\n') };
  }

  test('of eight that find a killed owner\'s lock, one has it, time after time', async () => {
    const { folder, path } = place();
    for (let round = 0; round < 2; round++) {
      const contenders = await Promise.all(Array.from({ length: 8 }, () => contend(path, 'forever')));
      for (const { go } of contenders) go();
      const said = await Promise.all(contenders.map((contender) => contender.said));
      const winners = contenders.filter((_, i) => said[i]!.startsWith('has '));
      expect(winners).toHaveLength(1);
      const { pid } = winners[0]!.child;
      for (const line of said) if (!line.startsWith('has ')) expect(line).toMatch(new RegExp(`^ERR_LOCKED Expected no other writer for ${folder} but received process ${String(pid)} on `));
      expect(readdirSync(folder)).toEqual(['lock']);
      winners[0]!.child.kill('SIGKILL');
      await once(winners[0]!.child, 'close');
    }
  }, 60_000);

  test('what two do under one lock is done one after the other', async () => {
    const { folder } = place();
    const file = join(folder, 'count');
    const program = `
      const { withLock } = require(${JSON.stringify(join(root, 'dist', 'files', 'index.js'))});
      const { appendFileSync, readFileSync } = require('node:fs');
      for (let i = 0; i < 40; i++) withLock(${JSON.stringify(`${file}.lock`)}, () => {
        const before = readFileSync(${JSON.stringify(file)}, 'utf8').length;
        appendFileSync(${JSON.stringify(file)}, String.fromCharCode(65 + before % 26));
      });`;
    writeFileSync(file, '');
    const all = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', program], { stdio: 'inherit' }));
    for (const child of all) if (child.exitCode === null) await once(child, 'close');
    expect(readFileSync(file, 'utf8')).toBe(Array.from({ length: 160 }, (_, i) => String.fromCharCode(65 + i % 26)).join(''));
    expect(readdirSync(folder)).toEqual(['count']);
    expect(withLock(`${file}.lock`, () => 5)).toBe(5);
  }, 60_000);
});
