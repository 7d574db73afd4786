import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RandomState } from '../../lib/random';
import { parseSpec } from '../../lib/spec/spec';
import { registerParts } from '../../lib/spec/ownParts';
import { blastrain, root } from '../support/cli';
import { temporaryFolder } from '../support/folder';

const cwd = temporaryFolder();
const library = join(root, 'dist', 'index.js');
/** What the documents show, by the names of its files. */
const shown = Object.fromEntries([...readFileSync(join(root, 'docs', 'own-parts.md'), 'utf8').matchAll(/```\w+ ([\w.]+)\n([\s\S]*?)```/g)].map(([, name, text]) => [name!, text!]));
/** What a callback keeps goes on with the run: it writes down all losses that it was told of. */
const history = `history: { make: () => {
  let kept = { name: '', losses: [], sums: new Float64Array(1), none: NaN };
  return {
    event(event) {
      if (event.type === 'start') kept.name = event.run;
      if (event.type === 'step') kept.sums[0] += kept.losses[kept.losses.push(event.loss) - 1];
      if (event.type === 'result') writeFileSync('history-' + kept.name, JSON.stringify([kept.losses, ...kept.sums, String(kept.none)]));
    },
    state: () => kept,
    restore: (state) => { kept = state; },
  };
} },`;
const mine = `import { writeFileSync } from 'node:fs';\n${shown['mine.mjs']!.replace('\'blastrain\'', `'${library}'`).replace('callbacks: {', `callbacks: {\n${history}`)}`;
const random = new RandomState(1);
const table = Array.from({ length: 120 }, () => {
  const [a, b] = [random.gaussian(), random.gaussian()];
  return [a, b, 2 * a - b + 0.5 * a * b].join(',');
});
beforeAll(() => {
  mkdirSync(join(cwd, 'moved'));
  writeFileSync(join(cwd, 'table.csv'), `a,b,y\n${table.join('\n')}\n`);
  writeFileSync(join(cwd, 'spec.json'), shown['spec.json']!);
  for (const file of ['mine.mjs', 'moved/mine.mjs']) writeFileSync(join(cwd, file), mine);
  writeFileSync(join(cwd, 'other.mjs'), `${mine}\n// another one\n`);
  writeFileSync(join(cwd, 'broken.mjs'), 'export default {');
  writeFileSync(join(cwd, 'empty.mjs'), 'export const layers = {};');
  // The gradient of the layer's input is 1 % off.
  writeFileSync(join(cwd, 'wrong.mjs'), `import mine from './mine.mjs';
const make = (context, options) => {
  const layer = mine.layers.swish.make(context, options);
  const { backward } = layer;
  layer.backward = (m, x, y, dy, dx) => { backward.call(layer, m, x, y, dy, dx); if (dx) dx[0] *= 1.01; };
  return layer;
};
export default { ...mine, layers: { swish: { ...mine.layers.swish, make } } };`);
});

const run = (...args: string[]) => blastrain(args, { cwd });
const parametersOf = (name: string): string => {
  const bytes = readFileSync(join(cwd, 'runs', name, 'checkpoint.safetensors'));
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE())).toString('base64');
};

