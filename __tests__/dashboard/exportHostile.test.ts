import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportSite } from '../../lib/dashboard/exportSite';
import { evaluationEvent, linesOf, startEvent } from '../support/events';
import { temporaryFolder } from '../support/folder';

const root = temporaryFolder();
const runs = join(root, 'runs');
const hostile = '<script>broken()</script>'.replaceAll('/', '∕');

function makeRun(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(runs, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

const spec = '{"learningRate":0.1}';
const good = linesOf(startEvent(), evaluationEvent(10));

/** The text of all answers of an exported page. */
const answers = (site: string): string => readdirSync(join(site, 'data')).map((name) => readFileSync(join(site, 'data', name), 'utf8')).join('');

test('what lies in folders of runs costs an exported page an answer at most', async () => {
  makeRun('good', { 'spec.json': spec, 'metrics.jsonl': good });
  writeFileSync(join(root, 'secret'), '{"secret":"SECRET"}');
  for (const file of ['spec.json', 'metrics.jsonl', 'weights.film', 'status.json', 'journal.jsonl', 'depth.json', 'lock']) {
    const others = { 'spec.json': spec, 'metrics.jsonl': good };
    const folders = ['fifo', 'link', 'folder', 'shape', 'huge'].map((kind) => [kind, makeRun(`${kind}-${file}`, Object.fromEntries(Object.entries(others).filter(([name]) => name !== file)))] as const);
    for (const [kind, folder] of folders) {
      const path = join(folder, file);
      if (kind === 'fifo') execFileSync('mkfifo', [path]);
      if (kind === 'link') symlinkSync(join(root, 'secret'), path);
      if (kind === 'folder') mkdirSync(path);
      if (kind === 'shape') writeFileSync(path, '[{"type":5},null,"\u202e"]\n{"type":"evaluation","step":"three","__proto__":{"x":1}}\n');
      if (kind === 'huge') {
        writeFileSync(path, '');
        truncateSync(path, 2 ** 40); // a hole: it takes no place on the disk
      }
    }
  }
  makeRun(hostile, { 'spec.json': JSON.stringify({ data: hostile }), 'metrics.jsonl': linesOf(startEvent({ data: hostile }), evaluationEvent(10)) });
  makeRun('__proto__', { 'spec.json': spec, 'metrics.jsonl': good });
  symlinkSync('/', join(runs, 'whole-machine'));

  const site = join(root, 'site');
  const { entries } = await exportSite({ runs, folder: site });
  expect(entries).toBe(3 + 7 * 5);
  const text = answers(site);
  expect(text).not.toContain('SECRET');
  expect(text).not.toContain('whole-machine');
  expect(text).not.toContain('</script');
  expect(text).toContain('received a FIFO');
  expect(text).toContain('received a symbolic link');
  for (const name of readdirSync(site, { recursive: true })) expect(readFileOrNothing(join(site, String(name)))).not.toContain(root);
}, 60_000);

test('links in the target are not written through', async () => {
  const [site, outside] = [join(root, 'linked'), join(root, 'outside')];
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious.js'), 'precious');
  await exportSite({ runs: join(root, 'few'), folder: site }).catch(() => undefined); // there are none: nothing is made
  expect(existsSync(site)).toBe(false);
  mkdirSync(site);
  symlinkSync(outside, join(site, 'data'));
  await expect(exportSite({ runs, folder: site })).rejects.toMatchObject({ code: 'ERR_IO' });
  expect(readdirSync(outside)).toEqual(['precious.js']);
});

function readFileOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a folder
  }
}
