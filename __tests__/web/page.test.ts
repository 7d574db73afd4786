/// <reference lib="dom" />
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { dataset, split } from '../../lib/index';
import type { BackendName, TrainEvent } from '../../lib/index';
import { runTraining } from '../../lib/run/run';
import { parseSpec, specForRows } from '../../lib/spec/spec';
import { eachPage, launchBrowser } from '../support/browser';
import { root } from '../support/cli';
import { webSample } from '../support/webSample';
import { drive, withoutTimes } from '../support/run';
import { serveFolders } from '../support/webServer';

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let server: Awaited<ReturnType<typeof serveFolders>>;
let page: Page;
let wrong: string[];

beforeAll(async () => {
  server = await serveFolders({ dist: join(root, 'dist'), wasm: join(root, 'wasm') });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
eachPage(() => browser.context, (opened, complaints) => { [page, wrong] = [opened, complaints]; });
beforeEach(async () => {
  await page.goto(server.url);
});

interface Found {
  readonly events: readonly TrainEvent[];
  readonly vectors: string | undefined;
  readonly passed: boolean;
  readonly largest: number;
  readonly classes: readonly string[];
}

/** Trains the sample in the page, with the module at that address, and checks the gradients there. */
async function trainInPage(backend: BackendName, wasm: string | undefined): Promise<Found> {
  const { features, labels, spec } = webSample();
  // As a text: the compiler of tests would make a `require` of the import.
  const text = `(async () => {
    const { checkGradients, dataset, loadWasm, Model, split, train } = await import('/dist/web/index.mjs');
    const loaded = ${wasm === undefined ? 'undefined' : `await loadWasm(${wasm})`};
    const data = split(dataset(${JSON.stringify({ features, labels })}), { seed: 1 });
    const spec = { ...${JSON.stringify(spec)}, backend: '${backend}' };
    const run = train(spec, { data });
    const events = [];
    for await (const event of run) events.push(event);
    const model = Model.load((await run.model).toBytes());
    const { passed, parameters } = await checkGradients(spec, { data, backend: '${backend}' });
    const largest = Math.max(...parameters.map(({ worst }) => worst.error));
    return { events, vectors: loaded?.vectors, passed, largest, classes: model.predict([[2, 2], [-2, 2]]).map(({ className }) => className) };
  })()`;
  return JSON.parse(await page.evaluate(`${text}.then((found) => JSON.stringify(found))`)) as Found;
}

/** Losses rounded to what engines agree in, as exp and log are theirs on the TypeScript kernels. */
function rounded(events: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(events, (key, value: unknown) => (key === 'parametersDigest' ? '' : typeof value === 'number' ? Number(value.toPrecision(5)) : value)));
}

test.each([
  ['typescript', undefined, rounded],
  ['wasm', "new URL('/wasm/kernels.wasm', location.href)", (events: readonly unknown[]) => JSON.parse(JSON.stringify(events)) as unknown],
] as const)('Chromium trains as Node.js does, on %s, and its gradients are right', async (backend, wasm, comparable) => {
  const { features, labels, spec } = webSample();
  const data = split(dataset({ features, labels }), { seed: 1 });
  const { events } = drive(runTraining(parseSpec(specForRows({ ...spec, backend }, data.train)), data, 'run'));
  const found = await trainInPage(backend, wasm);
  expect(comparable(withoutTimes(found.events))).toEqual(comparable(withoutTimes(events)));
  expect(found).toMatchObject({ passed: true, classes: ['1', '0'] });
  expect(found.largest).toBeLessThan(1e-6);
});

test('the module that lies beside is found without being named, and the browser’s own vectors are used', async () => {
  const { vectors, passed, events } = await trainInPage('wasm', '');
  expect({ vectors, passed }).toEqual({ vectors: 'relaxed', passed: true });
  expect(events.at(-1)).toMatchObject({ type: 'result', backend: 'wasm', ended: 'finished' });
});

test('a module is sent to a worker, which compiles nothing', async () => {
  const answer = await page.evaluate(`import('/dist/web/index.mjs').then(async ({ loadWasm }) => {
    const { module } = await loadWasm();
    const source = "import { kernelsFor, loadWasm } from '" + location.origin + "/dist/web/index.mjs';" +
      "onmessage = async ({ data }) => { const { vectors } = await loadWasm(data); const kernels = kernelsFor('float64'); postMessage([kernels.backend, vectors, kernels.nrm2(2, Float64Array.of(3, 4))]); };";
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => { resolve(data); worker.terminate(); };
      worker.onerror = (event) => { reject(new Error(event.message)); };
      worker.postMessage(module);
    });
  })`);
  expect(answer).toEqual(['wasm', 'relaxed', 5]);
});

test('in a page that is isolated two threads share the work, and give the bits of two in Node.js', async () => {
  // 105,600 weights in the first layer: enough for two threads.
  const spec = { layers: [352, 297, 3], batchSize: 200, steps: 6, evaluateEvery: 3, logEvery: 1, clipNorm: 1e-3, seed: 5, threads: 2, backend: 'wasm' } as const;
  const rows = (take: typeof dataset) => take({ features: Float32Array.from({ length: 400 * 352 }, (_, i) => Math.fround(((i * 7919) % 1000) / 500 - 1)), labels: Array.from({ length: 400 }, (_, i) => i % 3) });
  const wanted = drive(runTraining(parseSpec(spec), split(rows(dataset), { seed: 1 }), 'run'));
  const isolated = await serveFolders({ dist: join(root, 'dist'), wasm: join(root, 'wasm') }, { isolated: true });
  try {
    await page.goto(isolated.url);
    const found = JSON.parse(await page.evaluate(`import('/dist/web/index.mjs').then(async ({ dataset, loadWasm, split, train }) => {
      const { threads } = await loadWasm(new URL('/wasm/kernels.wasm', location.href));
      const run = train(${JSON.stringify(spec)}, { data: split((${rows.toString()})(dataset), { seed: 1 }) });
      const events = [];
      for await (const event of run) events.push(event);
      return JSON.stringify({ cores: navigator.hardwareConcurrency, threads, events });
    })`)) as { cores: number; threads: number; events: TrainEvent[] };
    expect(found.threads).toBe(found.cores);
    expect(page.workers()).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(withoutTimes(found.events)))).toEqual(JSON.parse(JSON.stringify(withoutTimes(wanted.events))));
  } finally {
    await isolated.close();
  }
});

test('a module that is not there is refused with the reason', async () => {
  const message = await page.evaluate(`import('/dist/web/index.mjs').then(({ loadWasm }) => loadWasm('/wasm/none.wasm')).catch(({ code, message }) => code + ' ' + message)`);
  expect(message).toBe('ERR_BACKEND Expected a module that loads for backend wasm but received: /wasm/none.wasm: 404 Not Found');
  wrong.splice(0, wrong.length, ...wrong.filter((line) => !line.includes('404')));
});
