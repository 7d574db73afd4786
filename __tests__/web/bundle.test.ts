import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dataset, Model, split, train } from '../../lib/index';
import type { BackendName, TrainEvent } from '../../lib/index';
import { sha256 } from '../../lib/files/sha256.web';
import { root } from '../support/cli';
import { webSample } from '../support/webSample';
import { withoutTimes } from '../support/run';

const bundle = join(root, 'dist', 'web', 'index.mjs');

/** Runs the text as a module of Node.js with `web` and `print`; returns what it printed. */
function inModule(text: string): unknown {
  const source = `import * as web from ${JSON.stringify(pathToFileURL(bundle).href)}; import { readFileSync } from 'node:fs'; const print = (value) => { console.log(JSON.stringify(value)); };\n${text}`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

const codeOf = (call: string): string => `(async () => { try { await (${call}); } catch (error) { return error.code + ' ' + error.message; } })()`;

test('the bundle is one module that imports nothing and asks for nothing of Node.js', () => {
  const text = readFileSync(bundle, 'utf8');
  expect(text).not.toMatch(/(^|[;}])import[\s{*"']|\bimport\(|\brequire\(|\bprocess\.(env|versions|platform)|\bBuffer\.|__dirname/);
});

test('the digests of a page are those of Node.js, however their parts are cut', () => {
  for (const size of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 70_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => 7 * i + size);
    for (const step of [1000, 37]) {
      const hash = sha256();
      for (let at = 0; at < size; at += step) hash.update(bytes.subarray(at, at + step));
      expect(hash.update('ä€').digest('hex')).toBe(createHash('sha256').update(bytes).update('ä€').digest('hex'));
    }
  }
});

test.each<BackendName>(['typescript', 'wasm'])('trains to the bit as the library does, on %s, and each loads the other’s models', async (backend) => {
  const { features, labels, spec } = webSample();
  const own = train({ ...spec, backend }, { data: split(dataset({ features, labels }), { seed: 1 }) });
  const events: TrainEvent[] = [];
  for await (const event of own) events.push(event);
  const model = await own.model;
  const page = inModule(`
    const data = web.split(web.dataset(${JSON.stringify({ features, labels })}), { seed: 1 });
    ${backend === 'wasm' ? `await web.loadWasm(readFileSync(${JSON.stringify(join(root, 'wasm', 'kernels.wasm'))}));` : ''}
    const run = web.train({ ...${JSON.stringify(spec)}, backend: '${backend}' }, { data });
    const events = [];
    for await (const event of run) events.push(event);
    const model = await run.model;
    const loaded = web.Model.load(new Uint8Array(Buffer.from('${Buffer.from(model.toBytes()).toString('base64')}', 'base64')));
    print({ events, bytes: Buffer.from(model.toBytes()).toString('base64'), outputs: [...model.outputs([[1, 1], [-1, 0.5]])], loaded: [...loaded.outputs([[1, 1], [-1, 0.5]])] });
  `) as { events: TrainEvent[]; bytes: string; outputs: number[]; loaded: number[] };
  expect(withoutTimes(page.events)).toEqual(withoutTimes(JSON.parse(JSON.stringify(events)) as TrainEvent[]));
  expect(events.length).toBeGreaterThan(100);
  const back = Model.load(new Uint8Array(Buffer.from(page.bytes, 'base64')), { backend });
  expect([...back.outputs([[1, 1], [-1, 0.5]])]).toEqual(page.outputs);
  expect(page.loaded).toEqual([...model.outputs([[1, 1], [-1, 0.5]])]);
  await model.close();
});

test('what a page cannot do is refused in one sentence', () => {
  const { features, labels } = webSample();
  const refused = inModule(`
    const data = web.split(web.dataset(${JSON.stringify({ features, labels })}));
    print(await Promise.all([
      ${codeOf("web.train({ epochs: 1 }, {})")},
      ${codeOf("web.train({ epochs: 1, module: 'parts.mjs' }, { data })")},
      ${codeOf("web.train({ epochs: 1, from: 'runs/one' }, { data }).model")},
      ${codeOf("web.train({ epochs: 1, backend: 'wasm' }, { data }).model")},
      ${codeOf("web.train({ epochs: 1, backend: 'native' }, { data }).model")},
      ${codeOf("web.checkGradients({ epochs: 1 })")},
      ${codeOf("web.Model.load('model.safetensors')")},
      ${codeOf("web.loadWasm(5)")},
      ${codeOf("web.loadWasm(new Uint8Array(8))")},
    ]));
  `);
  expect(refused).toEqual([
    'ERR_CONFIG Expected rows, as a page opens no files, for data but received undefined',
    "ERR_CONFIG Expected null, as a page loads no module for a spec (registerParts takes its parts), for module but received 'parts.mjs'",
    "ERR_CONFIG Expected null, as a page opens no files, for from but received 'runs/one'",
    'ERR_BACKEND Expected a module that loads for backend wasm but received: no module was loaded; to mend it, type: await loadWasm()',
    'ERR_BACKEND Expected an addon that loads for backend native but received: a page loads no addon; to mend it, type: npm install blastrain, for Node.js',
    'ERR_CONFIG Expected rows, as a page opens no files, for data but received undefined',
    "ERR_CONFIG Expected the bytes of a model for from but received 'model.safetensors'",
    'ERR_CONFIG Expected an address, the bytes of a module or a module for source but received 5',
    expect.stringMatching(/^ERR_BACKEND Expected a module that loads for backend wasm but received: .*magic/) as string,
  ]);
});

test('a loop that is left stops the training, and other work of the thread has its turn between steps', () => {
  const { features, labels, spec } = webSample();
  const { turns, ended } = inModule(`
    const data = web.split(web.dataset(${JSON.stringify({ features, labels })}));
    const run = web.train({ ...${JSON.stringify(spec)}, epochs: 100000 }, { data });
    let turns = 0;
    const timer = setInterval(() => { if (++turns === 5) run.stop(); }, 1);
    let last;
    for await (const event of run) last = event;
    clearInterval(timer);
    print({ turns, ended: last.ended });
  `) as { turns: number; ended: string };
  expect({ turns: turns >= 5, ended }).toEqual({ turns: true, ended: 'stopped' });
});
