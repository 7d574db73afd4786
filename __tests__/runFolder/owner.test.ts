import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunCatalogue } from '../../lib/dashboard/catalogue';
import { train } from '../../lib/run/train';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { runTraining } from '../../lib/run/run';
import { parseSpec } from '../../lib/spec/spec';
import { thisProcess } from '../../lib/files/process';
import type { TrainEvent } from '../../lib/train/events';
import { resumeSearch, search } from '../../lib/search/search';
import { blastrain, root } from '../support/cli';
import { temporaryFolder } from '../support/folder';
import { resume, run } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';
import { listen, tinySearch } from '../support/data/tinySearch';

const base = temporaryFolder();
const runs = join(base, 'runs');
const data = tinyData();
const locked = expect.objectContaining({ code: 'ERR_LOCKED', message: expect.stringMatching(/^Expected no other writer for .* received process \d+ on .* since \d{4}-/) as string }) as Error;
const far = `${JSON.stringify({ ...thisProcess(), host: 'far', since: '2026-01-01T00:00:00.000Z', token: 'x' })}\n1\n`;
const small = ['data=synthetic', 'trainRows=200', 'validationRows=50', 'testRows=50', 'layers=3072,4,10', 'batchSize=50', 'keepEvery=4'];

/** Replaces a lock at once, as another process would: a reader never sees half of it. */
function replaceLock(folder: string, text: string): void {
  writeFileSync(join(folder, 'lock.new'), text);
  renameSync(join(folder, 'lock.new'), join(folder, 'lock'));
}

/** Removes the folder of a run that goes on writing there: what it adds between the listing and the removal is listed again. */
function removeFolder(path: string): void {
  for (let tries = 0; existsSync(path); tries++) {
    try {
      rmSync(path, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || tries === 1000) throw error;
    }
  }
}

/** A finished run of {@link tinySpec} in a folder of its own. */
function finished(name: string, spec: object = {}): string {
  const place = RunFolder.create({ runs, name });
  run(spec, { data, place });
  place.close();
  return place.path;
}

/** A run that goes on until it is told otherwise. */
const endless = { ...tinySpec, steps: 50_000_000, evaluateEvery: 2000, logEvery: 100 };

describe('processes at one run', () => {
  test('of four that go on with it at once one does, and the others say who', async () => {
    expect(await blastrain(['train', 'two-layer-tuned', '--name', 'shared', '--set', ...small, 'steps=8'], { cwd: base })).toMatchObject({ status: 0 });
    const all = await Promise.all(Array.from({ length: 4 }, () => blastrain(['train', '--resume', 'shared', '--set', 'steps=600'], { cwd: base })));
    const refused = all.filter(({ status }) => status === 1);
    expect(all.filter(({ status }) => status === 0).length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const { stderr } of refused) expect(stderr).toMatch(/^blastrain: Expected no other writer for runs\/shared but received process \d+ on \S+, which has been writing there since \S+Z \[ERR_LOCKED\]\n$/);
    const steps = readFileSync(join(runs, 'shared', 'metrics.jsonl'), 'utf8').split('\n').flatMap((line) => /"type":"evaluation","step":(\d+)/.exec(line)?.[1] ?? []);
    expect(steps).toHaveLength(150);
    expect(new Set(steps).size).toBe(150);
    expect(new RunCatalogue(runs).find('shared')).toMatchObject({ state: 'finished', step: 600, steps: 600 });
  }, 120_000);

  test('one that was killed with -9 is gone on with at once, and nothing is left of it', async () => {
    let killed: ReturnType<typeof spawn> | undefined;
    await blastrain(['train', 'two-layer-tuned', '--name', 'killed', '--set', ...small, 'steps=100000', '--json'], {
      cwd: base,
      during: (child) => {
        killed = child;
        child.stdout!.on('data', (text: string) => { if (text.includes('"checkpoint"')) child.kill('SIGKILL'); });
      },
    });
    expect(killed!.signalCode).toBe('SIGKILL');
    expect(existsSync(join(runs, 'killed', 'lock'))).toBe(true);
    expect(new RunCatalogue(runs).find('killed')).toMatchObject({ state: 'unfinished', stoppable: false });
    const metrics = (): string[] => readFileSync(join(runs, 'killed', 'metrics.jsonl'), 'utf8').split('\n');
    const reached = Math.max(...metrics().flatMap((line) => Number(/"step":(\d+)/.exec(line)?.[1] ?? 0)));
    expect(await blastrain(['train', '--resume', 'killed', '--set', `steps=${String(reached + 4)}`], { cwd: base })).toMatchObject({ status: 0 });
    const named = metrics().flatMap((line) => /"kept":"([^"]+)"/.exec(line)?.[1] ?? []);
    expect(named.filter((file) => !existsSync(join(base, file)))).toEqual([]);
    expect(readdirSync(join(runs, 'killed'), { recursive: true }).filter((name) => /\.tmp$|lock/.test(String(name)))).toEqual([]);
  }, 120_000);

  test('each look at a test split has a number of its own', async () => {
    const program = `
      const { testRun } = require(${JSON.stringify(join(root, 'dist', 'inference', 'testRun.js'))});
      for (let i = 0; i < 3; i++) testRun('runs/shared', 'shared');`;
    const all = Array.from({ length: 3 }, () => spawn(process.execPath, ['-e', program], { cwd: base, stdio: 'inherit' }));
    writeFileSync(join(runs, 'test-ledger.jsonl'), '{"run":"torn","wh');
    for (const child of all) if (child.exitCode === null) await once(child, 'close');
    const looks = readFileSync(join(runs, 'test-ledger.jsonl'), 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as { look: number }).look);
    expect(looks).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(readdirSync(runs).filter((name) => name.includes('lock'))).toEqual([]);
  }, 60_000);
});

