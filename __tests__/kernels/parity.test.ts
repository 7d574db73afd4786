import { verifyCandidates, verifyKernels } from '../../lib/verify/verify';
import type { VerifyOptions, VerifyResult } from '../../lib/verify/verify';
import { defaultKernels, getThreads, kernelsFor } from '../../lib/kernels';
import type { BackendName, FloatArray, KernelName, Kernels, Precision } from '../../lib/kernels/contract';
import { kernelNames, kernelsIn } from '../../lib/kernels/signatures';
import { backends, precisions } from '../support/backends';

const precisionsOf = (kernel: KernelName): Precision[] => precisions.filter((precision) => kernelsIn(precision).includes(kernel));
const rows = kernelNames.flatMap((kernel) => precisionsOf(kernel).map((precision) => ({ kernel, precision })));

const isNative = backends.includes('native');
type Candidate = readonly [name: string, kernels: (precision: Precision) => Kernels];
const compiled: readonly Candidate[] = isNative ? [
  ['native', (precision) => kernelsFor(precision, 'native')],
  ['WebAssembly', (precision) => kernelsFor(precision, 'wasm')],
] : [];
/** What has nothing of its own in large products or with more threads: others compute these for it. */
const small: readonly Candidate[] = [
  ...(isNative ? [['native, but TypeScript for small calls', (precision: Precision) => defaultKernels(precision, 'native')]] as const : []),
  // Cases have no error of their own.
  ['TypeScript', (precision) => kernelsFor(precision, 'typescript')],
];

describe('against TypeScript', () => {
  const results = new Map<string, VerifyResult>();
  beforeAll(() => {
    const verify = (candidates: readonly Candidate[], options: VerifyOptions): void => {
      verifyCandidates(candidates.map(([, kernels]) => kernels), options).forEach((report, c) => {
        for (const result of report.results) results.set(`${candidates[c]![0]} ${result.kernel} ${result.precision}`, result);
      });
    };
    if (isNative) verify(compiled, {});
    verify(small, { threads: [1], mostMultiplications: 200_000 });
  });

  describe.each([...compiled, ...small].map(([name]) => name))('%s:', (name) => {
    test.each(rows)('$kernel $precision stays within its bound', ({ kernel, precision }) => {
      const result = results.get(`${name} ${kernel} ${precision}`)!;
      expect(result.cases).toBeGreaterThan(10);
      expect(result).toMatchObject({ passed: true });
      expect(result.worst).toBeLessThanOrEqual(result.exact || name === 'TypeScript' ? 0 : 1);
    });
  });
});

test('the table names every kernel of the contract', () => {
  const kernels = kernelsFor('float32', 'typescript');
  expect(kernels).toMatchObject({ backend: 'typescript', dtype: 'float32', prefersBytes: false });
  expect(kernelNames).toEqual(Object.keys(kernels).filter((name) => !['allocate', 'backend', 'dtype', 'prefersBytes'].includes(name)));
});

test('the same seed gives the same report', () => {
  const options: VerifyOptions = { kernels: ['softmaxForward', 'dot'], seed: 5, candidate: inSinglePrecision };
  expect(verifyKernels(options)).toEqual(verifyKernels(options));
});

// A comparison that cannot fail proves nothing: kernels that are wrong in one way each.

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;
type AnyKernel = (...args: unknown[]) => unknown;

/** The kernels of a backend with one of them replaced. */
function replaced(
  precision: Precision, kernel: KernelName, change: (original: AnyKernel) => AnyKernel, backend: BackendName = 'typescript',
): Kernels {
  const kernels = kernelsFor(precision, backend);
  const { [kernel]: original } = kernels as unknown as Record<KernelName, AnyKernel>;
  return { ...kernels, [kernel]: change(original) };
}

/** What a kernel writes last: the last array, or for an SGD step, whose velocity may be unused, the weights. */
const outputOf = (kernel: KernelName, args: readonly unknown[]): Values =>
  (kernel === 'sgdStep' ? args[5] : args.at(-1)) as Values;

