import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { Model } from '../../../lib/inference/model';
import { blastrain, root } from '../../support/cli';
import { writeFlowers } from '../../support/data/flowers';
import { temporaryFolder } from '../../support/folder';

const cwd = temporaryFolder();
writeFlowers(cwd);
beforeAll(async () => {
  const { status, stderr } = await blastrain(['train', 'table', '--set', 'dataFile=flowers.csv', 'hidden=6', 'epochs=1', '--name', 'flowers', '--json'], { cwd });
  expect({ status, stderr: stderr.replace(/^blastrain: warning.*\n(.*\n)*/, '') }).toEqual({ status: 0, stderr: '' });
});

const rows = Array.from({ length: 2000 }, (_, i) => [5 + (i % 9) / 9, 3, 1 + (i % 5), 0.2]);

function post(url: string): Promise<{ status: number; predictions: readonly { class: string }[] }> {
  return new Promise((settle, reject) => {
    const sent = request(`${url}predict`, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => {
        settle({ status: response.statusCode!, predictions: (JSON.parse(text) as { predictions: { class: string }[] }).predictions });
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ rows }));
  });
}

test.each(['SIGTERM', 'SIGINT'] as const)('answers until %s, then what is under way, and exits with 0', async (signal) => {
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'serve', 'flowers', '--port', '0', '--batch-rows', '8', '--json'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((settle) => { child.on('close', settle); });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const line = await new Promise<string>((settle) => { child.stdout.setEncoding('utf8').once('data', settle); });
  const { type, name, url } = JSON.parse(line) as { type: string; name: string; url: string };
  expect([type, name, url]).toEqual(['serve', 'flowers', expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/)]);
  const under = Array.from({ length: 4 }, () => post(url));
  // All have begun: those that are answered, and those that are open.
  for (let begun = 0; begun < 4;) {
    const text = await (await fetch(`${url}metrics`)).text();
    begun = [/status="200"} (\d+)/, /^blastrain_open_requests (\d+)/m].reduce((sum, count) => sum + Number(count.exec(text.replaceAll(/.*path="\/metrics".*\n/g, ''))?.[1] ?? 0), 0);
  }
  child.kill(signal);
  const wanted = Model.load(join(cwd, 'runs', 'flowers')).predict(rows.flat()).map(({ className }) => className);
  for (const { status, predictions } of await Promise.all(under)) {
    expect(status).toBe(200);
    expect(predictions.map((prediction) => prediction.class)).toEqual(wanted);
  }
  expect({ status: await ended, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each([
  [['flower'], 'a run of runs, perhaps flowers, for MODEL but received \'flower\' [ERR_CONFIG]'],
  [['flowers.csv'], '[ERR_CHECKPOINT]'],
  [['flowers', '--port', '70000'], 'an integer in [0, 65535] for --port but received \'70000\' [ERR_CONFIG]'],
  [['flowers', '--max-rows', '0'], 'an integer of at least 1 for --max-rows but received \'0\' [ERR_CONFIG]'],
  [['flowers', '--host', '192.0.2.1', '--port', '0'], 'an address that is free for 192.0.2.1:0 but received'],
])('%j is refused in a sentence', async (args, message) => {
  const { status, stdout, stderr } = await blastrain(['serve', ...args], { cwd });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^blastrain: Expected .*\]\n$/);
  expect(stderr).toContain(message);
});
