import { verifyCases } from '../../lib/verify/cases';
import type { VerifyCase } from '../../lib/verify/cases';
import { backends as table, getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import type { BackendName, KernelName, Kernels } from '../../lib/kernels/contract';
import { kernelNames, kernelsIn, signatures } from '../../lib/kernels/signatures';
import { kernelBackends, precisions } from '../support/backends';
import { run, withoutTimes } from '../support/run';
import { tinyData } from '../support/data/tinyData';

/** Whether its sums are cut into as many parts as there are divisions; in bfloat16 the parts have fixed sizes. */
const isCut = (kernel: KernelName): boolean => signatures[kernel].sum || signatures[kernel].product;

/** Those of which a case is large enough for its order of sums to show. */
const reordered: readonly KernelName[] = ['gemm', 'dot', 'softmaxCrossEntropyForward', 'softCrossEntropyForward'];

type Outputs = readonly ArrayLike<number>[];

/** Whether a kernel wrote and returned the same bytes. To compare hundreds of thousands of numbers one by one takes expect a second. */
const sameBits = (a: Outputs, b: Outputs): boolean => a.every((output, i) => bytesOf(output).equals(bytesOf(b[i]!)))
  || a.every((output, i) => bytesOf(withOneNaN(output)).equals(bytesOf(withOneNaN(b[i]!))));
const bytesOf = (output: ArrayLike<number>): Buffer => {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(output) ? output : Float64Array.from(output);
  return Buffer.from(buffer, byteOffset, byteLength);
};
/** One NaN in place of the many that there are: which of two a sum passes on is the compiler's choice. */
const withOneNaN = (output: ArrayLike<number>): ArrayLike<number> =>
  (ArrayBuffer.isView(output) ? output as Float32Array : Float64Array.from(output)).map((value) => (value === value ? value : NaN));

/** Those that have threads. */
const threaded = kernelBackends.filter((backend) => table[backend].threads !== undefined);

/*
 * Cases of verify: parity.test.ts holds them to the TypeScript kernels, with 1, 2 and 3 threads; here it is the bits that count. Where it
 * lets nothing else pass, as of exact kernels, none are left to compare here, but of sums the divisions are.
 */
(threaded.length > 0 ? describe : describe.skip).each(precisions)('kernels over threads, %s', (precision) => {
  const before = getThreads(threaded[0]);
  afterAll(() => { setThreads(before); });
  const names = kernelNames.filter((kernel) => kernelsIn(precision).includes(kernel) && !signatures[kernel].exact);
  const kernels: Partial<Record<BackendName, Kernels>> = Object.fromEntries(threaded.map((backend) => [backend, kernelsFor(precision, backend)]));
  const rows = (of: readonly KernelName[]) => of.flatMap((kernel) => threaded.map((backend) => ({ kernel, backend })));

  // Drawn once for all backends.
  let drawn: { readonly kernel: KernelName; readonly cases: readonly VerifyCase[] } | undefined;
  const casesOf = (kernel: KernelName): readonly VerifyCase[] => {
    if (drawn?.kernel !== kernel) drawn = { kernel, cases: [...verifyCases(kernel, precision, 0)].filter(({ bounds }) => isCut(kernel) || bounds.length > 0) };
    return drawn.cases;
  };
  /** For each case of a kernel, what it writes with so many threads. */
  const results = (kernel: KernelName, backend: BackendName, threads: number, divisions: number | null = null): Outputs[] => {
    setThreads(threads, divisions);
    return casesOf(kernel).map(({ run: call }) => call(kernels[backend]!));
  };
  /** The labels of cases whose bits differ. */
  const different = (kernel: KernelName, a: readonly Outputs[], b: readonly Outputs[]): string[] =>
    casesOf(kernel).flatMap(({ label }, i) => (sameBits(a[i]!, b[i]!) ? [] : [label]));

  const free = names.filter((kernel) => precision === 'bfloat16' || !isCut(kernel));
  test.each(rows(free))('$kernel gives the same bits with any number of threads, $backend', ({ kernel, backend }) => {
    const alone = results(kernel, backend, 1);
    expect(alone.length).toBeGreaterThan(5);
    for (const threads of [2, 3]) expect(different(kernel, alone, results(kernel, backend, threads))).toEqual([]);
  });

  const bound = names.filter((kernel) => !free.includes(kernel));
  if (bound.length === 0) return;
  test.each(rows(bound))('$kernel gives the bits of as many threads as divisions, whatever computes them, $backend', ({ kernel, backend }) => {
    const [ofTwo, ofThree] = [results(kernel, backend, 1, 2), results(kernel, backend, 1, 3)];
    expect(different(kernel, ofTwo, results(kernel, backend, 2))).toEqual([]);
    expect(different(kernel, ofThree, results(kernel, backend, 3))).toEqual([]);
    expect(different(kernel, ofThree, results(kernel, backend, 2, 3))).toEqual([]);
    // Or else nothing here was large enough to be shared.
    if (reordered.includes(kernel)) expect(different(kernel, results(kernel, backend, 1), ofThree)).not.toEqual([]);
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
