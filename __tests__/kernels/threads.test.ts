import { verifyCases } from '../../lib/verify/cases';
import { backends as table, getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import type { KernelName } from '../../lib/kernels/contract';
import { kernelNames, kernelsIn, signatures } from '../../lib/kernels/signatures';
import { kernelBackends, precisions } from '../support/backends';
import { run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

/** Whether its sums are cut into as many parts as there are divisions; in bfloat16 the parts have fixed sizes. */
const isCut = (kernel: KernelName): boolean => signatures[kernel].sum || signatures[kernel].product;

/**
 * What a kernel wrote and returned, as bytes: to compare hundreds of thousands of numbers one by one takes expect a second. Of the many
 * NaN one stands for all: which of two a sum passes on is the compiler's choice.
 */
const bytesOf = (outputs: readonly ArrayLike<number>[]): Buffer => Buffer.concat(outputs.map((output) => {
  const array = ArrayBuffer.isView(output) ? output as Float32Array : Float64Array.from(output);
  for (let i = 0; i < array.length; i++) if (array[i] !== array[i]) array[i] = NaN;
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}));

/** Those that have threads. */
const threaded = kernelBackends.filter((backend) => table[backend].threads !== undefined);

/* Cases of verify: it holds them to the TypeScript kernels, with 1, 2 and 3 threads; here it is the bits that count. */
(threaded.length > 0 ? describe : describe.skip).each(threaded.flatMap((backend) => precisions.map((precision) => ({ backend, precision }))))('$backend kernels over threads, $precision', ({ backend, precision }) => {
  const before = getThreads(backend);
  afterAll(() => { setThreads(before); });
  const names = kernelNames.filter((kernel) => kernelsIn(precision).includes(kernel));
  const kernels = kernelsFor(precision, backend);

  /** For each case of a kernel, what it writes with so many threads. */
  const results = (kernel: KernelName, threads: number, divisions: number | null = null): Buffer[] => {
    setThreads(threads, divisions);
    return cases(kernel).map(({ run: call }) => bytesOf(call(kernels)));
  };
  const drawn = new Map<KernelName, ReturnType<typeof drawCases>>();
  const drawCases = (kernel: KernelName) => [...verifyCases(kernel, precision, 0)];
  const cases = (kernel: KernelName): ReturnType<typeof drawCases> => {
    if (!drawn.has(kernel)) drawn.clear();
    drawn.set(kernel, drawn.get(kernel) ?? drawCases(kernel));
    return drawn.get(kernel)!;
  };
  /** The labels of cases whose bytes differ. */
  const different = (kernel: KernelName, a: Buffer[], b: Buffer[]): string[] =>
    cases(kernel).flatMap(({ label }, i) => (a[i]!.equals(b[i]!) ? [] : [label]));

  const free = names.filter((kernel) => precision === 'bfloat16' || !isCut(kernel));
  test.each(free)('%s gives the same bits with any number of threads', (kernel) => {
    const alone = results(kernel, 1);
    expect(alone.length).toBeGreaterThan(10);
    for (const threads of [2, 3]) expect(different(kernel, alone, results(kernel, threads))).toEqual([]);
  });

  const bound = names.filter((kernel) => !free.includes(kernel));
  if (bound.length === 0) return;
  test.each(bound)('%s gives the same bits with the same number of threads', (kernel) => {
    for (const threads of [2, 3]) expect(different(kernel, results(kernel, threads), results(kernel, threads))).toEqual([]);
  });
  test.each(bound)('%s gives the bits of as many threads as divisions, whatever computes them', (kernel) => {
    const wanted = results(kernel, 3);
    for (const threads of [1, 2]) expect(different(kernel, wanted, results(kernel, threads, 3))).toEqual([]);
  });
  // Or else nothing here was large enough to be shared.
  test.each(['gemm', 'dot', 'softmaxCrossEntropyForward', 'softCrossEntropyForward'] as const)('%s adds in another order with more threads', (kernel) => {
    const alone = results(kernel, 1);
    expect([2, 3].flatMap((threads) => different(kernel, alone, results(kernel, threads)))).not.toEqual([]);
  });
});

(threaded.length > 0 ? test : test.skip).each(threaded.flatMap((backend) => [
  { backend, divisions: 2 }, { backend, dtype: 'float64', divisions: 3 }, { backend, precision: 'bfloat16' },
]))('a run, losses and all, is the same with any number of threads: %j', (precision) => {
  const before = getThreads(precision.backend);
  // 105,600 weights in the penalty and the norm, 2,800 rows of three classes in an evaluation: both enough for three threads.
  const spec = { ...precision, layers: [352, 297, 3], batchSize: 200, steps: 6, evaluateEvery: 3, clipNorm: 1e-3 };
  const data = tinyData(600, 5600, 352);
  const runs = [1, 2, 3].map((threads) => run({ ...spec, threads }, { data }));
  setThreads(before);
  const facts = runs.map(({ events }) => withoutTimes(events).map((event) => ({ ...event as object, threads: 0 })));
  expect(facts[0]).toContainEqual(expect.objectContaining({ valLoss: expect.any(Number) as number }));
  expect(facts[1]).toEqual(facts[0]);
  expect(facts[2]).toEqual(facts[0]);
});