test('the parts of the documents\' module train in the thread, are named in the files and go on to the bit', async () => {
  const whole = await run('train', 'spec.json', '--module', './mine.mjs', '--name', 'whole');
  expect(whole.status).toBe(0);
  expect(whole.stdout).toContain('Monitored worst');
  const saved = JSON.parse(readFileSync(join(cwd, 'runs', 'whole', 'spec.json'), 'utf8')) as Record<string, unknown>;
  expect(saved).toMatchObject({ module: './mine.mjs', moduleDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string, loss: 'log-cosh' });
  // A callback ends the run at step 12 of 18.
  const first = await blastrain(['train', 'spec.json', '--module', './mine.mjs', '--name', 'parts'], { cwd, env: { STOP_AT: '12' } });
  expect(first.stdout).toContain('12 steps');
  expect(parametersOf('parts')).not.toBe(parametersOf('whole'));
  // The same bytes in another place are the same module.
  expect(await run('train', '--resume', 'parts', '--module', 'moved/mine.mjs')).toMatchObject({ status: 0 });
  expect(parametersOf('parts')).toBe(parametersOf('whole'));
  const [ofWhole, ofParts] = ['whole', 'parts'].map((name) => JSON.parse(readFileSync(join(cwd, `history-${name}`), 'utf8')) as [number[], number, string]);
  expect(ofWhole![0]).toHaveLength(18);
  expect(ofParts).toEqual(ofWhole);
  expect(ofParts![2]).toBe('NaN');
  const evaluated = await run('evaluate', 'whole', '--module', './mine.mjs');
  expect(evaluated).toMatchObject({ status: 0, stderr: '' });
  expect(evaluated.stdout).toContain('largest error');
});

test.each([
  ['no module', [], /Expected a module that the caller names too \(--module, or the option module\), as a spec loads no code, for module but received '\.\/mine\.mjs' \[ERR_CONFIG\]/],
  ['another module', ['--module', 'other.mjs'], /as a spec loads no code, for module but received '\.\/mine\.mjs'/],
  ['a module that is not there', ['--module', 'none.mjs'], /none\.mjs.*\[ERR_IO\]/],
  ['a module that does not parse', ['--module', 'broken.mjs'], /Expected a module that loads for module but received 'broken\.mjs: .*\[ERR_CONFIG\]/],
  ['a module without a default', ['--module', 'empty.mjs'], /Expected a default export with layers, losses, metrics, schedules or callbacks for module but received 'empty\.mjs'/],
])('a spec that names a module is refused with %s', async (_, args, message) => {
  const { status, stderr } = await run('train', 'spec.json', ...args);
  expect(stderr).toMatch(message);
  expect(stderr.split('\n')).toHaveLength(2);
  expect(status).toBe(1);
});

test('gradcheck checks the layers and the loss of a module', async () => {
  const right = await run('gradcheck', 'spec.json', '--module', 'mine.mjs', '--backend', 'typescript');
  expect(right.stdout).toMatch(/swish1 8 .*✓/);
  expect(right.status).toBe(0);
  const wrong = await run('gradcheck', 'spec.json', '--set', 'module=wrong.mjs', '--module', 'wrong.mjs', '--backend', 'typescript');
  expect(wrong.stdout).toMatch(/✗ typescript W1\[/);
  expect(wrong.status).toBe(1);
});

test('programs load a module before models and searches name its parts', async () => {
  writeFileSync(join(cwd, 'program.mjs'), `
import { readFileSync } from 'node:fs';
import { exportOnnx, loadModule, Model, search, train } from '${library}';
const spec = JSON.parse(readFileSync('spec.json', 'utf8'));
const said = [];
try { await train(spec).model } catch ({ message }) { said.push(message) }
const given = { base: { ...spec, module: undefined }, space: { learningRate: { type: 'log-uniform', low: 0.01, high: 0.1 } }, sampler: 'random', trials: 2 };
try { search(given, { runs: 'searches' }) } catch ({ message }) { said.push(message) }
let isBlocked = true;
setImmediate(() => { isBlocked = false; });
for await (const event of search(given, { runs: 'searches', workers: 2, module: './mine.mjs' })) {
  if (event.type === 'start') said.push(isBlocked);
  if (event.type === 'result') said.push(event.ended, event.best !== null);
}
const run = train(spec, { module: 'mine.mjs' });
const model = await run.model;
said.push(model.spec.loss, (await model.predictAsync([[1, 2]])).length);
const bytes = model.toBytes();
said.push(Model.load(bytes).spec.module);
try { exportOnnx(model) } catch ({ message }) { said.push(message) }
try { await train({ ...spec, module: undefined }, { module: 'none.mjs' }).model } catch ({ code }) { said.push(code) }
await loadModule('./mine.mjs');
console.log(JSON.stringify(said));
process.exit(0);
`);
  const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd });
  const said = JSON.parse(stdout) as unknown[];
  expect(said[0]).toMatch(/as a spec loads no code/);
  expect(said[1]).toMatch(/Expected one of .* but received '(swish|log-cosh)'/);
  expect(said.slice(2, 5)).toEqual([false, 'finished', true]);
  expect(said.slice(5, 8)).toEqual(['log-cosh', 1, './mine.mjs']);
  expect(said[8]).toMatch(/Expected a loss that comes with blastrain/);
  expect(said[9]).toBe('ERR_IO');
});

