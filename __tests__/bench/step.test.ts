import { benchData, findNet, makeNet, netNames } from '../../lib/bench/nets';
import { ProductsInC, productsOf } from '../../lib/bench/products';
import { benchCores } from '../../lib/bench/cores';
import { benchScaling } from '../../lib/bench/scaling';
import { benchStep, productsName } from '../../lib/bench/step';
import { benchTraining } from '../../lib/bench/training';
import { nativeStatus, setThreads } from '../../lib/kernels';
import { requireAddon } from '../../lib/kernels/native';
import { backends } from '../support/backends';

const quick = { rounds: 1, sampleSeconds: 1e-4, threads: 1, rows: 200, peak: { flops: 1e4, stream: 2 ** 15 } };
const native = backends.includes('native');

test.each(netNames)('%s trains on every backend, alike', (name) => {
  const net = findNet(name);
  const small = { ...net, spec: { ...net.spec, layers: net.spec.layers.map((size, i) => (i === 0 || size <= 10 ? size : 16)) } };
  const data = benchData(small, 300);
  const losses = backends.map((backend) => {
    const { built, step } = benchTraining(small, data, backend);
    step();
    step();
    return built.training.step.loss;
  });
  for (const loss of losses) expect(Math.abs(loss - losses[0]!)).toBeLessThan(1e-4 * losses[0]!);
});

test('a net that is not there: the nearest', () => {
  expect(() => findNet('two-layers')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('two-layer') }));
});

test('the large products of a step', () => {
  expect(productsOf(findNet('two-layer'))).toEqual([
    { transA: false, transB: true, m: 200, n: 50, k: 3072 }, { transA: true, transB: false, m: 50, n: 3072, k: 200 },
  ]);
  const deep = productsOf(makeNet('deep', { layers: [30, 20, 10], batchSize: 5 }));
  expect(deep.map(({ m, n, k }) => [m, n, k])).toEqual([[5, 20, 30], [5, 10, 20], [10, 20, 5], [5, 20, 10], [20, 30, 5]]);
});

test('a report of steps', async () => {
  const { entries, load } = await benchStep({ ...quick, nets: [findNet('toy')], backends, bfloat16: true });
  expect(entries.map(({ who }) => who)).toEqual([...backends, ...(native ? ['native, bfloat16', productsName] : [])]);
  for (const { time, flops } of entries) {
    expect(time.median).toBeGreaterThan(0);
    expect(flops).toBeGreaterThan(0);
  }
  expect(load.others).toBeGreaterThanOrEqual(0);
});

(native ? test : test.skip)('products in C use the kernels of OpenBLAS that the addon uses', async () => {
  const products = await ProductsInC.start(1);
  if (typeof products === 'string') throw new Error(products);
  const status = nativeStatus();
  expect(products.core).toBe(status.loaded && status.info.openblasCore);
  expect(await products.stop()).toBeGreaterThanOrEqual(0);
});

test('without a C compiler the report says so', async () => {
  const { CC } = process.env;
  process.env.CC = 'no-such-compiler';
  try {
    expect(await ProductsInC.start(1)).toMatch(/^the products in C: no C compiler: no-such-compiler/);
  } finally {
    if (CC === undefined) delete process.env.CC;
    else process.env.CC = CC;
  }
});

(native ? describe : describe.skip)('cores', () => {
  const net = makeNet('wide', { layers: [3072, 64, 10], batchSize: 64 });
  afterAll(() => { setThreads(1); });

  test('one entry for each number of them, of which more take less time', async () => {
    const { entries } = await benchCores({ ...quick, rounds: 9, sampleSeconds: 2e-3, nets: [net], cores: [1, 8] });
    expect(entries.map(({ subject, who }) => `${subject}, ${who}`)).toEqual(['wide, 1 core', 'wide, 8 cores']);
    expect(entries[1]!.time.best).toBeGreaterThan(0);
    expect(entries[1]!.time.best).toBeLessThan(entries[0]!.time.best); // what is not divided is less than half of it
    expect(entries[1]!.flops).toBe(entries[0]!.flops);
  });

  test('a step that is timed has the bits of one that is not', () => {
    const data = benchData(net, 200);
    const weights = [false, true].map((timed) => {
      setThreads(1, 8);
      const { built: { training: { objective } }, step } = benchTraining(net, data, 'native');
      requireAddon().timeParts(timed);
      step();
      expect(requireAddon().timeParts(false) > 0).toBe(timed);
      return [...objective.model.arena.values];
    });
    expect(weights[1]).toEqual(weights[0]);
  });
});

test('scaling: one entry for each width and each batch', async () => {
  const backend = backends[0]!;
  const { entries } = await benchScaling({ ...quick, backend, widths: [2, 4], batches: [8] });
  expect(entries.map(({ subject, case: size }) => `${subject} ${size}`)).toEqual(['hidden units 2', 'hidden units 4', 'batch 8']);
  expect(entries[1]!.flops / entries[0]!.flops).toBeCloseTo(2, 1);
});
