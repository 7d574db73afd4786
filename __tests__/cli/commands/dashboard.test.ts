import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { blastrain, jsonLines } from '../../support/cli';
import type { CliResult } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
mkdirSync(join(cwd, 'runs', 'one'), { recursive: true });
writeFileSync(join(cwd, 'runs', 'one', 'spec.json'), '{}');

/** Runs the command, looks at the page when its address is said, and ends it with a signal. */
async function visit(args: readonly string[], signal: NodeJS.Signals): Promise<CliResult & { page: string; runs: unknown }> {
  let looked: Promise<[string, unknown]> | undefined;
  const result = await blastrain(['dashboard', ...args], {
    cwd,
    during: (child) => {
      let said = '';
      child.stdout!.on('data', (text: Buffer) => {
        said += text.toString();
        const [url] = /http:[\w./:-]+/.exec(said) ?? [];
        if (url === undefined) return;
        looked ??= Promise.all([
          fetch(url).then((response) => response.text()), fetch(`${url}api/runs`).then((response) => response.json()),
        ]).finally(() => child.kill(signal));
      });
    },
  });
  const [page, runs] = await looked!;
  return { ...result, page, runs };
}

test.each(['SIGINT', 'SIGTERM'] as const)('serves the runs until %s', async (signal) => {
  const { status, stdout, stderr, page, runs } = await visit([], signal);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/\nCtrl-C/);
  expect(page).toContain('<title>blastrain</title>');
  expect(runs).toMatchObject({ entries: [{ kind: 'run', name: 'one', state: 'unfinished' }] });
});

test('says with --json where it is, and takes another folder', async () => {
  const { status, stdout, runs } = await visit(['elsewhere', '--json'], 'SIGINT');
  expect(status).toBe(0);
  expect(jsonLines(stdout)).toEqual([{ type: 'dashboard', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) }]);
  expect(runs).toMatchObject({ entries: [], folder: join(cwd, 'elsewhere') });
});

test('refuses a port that is none, or taken', async () => {
  const { status, stderr } = await blastrain(['dashboard', '--port', '99999'], { cwd });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("[0, 65535] for --port but received '99999' [ERR_CONFIG]") });
  const server = createServer();
  await new Promise<void>((settle) => {
    server.listen(0, '127.0.0.1', settle);
  });
  const { port } = server.address() as AddressInfo;
  const taken = await blastrain(['dashboard', '--port', String(port)], { cwd });
  expect({ status: taken.status, stderr: taken.stderr }).toEqual({ status: 1, stderr: expect.stringContaining(`127.0.0.1:${String(port)}`) });
  server.close();
});

test('beside a training ends with it where there is no terminal, also when the training fails', async () => {
  const quick = ['--set', 'data=synthetic', 'trainRows=100', 'validationRows=20', 'testRows=10', 'steps=2', 'batchSize=10'];
  const well = await blastrain(['train', 'two-layer-tuned', '--dashboard', '--json', ...quick], { cwd });
  expect({ status: well.status, stderr: well.stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^Dashboard: http:/) });
  expect(jsonLines(well.stdout).pop()).toMatchObject({ type: 'result' });
  const badly = await blastrain(['train', 'two-layer-tuned', '--dashboard', ...quick, 'learningRate=-1'], { cwd });
  expect({ status: badly.status, stderr: badly.stderr }).toEqual({ status: 1, stderr: expect.stringContaining('ERR_CONFIG') });
});