describe('a name', () => {
  const strandings: readonly [string, (path: string) => void][] = [
    ['nothing', () => undefined],
    ['what an earlier version left', (path) => {
      writeFileSync(join(path, 'metrics.jsonl'), '');
      writeFileSync(join(path, 'status.json'), '{"state":"failed","code":"ERR_SHAPE","message":"m"}');
    }],
    ['a dead lock and half a spec', (path) => {
      writeFileSync(join(path, 'lock'), far.replace('"far"', JSON.stringify(thisProcess().host)).replace(/"started":"\d+"/, '"started":"1"'));
      writeFileSync(join(path, 'spec.json.123.tmp'), '{');
    }],
    ['half a first line of a search', (path) => { writeFileSync(join(path, 'journal.jsonl'), '{"type":"sea'); }],
  ];
  test.each(strandings)('whose folder holds %s is free', (what, leave) => {
    const path = join(runs, `stranded ${what}`.replaceAll(' ', '-'));
    mkdirSync(path, { recursive: true });
    leave(path);
    finished(path.slice(runs.length + 1));
    expect(readdirSync(path).sort()).toEqual(['best.safetensors', 'checkpoint.previous.safetensors', 'checkpoint.safetensors', 'metrics.jsonl', 'spec.json']);
    expect(() => RunFolder.create({ runs, name: path.slice(runs.length + 1) })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  test.each(['notes.txt', 'checkpoint.safetensors', 'depth.json', 'spec.json'])('whose folder holds %s is not', (file) => {
    const name = `has-${file}`;
    mkdirSync(join(runs, name), { recursive: true });
    writeFileSync(join(runs, name, file), 'precious');
    expect(() => RunFolder.create({ runs, name })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'name' } }));
    expect(readdirSync(join(runs, name))).toEqual([file]);
  });

  test.each([
    ['a setting that the data refuses', { layers: [11, 8, 3] }, 'ERR_SHAPE'],
    ['a batch larger than the rows', { batchSize: 1000 }, 'ERR_SHAPE'],
  ])('is not used up by %s', async (_, spec, code) => {
    await expect(train({ ...tinySpec, ...spec }, { data, place: { runs, name: 'unused' } }).model).rejects.toMatchObject({ code });
    expect(existsSync(join(runs, 'unused'))).toBe(false);
  });

  test('that another is taking is refused', () => {
    const first = RunFolder.create({ runs, name: 'begun' });
    expect(() => RunFolder.create({ runs, name: 'begun' })).toThrow(locked);
    expect(RunFolder.create({ runs, base: 'begun' }).name).toBe('begun-1');
    first.close();
  });
});

describe('an owner elsewhere', () => {
  test('that is silent is waited for by the clock of the one who wants to go on', () => {
    const path = finished('requeued', { steps: 10 });
    writeFileSync(join(path, 'lock'), far);
    let now = 0;
    const clock = { now: () => now, sleep: (milliseconds: number) => { now += milliseconds; } };
    const heard: (string | undefined)[] = [];
    RunFolder.reopen(path, { clock, onWait: ({ owner }) => heard.push(owner?.host) }).close();
    expect(now).toBe(60_000);
    expect(new Set(heard)).toEqual(new Set(['far']));
    expect(resume(path, { steps: 18 }, { data }).result.steps).toBe(18);
  });

  test('that says something ends the waiting, with a line about it', async () => {
    const path = finished('elsewhere', { steps: 10 });
    writeFileSync(join(path, 'lock'), far);
    const { status, stderr } = await blastrain(['train', '--resume', 'elsewhere'], {
      cwd: base,
      during: (child) => {
        child.stderr!.on('data', (text: string) => { if (text.startsWith('Waiting')) replaceLock(path, far.replace('\n1\n', '\n2\n')); });
      },
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(
      /^Waiting: runs\/elsewhere belongs to process \d+ on far, silent for 0 s; .*\nblastrain: Expected no other writer .* on far, .* \[ERR_LOCKED\]\n$/) as string });
    expect(readFileSync(join(path, 'lock'), 'utf8')).toContain('far');
  });

  test('stopping ends the waiting', async () => {
    const path = finished('waited', { steps: 10 });
    writeFileSync(join(path, 'lock'), far);
    const run = train({}, { data, resume: path, onWait: () => { run.stop(); } });
    await expect(run.model).rejects.toMatchObject({ code: 'ERR_LOCKED' });
  });
});

