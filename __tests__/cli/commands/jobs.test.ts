import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutTimes } from '../../support/run';
import { blastrain, jsonLines, root } from '../../support/cli';
import type { CliResult } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import type { TrainEvent } from '../../../lib/train/events';

const cwd = temporaryFolder();
const settings = ['data=synthetic', 'trainRows=500', 'validationRows=100', 'testRows=100', 'batchSize=50', 'steps=400', 'evaluateEvery=10', 'logEvery=5', 'threads=1', 'dropout=0.2'];

/** One line of a job's script; `signals` come with its first events. */
function job(name: string, signals: readonly NodeJS.Signals[] = [], changes: readonly string[] = []): Promise<CliResult> {
  return blastrain(['train', 'two-layer-tuned', '--set', ...settings, ...changes, '--name', name, '--resume-if-there', '--json'], {
    cwd,
    during: (child) => {
      child.stdout!.once('data', () => { for (const signal of signals) child.kill(signal); });
    },
  });
}

const lastLine = ({ stdout }: CliResult): Record<string, unknown> => jsonLines(stdout).pop()!;
const metricsOf = (name: string): string => readFileSync(join(cwd, 'runs', name, 'metrics.jsonl'), 'utf8');
const eventsOf = (name: string): unknown[] => withoutTimes(jsonLines(metricsOf(name).replaceAll(name, 'NAME')) as unknown as TrainEvent[]);

test('a job that a scheduler ends, and starts again by the same line, ends with the run that was never ended', async () => {
  const whole = await job('whole');
  expect(whole).toMatchObject({ status: 0, stderr: '' });
  // Slurm's warning, then its limit, which it says twice; then Kubernetes.
  for (const signals of [['SIGUSR1', 'SIGTERM', 'SIGTERM'], ['SIGTERM']] as const) {
    const ended = await job('job', signals);
    // Node.js would say on standard error that a debugger listens.
    expect(ended).toMatchObject({ status: 75, stderr: '' });
    expect(lastLine(ended)).toMatchObject({ type: 'result', ended: 'stopped' });
    expect(lastLine(ended)['steps']).toBeLessThan(400);
  }
  const last = await job('job');
  expect(last).toMatchObject({ status: 0, stderr: '' });
  expect(jsonLines(last.stdout)[0]).toMatchObject({ type: 'start', resumedFrom: expect.any(Number) as number });
  expect(eventsOf('job')).toEqual(eventsOf('whole'));

  const before = metricsOf('job');
  const again = await job('job');
  expect(again).toMatchObject({ status: 0, stderr: '' });
  expect(jsonLines(again.stdout)).toEqual([lastLine(last)]);
  expect(metricsOf('job')).toBe(before);

  const longer = await job('job', [], ['steps=410']);
  expect(jsonLines(longer.stdout)[0]).toMatchObject({ type: 'start', steps: 410, resumedFrom: 400 });
});

test.each([
  ['another spec', ['--name', 'whole', '--set', ...settings, 'learningRate=1', '--resume-if-there'], 'as run whole has, for learningRate but received 1 '],
  ['no name', ['--resume-if-there'], 'a --name for --resume-if-there but received'],
  ['folds', ['--name', 'whole', '--resume-if-there', '--folds', '3'], 'no --folds for --resume-if-there but received'],
  ['several seeds', ['--name', 'whole', '--resume-if-there', '--set', 'seeds=3'], "one run for --resume-if-there but received '3 seeds'"],
])('%s is refused in one sentence', async (_, args, part) => {
  const { status, stderr } = await blastrain(['train', 'two-layer-tuned', ...args], { cwd });
  expect({ status, sentence: stderr }).toEqual({ status: 1, sentence: expect.stringMatching(/^blastrain: Expected .* \[ERR_CONFIG\]\n$/) as string });
  expect(stderr).toContain(part);
});

test('a signal that comes while nothing is under way ends the command at once, with the same status', () => {
  const script = "require('./dist/cli/interrupt').watchScheduler(); setTimeout(() => undefined, 60_000); process.kill(process.pid, 'SIGUSR1')";
  expect(spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 75, stdout: '', stderr: '' });
});
