import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

/** Uses every thread that a program starts: training, trials, predictions, reading. */
const program = `
import { loadRows, Model, parseSearch, search, selectBackend, train } from 'blastrain';

async function main() {
  const rows = Array.from({ length: 60 }, (_, i) => ({ x: i % 7, y: i % 5, kind: i % 7 > 3 ? 'a' : 'b' }));
  const data = await loadRows(rows, { target: 'kind' });
  const settings = { hidden: [4], epochs: 2, batchSize: 16 };
  const trained = await train(settings, { data }).model;
  const model = Model.load(trained.toBytes());
  const predictions = await model.predictAsync(rows);
  let trials = 0;
  const space = { learningRate: { type: 'choice', values: [0.1, 0.01] } };
  const found = search(parseSearch({ base: settings, space, sampler: 'grid', pruner: 'none' }), { runs: 'runs-' + process.argv[2], data });
  for await (const event of found) if (event.type === 'decision' && event.what === 'finished') trials++;
  console.log(JSON.stringify({ backend: selectBackend().backend, predictions: predictions.length, trials }));
}
main();
`;

const folder = temporaryFolder();
const beside = join(folder, 'beside');
const alone = join(folder, 'alone');

beforeAll(() => {
  for (const place of [join(beside, 'node_modules'), alone]) mkdirSync(place, { recursive: true });
  symlinkSync(root, join(beside, 'node_modules', 'blastrain'));
  writeFileSync(join(beside, 'program.mjs'), program);
});

/** Bundles the program into a file of `place` and runs it there. */
async function bundled(place: string, format: 'cjs' | 'esm', external: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const outfile = join(place, `${format}-${external.length === 0 ? 'whole' : 'external'}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
  await build({ entryPoints: [join(beside, 'program.mjs')], outfile, bundle: true, platform: 'node', format, external, logLevel: 'silent' });
  return spawnSync(process.execPath, [outfile, `${format}-${String(external.length)}`], { cwd: place, encoding: 'utf8' });
}

const { BLASTRAIN_BACKEND: asked } = process.env;
const backend = asked === 'typescript' ? 'typescript' : 'native';

test.each([
  ['cjs', 'external', ['blastrain']],
  ['esm', 'external', ['blastrain']],
  ['cjs', 'bundled, and installed beside it', []],
] as const)('a bundle in %s with the package %s runs', async (format, _, external) => {
  const { status, stdout, stderr } = await bundled(beside, format, [...external]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ backend, predictions: 60, trials: 2 });
});

test.each([
  ['cjs', /but received a bundle, .*cjs-whole\.cjs, with no node_modules\/blastrain beside or above it; mark it as external/],
  ['esm', /but received a bundle that is an ES module; mark it as external \(esbuild --external:blastrain\)/],
] as const)('a bundle in %s that holds all of the package says what to do', async (format, sentence) => {
  const { status, stderr } = await bundled(alone, format, []);
  expect(status).toBe(1);
  expect(stderr).toMatch(sentence);
});
