import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { textWidth } from '../../lib/cli/terminal/style';
import { blastrain, root } from '../support/cli';

test('the overview has every command under the name that it answers to, all in 80 columns', async () => {
  const { status, stdout } = await blastrain(['--help']);
  expect(status).toBe(0);
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) +\S/gm)].map((match) => match[1]!);
  expect(names).toHaveLength(27);
  const helps = await Promise.all(names.map((name) => blastrain([name, '--help'])));
  expect(helps.map(({ stdout: help }, i) => help.startsWith(`Usage: blastrain ${names[i]!}`))).not.toContain(false);
  const lines = [stdout, ...helps.map(({ stdout: help }) => help)].flatMap((text) => text.split('\n'));
  expect(lines.filter((line) => textWidth(line) > 80)).toEqual([]);
});

test.each([['tran', /a command, perhaps train, for blastrain/], ['xyzzy', /one of train, fit/], ['constructor', /blastrain/]])(
  '%s is no command', async (word, message) => {
    const { status, stderr } = await blastrain([word]);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('[ERR_CONFIG]');
  },
);

test.each([
  [['search', 'two-layer', '--trials', '-3'], 'Expected a value for --trials but received -3 (--trials=-3 is read as a value)'],
  [['search', 'two-layer', '--trials'], 'Expected a value for --trials but received nothing'],
  [['search', 'two-layer', '--trials=-3'], 'Expected an integer of at least 1 for --trials but received \'-3\''],
])('%j lacks a value or gives a wrong one', async (args, message) => {
  const { status, stderr } = await blastrain(args);
  expect(status).toBe(1);
  expect(stderr.trim()).toBe(`blastrain: ${message} [ERR_CONFIG]`);
});

test('help COMMAND is COMMAND --help', async () => {
  const [help, asked] = await Promise.all([blastrain(['help', 'doctor']), blastrain(['doctor', '--help'])]);
  expect(help).toEqual(asked);
});

test.each([
  [['train', root], /type blastrain fit \S+, or blastrain train pictures --set dataFolder=/],
  [['train', join(root, '__tests__', 'golden', 'tables', 'plain.parquet')], /type blastrain fit \S+, or blastrain train table --set dataFile=/],
  [['toy', '--out', 'no-such-folder/x.svg'], /a file in a folder that exists for --out but received 'no-such-folder/],
])('%j says what to type instead', async (args, message) => {
  const { status, stderr } = await blastrain(args);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) as string });
});

test('loads no command but the one that is asked for', () => {
  const script = `
    process.argv.push('main.js', 'toy', '--help');
    require('./dist/cli/main.js');
    process.on('exit', () => console.log(Object.keys(require.cache).join('\\n')));`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  expect(stdout).toContain(join('cli', 'commands', 'toy.js'));
  expect(stdout).not.toMatch(/commands.(train|bench|search|dashboard|report)\.js/);
});
