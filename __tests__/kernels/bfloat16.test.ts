import { parseSpec } from '../../lib/spec/spec';
import { defaultKernels, getThreads, kernelsFor, setThreads } from '../../lib/kernels';
import { RandomState } from '../../lib/random';
import { backends } from '../support/backends';
import { run } from '../support/run';

const nan = NaN;
/** Of 1, the distance to the next larger bfloat16. */
const ulp = 2 ** -7;
const largest = (2 - ulp) * 2 ** 127;

describe.each(backends)('on %s kernels', (backend) => {
  const kernels = kernelsFor('bfloat16', backend);

  test.each([
    [1, 1], [-0.15625, -0.15625], [3 * 2 ** 100 + 2 ** 80, 3 * 2 ** 100], [0, 0],
    [1 + ulp / 2, 1], [1 + 3 * ulp / 2, 1 + 2 * ulp], [-1 - 3 * ulp / 2, -1 - 2 * ulp],
    [1 + ulp / 2 + 2 ** -23, 1 + ulp], [1 + ulp - 2 ** -23, 1 + ulp],
    [largest + 2 ** 118, largest], [largest + 2 ** 119, Infinity],
    [2 ** -126, 2 ** -126], [2 ** -126 - 2 ** -149, 0], [2 ** -149, 0],
    [Infinity, Infinity], [-Infinity, -Infinity], [nan, nan],
  ])('a factor %p counts as %p', (factor, rounded) => {
    for (const [a, b] of [[factor, 1], [1, factor]] as const) {
      const c = new Float32Array(1);
      kernels.gemm(false, false, 1, 1, 1, 1, Float32Array.of(a), Float32Array.of(b), 0, c);
      expect(c[0]).toBe(rounded);
    }
  });

  test('neither sums nor factors in front nor C are rounded', () => {
    const c = Float32Array.of(2 ** -20);
    kernels.gemm(false, true, 1, 1, 2, 1 + 2 ** -20, Float32Array.of(1, 2 ** -20), Float32Array.of(1, 1), 1, c);
    expect(c[0]).toBe(Math.fround(1 + 3 * 2 ** -20));
  });

  test('an alpha of 0 reads no factor', () => {
    const c = Float32Array.of(3);
    kernels.gemm(false, false, 1, 1, 1, 0, Float32Array.of(nan), Float32Array.of(1), 2, c);
    expect(c[0]).toBe(6);
  });

  test('bytes are not rounded, nor what 128 stands for; weights are, with the scale of their column', () => {
    const y = new Float32Array(1);
    const [scale, shift] = [Float32Array.of(0.75, 1), Float32Array.of(-96, 2 ** -20 - 128)];
    // 0.75·(1 + 2⁻⁸) becomes 0.75 + 2⁻⁸, of two the even one; 255 − 128 has 7 digits.
    kernels.byteLinearForward(1, 1, 2, Uint8Array.of(255, 128), scale, shift, Float32Array.of(1 + ulp / 2, 1), y);
    expect(y[0]).toBe(Math.fround(127 * (0.75 + ulp / 2) + 2 ** -20));
    const dw = new Float32Array(1);
    kernels.byteLinearBackward(1, 1, 1, Float32Array.of(1 + ulp / 2), Uint8Array.of(129), Float32Array.of(1), Float32Array.of(0), dw);
    expect(dw[0]).toBe(1 + 128 * (1 + ulp / 2));
  });

  test('the other kernels are those of float32', () => {
    const y = Float32Array.of(1);
    kernels.axpy(1, 1 + 2 ** -20, Float32Array.of(1), y);
    expect(y[0]).toBe(2 + 2 ** -20);
    expect(kernels.dtype).toBe('float32');
  });

  test('a net learns in it, and otherwise than in float32', () => {
    const [rounded, full] = [run({ backend, precision: 'bfloat16' }), run({ backend })];
    expect(rounded.result.valAccuracy).toBeGreaterThan(0.9);
    expect(rounded.result.parametersDigest).not.toBe(full.result.parametersDigest);
    expect(run({ backend, precision: 'bfloat16' }).result.parametersDigest).toBe(rounded.result.parametersDigest);
  });
});

(backends.includes('native') ? describe : describe.skip)('native kernels in bfloat16', () => {
  const before = getThreads('native');
  afterAll(() => { setThreads(before); });

  test.each([[200, 50, 1037], [37, 800, 130], [803, 37, 203]])('%i x %i x %i: the same bits with any number of threads', (m, n, k) => {
    const random = new RandomState(3);
    const draw = (length: number): Float32Array => Float32Array.from(random.uniform(-1, 1, length));
    const [a, b, w] = [draw(m * k), draw(k * n), draw(k * n)];
    const results = [1, 2, 3].map((threads) => {
      setThreads(threads);
      const [c, weights, velocity] = [new Float32Array(m * n), w.slice(), new Float32Array(k * n)];
      const kernels = defaultKernels('bfloat16', 'native');
      kernels.gemm(false, true, m, n, k, 1, a, b, 0, c);
      kernels.sgdLinearStep(m, n, k, c, a, 0.1, 0.9, 0, false, new Float32Array(k * n), weights, velocity);
      return [c, weights, velocity].map((array) => Buffer.from(array.buffer).toString('base64'));
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

test('precision bfloat16 is a matter of dtype float32', () => {
  expect(parseSpec({ steps: 1 })).toMatchObject({ precision: 'float32' });
  expect(() => parseSpec({ steps: 1, precision: 'bfloat16', dtype: 'float64' })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'precision' }, message: "Expected dtype float32 for precision but received 'float64'" }),
  );
  expect(() => parseSpec({ steps: 1, precision: 'float64' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});