describe('a run under way', () => {
  /** What ends it, when `act` has happened behind its first evaluation. */
  async function endOf(name: string, act: (path: string) => void): Promise<unknown> {
    const path = join(runs, name);
    const it = train(endless, { data, place: { runs, name } });
    let acted = false;
    try {
      for await (const event of it) {
        if (!acted && event.type === 'evaluation') {
          act(path);
          acted = true;
        }
      }
    } catch (error) {
      return error;
    }
    return undefined;
  }

  test('notices that its folder was removed, and does not make it again', async () => {
    expect(await endOf('removed', removeFolder)).toMatchObject({
      code: 'ERR_IO', message: expect.stringMatching(/removed|no such file or folder/) as string,
    });
    expect(existsSync(join(runs, 'removed'))).toBe(false);
  });

  test('notices that its folder was moved', async () => {
    expect(await endOf('moved', (path) => { renameSync(path, `${path}-away`); })).toMatchObject({ code: 'ERR_IO' });
    expect(existsSync(join(runs, 'moved'))).toBe(false);
  });

  test('notices that another has taken it over, and leaves all to that one', async () => {
    expect(await endOf('stolen', (path) => { replaceLock(path, far); })).toEqual(locked);
    expect(readFileSync(join(runs, 'stolen', 'lock'), 'utf8')).toBe(far);
  });

  test('driven step by step notices a removed folder when it writes the next time', () => {
    const folder = RunFolder.create({ runs, name: 'stepped' });
    const events = runTraining(parseSpec(tinySpec), data, 'run', folder);
    for (let i = 0; i < 6; i++) events.next();
    rmSync(folder.path, { recursive: true });
    expect(() => [...events]).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
    folder.close();
    expect(existsSync(folder.path)).toBe(false);
  });

  test('puts back a checkpoint that it had said it would keep', () => {
    const folder = RunFolder.create({ runs, name: 'kept' });
    let kept = '';
    run({ keepEvery: 7 }, { data, place: folder, stopAt: 7 });
    folder.close();
    for (const line of readFileSync(join(folder.path, 'metrics.jsonl'), 'utf8').split('\n')) kept = (/"step":7,.*"kept":"([^"]+)"/.exec(line)?.[1]) ?? kept;
    const whole = readFileSync(kept);
    rmSync(join(folder.path, 'checkpoints'), { recursive: true });
    resume(folder.path, {}, { data, answer: () => 'stop' });
    expect(existsSync(kept)).toBe(true);
    expect(whole.length).toBeGreaterThan(0);
  });

  test('that is longer than before is listed with its new length', () => {
    const path = finished('longer', { steps: 10 });
    let steps: number | null | undefined;
    resume(path, { steps: 18 }, { data, answer: (event: TrainEvent) => {
      if ('step' in event && event.step === 15) steps = new RunCatalogue(runs).find('longer')!.steps;
      return undefined;
    } });
    expect(steps).toBe(18);
  });
});

describe('a search', () => {
  test('has its folder, and the folders of its trials, to itself', async () => {
    const seen: unknown[] = [];
    const stateOf = (): string => new RunCatalogue(runs).list('searched').map((entry) => ('state' in entry ? entry.state : '')).join();
    for await (const event of search(tinySearch(), { runs, name: 'searched', data, workers: 2 })) {
      if (event.type !== 'unit' || seen.length > 0) continue;
      seen.push(await listen(resumeSearch(join(runs, 'searched'), { data })).catch((error: unknown) => error));
      try {
        RunFolder.reopen(join(runs, 'searched', 'trial-000'));
      } catch (error) {
        seen.push(error);
      }
      expect(stateOf()).toContain('running');
    }
    expect(seen).toEqual([locked, locked]);
    expect(stateOf()).not.toContain('running');
    expect(readdirSync(join(runs, 'searched')).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  }, 60_000);

  test('notices that another has taken it over', async () => {
    const it = search(tinySearch(), { runs, name: 'taken-over', data, workers: 1 });
    await expect(listen(it, (event) => {
      if (event.type === 'unit') replaceLock(join(runs, 'taken-over'), far);
    })).rejects.toEqual(locked);
  }, 60_000);

  test('removes what a kill left of units that are done, and of trials that failed', async () => {
    await listen(search(tinySearch({ trials: 3 }), { runs, name: 'left-over', data, workers: 1 }));
    const left = readdirSync(join(runs, 'left-over')).filter((name) => name.startsWith('trial-')).map((name) => join(runs, 'left-over', name));
    const before = left.map((folder) => readdirSync(folder).sort());
    for (const folder of left) for (const name of ['checkpoint.previous.safetensors', 'best.safetensors']) writeFileSync(join(folder, name), 'left');
    await listen(resumeSearch(join(runs, 'left-over'), { data }));
    expect(left.map((folder) => readdirSync(folder).sort())).toEqual(before);
  }, 60_000);
});
