import { costOf } from '../../lib/bench/cost';
import { kernelCalls } from '../../lib/bench/kernelCalls';
import { benchKernels } from '../../lib/bench/kernels';
import { minTime } from '../../lib/bench/peak';
import { kernelsFor, nativeStatus, vectorsHere } from '../../lib/kernels';
import type { KernelName } from '../../lib/kernels/contract';
import { kernelNames, signatures } from '../../lib/kernels/signatures';
import { benchTable } from '../../lib/report/bench';
import { backends, dtypes, kernelBackends, variants } from '../support/backends';

const sizes = { batch: 4, inputs: 48, hidden: 6, classes: 3 };
const quick = { sizes: [sizes], squares: [8], rounds: 1, sampleSeconds: 1e-5, peak: { flops: 1e4, stream: 2 ** 15 }, threads: 1 };

describe.each(variants)('$backend $dtype', ({ backend, dtype }) => {
  const callsOf = kernelCalls(dtype, sizes);
  const kernels = kernelsFor(dtype, backend) as unknown as Readonly<Record<KernelName, (...args: readonly unknown[]) => unknown>>;

  test.each([...kernelNames])('%s takes its call, again and again', (name) => {
    const calls = callsOf(name);
    expect(calls).not.toHaveLength(0);
    for (const args of calls) {
      for (let i = 0; i < 3; i++) expect(() => kernels[name](...args)).not.toThrow();
      const { shape, flops, bytes } = costOf(name, args, dtype === 'float32' ? 4 : 8);
      expect(shape).toMatch(/^([NT]{2} )?\d+(x\d+){0,6}$/);
      expect(bytes).toBeGreaterThan(0);
      expect(flops > 0).toBe(signatures[name].product);
    }
  });
});

test.each(dtypes)('%s: an entry for every call on every backend', async (dtype) => {
  const { entries, peak, notes } = await benchKernels({ ...quick, backends, dtype, kernels: ['gemm', 'axpy'] });
  expect(entries.map(({ subject, case: shape, who }) => `${subject} ${shape} ${who}`)).toEqual(
    ['gemm NT 4x6x48', 'gemm TN 6x48x4', 'gemm NN 4x48x6', 'gemm NN 8x8x8', 'axpy 288'].flatMap((call) => backends.map((backend) => `${call} ${backend}`)),
  );
  for (const { subject, time, who, share, memoryShare } of entries) {
    expect(time.median).toBeGreaterThan(0);
    expect(share === null).toBe(who === 'typescript' || subject === 'axpy');
    expect(memoryShare === undefined).toBe(who === 'typescript');
  }
  expect(peak === null).toBe(!backends.includes('native'));
  // On AMX.
  const status = nativeStatus();
  const splits = dtype === 'float32' && peak !== null && status.loaded && status.info.splitsProducts;
  expect(notes).toEqual(splits ? [expect.stringContaining('on tiles of bfloat16 here')] : []);
});

(kernelBackends.includes('wasm') ? test : test.skip)('several backends beside each other are a row each, and both modules of WebAssembly where the engine runs both', async () => {
  const report = await benchKernels({ ...quick, backends: kernelBackends, kernels: ['gemm'] });
  const whos = ['native', 'wasm', ...(vectorsHere() === 'relaxed' ? ['wasm, plain vectors'] : []), 'typescript'];
  expect(report.entries.filter(({ case: shape }) => shape === 'NN 8x8x8').map(({ who }) => who)).toEqual(whos);
  const { headers, rows } = benchTable(report);
  expect(headers).toEqual(['kernel', 'shape', 'who', 'time', '±', 'rate', 'of FMA limit', 'of memory', 'speed-up']);
  expect(rows.slice(-whos.length).map(([kernel, shape, who]) => [kernel, shape, who])).toEqual(whos.map((who, i) => (i === 0 ? ['gemm', 'NN 8x8x8', who] : ['', '', who])));
  for (const row of rows) expect(row.at(-1)).toMatch(row[2] === 'typescript' ? /^$/ : /^[\d.,]+×$/);
});

test.each([
  ['gemm', [false, true, 2, 3, 5, 1, null, null, 0, null], { shape: 'NT 2x3x5', flops: 60, bytes: 4 * (10 + 15 + 6) }],
  ['gemm', [true, false, 2, 3, 5, 1, null, null, 1, null], { shape: 'TN 2x3x5', flops: 60, bytes: 4 * (10 + 15 + 12) }],
  ['axpy', [7, 2, null, null], { shape: '7', flops: 0, bytes: 84 }],
  ['gatherRows', [2, 5, null, new Uint8Array(0)], { shape: '2x5', flops: 0, bytes: 10 * (1 + 4) + 40 }],
  ['byteMoments', [2, 5], { shape: '2x5', flops: 0, bytes: 10 + 40 }],
  ['gatherRows', [2, 5, null, new Float32Array(0)], { shape: '2x5', flops: 0, bytes: 10 * (4 + 4) + 40 }],
  ['gatherImages', [2, 1, 2, 3, null, null, new Uint8Array(0)], { shape: '2x1x2x3', flops: 0, bytes: 12 * 5 + 48 }],
  ['standardizeRows', [2, 5, null, new Float64Array(0)], { shape: '2x5', flops: 0, bytes: 10 * (8 + 4) + 80 }],
  ['standardizeImages', [2, 1, 2, 3, null, null, new Float32Array(0)], { shape: '2x1x2x3', flops: 0, bytes: 12 * 8 + 96 }],
  ['maskScale', [8, 2], { shape: '8', flops: 0, bytes: 8 * 9 }],
  ['argmax', [3, 4], { shape: '3x4', flops: 0, bytes: 48 }],
] as const)('%s costs what it must move and compute (case %#)', (kernel, args, cost) => {
  expect(costOf(kernel, args, 4)).toEqual(cost);
});

test('the arithmetic or the memory sets the least time, the memory by how much there is of it', () => {
  const peak = { dtype: 'float32', flops: 100, bfloat16: 0, streams: [{ bytes: 10, rate: 10 }, { bytes: 80, rate: 5 }] } as const;
  expect(minTime(peak, 200, 10)).toBe(2);
  expect(minTime(peak, 0, 10)).toBe(1);
  expect(minTime(peak, 0, 20)).toBe(4);
  expect(minTime(peak, 0, 800)).toBe(160);
});
