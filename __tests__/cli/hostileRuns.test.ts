import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateCommand } from '../../lib/cli/commands/evaluate';
import { reportCommand } from '../../lib/cli/commands/report';
import { showCommand } from '../../lib/cli/commands/show';
import { testCommand } from '../../lib/cli/commands/test';
import { trainCommand } from '../../lib/cli/commands/train';
import type { Command } from '../../lib/cli/command';
import { runsCommand } from '../../lib/cli/commands/runs';
import { toPlain } from '../../lib/errors';
import type { PlainError } from '../../lib/errors';
import { RandomState } from '../../lib/random';
import { capture } from '../support/capture';
import { blastrain, jsonLines } from '../support/cli';
import { depthReport, linesOf } from '../support/events';
import { temporaryFolder } from '../support/folder';
import { searchHead } from '../support/data/tinySearch';

const cwd = temporaryFolder();
const runs = join(cwd, 'runs');
const at = (...names: string[]): string => join(runs, ...names);

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

beforeAll(async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${String(i % 7)},${String(i % 3)},${i % 2 === 0 ? '"\x1b[2J\u202etac"' : '=1+1'}`);
  writeFileSync(join(cwd, 't.csv'), `a,b,kind\n${rows.join('\n')}\n`);
  const args = ['train', 'spec.json', '--name', 'good', '--set', 'dataFile=t.csv', 'layers=2,4,2', 'epochs=3', 'batchSize=10', 'threads=1'];
  writeFileSync(join(cwd, 'spec.json'), '{"data":"csv"}');
  expect(await blastrain(args, { cwd })).toMatchObject({ status: 0 });
  const told = await blastrain(['evaluate', 'good'], { cwd });
  expect(told).toMatchObject({ status: 0 });
  expect(told.stdout).not.toMatch(/[\x1b\u202e]/); // eslint-disable-line no-control-regex -- these must not be there
  expect(told.stdout).toContain('\\x1b[2J\\u202etac');
});

/** A copy of the good run with one thing wrong. */
function spoil(name: string, change: (folder: string) => void): void {
  cpSync(at('good'), at(name), { recursive: true });
  change(at(name));
}

const replaceBy = (file: string, contents: string | Uint8Array) => (folder: string): void => {
  writeFileSync(join(folder, file), contents);
};
const fifo = (file: string) => (folder: string): void => {
  rmSync(join(folder, file), { force: true });
  execFileSync('mkfifo', [join(folder, file)]);
};
const linkTo = (target: string, file: string) => (folder: string): void => {
  rmSync(join(folder, file), { force: true });
  symlinkSync(target, join(folder, file));
};

/** What a command throws, in plain form; undefined where it goes well. */
async function attempt(command: Command, args: readonly string[]): Promise<PlainError | undefined> {
  const quiet = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    await capture(() => Promise.resolve().then(() => command.run(args)));
    return undefined;
  } catch (error) {
    return toPlain(error);
  } finally {
    quiet.mockRestore();
  }
}

const damages: readonly [string, (folder: string) => void, RegExp][] = [
  ['spec-fifo', fifo('spec.json'), /a regular file for .*spec\.json but received a FIFO/],
  ['metrics-fifo', fifo('metrics.jsonl'), /a regular file for .*metrics\.jsonl but received a FIFO/],
  ['status-fifo', fifo('status.json'), /a regular file for .*status\.json but received a FIFO/],
  ['spec-link', linkTo('/etc/passwd', 'spec.json'), /^(?!.*root).*a regular file for .*spec\.json but received a symbolic link/],
  ['spec-folder', (folder) => { rmSync(join(folder, 'spec.json')); mkdirSync(join(folder, 'spec.json')); }, /received a folder/],
  ['spec-large', (folder) => { truncateSync(join(folder, 'spec.json'), 2 ** 27); }, /at most 1048576 bytes for .*spec\.json but received 134217728 bytes/],
  ['spec-text', replaceBy('spec.json', 'root:x:0:0'), /^(?!.*root).*valid JSON for .*spec\.json but received something else at column 1/],
  ['spec-list', replaceBy('spec.json', '[1]'), /an object for .*spec\.json/],
  ['spec-null', replaceBy('spec.json', 'null'), /an object for .*spec\.json/],
  ['spec-record', replaceBy('spec.json', '{"record":5}'), /an object for record in .*spec\.json/],
  ['spec-deep', replaceBy('spec.json', `${'['.repeat(9000)}${']'.repeat(9000)}`), /lists in lists/],
  ['status-number', replaceBy('status.json', '7'), /an object for .*status\.json/],
  ['status-state', replaceBy('status.json', '{"state":"flying"}'), /one of failed, running for state in .*status\.json/],
  ['status-failed', replaceBy('status.json', '{"state":"failed","code":null}'), /a text for code in .*status\.json/],
];

test('what lies in one folder does not hide the others, and is named', async () => {
  for (const [name, change] of damages) spoil(name, change);
  mkdirSync(at('depth-bad'));
  writeFileSync(at('depth-bad', 'depth.json'), '{"type":"depth","results":[null]}');
  mkdirSync(at('depth-good'));
  writeFileSync(at('depth-good', 'depth.json'), JSON.stringify(depthReport({ good: 0.5 })));
  mkdirSync(at('search-bad'));
  writeFileSync(at('search-bad', 'journal.jsonl'), '[]\n');
  mkdirSync(at('search-report'));
  writeFileSync(at('search-report', 'journal.jsonl'), linesOf({ elapsed: 0, ...searchHead }));
  writeFileSync(at('search-report', 'search.json'), '{"best":7}');
  writeFileSync(at('test-ledger.jsonl'), '{"run":"good","when":"x","testAccuracy":0.25,"testLoss":1,"testRows":4,"dataDigest":"d","look":1}\n{"run":\n[]\n{"torn');
  const { status, stdout, stderr } = await blastrain(['runs', '--json'], { cwd });
  expect(status).toBe(0);
  const [{ runs: list }] = jsonLines(stdout) as unknown as [{ runs: (Listed & { testAccuracy: number })[] }];
  const find = (name: string): Listed => list.find((one) => one.name === name)!;
  expect(find('good')).toMatchObject({ state: 'finished', failure: null, testAccuracy: 0.25 });
  for (const [name, , message] of damages) {
    expect(find(name)).toMatchObject({ name, state: 'damaged', failure: { code: expect.stringMatching(/^ERR_(IO|CONFIG|DATA)$/), message: expect.stringMatching(message) } });
  }
  expect(find('depth-good')).toMatchObject({ state: 'done', failure: null });
  for (const name of ['depth-bad', 'search-bad', 'search-report']) expect(find(name)).toMatchObject({ name, state: 'damaged' });
  const said = stderr.replaceAll('\n', ' ');
  expect(said).toMatch(/spec-fifo is damaged: Expected a regular file/);
  expect(said).toMatch(/line 2 of .*test-ledger\.jsonl .*left out.*line 3 of .*test-ledger\.jsonl .*left out.*last line of .*test-ledger\.jsonl was torn/);
  for (const [name] of damages) rmSync(at(name), { recursive: true });
  for (const name of ['depth-bad', 'depth-good', 'search-bad', 'search-report', 'test-ledger.jsonl']) rmSync(at(name), { recursive: true });
});

test('a link is no run, for any command', async () => {
  renameSync(at('good'), join(cwd, 'elsewhere'));
  symlinkSync(join(cwd, 'elsewhere'), at('linked'));
  try {
    const { output } = await capture(() => runsCommand.run(['--runs', runs, '--json']));
    expect(jsonLines(output)).toMatchObject([{ runs: [] }]);
    const commands: [Command, string[]][] = [
      [showCommand, ['linked']], [evaluateCommand, ['linked']], [testCommand, ['linked']], [reportCommand, ['linked']], [trainCommand, ['--resume', 'linked']],
    ];
    for (const [command, args] of commands) {
      const refusal = { code: 'ERR_CONFIG', message: expect.stringMatching(/no symbolic link/) };
      expect(await attempt(command, [...args, '--runs', runs])).toMatchObject(refusal);
      expect(await attempt(command, [...args.slice(0, -1), `${at('linked')}/`])).toMatchObject(refusal);
    }
  } finally {
    rmSync(at('linked'));
    renameSync(join(cwd, 'elsewhere'), at('good'));
  }
});

test.each<[string, (folder: string) => void, RegExp]>([
  ['a FIFO', fifo('labels.json'), /a regular file for .*labels\.json but received a FIFO/],
  ['a link', linkTo('/etc/passwd', 'labels.json'), /^(?!.*root).*a regular file for .*labels\.json but received a symbolic link/],
  ['too large', (folder) => { truncateSync(join(folder, 'labels.json'), 2 ** 27); }, /at most 1048576 bytes for .*labels\.json/],
  ['no JSON', replaceBy('labels.json', 'root:x'), /^(?!.*root:).*valid JSON for .*labels\.json/],
  ['of another shape', replaceBy('labels.json', '{"tags":"a"}'), /a list for tags in .*labels\.json/],
  ['with a tag too long', replaceBy('labels.json', JSON.stringify({ tags: ['x'.repeat(1e4)] })), /a tag of 1 to \d+ characters/],
])('labels that are %s are left out with a warning, by lists and reports', async (_, change, message) => {
  spoil('labelled', replaceBy('labels.json', '{}'));
  change(at('labelled'));
  const said: string[] = [];
  const quiet = jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    const { output } = await capture(() => runsCommand.run(['--runs', runs, '--where', 'name == labelled', '--json']));
    expect(jsonLines(output)).toMatchObject([{ runs: [{ name: 'labelled', state: 'finished', labels: {} }] }]);
    expect(said.splice(0).join('').replaceAll('\n', ' ')).toMatch(message);
    await capture(() => reportCommand.run(['labelled', '--runs', runs, '--out', join(cwd, 'report.html')]));
    expect(said.join('').replaceAll('\n', ' ')).toMatch(message);
  } finally {
    quiet.mockRestore();
    rmSync(at('labelled'), { recursive: true });
  }
});

test('labels that mean harm are text, in lists and reports', async () => {
  spoil('labelled', replaceBy('labels.json', JSON.stringify({ title: '<script>alert(1)</script>', tags: ['\x1b]0;x\x07', '<img src=x>'], note: 'one\u202e\n<b onclick=1>two</b>' })));
  const { output } = await capture(() => runsCommand.run(['--runs', runs]));
  expect(output).not.toMatch(/[\x1b\x07\u202e]/); // eslint-disable-line no-control-regex -- these must not be there
  await capture(() => reportCommand.run(['labelled', 'good', '--runs', runs, '--out', join(cwd, 'report.html')]));
  const page = readFileSync(join(cwd, 'report.html'), 'utf8');
  for (const part of ['<script', '<img src=x', '<b onclick', '\x1b', '\u202e']) expect(page.includes(part)).toBe(false);
  for (const part of ['&lt;script&gt;alert(1)', '&lt;img src=x&gt;', '&lt;b onclick=1&gt;two']) expect(page.includes(part)).toBe(true);
  rmSync(at('labelled'), { recursive: true });
});

test.each([
  ['parentheses', '('.repeat(5000)], ['not', '!'.repeat(5000)], ['words', 'a '.repeat(5000)], ['stars', `${'a*'.repeat(200)}b`], ['a quote', '"'], ['an escape', '\x1b[2J == 1'],
  ['an operator', '&&'], ['an open text', 'name == "'], ['infinity', 'lr < 1e999'], ['a prototype', '__proto__ == 1'], ['a constructor', 'constructor ~ x'],
])('a query of %s is answered or refused in a sentence', async (_, query) => {
  const error = await attempt(runsCommand, ['--runs', runs, '--where', query]);
  if (error !== undefined) expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(/^Expected [ -~]*$/) as string });
});

type Json = Record<string | number, unknown>;
const values: readonly unknown[] = [null, -1, 0, 0.5, 1e308, '', 'x\n\x1b[2J', [], {}, true, [[]], { type: 'start' }, 2 ** 53];

/** A JSON text with one value exchanged, taken away or repeated, or one character changed. */
function mutated(json: string, random: RandomState): string {
  if (random.randint(0, 4) === 0) {
    const place = random.randint(0, json.length);
    return json.slice(0, place) + ['', '"', '{', ',', '\n', '\u202e'][random.randint(0, 6)]! + json.slice(place + 1);
  }
  const all = JSON.parse(json) as Json;
  const containers: Json[] = [];
  const collect = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    containers.push(value as Json);
    Object.values(value).forEach(collect);
  };
  collect(all);
  const container = containers[random.randint(0, containers.length)]!;
  const keys = Object.keys(container);
  if (keys.length === 0) return JSON.stringify(values[random.randint(0, values.length)]);
  const key = keys[random.randint(0, keys.length)]!;
  const value = values[random.randint(0, values.length + 1)];
  if (value === undefined) Reflect.deleteProperty(container, key);
  else container[key] = value;
  return JSON.stringify(all);
}

test('whatever its JSON files hold, a command reads a run or says what is wrong in a sentence', async () => {
  const random = new RandomState(0);
  const files = ['spec.json', 'metrics.jsonl', 'evaluation.json', 'status.json', '../test-ledger.jsonl'] as const;
  const look = { run: 'good', when: 'x', testAccuracy: 0.25, testLoss: 1, testRows: 4, dataDigest: 'd', look: 1 };
  const contents: Record<string, string> = {
    'spec.json': readFileSync(at('good', 'spec.json'), 'utf8'), 'metrics.jsonl': readFileSync(at('good', 'metrics.jsonl'), 'utf8'),
    'evaluation.json': readFileSync(at('good', 'evaluation.json'), 'utf8'), 'status.json': '{"state":"failed","at":"x","code":"ERR_DIVERGED","message":"m"}',
    '../test-ledger.jsonl': linesOf(look, { ...look, look: 2 }),
  };
  spoil('odd', () => undefined);
  for (let i = 0; i < 200; i++) {
    const file = files[i % files.length]!;
    const lines = file.endsWith('.jsonl') ? contents[file]!.trimEnd().split('\n') : [contents[file]!];
    const line = random.randint(0, lines.length);
    lines[line] = mutated(lines[line]!, random);
    writeFileSync(at('odd', file), `${lines.join('\n')}\n`);
    const commands: [Command, string[]][] = [
      [runsCommand, []], [showCommand, ['odd']], ...(i % 20 < files.length ? [[reportCommand, ['odd', '--out', join(cwd, 'report.html')]], [evaluateCommand, ['odd']]] as const : []).map(
        ([command, args]): [Command, string[]] => [command, [...args]]),
    ];
    for (const [command, args] of commands) {
      const error = await attempt(command, [...args, '--runs', runs]);
      if (error === undefined) continue;
      expect({ i, file, command: command.name, ...error }).toMatchObject({ code: expect.stringMatching(/^ERR_(IO|CONFIG|DATA|CHECKPOINT|SHAPE)$/), message: expect.stringMatching(/^Expected [ -~“-”…≤≥]*$/) });
    }
    if (file === '../test-ledger.jsonl') rmSync(at('test-ledger.jsonl'));
    else if (file === 'status.json') rmSync(at('odd', file));
    else writeFileSync(at('odd', file), contents[file]!);
  }
});