const returningOnly: readonly KernelName[] = ['dot', 'nrm2', 'squaredErrorForward', 'huberForward', 'pinballForward'];
const returning: readonly KernelName[] = [...returningOnly, 'softmaxCrossEntropyForward', 'softCrossEntropyForward', 'sigmoidCrossEntropyForward', 'poissonForward'];
const writing = kernelNames.filter((kernel) => !returningOnly.includes(kernel));
const hundredthOff = 1 + 2 ** -7;

const faults: readonly (readonly [string, readonly KernelName[], (kernel: KernelName) => (original: AnyKernel) => AnyKernel])[] = [
  ['is off in its first element', writing, (kernel) => (original) => (...args) => {
    const result = original(...args);
    const output = outputOf(kernel, args);
    output[0] = output[0] === 0 ? 1 : output[0]! * hundredthOff + 0.01;
    return result;
  }],
  ['writes one element too many', writing, (kernel) => (original) => (...args) => {
    const result = original(...args);
    const output = outputOf(kernel, args);
    output[output.length - 3] = 0;
    return result;
  }],
  ['writes nothing', writing, () => () => () => 0],
  ['returns a number that is off', returning, () => (original) => (...args) => original(...args) as number * hundredthOff],
  ['returns NaN', returning, () => (original) => (...args) => {
    original(...args);
    return NaN;
  }],
];

describe.each(faults)('a kernel that %s is caught:', (_, kernels, fault) => {
  test.each(kernels)('%s', (kernel) => {
    const report = verifyKernels({
      kernels: [kernel],
      firstFailure: true,
      candidate: (precision) => replaced(precision, kernel, fault(kernel)),
    });
    expect(report.passed).toBe(false);
    expect(report.results.map(({ precision, passed }) => [precision, passed])).toEqual(precisionsOf(kernel).map((each) => [each, false]));
    expect(report.results.every(({ worst, worstCase }) => worst > 1 && worstCase !== '')).toBe(true);
  });
});

test.each(['gemm', 'biasBackward'] as const)('%s that reads its output at β = 0 is caught', (kernel) => {
  const betaAt = kernel === 'gemm' ? 8 : 3;
  const candidate = (precision: Precision): Kernels => replaced(precision, kernel, (original) => (...args) => {
    const [beta, out] = [args[betaAt], outputOf(kernel, args)];
    if (beta === 0) for (let i = 0; i < out.length - 3; i++) out[i]! *= 0;
    return original(...args.with(betaAt, beta === 0 ? 1 : beta));
  });
  expect(verifyKernels({ kernels: [kernel], candidate, firstFailure: true }).passed).toBe(false);
});

test('a gemm that reads A and B at α = 0 is caught', () => {
  const candidate = (precision: Precision): Kernels => replaced(precision, 'gemm', (original) => (...args) => {
    original(...args);
    const [alpha, a, c] = [args[5], args[6] as Values, args[9] as Values];
    if (alpha === 0) for (let i = 0; i < c.length - 3; i++) c[i]! += 0 * a[0]!;
  });
  const { results } = verifyKernels({ kernels: ['gemm'], candidate, firstFailure: true });
  expect(results.map(({ passed, worst }) => [passed, worst])).toEqual(precisions.map(() => [false, Infinity]));
});

test.each([
  ['sgdLinearStep', -2], ['adamLinearStep', -3], ['sgdByteLinearStep', -2], ['adamByteLinearStep', -3],
] as const)('%s with one weight in a million off by 1e-5 is caught', (kernel, weightsAt) => {
  let weights = 0;
  const candidate = (precision: Precision): Kernels => replaced(precision, kernel, (original) => (...args) => {
    original(...args);
    const w = args.at(weightsAt) as Values;
    weights += w.length;
    if (weights < 1e6) return;
    weights = 0;
    w[w.length >> 1]! += 1e-5;
  });
  expect(verifyKernels({ kernels: [kernel], candidate, firstFailure: true }).results.map(({ passed }) => passed)).toEqual([false, false, false]);
});