test('the loop of the documents trains', async () => {
  writeFileSync(join(cwd, 'loop.mjs'), shown['loop.mjs']!.replace('\'blastrain\'', `'${library}'`));
  const { stdout } = await promisify(execFile)(process.execPath, ['loop.mjs'], { cwd });
  const [, parameters, steps, accuracy] = /^(\d+) parameters, (\d+) steps, best accuracy ([\d.]+)\n$/.exec(stdout)!.map(Number);
  expect([parameters, steps]).toEqual([162, 300]);
  expect(accuracy).toBeGreaterThan(0.9);
});

const compute = (): number => 0;
test.each<[object, string]>([
  [{ layer: {} }, 'Expected one of layers, losses, metrics, schedules, callbacks (did you mean layers?) for the parts of a module but received \'layer\''],
  [{ layers: { relu: { make: compute } } }, 'Expected a name that is not taken for layers.relu but received \'relu\''],
  [{ layers: { 'my layer': { make: compute } } }, 'Expected a name of letters, digits, _ and - that begins with a letter for layers.my layer but received \'my layer\''],
  [{ layers: { mine: { make: 3 } } }, 'Expected a function for layers.mine.make but received 3'],
  [{ layers: { mine: { make: compute, fields: { type: { what: '', accepts: compute } } } } }, 'Expected a name but type, which says the layer, for layers.mine.fields but received \'type\''],
  [{ losses: { mse: { predicts: 'numbers', make: compute } } }, 'Expected a name that is not taken for losses.mse but received \'mse\''],
  [{ losses: { mine: { predicts: 'quantiles', make: compute } } }, 'Expected classes, labels, numbers or rates for losses.mine.predicts but received \'quantiles\''],
  [{ metrics: { rmse: { predicts: 'numbers', better: 'lower', compute } } }, 'Expected a name that is not taken for metrics.rmse but received \'rmse\''],
  [{ metrics: { mine: { predicts: 'numbers', better: 'more', compute } } }, 'Expected higher or lower for metrics.mine.better but received \'more\''],
  [{ schedules: { cosine: compute } }, 'Expected a name that is not taken for schedules.cosine but received \'cosine\''],
  [{ schedules: { fine: compute }, callbacks: { mine: 'log' } }, 'Expected a function for callbacks.mine but received \'log\''],
  [{ callbacks: { mine: { make: 3 } } }, 'Expected a function for callbacks.mine but received'],
])('registerParts refuses %j', (parts, message) => {
  expect(() => { registerParts(parts); }).toThrow(message);
  expect(() => parseSpec({ schedule: 'fine', steps: 1 })).toThrow('schedule'); // nothing of it was taken
});

test('parts that programs register are known at once', () => {
  registerParts({ metrics: { own: { predicts: 'classes', better: 'higher', compute } }, schedules: { flat: (rate) => () => rate } });
  expect(parseSpec({ steps: 1, schedule: 'flat', monitor: 'own' })).toMatchObject({ schedule: 'flat', monitor: 'own' });
  expect(() => parseSpec({ steps: 1, schedule: 'flat', decay: 0.5 })).toThrow('for decay');
});
