import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blastrain } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const cwd = temporaryFolder();
const small = ['--set', 'data=synthetic', 'trainRows=100', 'validationRows=50', 'testRows=50', 'layers=3072,4,10', 'batchSize=50', 'steps=4'];
const told = (): Record<string, unknown> => JSON.parse(readFileSync(join(cwd, 'told.json'), 'utf8')) as Record<string, unknown>;

/** Answers every request with this status, and keeps what was sent. */
async function withHook(status: number, use: (url: string) => Promise<void>): Promise<string[]> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push(`${request.method!} ${request.headers['content-type']!} ${Buffer.concat(parts).toString()}`);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await use(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/secret-path`);
  } finally {
    server.close();
  }
  return bodies;
}

test('a web hook is told of a run that has finished', async () => {
  const bodies = await withHook(200, async (url) => {
    expect(await blastrain(['train', 'two-layer-tuned', '--name', 'good', ...small, '--notify', url], { cwd })).toMatchObject({ status: 0, stderr: expect.not.stringContaining('warning') as string });
  });
  expect(bodies).toHaveLength(1);
  const [, body] = /^POST application\/json (.*)$/.exec(bodies[0]!)!;
  const sent = JSON.parse(body!) as Record<string, unknown>;
  expect(sent).toMatchObject({ command: 'train', state: 'finished', status: 0, failure: null, results: [{ run: 'good', steps: 4 }] });
  expect(sent['text']).toMatch(/^blastrain train finished on .+; good: validation \d+\.\d %$/);
  expect(sent['content']).toBe(sent['text']);
});

test('one that refuses is a warning, without its secret, and no failure of the command', async () => {
  await withHook(500, async (url) => {
    const { status, stderr } = await blastrain(['runs', '--notify', url], { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(/The notification did not arrive: 127\.0\.0\.1:\d+ answered\s+500/);
    expect(stderr).not.toContain('secret-path');
  });
});

test('a command is told of a failure, and the exit status stays that of the failure', async () => {
  const { status } = await blastrain(['train', 'two-layer-tuned', ...small, 'learningRate=1e30', '--notify', 'cat > told.json; echo heard'], { cwd });
  expect(status).toBe(1);
  expect(told()).toMatchObject({ state: 'failed', status: 1, failure: { code: 'ERR_DIVERGED' }, results: [], text: expect.stringMatching(/^blastrain train failed on .*: Expected a finite loss/) as string });
});

test('what a command prints does not come into the output, and one that fails is a warning', async () => {
  const { status, stdout, stderr } = await blastrain(['runs', '--json', '--notify', 'echo heard; exit 3'], { cwd });
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/heard\nblastrain: warning: The notification did not arrive: echo heard; exit 3 ended\s+with\s+status 3/);
});

test.each([['', /a URL or a command/], ['http://', /a URL for --notify/]])('%j is refused before anything is done', async (target, message) => {
  const { status, stdout, stderr } = await blastrain(['train', 'two-layer-tuned', ...small, `--notify=${target}`], { cwd });
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(message) as string });
});