/** Kernels whose threads take 4,096 elements each; the others take 32,768. */
const computing: readonly KernelName[] = [
  'tanhForward', 'sigmoidForward', 'geluForward', 'geluBackward', 'mishForward', 'mishBackward', 'seluForward', 'periodicForward', 'periodicBackward', 'embeddingBackward', 'batchNormForward', 'batchNormEvaluate', 'batchNormBackward',
  'layerNormForward', 'layerNormBackward', 'softmaxForward', 'softmaxCrossEntropyForward', 'softCrossEntropyForward', 'sigmoidCrossEntropyForward', 'poissonForward',
  'gatherRows', 'gatherImages', 'standardizeRows', 'standardizeImages', 'gatherByteImages',
  'fillNormal', 'fillUniform',
];

// Each kernel with one of the three numbers of threads.
(isNative ? describe : describe.skip)('a kernel that is off in one element, and only where threads share their work, is caught:', () => {
  test.each(kernelNames.map((kernel, i) => ({ kernel, threads: 1 + (i % 3) })))('$kernel with $threads', ({ kernel, threads }) => {
    const least = 3 * (computing.includes(kernel) ? 4096 : 32768);
    const candidate = (precision: Precision): Kernels => replaced(precision, kernel, (original) => (...args) => {
      const result = original(...args);
      const large = args.some((arg) => ArrayBuffer.isView(arg) && (arg as Values).length >= least);
      if (!large || getThreads('native') !== threads) return result;
      if (typeof result === 'number') return result * hundredthOff;
      const output = outputOf(kernel, args);
      output[Math.floor(0.9 * output.length)] = 1 - output[Math.floor(0.9 * output.length)]!;
      return result;
    }, 'native');
    const { results } = verifyKernels({ kernels: [kernel], candidate, firstFailure: true });
    expect(results.map(({ precision, passed }) => [precision, passed])).toEqual(precisionsOf(kernel).map((each) => [each, false]));
    if (threads > 1) for (const { worstCase } of results) expect(worstCase).toContain(`, ${threads} threads`);
  });
});

/** float64 kernels whose products and sums are no better than float32. */
function inSinglePrecision(precision: Precision): Kernels {
  const kernels = kernelsFor(precision, 'typescript');
  const round = (out: FloatArray): void => { out.set(new Float32Array(out)); };
  return {
    ...kernels,
    gemm: (...args) => { kernels.gemm(...args); round(args[9]); },
    axpy: (...args) => { kernels.axpy(...args); round(args[3]); },
    dot: (...args) => Math.fround(kernels.dot(...args)),
    softmaxForward: (...args) => { kernels.softmaxForward(...args); round(args[3]); },
  };
}

test('the bounds are narrow enough to tell float64 from float32', () => {
  const { results } = verifyKernels({ kernels: ['gemm', 'axpy', 'dot', 'softmaxForward'], candidate: inSinglePrecision, threads: [1], mostMultiplications: 200_000 });
  for (const { precision, worst } of results) {
    if (precision === 'float64') expect(worst).toBeGreaterThan(1000);
    else expect(worst).toBe(0);
  }
});

test('only the kernel that is wrong is blamed', () => {
  const { results } = verifyKernels({
    kernels: ['scal', 'reluForward', 'argmax'],
    candidate: (precision) => replaced(precision, 'reluForward', () => (n, x, y) => {
      // Right but for NaN, which must pass through.
      for (let i = 0; i < (n as number); i++) (y as FloatArray)[i] = (x as FloatArray)[i]! > 0 ? (x as FloatArray)[i]! : 0;
    }),
  });
  expect(results.filter(({ passed }) => !passed).map(({ kernel, precision }) => `${kernel} ${precision}`))
    .toEqual(['reluForward float32', 'reluForward float64']);
});
